"""The bank of kernels: fixed ones from `kernels.toml`, compass masks by turning one, and families with parameters."""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlcore.errors import BadInputError, UnknownNameError

_FILE = Path(__file__).with_name("kernels.toml")
LARGEST = 15
LARGEST_VALUE = 1e6
_SIGMAS = (0.1, 10.0)
DIRECTIONS = ("N", "NW", "W", "SW", "S", "SE", "E", "NE")
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel in correlation form, `(rows, columns)`.

    `order` is the derivative that it estimates, 0 for smoothing; `scale` times its response is that derivative per
    pixel, or keeps the brightness. `factors` are a column and a row whose product it is, where it has such.
    """

    name: str
    title: str
    family: str
    values: Matrix
    order: int
    formula: str
    source: str
    direction: str = ""
    scale: float = 1.0
    factors: tuple[Matrix, Matrix] | None = None


@cache
def bank() -> dict[str, Kernel]:
    """Every kernel by its name, those with parameters at their usual ones."""
    fixed = {name: _fixed(name, values) for name, values in tomllib.loads(_FILE.read_text("utf-8")).items()}
    turned = [*_compass("robinson", "Robinson", _ROBINSON, 8), *_compass("kirsch", "Kirsch", _KIRSCH, 24)]
    usual = [box(3), gaussian(1.0), unsharp(1.0, 1.0), laplacian_of_gaussian(1.4), difference_of_gaussians(1.0, 1.6)]
    usual += [gabor(4.0, 0.0), motion_blur(9, 0.0)]
    return {**fixed, **{kernel.name: kernel for kernel in (*turned, *usual)}}


def get_kernel(name: str) -> Kernel:
    """The kernel of that name."""
    try:
        return bank()[name]
    except KeyError as error:
        raise UnknownNameError(f"There is no kernel '{name}'; there is {', '.join(bank())}.") from error


def custom(rows: Sequence[Sequence[float]]) -> Kernel:
    """A kernel of one's own; raises `BadInputError` when its rows are no matrix of up to 15x15 numbers."""
    lengths = {len(row) for row in rows}
    if not rows or lengths == {0}:
        raise BadInputError("The kernel is empty.")
    if len(lengths) > 1:
        raise BadInputError(f"The kernel's rows have different lengths: {', '.join(map(str, sorted(lengths)))}.")
    if len(rows) > LARGEST or max(lengths) > LARGEST:
        raise BadInputError(f"A kernel has at most {LARGEST}x{LARGEST} values, not {len(rows)}x{max(lengths)}.")
    try:
        values = np.array([[float(value) for value in row] for row in rows])
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInputError("The kernel holds something that is not a number.") from error
    if not np.isfinite(values).all():
        raise BadInputError("The kernel holds values that are infinite or not a number.")
    if np.abs(values).max() > LARGEST_VALUE:
        raise BadInputError(f"The kernel's values lie between -{LARGEST_VALUE:,.0f} and {LARGEST_VALUE:,.0f}.")
    total = float(np.abs(values).sum())
    return Kernel("custom", "Custom", "Custom", values, 0, "", "your own", scale=1 / total if total else 1.0)


def box(size: int) -> Kernel:
    """The mean over a square."""
    ones = np.full(size, 1 / size)
    return _separable("box", f"Box {size}x{size}", "Smoothing", ones, ones, r"\frac{1}{k^2}\sum f", "the mean")


def gaussian(sigma: float) -> Kernel:
    """A bell of that standard deviation in pixels, cut at three of them."""
    row = _bell(sigma)
    formula = r"\frac{1}{2\pi\sigma^2}\, e^{-(x^2 + y^2)/2\sigma^2}"
    return _separable("gaussian", f"Gaussian, sigma {sigma:g}", "Smoothing", row, row, formula, "normal distribution")


