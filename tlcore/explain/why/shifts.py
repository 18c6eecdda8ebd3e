"""What a layer makes of a shifted picture, beside the shifted outcome of the picture as it was.

A picture is moved by cutting another window from a wider one, so that no pixel has to be made up: `wide` is
`(channels, rows, columns + MOST)`, and its window at `s` shows everything `s` pixels further left.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image, ImageOps
from torch import Tensor

from tlcore.errors import BadInputError
from tlcore.filters.bank import get_kernel
from tlcore.filters.moving import relative
from tlcore.train.trained import TrainedModel

MOST = 8
"""The largest shift, in pixels."""
Operation = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Step:
    """An operation on pictures, its step in pixels, and the places at its border that see padding."""

    title: str
    operation: Operation
    stride: int = 1
    margin: int = 0


@dataclass(frozen=True)
class Shifted:
    """Both orders for one shift: `first` shifts the picture, `after` the outcome by `places`; and how far they differ.

    Both are `(maps, rows, columns)` without the margin. `difference` is the length of what differs over the length of
    `after`: 0 is the same, 1 differs by as much as there is.
    """

    first: Tensor
    after: Tensor
    places: int
    difference: float


@dataclass(frozen=True)
class Line:
    """Differences for shifts of 0, 1, 2, … pixels."""

    title: str
    differences: tuple[float, ...]


def widened(image: Image.Image, side: int) -> Tensor:
    """A canonical image as `(3, side, side + MOST)` in [0, 1]: scaled to cover that, and cut at its centre."""
    fitted = ImageOps.fit(image.convert("RGB"), (side + MOST, side), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.asarray(fitted, np.float32).copy()).permute(2, 0, 1) / 255


def window(wide: Tensor, shift: int) -> Tensor:
    """The picture moved `shift` pixels to the left."""
    if not 0 <= shift <= MOST:
        raise BadInputError(f"The shift lies between 0 and {MOST} pixels, not at {shift}.")
    return wide[..., shift : wide.shape[-1] - MOST + shift]


def shifted(step: Step, wide: Tensor, shift: int) -> Shifted:
    """Shift then operate, and operate then shift.

    The outcome moves by shift / stride places; where that is no whole number, by the better of its two neighbours.
    """
    return _nearer(
        step.operation(window(wide, 0)), step.operation(window(wide, shift)), shift / step.stride, step.margin
    )


def _nearer(before: Tensor, moved: Tensor, places: float, margin: int) -> Shifted:
    tried = [_compared(before, moved, whole, margin) for whole in {math.floor(places), math.ceil(places)}]
    return min(tried, key=lambda one: one.difference)


def _compared(before: Tensor, moved: Tensor, places: int, margin: int) -> Shifted:
    rows, columns = before.shape[-2:]
    if columns - places - 2 * margin < 1 or rows - 2 * margin < 1:
        raise BadInputError("The picture is too small for this shift: nothing is left inside of the margin.")
    inside = slice(margin, rows - margin)
    first = moved[..., inside, margin : columns - places - margin]
    after = before[..., inside, margin + places : columns - margin]
    return Shifted(first, after, places, relative(first, after))


def equivariance(step: Step, wide: Tensor) -> Line:
    """How far a step is from moving its outcome as the picture moves, for each shift: 0 is equivariant."""
    return Line(step.title, tuple(shifted(step, wide, s).difference for s in range(MOST + 1)))


def invariance(step: Step, wide: Tensor) -> Line:
    """How much a step's outcome changes with each shift when nobody shifts it back: 0 is invariant."""
    before = step.operation(window(wide, 0))
    changes = (relative(step.operation(window(wide, s)), before) for s in range(MOST + 1))
    return Line(step.title, tuple(changes))


def unchanged(operation: Operation, wide: Tensor, shift: int) -> float:
    """The share of an outcome's values that a shift leaves exactly as they were."""
    before, after = (operation(window(wide, s)) for s in (0, shift))
    return float((before == after).float().mean())


def convolve(kernel: str, stride: int = 1) -> Operation:
    """A convolution by a square kernel of the bank, padded by half of it: `(1, h, w)` to `(1, h', w')`."""
    weight = torch.from_numpy(get_kernel(kernel).values).float()[None, None]
    return lambda picture: F.conv2d(picture[None], weight, stride=stride, padding=weight.shape[-1] // 2)[0]


def pool(side: int, stride: int, *, mean: bool = False) -> Operation:
    """The largest of a square window, or their mean, without padding."""
    return lambda picture: (F.avg_pool2d if mean else F.max_pool2d)(picture[None], side, stride)[0]


STEPS = {
    "conv1": Step("Convolution, stride 1", convolve("sobel_x"), margin=1),
    "conv2": Step("Convolution, stride 2", convolve("sobel_x", 2), stride=2, margin=1),
    "pool2": Step("Max-pooling 2x2, stride 2", pool(2, 2), stride=2),
    "pool1": Step("Max-pooling 2x2, stride 1", pool(2, 1)),
}
"""Layers to shift a grey picture under; the convolutions are by Sobel's kernel."""


def pooled_edges(side: int, *, mean: bool) -> Step:
    """The strength of vertical edges, pooled over squares of `side` pixels; a side of 1 pools nothing."""
    edges, pooled = convolve("sobel_x"), pool(side, side, mean=mean)

    def run(picture: Tensor) -> Tensor:
        strength = edges(picture).abs()[:, 1:-1, 1:-1]  # the padding of the convolution would stay where it is
        return pooled(strength)

    return Step("Not pooled" if side == 1 else f"{side}x{side}", run, stride=side)


def network_lines(model: TrainedModel, wide: Tensor) -> tuple[Line, Line]:
    """A network's last maps, from moving with the picture; and the features of its classifier, from not moving at all.

    All windows go through the network at once. The maps' border counts too: each of their places sees all of it.
    """
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (model.card.preprocessing.mean, model.card.preprocessing.std))
    windows = torch.stack([(window(wide, s) - mean) / std for s in range(MOST + 1)])
    with torch.no_grad():
        maps, features = _body(model, windows)
    halvings = round(math.log2(windows.shape[-1] / maps.shape[-1]))  # windows without padding cost a few places more
    moved = (_nearer(maps[0], shown, s / 2**halvings, 0).difference for s, shown in enumerate(maps))
    still = (relative(vector, features[0]) for vector in features)
    return Line("A network's last maps", tuple(moved)), Line("Their means, not moved back", tuple(still))


def _body(model: TrainedModel, x: Tensor) -> tuple[Tensor, Tensor]:
    """The outcome of the last module that still gives maps, and the features at the end."""
    maps = x
    for stage in model.staged.stages:
        for module in stage:
            x = module(x)
            if x.dim() == 4 and x.shape[-1] > 1:
                maps = x
    return maps, x
