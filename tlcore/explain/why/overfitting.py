"""A small network that learns a few noisy points by heart, and four ways to keep it from that; trained for real.

The points lie around a curve that is known, so the true error can be measured too, which in real life it can't.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tlcore.errors import BadInputError
from tlcore.seeds import torch_generator

STEPS, EVERY = 800, 10
HELD_OUT = 40
"""Points for validation; as noisy as those for training."""
_HALF, _GRID, _WIDTH, _RATE = 2.0, 121, 64, 0.01
_POINTS, _MOST_NOISE = range(4, 257), 2.0


@dataclass(frozen=True)
class Problem:
    """Noisy points of a curve: how many to train on, the noise's standard deviation, and the seed of all randomness."""

    points: int = 16
    noise: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.points not in _POINTS or not 0 <= self.noise <= _MOST_NOISE:
            raise BadInputError(f"There are {_POINTS[0]} to {_POINTS[-1]} points with noise from 0 to {_MOST_NOISE:g}.")


@dataclass(frozen=True)
class Rules:
    """What holds the network back; zeros are off.

    Each step takes `l2` times the rate of every weight, and `l1` times the rate in size, down to exact zeros. `dropout`
    is the share of hidden units left out of each step. `patience` is how many steps may pass without a new best
    validation error before training stops and goes back to the best.
    """

    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    patience: int = 0

    def __post_init__(self) -> None:
        if min(self.l1, self.l2, self.patience) < 0 or not 0 <= self.dropout < 1:
            raise BadInputError("Penalties and patience are not negative, and dropout is at least 0 and below 1.")


@dataclass(frozen=True)
class Points:
    """Where the points lie: pairs of lists, the curve without noise on a grid."""

    train: tuple[list[float], list[float]]
    val: tuple[list[float], list[float]]
    truth: tuple[list[float], list[float]]


@dataclass(frozen=True)
class Frame:
    """The network after so many steps: its mean squared errors, and its curve on the grid of `Points.truth`."""

    step: int
    train: float
    val: float
    truth: float
    curve: list[float]


@dataclass(frozen=True)
class Fit:
    """A training: its frames, and the one whose weights are kept; the length of these weights, and how many are zero.

    `kept` is the last frame, or with early stopping the one with the lowest validation error. Biases are not counted.
    """

    frames: tuple[Frame, ...]
    kept: int
    norm: float
    zeros: int
    weights: int

    @property
    def stopped(self) -> bool:
        """Whether the weights that are kept are older than the last ones."""
        return self.kept < len(self.frames) - 1


Layers = tuple[list[Tensor], list[Tensor]]


@lru_cache(maxsize=256)
def points(problem: Problem) -> Points:
    """The points of a problem."""
    x, y, x_val, y_val = _drawn(problem)
    grid = _grid()
    pairs = [(a[:, 0].tolist(), b[:, 0].tolist()) for a, b in ((x, y), (x_val, y_val), (grid, _truth(grid)))]
    return Points(*pairs)


def fit(problem: Problem, rules: Rules) -> Fit:
    """Train on all points at once for `STEPS` steps of AdamW, or until patience ends; the same at every call."""
    generator = torch_generator(1000 + problem.seed)  # what the page says holds of these weights
    layers = _initial(generator)
    frames: list[Frame] = []
    best, weights = 0, layers[0]
    for frame in _trained(problem, rules, layers, generator):
        frames.append(frame)
        if frame.val <= frames[best].val or not rules.patience:
            best, weights = len(frames) - 1, [w.detach().clone() for w in layers[0]]
        elif frame.step - frames[best].step >= rules.patience:
            break
    return Fit(
        frames=tuple(frames),
        kept=best,
        norm=math.sqrt(sum(float((w**2).sum()) for w in weights)),
        zeros=sum(int((w == 0).sum()) for w in weights),
        weights=sum(w.numel() for w in weights),
    )


def _trained(problem: Problem, rules: Rules, layers: Layers, generator: torch.Generator) -> Iterator[Frame]:
    """Train the layers in place, with a frame every few steps."""
    weights, biases = layers
    x, y, *_ = drawn = _drawn(problem)
    optimizer = torch.optim.AdamW(
        [{"params": weights, "weight_decay": rules.l2}, {"params": biases, "weight_decay": 0.0}], lr=_RATE
    )
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            yield _frame(step, layers, drawn)
        optimizer.zero_grad()
        torch.autograd.backward(F.mse_loss(_network(x, layers, rules.dropout, generator), y))
        optimizer.step()
        if rules.l1:
            _shrink(weights, _RATE * rules.l1)


def _shrink(weights: list[Tensor], by: float) -> None:
    """The proximal step of the L1 norm: all weights nearer to zero by the same amount, and not beyond."""
    with torch.no_grad():
        for weight in weights:
            weight.copy_(F.softshrink(weight, by))


def _network(x: Tensor, layers: Layers, dropout: float = 0.0, generator: torch.Generator | None = None) -> Tensor:
    *hidden, last = zip(*layers, strict=True)
    for weight, bias in hidden:
        x = torch.tanh(F.linear(x, weight, bias))
        if dropout:
            x = x * (torch.rand(x.shape, generator=generator) >= dropout) / (1 - dropout)
    return F.linear(x, *last)


def _initial(generator: torch.Generator) -> Layers:
    """Two hidden layers; the first one's units bend at places all over the grid, so that the network can wiggle."""
    sizes = (1, _WIDTH, _WIDTH, 1)
    weights = [torch.randn(out, into, generator=generator) / math.sqrt(into) for into, out in pairwise(sizes)]
    biases = [torch.zeros(out) for out in sizes[1:]]
    weights[0] *= 4
    biases[0] = torch.empty(_WIDTH).uniform_(-4, 4, generator=generator)
    return [w.requires_grad_() for w in weights], [b.requires_grad_() for b in biases]


def _drawn(problem: Problem) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training and validation points, evenly spread with a jitter, around the true curve."""
    generator = torch_generator(problem.seed)
    points = []
    for count in (problem.points, HELD_OUT):
        places = (torch.arange(count) + torch.rand(count, generator=generator)) / count
        x = (2 * places - 1)[:, None] * _HALF
        points += [x, _truth(x) + problem.noise * torch.randn(x.shape, generator=generator)]
    return points[0], points[1], points[2], points[3]


def _truth(x: Tensor) -> Tensor:
    return torch.sin(2.5 * x) + 0.4 * x


def _grid() -> Tensor:
    return torch.linspace(-_HALF, _HALF, _GRID)[:, None]


def _frame(step: int, layers: Layers, drawn: tuple[Tensor, Tensor, Tensor, Tensor]) -> Frame:
    x, y, x_val, y_val = drawn
    grid = _grid()
    with torch.no_grad():
        curve = _network(grid, layers)
        return Frame(
            step=step,
            train=float(F.mse_loss(_network(x, layers), y)),
            val=float(F.mse_loss(_network(x_val, layers), y_val)),
            truth=float(F.mse_loss(curve, _truth(grid))),
            curve=[round(value, 4) for value in curve[:, 0].tolist()],
        )
