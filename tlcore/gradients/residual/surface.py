"""A slice of the loss around a trained network, along two random directions whose filters are as long as the weights'.

Li, Xu, Taylor, Studer & Goldstein 2018, "Visualizing the Loss Landscape of Neural Nets", section 4.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Tensor, nn

from tlcore.errors import BadInputError
from tlcore.gradients.residual.rows import Place
from tlcore.seeds import torch_generator

Direction = dict[str, Tensor]
Criterion = Callable[[Tensor, Tensor], Tensor]
BATCH = 64
SIDES = range(9, 50, 8)
"""Sides whose grid has coarser ones inside it, from border to border."""


@dataclass(frozen=True)
class Point:
    """The mean loss at a place of the grid; `row` and `column` count from the lower left corner, from 0."""

    row: int
    column: int
    loss: float

    @property
    def place(self) -> Place:
        """Row, column and loss; None where it is not finite."""
        return self.row, self.column, self.loss if isfinite(self.loss) else None


@dataclass(frozen=True)
class Surface:
    """The losses of a square grid: `steps` are its coordinates along both directions, None is not known yet.

    A step of 1 moves every filter by its own length.
    """

    steps: tuple[float, ...]
    losses: tuple[tuple[float | None, ...], ...]

    @property
    def centre(self) -> float | None:
        """The loss of the network itself."""
        middle = len(self.steps) // 2
        return self.losses[middle][middle]

    @property
    def known(self) -> int:
        """How many places are known."""
        return sum(loss is not None for row in self.losses for loss in row)

    def to_json(self) -> dict[str, Any]:
        """The grid as JSON values."""
        return {"steps": list(self.steps), "losses": [list(row) for row in self.losses]}


def steps_of(side: int, span: float) -> tuple[float, ...]:
    """The coordinates of a grid of `side` places, from -span to span; the middle one is exactly 0."""
    if side not in SIDES:
        raise BadInputError(f"A side of the grid is one of {', '.join(map(str, SIDES))} places, not {side}.")
    half = side // 2
    return tuple(span * (place - half) / half for place in range(side))


def coarse_to_fine(side: int) -> tuple[tuple[int, int], ...]:
    """All places (row, column) of the grid: first those of a coarse one over all of it, the middle before the rest."""
    half = side // 2
    coarsest = half & -half  # the largest power of two that divides it, so that the border is reached

    def rank(place: tuple[int, int]) -> tuple[int, int]:
        away = [abs(index - half) for index in place]
        level = min((offset & -offset) or coarsest for offset in away)
        return -min(level, coarsest), away[0] ** 2 + away[1] ** 2

    return tuple(sorted(((row, column) for row in range(side) for column in range(side)), key=rank))


def surface_of(side: int, span: float, points: Iterable[Point | Place]) -> Surface:
    """The grid with what is known of it; a loss that is not finite stays unknown."""
    losses: list[list[float | None]] = [[None] * side for _ in range(side)]
    for point in points:
        row, column, loss = point.place if isinstance(point, Point) else point
        losses[row][column] = loss
    return Surface(steps_of(side, span), tuple(map(tuple, losses)))


def directions(network: nn.Module, seed: int = 0) -> tuple[Direction, Direction]:
    """Two directions with normal entries, each filter scaled to the length of the network's own.

    A filter is all weights of one unit of a layer. Biases and normalisation have no part in them, so that they are left
    as they are. The same seed gives networks with equal layers the same random numbers.
    """
    generator = torch_generator(seed)
    one, other = ({name: _normalised(p, generator) for name, p in _moved(network)} for _ in range(2))
    return one, other


def measured(
    network: nn.Module, images: Tensor, labels: Tensor, along: tuple[Direction, Direction], side: int, span: float,
    should_stop: Callable[[], bool] = lambda: False, criterion: Criterion = F.cross_entropy, batch: int = BATCH,
    known: int = 0,
) -> Iterator[Point]:  # fmt: skip
    """The mean loss over images `(n, 3, h, w)` with labels `(n)` at each place, coarse to fine, until it is stopped.

    The network is run as it predicts, with the normalisation that it learned. It is as it was found after the last one,
    or when the iterator is closed. The first so many places, which are `known`, are left out.
    """
    steps = steps_of(side, span)
    with _left_as_found(network) as weights:
        for row, column in coarse_to_fine(side)[known:]:
            _move(network, weights, along, (steps[column], steps[row]))
            loss = _loss(network, images.split(batch), labels.split(batch), criterion, should_stop)
            if loss is None:
                return
            yield Point(row, column, loss)


def _moved(network: nn.Module) -> list[tuple[str, Tensor]]:
    """The parameters that directions move: those with filters."""
    return [(name, parameter.detach()) for name, parameter in network.named_parameters() if parameter.dim() > 1]


def _normalised(weight: Tensor, generator: torch.Generator) -> Tensor:
    # drawn where the generator is, so that a GPU sees the same surface
    drawn = torch.randn(weight.shape, generator=generator).to(weight)
    lengths = [values.flatten(1).norm(dim=1) for values in (weight, drawn)]
    return drawn * (lengths[0] / lengths[1]).view(-1, *[1] * (weight.dim() - 1))


@contextmanager
def _left_as_found(network: nn.Module) -> Iterator[Direction]:
    """The network in evaluation mode, and its weights, to which it goes back."""
    modes = {module: module.training for module in network.modules()}
    weights = {name: weight.clone() for name, weight in _moved(network)}
    network.eval()
    try:
        yield weights
    finally:
        for name, weight in _moved(network):
            weight.copy_(weights[name])
        for module, training in modes.items():
            module.training = training


def _move(
    network: nn.Module, weights: Direction, along: tuple[Direction, Direction], step: tuple[float, float]
) -> None:
    for name, weight in _moved(network):
        torch.add(weights[name], along[0][name], alpha=step[0], out=weight)
        weight.add_(along[1][name], alpha=step[1])


@torch.no_grad()
def _loss(
    network: nn.Module, images: Sequence[Tensor], labels: Sequence[Tensor], criterion: Criterion,
    should_stop: Callable[[], bool],
) -> float | None:  # fmt: skip
    """The mean over all images, in batches; None when it was stopped."""
    total = 0.0
    for some, true in zip(images, labels, strict=True):
        if should_stop():
            return None
        total += float(criterion(network(some), true)) * len(true)
    return total / sum(map(len, labels))
