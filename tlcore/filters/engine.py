"""One engine for every filter: `conv2d`, the operation of a convolution layer, with borders and scales written down.

Pixels are float32, `(channels, rows, columns)`. By default a kernel is laid on the image as it stands (correlation), as
`scipy.ndimage.correlate`, scikit-image, OpenCV and every deep-learning library do; true convolution turns it by half.
Even kernels are anchored at floor(k / 2), as in scipy.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from scipy import ndimage
from torch import Tensor

from tlcore.errors import BadInputError
from tlcore.filters.bank import DIRECTIONS, Kernel, Matrix, bank, gaussian, get_kernel

Border = Literal["zero", "reflect", "replicate", "circular"]
BORDERS: dict[Border, str] = {
    "zero": "Zeros outside: false edges at the border.",
    "reflect": "Mirrored at the last pixel, d c b | a b c d (scipy's 'mirror').",
    "replicate": "The last pixel again and again, a a a | a b c d (scipy's 'nearest').",
    "circular": "Around to the other side (scipy's 'wrap').",
}
Maps = Tensor
"""Values `(channels, rows, columns)`, for whoever only hands them on."""
_LARGEST_STRIDE = 64
_BANDS = 16


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
    if normalise:
        parts = [*parts[:-1], parts[-1] * kernel.scale]
    padded = _padded(image, kernel, border, dilation, turned=convolution)
    return _passes(padded, parts, dilation, turned=convolution)[:, ::stride, ::stride]


def _passes(padded: Tensor, parts: list[Matrix], dilation: int, *, turned: bool) -> Tensor:
    """One `conv2d` after the other, none of which pads.

    A single channel is the slowest case of `conv2d`, a layer of many the one that it is made for: so the image is cut
    into bands of rows, and the bands become the channels of a depthwise layer. That is ten times as fast.
    """
    lost = sum(dilation * (part.shape[0] - 1) for part in parts)
    rows = padded.shape[1] - lost
    bands = _BANDS if rows >= 2 * _BANDS and padded.dtype == torch.float32 else 1
    each = -(-rows // bands)
    full = padded if rows == bands * each else F.pad(padded, (0, 0, 0, bands * each - rows))
    x = full.unfold(1, each + lost, each).transpose(2, 3).contiguous(memory_format=torch.channels_last)
    for part in parts:
        values = part[::-1, ::-1].copy() if turned else part
        weights = torch.tensor(values, dtype=x.dtype, device=x.device)
        x = F.conv2d(x, weights.expand(bands, 1, *part.shape), dilation=dilation, groups=bands)
    return x.reshape(len(x), bands * each, -1)[:, :rows]


def _padded(image: Tensor, kernel: Kernel, border: Border, dilation: int, *, turned: bool) -> Tensor:
    """The image continued on all sides as far as the kernel reaches from its anchor."""
    widths = []
    for side in reversed(kernel.values.shape):
        reach = dilation * (side - 1) + 1
        before = reach - 1 - reach // 2 if turned else reach // 2
        widths += [before, reach - 1 - before]
    sides = [side for side in reversed(image.shape[1:]) for _ in range(2)]
    if border == "zero":
        return F.pad(image, widths)
    if all(width < side for width, side in zip(widths, sides, strict=True)):
        return F.pad(image, widths, mode=border)
    return _continued(_continued(image, 2, widths[:2], border), 1, widths[2:], border)


def _continued(x: Tensor, axis: int, widths: list[int], border: Border) -> Tensor:
    """The axis continued on both sides by more than the image has: reflections go back and forth."""
    size = x.shape[axis]
    places = torch.arange(-widths[0], size + widths[1], device=x.device)
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
    """Responses along x and y, and what they say together; the direction costs more than all else, so it waits."""

    x: Tensor
    y: Tensor

    @cached_property
    def magnitude(self) -> Tensor:
        """The length of the gradient."""
        return torch.hypot(self.x, self.y)

    @cached_property
    def direction(self) -> Tensor:
        """Where it points, in degrees, counter-clockwise from the right."""
        return torch.rad2deg(torch.atan2(-self.y, self.x))


def gradient(
    image: Tensor,
    operator: str,
    *,
    border: Border = "reflect",
    stride: int = 1,
    dilation: int = 1,
    normalise: bool = True,
    convolution: bool = False,
) -> Gradient:
    """The gradient by `prewitt`, `sobel`, `sobel5` or `scharr`: two kernels, each as `apply` lays it, and their sum."""

    def along(axis: str) -> Tensor:
        kernel, grid = get_kernel(f"{operator}_{axis}"), {"stride": stride, "dilation": dilation}
        return apply(image, kernel, border=border, normalise=normalise, convolution=convolution, **grid)

    return Gradient(along("x"), along("y"))


@dataclass(frozen=True)
class Compass:
    """All eight responses `(8, channels, rows, columns)`, in the order of `DIRECTIONS`."""

    responses: Tensor

    @cached_property
    def maximum(self) -> Tensor:
        """The largest of the eight at every pixel."""
        return self.responses.amax(0)

    @cached_property
    def direction(self) -> Tensor:
        """Which of the eight the largest came from."""
        return self.responses.max(0).indices


def compass(image: Tensor, operator: str, *, border: Border = "reflect", normalise: bool = True) -> Compass:
    """The responses to `robinson` or `kirsch` masks in the order of `DIRECTIONS`."""
    kernels = [bank()[f"{operator}_{direction.lower()}"] for direction in DIRECTIONS]
    return Compass(torch.stack([apply(image, kernel, border=border, normalise=normalise) for kernel in kernels]))


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
    slopes = gradient(smoothed, "sobel", border=border)
    magnitude, direction = slopes.magnitude[0], slopes.direction[0]
    thinned = _thinned(magnitude, direction)
    ridges = thinned > 0  # also where a threshold is 0, what is no ridge is no edge
    strong, weak = ridges & (thinned >= high), ridges & (thinned >= low)
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
    """The groups of touching pixels, `weak` or better, in which at least one is strong."""
    groups, count = ndimage.label(weak.cpu().numpy(), np.ones((3, 3)))
    kept = np.bincount(groups[strong.cpu().numpy()], minlength=count + 1) > 0
    return torch.from_numpy(kept[groups]).to(strong.device)
