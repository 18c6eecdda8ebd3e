"""Pretraining on a small shard: it learns, goes on where it was killed, and writes a file to transfer from."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from pyarrow import parquet
from safetensors import safe_open

from tests.conftest import BACKBONE, BACKBONE_CLASSES, draw_set
from tests.unit.train.conftest import CPU
from tlcore.data.dataset import Dataset
from tlcore.data.names import in_natural_order
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.decode import stored_bytes
from tlcore.data.pixels.pool import Pool, read_pool
from tlcore.errors import BadInputError, BadSpecError, BadWeightsError
from tlcore.events import Event
from tlcore.settings import Settings
from tlcore.train import events, trained
from tlcore.train import run as run_module
from tlcore.train.pretrain import IMAGES, as_begun, pretrain, recipe, score, write_backbone
from tlcore.train.recipe.plan import make_plan
from tlcore.train.run import RunContext
from tlcore.zoo import weights
from tlcore.zoo.weights import WeightsFile, file_digest

SPEC = recipe(
    {
        "backbone": BACKBONE,
        "image_size": 32,
        "epochs": 6,
        "batch_size": 8,
        "optimizer": "adamw",
        "lr": 5e-3,
        "warmup_epochs": 1,
        "averaging": 0.6,
        "precision": "float32",
    }
)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    """Six classes of 16 + 6 generated images, as Parquet shards."""
    folder = tmp_path_factory.mktemp("shards")
    (folder / "classes.json").write_text(json.dumps(BACKBONE_CLASSES))
    for part, each, seed in (("train-00", 16, 5), ("val", 6, 6)):
        drawn = list(draw_set(BACKBONE_CLASSES, each, seed))
        images = [stored_bytes(image) for _, _, image in drawn]
        labels = [BACKBONE_CLASSES.index(label) for label, _, _ in drawn]
        parquet.write_table(pa.table({"image": images, "label": labels}), folder / f"{part}.parquet")
    return read_pool(folder, make_plan(SPEC).preprocessing)


def context(folder: Path) -> RunContext:
    """A run in that folder, which needs neither blobs nor a cache."""
    torch.set_num_threads(1)
    return RunContext("pretraining", CPU, BlobStore(folder / "blobs"), folder / "cache", folder, threads=1)


@pytest.fixture(scope="module")
def finished(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """The folder and the events of a run that was never interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, list(pretrain(SPEC, pool, context(folder)))


def test_the_loss_falls_and_the_network_learns(finished: tuple[Path, list[Event]]) -> None:
    """Chance is 6 of 36; 14 or more has p < 0.001."""
    epochs = [event for event in finished[1] if isinstance(event, events.Epoch)]
    assert epochs[-1].train_loss < 0.8 * epochs[0].train_loss
    assert max(epoch.val_correct for epoch in epochs) >= 14


