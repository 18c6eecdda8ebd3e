"""One engine for every filter: `conv2d`, the operation of a convolution layer, with borders and scales written down.

Pixels are float32, `(channels, rows, columns)`. By default a kernel is laid on the image as it stands (correlation), as
`scipy.ndimage.correlate`, scikit-image, OpenCV and every deep-learning library do; true convolution turns it by half.
Even kernels are anchored at floor(k / 2), as in scipy.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Tensor

from tlcore.errors import BadInputError
from tlcore.filters.bank import DIRECTIONS, Kernel, bank, gaussian, get_kernel

Border = Literal["zero", "reflect", "replicate", "circular"]
BORDERS: dict[Border, str] = {
    "zero": "Zeros outside: false edges at the border.",
    "reflect": "Mirrored at the last pixel, d c b | a b c d (scipy's 'mirror').",
    "replicate": "The last pixel again and again, a a a | a b c d (scipy's 'nearest').",
    "circular": "Around to the other side (scipy's 'wrap').",
}
_LARGEST_STRIDE = 64


def apply(
    image: Tensor,
    kernel: Kernel,
    *,
    border: Border = "reflect",
    stride: int = 1,
    dilation: int = 1,
    normalise: bool = False,
    convolution: bool = False,
) -> Tensor:
    """The response `(channels, rows, columns)` of each channel by itself; `normalise` multiplies by its scale."""
    for name, value in (("stride", stride), ("dilation", dilation)):
        if not 1 <= value <= _LARGEST_STRIDE:
            raise BadInputError(f"The {name} lies between 1 and {_LARGEST_STRIDE}, not at {value}.")
    if image.dim() != 3 or not image.numel():
        raise BadInputError(f"An image has channels, rows and columns, not the shape {tuple(image.shape)}.")
    parts = [kernel.values] if kernel.factors is None else [kernel.factors[0][:, None], kernel.factors[1][None, :]]
    response = image[:, None]
    for part in parts:
        response = _pass(response, part, border, dilation, turned=convolution)
    response = response[:, 0, ::stride, ::stride]
    return response * kernel.scale if normalise else response


def _pass(x: Tensor, values: np.ndarray, border: Border, dilation: int, *, turned: bool) -> Tensor:
    weights = torch.tensor(values[::-1, ::-1].copy() if turned else values, dtype=x.dtype, device=x.device)
    reach = [dilation * (side - 1) + 1 for side in values.shape]
    before = [(side - 1 - side // 2 if turned else side // 2) for side in reach]
    for axis, (side, first) in enumerate(zip(reach, before, strict=True), 2):
        x = _padded(x, axis, first, side - 1 - first, border)
    return F.conv2d(x, weights[None, None], dilation=dilation)


def _padded(x: Tensor, axis: int, before: int, after: int, border: Border) -> Tensor:
    """The axis continued on both sides; reflections go back and forth where the kernel exceeds the image."""
    size = x.shape[axis]
    if not before and not after:
        return x
    if border == "zero":
        widths = [before, after] if axis == 3 else [0, 0, before, after]
        return F.pad(x, widths)
    places = torch.arange(-before, size + after, device=x.device)
    if border == "replicate":
        places = places.clamp(0, size - 1)
    elif border == "circular":
        places = places.remainder(size)
    else:
        period = max(1, 2 * (size - 1))
        places = places.remainder(period)
        places = torch.minimum(places, period - places).clamp(max=size - 1)
    return x.index_select(axis, places)


@dataclass(frozen=True)
class Gradient:
    """Responses along x and y, their length, and the direction in degrees, counter-clockwise from the right."""

    x: Tensor
    y: Tensor
    magnitude: Tensor
    direction: Tensor


def gradient(image: Tensor, operator: str, *, border: Border = "reflect", normalise: bool = True) -> Gradient:
    """The gradient by `prewitt`, `sobel`, `sobel5` or `scharr`: two kernels, and what both say together."""
    x, y = (apply(image, get_kernel(f"{operator}_{axis}"), border=border, normalise=normalise) for axis in ("x", "y"))
    return Gradient(x, y, torch.hypot(x, y), torch.rad2deg(torch.atan2(-y, x)))


@dataclass(frozen=True)
class Compass:
    """All eight responses `(8, channels, rows, columns)`, the largest, and which direction it came from."""

    responses: Tensor
    maximum: Tensor
    direction: Tensor


def compass(image: Tensor, operator: str, *, border: Border = "reflect", normalise: bool = True) -> Compass:
    """The responses to `robinson` or `kirsch` masks in the order of `DIRECTIONS`."""
    kernels = [bank()[f"{operator}_{direction.lower()}"] for direction in DIRECTIONS]
    responses = torch.stack([apply(image, kernel, border=border, normalise=normalise) for kernel in kernels])
    maximum, direction = responses.max(0)
    return Compass(responses, maximum, direction)


@dataclass(frozen=True)
class Canny:
    """The steps of Canny's detector, each `(rows, columns)`: what goes in, and what comes out last as `edges`."""

    smoothed: Tensor
    magnitude: Tensor
    direction: Tensor
    thinned: Tensor
    strong: Tensor
    weak: Tensor
    edges: Tensor


def canny(grey: Tensor, sigma: float, low: float, high: float, *, border: Border = "reflect") -> Canny:
    """Smooth, derive, thin to ridges, then keep strong pixels and the weak ones that hang on them (Canny 1986).

    `grey` is `(rows, columns)` in [0, 1]; the thresholds are for Sobel gradients per pixel.
    """
    if not 0 <= low <= high:
        raise BadInputError(f"The low threshold lies between 0 and the high one, {high:g}, not at {low:g}.")
    smoothed = apply(grey[None], gaussian(sigma), border=border)
    found = gradient(smoothed, "sobel", border=border)
    magnitude, direction = found.magnitude[0], found.direction[0]
    thinned = _thinned(magnitude, direction)
    strong, weak = thinned >= high, thinned >= low
    return Canny(smoothed[0], magnitude, direction, thinned, strong, weak & ~strong, _connected(strong, weak))


def _thinned(magnitude: Tensor, direction: Tensor) -> Tensor:
    """Only pixels that are not smaller than both neighbours across the edge, along one of four directions."""
    sector = (direction.remainder(180) / 45).round().long().remainder(4)
    padded = F.pad(magnitude[None, None], (1, 1, 1, 1))[0, 0]
    high, wide = magnitude.shape
    kept = torch.zeros_like(magnitude)
    for number, (row, column) in enumerate(((0, 1), (-1, 1), (-1, 0), (-1, -1))):
        one = padded[1 + row : 1 + row + high, 1 + column : 1 + column + wide]
        other = padded[1 - row : 1 - row + high, 1 - column : 1 - column + wide]
        ridge = (sector == number) & (magnitude >= one) & (magnitude > other)
        kept = torch.where(ridge, magnitude, kept)
    return kept


def _connected(strong: Tensor, weak: Tensor) -> Tensor:
    """Weak pixels that a chain of weak pixels connects to a strong one, grown until nothing changes."""
    grown = strong
    while True:
        near = F.max_pool2d(grown[None, None].float(), 3, 1, 1)[0, 0] > 0
        larger = near & weak
        if torch.equal(larger, grown):
            return grown
        grown = larger