def unsharp(sigma: float, amount: float) -> Kernel:
    """The image plus what a Gaussian takes away from it."""
    blur = gaussian(sigma).values
    values = -amount * blur
    values[tuple(side // 2 for side in blur.shape)] += 1 + amount
    return Kernel(
        "unsharp",
        "Unsharp mask",
        "Enhancement",
        values,
        0,
        r"f + a\,(f - g_\sigma * f)",
        "photographic unsharp masking",
    )


def laplacian_of_gaussian(sigma: float) -> Kernel:
    """The Laplacian of a Gaussian, with a sum of zero (Marr & Hildreth 1980)."""
    x, y = _plane(max(1, math.ceil(3 * sigma)))
    square = (x**2 + y**2) / (2 * sigma**2)
    values = (square - 1) * np.exp(-square) / (math.pi * sigma**4)
    formula = r"\frac{1}{\pi\sigma^4}\left(\tfrac{r^2}{2\sigma^2} - 1\right) e^{-r^2/2\sigma^2}"
    return Kernel(
        "log", f"Laplacian of Gaussian, sigma {sigma:g}", "Laplacian", values - values.mean(), 2, formula,
        "Marr & Hildreth 1980, Theory of Edge Detection",
    )  # fmt: skip


def difference_of_gaussians(narrow: float, wide: float) -> Kernel:
    """A wide Gaussian minus a narrow one: nearly a Laplacian of Gaussian where the sigmas differ by 1.6 times."""
    half = math.ceil(3 * wide)
    first, second = (np.outer(_bell(sigma, half), _bell(sigma, half)) for sigma in (narrow, wide))
    return Kernel(
        "dog", f"Difference of Gaussians, {narrow:g} and {wide:g}", "Laplacian", second - first, 2,
        r"g_{\sigma_2} - g_{\sigma_1}", "Marr & Hildreth 1980, Theory of Edge Detection",
        scale=2 / (wide**2 - narrow**2),
    )  # fmt: skip


def gabor(wavelength: float, angle: float) -> Kernel:
    """A wave of that length in pixels under a bell, along `angle` degrees; its sum is zero."""
    sigma = 0.5 * wavelength
    x, y = _plane(min(LARGEST // 2, math.ceil(3 * sigma)))
    along = x * math.cos(math.radians(angle)) + y * math.sin(math.radians(angle))
    bell = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    wave = np.cos(2 * math.pi * along / wavelength)
    values = bell * (wave - (bell * wave).sum() / bell.sum())
    return Kernel(
        "gabor", f"Gabor, {wavelength:g} pixels at {angle:g} degrees", "Texture", values, 2,
        r"e^{-r^2/2\sigma^2} \cos(2\pi x'/\lambda)", "Gabor 1946; Daugman 1985", direction=f"{angle:g} degrees",
        scale=1 / float(np.abs(values).sum()),
    )  # fmt: skip


def motion_blur(length: int, angle: float) -> Kernel:
    """The mean along a line of that many pixels."""
    half = length // 2
    values = np.zeros((length, length))
    across, down = math.cos(math.radians(angle)), -math.sin(math.radians(angle))
    longer = max(abs(across), abs(down))  # one pixel a step along it
    for step in range(-half, half + 1):
        values[half + round(step * down / longer), half + round(step * across / longer)] = 1
    formula = r"\frac{1}{n}\sum_{\text{line}} f"
    return Kernel(
        "motion", f"Motion blur, {length} pixels", "Smoothing", values / values.sum(), 0, formula,
        "the mean along a line", direction=f"{angle:g} degrees",
    )  # fmt: skip


_ROBINSON = ((1, 2, 1), (0, 0, 0), (-1, -2, -1))
_KIRSCH = ((5, 5, 5), (-3, 0, -3), (-3, -3, -3))
_SOURCES = {
    "robinson": "Robinson 1977, Edge Detection by Compass Gradient Masks",
    "kirsch": "Kirsch 1971, Computer Determination of the Constituent Structure of Biological Images",
}
_RING = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))


def _compass(name: str, title: str, north: Any, scale: int) -> list[Kernel]:
    """The mask of the north turned by 45 degrees at a time, counter-clockwise."""
    ring = [north[row][column] for row, column in _RING]
    made = []
    for turn, direction in enumerate(DIRECTIONS):
        values = np.zeros((3, 3))
        values[1, 1] = north[1][1]
        for place, (row, column) in enumerate(_RING):
            values[row, column] = ring[(place + turn) % 8]
        names = f"{name}_{direction.lower()}", f"{title} {direction}", f"{title} compass"
        formula = r"\max_d\, h_d * f"
        made.append(Kernel(*names, values, 1, formula, _SOURCES[name], direction=direction, scale=1 / scale))
    return made


def _fixed(name: str, given: dict[str, Any]) -> Kernel:
    values = dict(given)
    above, below = values.pop("scale", (1, 1))
    factors = values.pop("factors", None)
    if factors is None:
        return Kernel(name=name, values=np.array(values.pop("kernel"), float), scale=above / below, **values)
    column, row = (np.array(part, float) for part in factors)
    return Kernel(name=name, values=np.outer(column, row), scale=above / below, factors=(column, row), **values)


def _separable(name: str, title: str, family: str, column: Matrix, row: Matrix, formula: str, source: str) -> Kernel:
    return Kernel(name, title, family, np.outer(column, row), 0, formula, source, factors=(column, row))


def _bell(sigma: float, half: int | None = None) -> Matrix:
    if not _SIGMAS[0] <= sigma <= _SIGMAS[1]:
        raise BadInputError(f"Sigma lies between {_SIGMAS[0]:g} and {_SIGMAS[1]:g} pixels, not at {sigma:g}.")
    half = max(1, math.ceil(3 * sigma)) if half is None else half
    values = np.exp(-(np.arange(-half, half + 1) ** 2) / (2 * sigma**2))
    return np.asarray(values / values.sum())


def _plane(half: int) -> tuple[Matrix, Matrix]:
    axis = np.arange(-half, half + 1, dtype=float)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    return x, y