@pytest.mark.parametrize("killed_at", [1, 4])
def test_a_killed_run_goes_on_to_the_same_file(
    pool: Pool,
    finished: tuple[Path, list[Event]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    killed_at: int,
) -> None:
    monkeypatch.setattr(run_module, "_QUICK_SECONDS", -1)  # keep a checkpoint of every epoch, however quick
    stream = pretrain(SPEC, pool, context(tmp_path / "killed"))
    for event in stream:
        if isinstance(event, events.Epoch) and event.epoch == killed_at:
            stream.close()  # type: ignore[attr-defined]
    started, *_ = rest = list(pretrain(SPEC, pool, context(tmp_path / "killed")))
    assert isinstance(started, events.Started)
    assert started.resumed_from_epoch == killed_at
    assert isinstance(rest[-1], events.Finished)
    first = write_backbone(finished[0], tmp_path / "whole.safetensors", pool, CPU)
    second = write_backbone(tmp_path / "killed", tmp_path / "killed.safetensors", pool, CPU)
    assert first["sha256"] == second["sha256"] == file_digest(tmp_path / "killed.safetensors")
    assert first["epoch_accuracies"] == second["epoch_accuracies"]
    assert len(second["epoch_seconds"]) == 6


def test_a_run_of_before_goes_on_with_its_order_of_classes(pool: Pool, tmp_path: Path) -> None:
    """It was begun with its classes by code point, where 10 comes before 2."""
    names = dict(zip(pool.dataset.classes, ("1", "2", "10", "3", "4", "5"), strict=True))
    classes = tuple(names[name] for name in pool.dataset.classes)
    dataset = pool.dataset.model_copy(update={"classes": classes}).in_order(in_natural_order(classes))
    now = replace(pool, dataset=dataset)
    begun = dataset.in_order(sorted(dataset.classes))
    (tmp_path / IMAGES).write_text(begun.id)
    assert as_begun(tmp_path, now).dataset == begun
    assert as_begun(tmp_path / "new", now) is now
    (tmp_path / IMAGES).write_text("others")
    assert as_begun(tmp_path, now) is now


def test_a_complete_run_is_not_run_again(pool: Pool, finished: tuple[Path, list[Event]]) -> None:
    assert list(pretrain(SPEC, pool, context(finished[0]))) == []


def test_a_folder_of_another_run_is_refused(pool: Pool, finished: tuple[Path, list[Event]]) -> None:
    with pytest.raises(BadSpecError, match=r"holds a run with other settings: epochs is 6, not 7; seed is 0, not 1\."):
        next(pretrain(SPEC.with_changes(epochs=7, seed=1), pool, context(finished[0])))


def test_a_folder_of_a_run_on_other_images_is_refused(pool: Pool, finished: tuple[Path, list[Event]]) -> None:
    fewer = Dataset(classes=pool.dataset.classes, examples=pool.dataset.examples[1:])
    with pytest.raises(BadInputError, match="holds a run on other images"):
        next(pretrain(SPEC, replace(pool, dataset=fewer), context(finished[0])))


def test_a_folder_from_before_images_were_noted_goes_on(pool: Pool, finished: tuple[Path, list[Event]]) -> None:
    (finished[0] / IMAGES).unlink()
    assert list(pretrain(SPEC, pool, context(finished[0]))) == []
    assert (finished[0] / IMAGES).read_text("utf-8") == pool.dataset.id


def test_the_file_is_a_backbone_in_half_precision(
    pool: Pool, finished: tuple[Path, list[Event]], tmp_path: Path
) -> None:
    facts = write_backbone(finished[0], tmp_path / f"{BACKBONE}.safetensors", pool, CPU)
    with safe_open(tmp_path / facts["file"], "pt") as file:
        types = {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 - not a mapping
    assert types == {"F16", "I64"}
    found = weights.locate(BACKBONE, Settings(weights=tmp_path))
    assert found is not None
    assert weights.class_names(found) == tuple(sorted(BACKBONE_CLASSES))
    tensors = weights.load(found)
    exact = trained.load(finished[0]).staged.network.state_dict()
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32, torch.int64}
    for name, tensor in tensors.items():
        torch.testing.assert_close(tensor, exact[name], rtol=2**-11, atol=2**-24)  # half precision's rounding
    assert json.loads((tmp_path / f"{BACKBONE}.json").read_text()) == facts


def test_the_figures_are_those_of_the_file(pool: Pool, finished: tuple[Path, list[Event]], tmp_path: Path) -> None:
    facts = write_backbone(finished[0], tmp_path / f"{BACKBONE}.safetensors", pool, CPU)
    held = weights.load(WeightsFile(BACKBONE, "folder", tmp_path / f"{BACKBONE}.safetensors"))
    model = trained.assemble(trained.load_card(finished[0]), held)
    prep = model.card.preprocessing
    margin = (prep.resize - prep.crop) // 2
    pixels = pool.windows["val"][:, margin : margin + prep.crop, margin : margin + prep.crop]
    x = (torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255 - torch.tensor(prep.mean).view(3, 1, 1)) / torch.tensor(
        prep.std
    ).view(3, 1, 1)
    with torch.no_grad():
        order = model.staged(x).argsort(dim=1, descending=True).numpy()
    labels = np.array([example.label for example in pool.dataset.of("val")])
    assert facts["top1"] == pytest.approx((order[:, 0] == labels).mean())
    assert facts["top5"] == pytest.approx((order[:, :5] == labels[:, None]).any(1).mean())
    assert (facts["val_images"], facts["train_images"], facts["classes"]) == (36, 96, 6)
    assert score(model, pool).top1 == facts["top1"]


def test_weights_beyond_half_precision_are_not_written(
    pool: Pool, finished: tuple[Path, list[Event]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = trained.load(finished[0])
    model.staged.head.weight.data[0, 0] = 70_000  # type: ignore[union-attr,index]
    monkeypatch.setattr(trained, "load", lambda _folder: model)
    with pytest.raises(BadWeightsError, match="too large for half precision"):
        write_backbone(finished[0], tmp_path / "x.safetensors", pool, CPU)
    assert not (tmp_path / "x.safetensors").exists()


def test_a_recipe_starts_from_random_weights() -> None:
    assert recipe({"backbone": BACKBONE, "epochs": 3}).pretrained is False
    with pytest.raises(BadSpecError, match="'scratch'"):
        recipe({"backbone": BACKBONE, "strategy": "full"})
