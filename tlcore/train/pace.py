"""How quickly this machine looks at images, and so how large they may be for an answer in time."""

from collections.abc import Sequence
from functools import cache
from time import thread_time

import torch

from tlcore.settings import get_settings
from tlcore.train.device import Device, choose
from tlcore.train.learning.model import LearningModel
from tlcore.train.recipe.plan import make_plan
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import registry
from tlcore.zoo.staged import HeadShape, with_new_head

SIDES: Sequence[int] = (128, 160, 224)
"""The sides that images may get, in pixels: what networks that were trained on 224 still know well."""
WAIT = 8.0
"""Seconds for which a person waits readily."""
_FEW = 200  # views that any machine looks at in time
_IMAGES = 8
_LARGEST = 60_000_000  # parameters; to build a larger network takes longer than what is learned from it is worth


def side_for(backbone: str, views: int) -> int | None:
    """The side at which this machine looks at so many views in a few seconds; None for the network's own.

    On a GPU that is always the network's own, and where even the smallest side takes longer it is that one.
    """
    row = registry.get(backbone)
    native = row.preprocessing.crop
    smaller = [side for side in SIDES if row.min_size <= side < native]
    if views <= _FEW or row.fixed_size or not smaller or row.parameters > _LARGEST:
        return None
    if choose(get_settings().device).name != "cpu":
        return None
    return affordable(native, smaller, views / images_per_second(backbone))


def affordable(native: int, smaller: Sequence[int], seconds: float) -> int | None:
    """The largest side, None for the native one, at which what takes so many seconds there takes no longer than `WAIT`.

    The work of a convolution grows with the area of its maps.
    """
    if seconds <= WAIT:
        return None
    return next((side for side in reversed(smaller) if seconds * (side / native) ** 2 <= WAIT), smaller[0])


@cache
def images_per_second(backbone: str) -> float:
    """How many images of its own size a network's body looks at on all of this machine's cores.

    It is timed on one thread by processor time, which does not hang on what else the machine does.
    """
    device = choose("cpu")
    model = _model(backbone, device)
    side = registry.get(backbone).preprocessing.crop
    images = model.to_device(torch.zeros(_IMAGES, 3, side, side))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return get_settings().most_threads * _IMAGES / min(_seconds(model, images) for _ in range(2))
    finally:
        torch.set_num_threads(threads)


def _model(backbone: str, device: Device) -> LearningModel:
    spec = TrainSpec(backbone=backbone)
    staged = with_new_head(backbone, HeadShape(2), None)
    model = LearningModel(staged, make_plan(spec), device, device.precision(spec.precision), scratch=False)
    model.eval_mode()
    return model


def _seconds(model: LearningModel, images: torch.Tensor) -> float:
    begun = thread_time()
    with torch.no_grad(), model.autocast():
        model.staged.features(images, 0, None)
    return thread_time() - begun
