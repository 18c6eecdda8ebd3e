"""Filters that take several steps, taken apart: the eight directions of a compass, and the steps of Canny."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from tlcore.filters.bank import DIRECTIONS
from tlcore.filters.engine import Border, Canny, Compass, canny, compass
from tlcore.filters.show import View, full_colour, picture, png

WORDS = {
    "N": "brighter above",
    "NW": "brighter at the upper left",
    "W": "brighter on the left",
    "SW": "brighter at the lower left",
    "S": "brighter below",
    "SE": "brighter at the lower right",
    "E": "brighter on the right",
    "NE": "brighter at the upper right",
}
"""What an edge looks like to which a direction responds most."""
ROSE = ("NW", "N", "NE", "W", "", "E", "SW", "S", "SE")
"""The compass in three rows, as on a map; its middle is all of them together."""
SECTORS = (
    ("blue", "left and right", (126, 166, 255)),
    ("green", "lower left and upper right", (70, 194, 155)),
    ("orange", "above and below", (255, 156, 71)),
    ("violet", "upper left and lower right", (192, 140, 240)),
)
"""The four directions to which Canny rounds the gradient's: colour, the neighbours that are compared, and RGB."""


@dataclass(frozen=True)
class Rose:
    """The eight pictures and that of their maximum (under the name ""), all on one scale, and who wins how often.

    `wins` are shares of the pixels at which the maximum reaches the threshold; they are empty where none does.
    `opposite` is the largest sum of two opposite responses: 0 says that four correlations give all eight.
    """

    pictures: dict[str, bytes]
    wins: dict[str, float]
    opposite: float


def rose(image: Tensor, operator: str, view: View, *, border: Border = "reflect", threshold: float = 0.0) -> Rose:
    """The responses to `robinson` or `kirsch`, as pictures."""
    found = compass(image, operator, border=border)
    full = full_colour(found.maximum)
    pictures = {
        name: picture(response, view, threshold, full)
        for name, response in zip(DIRECTIONS, found.responses, strict=True)
    }
    half = found.responses.shape[0] // 2
    opposite = float((found.responses[:half] + found.responses[half:]).abs().max())
    return Rose({**pictures, "": picture(found.maximum, view, threshold, full)}, _wins(found, threshold), opposite)


def _wins(found: Compass, threshold: float) -> dict[str, float]:
    chosen = found.direction[found.maximum >= max(threshold, 1e-6)]
    if not chosen.numel():
        return {}
    counts = np.bincount(chosen.numpy(), minlength=len(DIRECTIONS))
    return {name: float(count / chosen.numel()) for name, count in zip(DIRECTIONS, counts, strict=True)}


@dataclass(frozen=True)
class Step:
    """One step of Canny's: its title, its picture as PNG bytes, and what happened, with a number."""

    title: str
    picture: bytes
    words: str


def canny_steps(image: Tensor, sigma: float, low: float, high: float, *, border: Border = "reflect") -> list[Step]:
    """All steps in order; an image in colour is made grey first."""
    found = canny(image.mean(0), sigma, low, high, border=border)
    ridges = int((found.thinned > 0).sum())
    kept = int((found.edges & found.weak).sum())
    return [
        Step("1. Smooth", picture(found.smoothed[None], "clipped"), f"A Gaussian with a sigma of {sigma:g} pixels."),
        Step(
            "2. Derive",
            picture(found.magnitude[None], "absolute"),
            f"The length of the Sobel gradient, up to {float(found.magnitude.max()):.2f} per pixel.",
        ),
        Step("3. Round the direction", _directions(found), "Its colour says to which two neighbours a pixel is held."),
        Step(
            "4. Thin",
            picture(found.thinned[None], "absolute"),
            f"Left are the {ridges:,} of {found.thinned.numel():,} pixels that neither of the two exceeds.",
        ),
        Step(
            "5. Two thresholds",
            _strong_and_weak(found),
            f"White: {int(found.strong.sum()):,} strong pixels. Blue: {int(found.weak.sum()):,} weak ones.",
        ),
        Step(
            "6. Follow",
            picture(found.edges[None].float(), "absolute"),
            f"{kept:,} of the weak pixels hang on a strong one: {int(found.edges.sum()):,} edge pixels.",
        ),
    ]


def _directions(found: Canny) -> bytes:
    sector = (found.direction.remainder(180) / 45).round().long().remainder(4).numpy()
    height = (found.magnitude / full_colour(found.magnitude[None])).clamp(0, 1).numpy()
    return png(np.array([colour for *_, colour in SECTORS])[sector] * height[..., None])


def _strong_and_weak(found: Canny) -> bytes:
    blue = np.array(SECTORS[0][2])
    return png(np.where(found.strong.numpy()[..., None], 255, found.weak.numpy()[..., None] * blue))
