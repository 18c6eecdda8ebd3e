"""Sensible settings for a strategy and a data set, and presets that people know."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from tlcore.errors import BadInputError
from tlcore.train.recipe.effects import EFFECTS, STEPPED
from tlcore.train.recipe.spec import SOLVED_L2, TrainSpec
from tlcore.zoo import registry
from tlcore.zoo.network import OWN, Network

_SCRATCH_SIZE = 96
_SMALLEST_REDUCED = 160
_FROZEN_STEPS, _MOST_EPOCHS = 1000, 100
_MOST_SOLVED = 50_000  # images; of more, the features may not fit into memory
_STEPPED = {name for name, effect in EFFECTS.items() if STEPPED in effect.needs and name != "seed"}
_VIEW_SHARE, _VIEW_STEP = 3 / 4, 32  # 160 for images of 224; most networks halve the sides five times

_BY_STRATEGY: dict[str, dict[str, Any]] = {
    "frozen": {"lr": 3e-3, "epochs": 25, "batch_size": 16},
    "last-k": {"optimizer": "adamw", "lr": 1e-3, "weight_decay": 1e-2, "epochs": 15},
    "full": {
        "optimizer": "adamw",
        "lr": 1e-3,
        "weight_decay": 1e-2,
        "epochs": 10,
        "warmup_epochs": 1,
        "batch_size": 16,
    },
    "probe-then-tune": {
        "optimizer": "adamw",
        "lr": 1e-3,
        "weight_decay": 1e-2,
        "epochs": 12,
        "probe_epochs": 5,
        "batch_size": 16,
    },
    "scratch": {"optimizer": "adamw", "lr": 1e-3, "weight_decay": 1e-2, "epochs": 30, "warmup_epochs": 2},
}

PRESETS: dict[str, dict[str, Any]] = {
    "Epoch by epoch": {"optimizer": "adamw", "weight_decay": 1e-2},
    "PyTorch tutorial": {
        "optimizer": "sgd",
        "lr": 0.001,
        "body_lr_factor": 1.0,
        "momentum": 0.9,
        "weight_decay": 0.0,
        "schedule": "step",
        "step_size": 7,
        "step_factor": 0.1,
        "warmup_epochs": 0,
        "epochs": 25,
        "batch_size": 4,
        "label_smoothing": 0.0,
        "train_size": None,
    },
}
"""Settings by the name people know them under: PyTorch's tutorial is "Transfer Learning for Computer Vision"."""


SideFor = Callable[[str, int], int | None]
"""The side of images with which a machine keeps nobody waiting, by network and number of views; None: its own."""


def recommended(given: Mapping[str, Any], images: int | None = None, side_for: SideFor | None = None) -> TrainSpec:
    """A spec with what a person gave, and what suits the strategy for the rest.

    `images`: about how many it trains on, where that is known; `side_for` then knows how large they may be.
    """
    strategy = given.get("strategy", "frozen")
    defaults = _BY_STRATEGY.get(strategy, {}) if isinstance(strategy, str) else {}
    values = {**defaults, **(_head_by(given, images) if strategy == "frozen" else {}), **given}
    if strategy == "scratch" and "image_size" not in given:
        values["image_size"] = _scratch_size(given.get("backbone"))
    if strategy in ("full", "probe-then-tune") and "train_size" not in given:
        values["train_size"] = smaller_views(given.get("backbone"), values.get("image_size"))
    if strategy == "probe-then-tune" and "probe_epochs" not in given and isinstance(values["epochs"], int):
        values["probe_epochs"] = max(1, min(values["probe_epochs"], values["epochs"] // 2))
    if strategy == "frozen" and "epochs" not in given and images and isinstance(values["batch_size"], int):
        values["epochs"] = max(values["epochs"], _epochs_for(images, max(1, values["batch_size"])))
    if strategy == "frozen" and "image_size" not in given and images and side_for:
        spec = TrainSpec.of(values)
        values["image_size"] = side_for(spec.backbone, images * spec.views_an_image)
    return TrainSpec.of(values)


def _head_by(given: Mapping[str, Any], images: int | None) -> dict[str, Any]:
    """How a classifier on frozen features is found: solved for, unless a person asks for what only steps have."""
    wants_steps = given.keys() & _STEPPED or given.get("hidden_units") or given.get("optimizer", "lbfgs") != "lbfgs"
    if wants_steps or (images or 0) > _MOST_SOLVED:
        return {"optimizer": "adamw", "weight_decay": 1e-2}
    return {"optimizer": "lbfgs", "weight_decay": SOLVED_L2}


def from_scratch(spec: TrainSpec) -> TrainSpec:
    """What to lay beside a run from pretrained weights: the same network on the same images without them."""
    kept = {"backbone", "augmentation", "flip", "seed"} | ({"image_size"} if spec.image_size else set())
    return recommended({"strategy": "scratch", **spec.model_dump(include=kept)})


def _epochs_for(images: int, batch_size: int) -> int:
    """With few images an epoch is few steps; those of a classifier on stored features cost next to nothing."""
    return min(_MOST_EPOCHS, math.ceil(_FROZEN_STEPS / math.ceil(images / batch_size)))


def smaller_views(backbone: Any, image_size: Any) -> int | None:
    """The side of training views that suits images of that size; None where smaller ones do not pay.

    A random crop shows objects larger than the whole image does. Training views of about three quarters of the side
    even that out, and cost half the time (Touvron et al. 2019, "Fixing the train-test resolution discrepancy").
    """
    network = _of_several_sizes(backbone)
    if network is None or not isinstance(image_size, int | None):
        return None
    size = image_size or network.preprocessing.crop
    side = round(size * _VIEW_SHARE / _VIEW_STEP) * _VIEW_STEP
    return side if size >= _SMALLEST_REDUCED and side >= network.min_size else None


def _scratch_size(backbone: Any) -> int | None:
    """Without pretrained weights no size is the native one, and the steps take as long as there are pixels."""
    network = _of_several_sizes(backbone)
    if network is None:
        return None
    size = max(_SCRATCH_SIZE, network.min_size)
    return size if size < network.preprocessing.crop else None


def _of_several_sizes(backbone: Any) -> Network | None:
    """The named network; None where there is no such one, or where it has one size only, as a stack."""
    try:
        network = registry.get(backbone)
    except BadInputError:
        return None
    return None if network.fixed_size or network.family == OWN else network
