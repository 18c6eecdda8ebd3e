"""Filters that take several steps, taken apart: the eight directions of a compass, and the steps of Canny."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from tlcore.data.pixels.encode import png
from tlcore.filters.bank import DIRECTIONS
from tlcore.filters.engine import Border, Canny, Compass, canny, compass
from tlcore.filters.show import View, full_colour, picture
from tlcore.palette import BRIGHT_BLUE, BRIGHT_GREEN, BRIGHT_ORANGE, BRIGHT_VIOLET, rgb

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
    ("blue", "left and right", rgb(BRIGHT_BLUE)),
    ("green", "lower left and upper right", rgb(BRIGHT_GREEN)),
    ("orange", "above and below", rgb(BRIGHT_ORANGE)),
    ("violet", "upper left and lower right", rgb(BRIGHT_VIOLET)),
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
    responses = compass(image, operator, border=border)
    full = full_colour(responses.maximum)
    pictures = {
        name: picture(response, view, threshold, full)
        for name, response in zip(DIRECTIONS, responses.responses, strict=True)
    }
    half = responses.responses.shape[0] // 2
    opposite = float((responses.responses[:half] + responses.responses[half:]).abs().max())
    return Rose(
        {**pictures, "": picture(responses.maximum, view, threshold, full)}, _wins(responses, threshold), opposite
    )


def _wins(responses: Compass, threshold: float) -> dict[str, float]:
    chosen = responses.direction[responses.maximum >= max(threshold, 1e-6)]
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
    made = canny(image.mean(0), sigma, low, high, border=border)
    ridges = int((made.thinned > 0).sum())
    kept = int((made.edges & made.weak).sum())
    return [
        Step("1. Smooth", picture(made.smoothed[None], "clipped"), f"A Gaussian with a sigma of {sigma:g} pixels."),
        Step(
            "2. Derive",
            picture(made.magnitude[None], "absolute"),
            f"The length of the Sobel gradient, up to {float(made.magnitude.max()):.2f} per pixel.",
        ),
        Step("3. Round the direction", _directions(made), "Its colour says to which two neighbours a pixel is held."),
        Step(
            "4. Thin",
            picture(made.thinned[None], "absolute"),
            f"Left are the {ridges:,} of {made.thinned.numel():,} pixels that neither of the two exceeds.",
        ),
        Step(
            "5. Two thresholds",
            _strong_and_weak(made),
            f"White: {int(made.strong.sum()):,} strong pixels. Blue: {int(made.weak.sum()):,} weak ones.",
        ),
        Step(
            "6. Follow",
            picture(made.edges[None].float(), "absolute"),
            f"{kept:,} of the weak pixels hang on a strong one: {int(made.edges.sum()):,} edge pixels.",
        ),
    ]


def _directions(made: Canny) -> bytes:
    sector = (made.direction.remainder(180) / 45).round().long().remainder(4).numpy()
    height = (made.magnitude / full_colour(made.magnitude[None])).clamp(0, 1).numpy()
    return png(np.array([colour for *_, colour in SECTORS])[sector] * height[..., None])


def _strong_and_weak(made: Canny) -> bytes:
    blue = np.array(SECTORS[0][2])
    return png(np.where(made.strong.numpy()[..., None], 255, made.weak.numpy()[..., None] * blue))
