"""Supervised pretraining of a backbone: the trainer's loop on a large pool of images, and the file that comes of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from tlcore.data.dataset import Dataset
from tlcore.data.ingest.report import Part
from tlcore.data.pixels import transforms
from tlcore.data.pixels.pool import Pool
from tlcore.errors import BadInputError, BadSpecError, BadWeightsError
from tlcore.events import Event
from tlcore.train import events, trained
from tlcore.train.device import Device
from tlcore.train.learning.inputs import Windows
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.run import RunContext, train
from tlcore.zoo.weights import file_digest

RECIPE: dict[str, Any] = {
    "strategy": "scratch",
    "optimizer": "sgd",
    "lr": 0.2,
    "momentum": 0.9,
    "weight_decay": 5e-4,
    "schedule": "cosine",
    "warmup_epochs": 2,
    "batch_size": 256,
    "label_smoothing": 0.1,
    "mixing": 0.25,
    "averaging": 0.999,
    "augmentation": "standard",
}
"""What suits tens of thousands of images and tens of epochs."""
EPOCHS, SPEC, IMAGES = "epochs.jsonl", "spec.json", "images.txt"
_BATCH = 256


@dataclass(frozen=True)
class Score:
    """How often the right class was the first, or among the first five, of the network's answers."""

    top1: float
    top5: float
    val_images: int


def recipe(given: Mapping[str, Any]) -> TrainSpec:
    """The spec of a pretraining run: what was given, and the recipe for the rest."""
    if given.get("strategy", "scratch") != "scratch":
        raise BadSpecError("Pretraining starts from random weights; its strategy is 'scratch'.")
    return TrainSpec.of({**RECIPE, **given})


def pretrain(spec: TrainSpec, pool: Pool, context: RunContext) -> Iterator[Event]:
    """Train on the pool, whose windows stay on the device; resumes as every run does, and ends with `Finished`.

    Every epoch is also noted in the run's folder, for the card that `write_backbone` makes. A folder whose run is
    complete yields nothing more; one that holds a run with other settings, or on
    other images, is refused.
    """
    _claim(context.folder, spec, pool.dataset)
    if (context.folder / trained.CARD).is_file():
        return
    windows: dict[Part, Windows] = {
        part: torch.from_numpy(pixels).to(context.device.torch) for part, pixels in pool.windows.items()
    }
    with (context.folder / EPOCHS).open("a", encoding="utf-8") as log:
        for event in train(spec, pool.dataset, context, windows):
            if isinstance(event, events.Epoch):
                print(json.dumps(event.to_json()), file=log, flush=True)
            yield event


def as_begun(folder: Path, pool: Pool) -> Pool:
    """The pool with its classes in the order in which the run in this folder has them: by code point, in older ones."""
    images = folder / IMAGES
    before = pool.dataset.in_order(sorted(pool.dataset.classes))
    if before.id != pool.dataset.id and images.is_file() and images.read_text("utf-8") == before.id:
        return pool.in_order(before.classes)
    return pool


def _claim(folder: Path, spec: TrainSpec, dataset: Dataset) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / SPEC
    if not file.is_file():
        file.write_text(spec.to_json(), "utf-8")
    held, wanted = TrainSpec.from_json(file.read_text("utf-8")).model_dump(), spec.model_dump()
    if other := [f"{name} is {held[name]}, not {wanted[name]}" for name in held if held[name] != wanted[name]]:
        raise BadSpecError(f"{folder} holds a run with other settings: {'; '.join(other)}.")
    images = folder / IMAGES
    if not images.is_file():  # a new folder, or one from before this was noted
        images.write_text(dataset.id, "utf-8")
    if images.read_text("utf-8") != dataset.id:
        raise BadInputError(f"{folder} holds a run on other images; give it a --work folder of its own.")


def write_backbone(folder: Path, target: Path, pool: Pool, device: Device) -> dict[str, Any]:
    """Write the finished run's network in half precision; returns what is known of it, also written beside it.

    `device` is the one that it was trained on.
    The file is safetensors under torchvision's names and holds the names of its classes. Its accuracy is measured on
    the validation images with the very numbers that were written.
    """
    model = trained.load(folder)
    state = {name: _halved(tensor) for name, tensor in model.staged.network.state_dict().items()}
    target.parent.mkdir(parents=True, exist_ok=True)
    # One entry alone: safetensors writes several in any order, and equal weights should make equal files.
    save_file(state, target, metadata={"classes": json.dumps(model.card.classes)})
    rounded = trained.assemble(model.card, {n: t.float() if t.is_floating_point() else t for n, t in state.items()})
    told = [events.Epoch.from_json(json.loads(line)) for line in (folder / EPOCHS).read_text("utf-8").splitlines()]
    epochs = {epoch.epoch: epoch for epoch in told}  # what was run again after an interruption counts once
    facts = {
        "file": target.name,
        "sha256": file_digest(target),
        "bytes": target.stat().st_size,
        "classes": len(pool.dataset.classes),
        "train_images": pool.dataset.count("train"),
        **asdict(score(rounded, pool)),
        "epoch_seconds": [round(epoch.seconds, 1) for epoch in epochs.values()],
        "epoch_accuracies": [round(epoch.val_accuracy, 4) for epoch in epochs.values()],
        "device": device.title,
        "precision": device.precision(model.card.spec["precision"]),
        "spec": model.card.spec,
        "versions": model.card.versions,
    }
    target.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    return facts


def score(model: trained.TrainedModel, pool: Pool) -> Score:
    """The model's accuracy on the pool's validation images, on the CPU in single precision."""
    windows = pool.windows["val"]
    labels = np.array([example.label for example in pool.dataset.of("val")])
    first = right = 0
    with torch.no_grad():
        for start in range(0, len(windows), _BATCH):
            piece = torch.from_numpy(windows[start : start + _BATCH])
            logits = model.staged(transforms.evaluation_view(piece, model.card.preprocessing))
            best = logits.topk(min(5, logits.shape[1])).indices.numpy() == labels[start : start + _BATCH, None]
            first, right = first + int(best[:, 0].sum()), right + int(best.sum())
    return Score(first / len(windows), right / len(windows), len(windows))


def _halved(tensor: Tensor) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    half = tensor.half().contiguous()
    if not bool(half.isfinite().all()):
        raise BadWeightsError("The network has weights too large for half precision, so it was not written.")
    return half
