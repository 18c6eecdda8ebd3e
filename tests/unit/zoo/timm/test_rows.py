"""Networks of timm as the trainer takes them: their stages are the network, and every strategy works on them."""

import math
from pathlib import Path

import pytest
import torch

from tests.unit.cli.test_main import run
from tlcore.errors import BadSpecError, NoStagesError
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import architectures, registry
from tlcore.zoo.source import as_pytorch
from tlcore.zoo.staged import HeadShape, StagedNetwork, new_network, replace_head, stage_parameters, with_new_head
from tlcore.zoo.timm import index

CONVOLUTIONAL = [
    "test_resnet", "test_efficientnet", "test_convnext", "test_byobnet", "test_nfnet", "regnetx_002", "dla46_c",
    "mobilenetv3_small_050", "resnetv2_18", "densenet121", "ghostnet_050", "hardcorenas_a", "xception41",
]  # fmt: skip


def named(name: str) -> str:
    return registry.timm_name(index.entries()[name])


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_the_stages_one_after_another_are_the_network(name: str) -> None:
    row = registry.get(named(name))
    torch.manual_seed(0)
    network = new_network(row).eval()
    staged = StagedNetwork(row, network, network.get_submodule(row.head))
    image = torch.rand(2, 3, max(row.min_size, 64), max(row.min_size, 64))
    with torch.no_grad():
        assert torch.equal(staged(image), staged.head(staged.features(image)))
    assert row.stages[0].name == "stem"
    inside = sum(parameter.numel() for parameter in network.get_submodule(row.head).parameters())
    assert sum(stage_parameters(row.name)) + inside == row.parameters


@pytest.mark.parametrize("name", ["test_resnet", "dla46_c"])
def test_a_new_classifier_reads_the_features(name: str) -> None:
    """The one ends in a dense layer, the other in a convolution on what is pooled."""
    staged = with_new_head(name, HeadShape(7), None)
    staged.network.eval()
    image = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert staged(image).shape == (2, 7)
        assert torch.allclose(staged(image), staged.head(staged.features(image)))
        assert staged.features(image).dim() == 2


def test_images_are_prepared_as_timm_says() -> None:
    """resnet14t.c3_in1k: 176 pixels cut from a short side of floor(176 / 0.875), bicubic, ImageNet's mean."""
    prep = registry.get("resnet14t").preprocessing
    assert (prep.crop, prep.resize, prep.interpolation) == (176, math.floor(176 / 0.875), "bicubic")
    assert registry.get("xception41").preprocessing.mean == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "xcit_nano_12_p16_224"])
def test_a_network_without_stages_says_so_in_a_sentence(name: str) -> None:
    assert not architectures.get(name).trainable
    with pytest.raises(NoStagesError, match=rf"^{name} can be looked at and measured, but not trained here, for .*\.$"):
        registry.get(name)


def test_an_image_smaller_than_the_network_takes_is_refused() -> None:
    small = next(
        row for row in map(registry.get, registry.trainable_timm_names()) if row.min_size > 32 and not row.fixed_size
    )
    with pytest.raises(BadSpecError, match=f"needs images of at least {small.min_size} pixels"):
        TrainSpec.of({"backbone": small.name, "strategy": "scratch", "image_size": 32})
    fixed = next(row for row in map(registry.get, registry.trainable_timm_names()) if row.fixed_size)
    with pytest.raises(BadSpecError, match=f"was built for images of {fixed.min_size} pixels"):
        TrainSpec.of({"backbone": fixed.name, "strategy": "scratch", "image_size": 64})


def test_as_pytorch_it_is_timms_own_call() -> None:
    assert as_pytorch("timm/resnet18") == (
        "from timm import create_model\n\nnetwork = create_model(model_name='resnet18')\n"
    )


def test_replacing_a_head_keeps_the_rest() -> None:
    network = new_network(registry.get("timm/resnet18"))
    body = {name for name, _ in network.named_parameters()}
    replace_head(network, registry.get("timm/resnet18"), HeadShape(3))
    assert {name for name, _ in network.named_parameters()} == body


@pytest.mark.parametrize("strategy", ["frozen", "last-k", "full", "probe-then-tune", "scratch"])
def test_every_strategy_trains_it(
    strategy: str,
    image_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from safetensors.torch import save_file

    save_file(new_network(registry.get("test_resnet")).state_dict(), tmp_path / "test_resnet.safetensors")
    monkeypatch.setenv("TLCORE_WEIGHTS", str(tmp_path))
    out = tmp_path / "model.zip"
    options = ["--backbone", "test_resnet", "--strategy", strategy, "--epochs", "2", "--set", "image_size=64"]
    probe = ["--set", "probe_epochs=1"] if strategy == "probe-then-tune" else []
    code, _, said = run(capsys, "train", str(image_folder), *options, *probe, "--out", str(out))
    assert code == 0, said
    code, told, said = run(capsys, "predict", str(out), str(next(image_folder.glob("*/*.png"))), "--json")
    assert code == 0, said
    assert "label" in told or "class" in told
