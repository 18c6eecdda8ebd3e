"""Which gradient is sharper? Measured on an edge that is known exactly, under noise, over many seeds.

The edge is a unit step, softened by a Gaussian, at a random place between two pixels. Of every operator the response
across the edge is used, scaled to the slope per pixel: `x` times the cosine plus `y` times the sine of its angle.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from tlcore.errors import BadInputError
from tlcore.filters.bank import get_kernel
from tlcore.filters.engine import gradient
from tlcore.seeds import torch_generator

COMPARED = {"prewitt": "Prewitt", "sobel": "Sobel", "scharr": "Scharr", "sobel5": "Sobel 5x5"}
SIDE = 40
"""Pixels of an edge's picture, each way."""
_MARGIN, _SEARCH = 6, 4
_CONFIDENCE = 1.96
_ANGLES, _NOISES, _BLURS, _SEEDS = (0.0, 45.0), (0.0, 1.0), (0.3, 3.0), (2, 1000)


@dataclass(frozen=True)
class Sharpness:
    """What was measured of one operator; lengths in pixels, slopes per pixel, `_pm` half of a 95 % interval."""

    operator: str
    raw_peak: float
    peak: float
    width: float
    noise: float
    miss: float
    miss_pm: float
    across: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The peak over the noise; infinite without noise."""
        return self.peak / self.noise if self.noise else math.inf


@dataclass(frozen=True)
class Comparison:
    """All operators on the same noisy edges; `places` are the distances from the edge that `across` belongs to."""

    operators: tuple[Sharpness, ...]
    places: tuple[float, ...]
    seeds: int
    extra: float
    extra_pm: float

    def of(self, operator: str) -> Sharpness:
        """The measurement of that operator."""
        return next(one for one in self.operators if one.operator == operator)


def compare(angle: float = 0.0, noise: float = 0.1, blur: float = 0.7, seeds: int = 200) -> Comparison:
    """Measure all operators on an edge whose normal is turned by `angle` degrees from the x axis.

    `extra` is how much farther from the edge Sobel's peak lies than Prewitt's, in pixels, mean over paired seeds.
    """
    given = ((angle, _ANGLES), (noise, _NOISES), (blur, _BLURS), (seeds, _SEEDS))
    if not all(low <= value <= high for value, (low, high) in given):
        raise BadInputError(
            f"The edge has an angle of {_ANGLES[0]:g} to {_ANGLES[1]:g} degrees, noise of {_NOISES[0]:g} to "
            f"{_NOISES[1]:g}, and a blur of {_BLURS[0]:g} to {_BLURS[1]:g} pixels, drawn {_SEEDS[0]} to "
            f"{_SEEDS[1]} times."
        )
    generator = torch_generator(seeds)
    away = _distances(angle, torch.rand(seeds, generator=generator) - 0.5)
    clean = torch.special.ndtr(away / blur)
    noisy = clean + noise * torch.randn(clean.shape, generator=generator)
    places = tuple(step / 4 for step in range(-4 * _SEARCH, 4 * _SEARCH + 1))
    bins = _bins(away, places)
    operators, misses = [], {}
    for name in COMPARED:
        quiet, loud = _slope(clean, name, angle), _slope(noisy, name, angle)
        misses[name] = _misses(loud, away)
        operators.append(_measure(name, quiet, loud, misses[name], places, bins))
    extra = misses["sobel"] - misses["prewitt"]
    return Comparison(tuple(operators), places, seeds, float(extra.mean()), _half_interval(extra))


def edge(angle: float, noise: float, blur: float) -> Tensor:
    """One of the edges to look at, `(1, rows, columns)`."""
    clean = torch.special.ndtr(_distances(angle, torch.zeros(1)) / blur)
    return clean + noise * torch.randn(clean.shape, generator=torch_generator(0))


def _distances(angle: float, offsets: Tensor) -> Tensor:
    """How far every pixel lies from each edge, along its normal: `(edges, rows, columns)`."""
    axis = torch.arange(SIDE) - (SIDE - 1) / 2
    turn = math.radians(angle)
    return axis * math.cos(turn) + axis[:, None] * math.sin(turn) - offsets[:, None, None]


def _slope(edges: Tensor, operator: str, angle: float) -> Tensor:
    slopes = gradient(edges, operator, border="replicate")
    turn = math.radians(angle)
    return slopes.x * math.cos(turn) + slopes.y * math.sin(turn)


def _measure(
    name: str, quiet: Tensor, loud: Tensor, misses: Tensor, places: tuple[float, ...], bins: Tensor
) -> Sharpness:
    across = _means(quiet, bins)
    inner = slice(_MARGIN, -_MARGIN)
    noise = float((loud - quiet)[:, inner, inner].std())
    raw_peak = max(across) / get_kernel(f"{name}_x").scale
    missed = float(misses.mean()), _half_interval(misses)
    return Sharpness(name, raw_peak, max(across), _width(places, across), noise, *missed, tuple(across))


def _bins(away: Tensor, places: tuple[float, ...]) -> Tensor:
    """Which of the places, a quarter of a pixel apart, each pixel lies at; those at none or near a border are last."""
    numbers = ((away - places[0]) * 4).round().long()
    inner = slice(_MARGIN, -_MARGIN)
    bins = torch.full_like(numbers, len(places))
    chosen = numbers[:, inner, inner]
    bins[:, inner, inner] = torch.where((chosen >= 0) & (chosen < len(places)), chosen, len(places))
    return bins.flatten()


def _means(response: Tensor, bins: Tensor) -> list[float]:
    counts = torch.bincount(bins)
    sums = torch.zeros(len(counts)).index_add_(0, bins, response.flatten())
    return (sums / counts.clamp(min=1))[:-1].tolist()


def _width(places: tuple[float, ...], across: list[float]) -> float:
    """How wide the response is at half of its peak, between the two places where it crosses it."""
    half = max(across) / 2
    crossings = [
        left + (half - low) / (high - low) * (right - left)
        for left, right, low, high in zip(places, places[1:], across, across[1:], strict=False)
        if (low < half) != (high < half)
    ]
    return crossings[-1] - crossings[0]


def _misses(response: Tensor, away: Tensor) -> Tensor:
    """For each edge, how far from it the rows' peaks lie: the root mean square, of peaks within a few pixels.

    The peak between pixels is that of a parabola through the largest value and its neighbours.
    """
    near = torch.where(away.abs() <= _SEARCH, response, torch.full_like(response, -math.inf))
    rows = near[:, _MARGIN:-_MARGIN]
    place = rows.argmax(-1, keepdim=True).clamp(1, SIDE - 2)
    left, middle, right = (response[:, _MARGIN:-_MARGIN].gather(-1, place + step) for step in (-1, 0, 1))
    bend = left - 2 * middle + right
    between = torch.where(bend < 0, (left - right) / (2 * bend), torch.zeros(())).clamp(-0.5, 0.5)
    along = away[:, _MARGIN:-_MARGIN]
    step = along[..., 1:2] - along[..., :1]
    missed = along.gather(-1, place) + between * step
    return missed[..., 0].square().mean(-1).sqrt()


def _half_interval(values: Tensor) -> float:
    return _CONFIDENCE * float(values.std()) / math.sqrt(len(values))
