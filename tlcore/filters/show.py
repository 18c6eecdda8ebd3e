"""From an image to a picture of a filter's response: noise and blur before, thresholds and colours after."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from tlcore.data.pixels.encode import jpeg, png
from tlcore.errors import UnknownNameError
from tlcore.filters.bank import Kernel, bank, gaussian, get_kernel
from tlcore.filters.engine import Border, apply, canny, compass, gradient
from tlcore.palette import BRIGHT_BLUE, BRIGHT_ORANGE, ZERO, rgb
from tlcore.seeds import torch_generator

View = Literal["signed", "absolute", "clipped"]
VIEWS: dict[View, str] = {
    "signed": "Blue is positive, orange negative, dark is zero.",
    "absolute": "White is far from zero, on either side of it.",
    "clipped": "As a picture: below zero is black, above one is white.",
}
OPERATORS = {
    "gradient-prewitt": "Prewitt gradient",
    "gradient-sobel": "Sobel gradient",
    "gradient-sobel5": "Sobel gradient, 5x5",
    "gradient-scharr": "Scharr gradient",
    "compass-robinson": "Robinson compass",
    "compass-kirsch": "Kirsch compass",
    "canny": "Canny",
}
"""What is more than one kernel: the length of a gradient, the largest of eight responses, a chain of steps."""
CANNY = (1.4, 0.03, 0.08)
"""Sigma, low and high threshold where nobody chose any."""
_LEVELS = 127  # of either colour; 128 is zero


def choices() -> dict[str, str]:
    """Everything that can be applied, by name, with its title."""
    return {**OPERATORS, **{name: kernel.title for name, kernel in bank().items()}}


def as_tensor(image: Image.Image, *, grey: bool, longest: int = 1024) -> Tensor:
    """The image as `(channels, rows, columns)` in [0, 1], at most that many pixels on its long side."""
    scale = longest / max(image.size)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BILINEAR)
    pixels = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).float() / 255
    return pixels.mean(0, keepdim=True) if grey else pixels.contiguous()


def shrunk(image: Tensor, longest: int) -> Tensor:
    """The image at most that many pixels long, each the mean of those that it stands for."""
    scale = longest / max(image.shape[1:])
    if scale >= 1:
        return image
    size = [max(1, round(side * scale)) for side in image.shape[1:]]
    return F.interpolate(image[None], size, mode="bilinear", antialias=True)[0]


def disturbed(image: Tensor, noise: float, blur: float, seed: int = 0) -> Tensor:
    """The image with Gaussian noise of that standard deviation, and then blurred; neither where it is 0."""
    if noise:
        generator = torch_generator(seed)
        image = image + noise * torch.randn(image.shape, generator=generator)
    return apply(image, gaussian(blur)) if blur else image


def respond(image: Tensor, name: str | Kernel, *, border: Border = "reflect", normalise: bool = True) -> Tensor:
    """The response of a kernel, or of what has that name, `(channels, rows, columns)`."""
    if isinstance(name, Kernel) or name in bank():
        kernel = name if isinstance(name, Kernel) else get_kernel(name)
        return apply(image, kernel, border=border, normalise=normalise)
    kind, _, operator = name.partition("-")
    if kind == "gradient":
        return gradient(image, operator, border=border, normalise=normalise).magnitude
    if kind == "compass":
        return compass(image, operator, border=border, normalise=normalise).maximum
    if kind == "canny":
        return canny(image.mean(0), *CANNY, border=border).edges[None].float()
    raise UnknownNameError(f"There is no filter '{name}'.")


def full_colour(response: Tensor) -> float:
    """The size from which on a response is shown in full colour: all but the largest half percent lie below it.

    The largest value alone would leave the rest in the dark; every fourth row and column is enough to judge by.
    """
    sizes = (response if response.numel() < 50_000 else response[:, ::4, ::4]).abs().numpy().ravel()
    place = math.ceil(0.995 * (sizes.size - 1))
    size = float(np.partition(sizes, place)[place]) or float(response.abs().max())
    return max(size, 1e-6)


def photo(image: Tensor) -> bytes:
    """The image as JPEG bytes: to look at, five times as quick as PNG where there is noise."""
    pixels = (image.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    return jpeg(pixels, 92, sharp=True)


def picture(response: Tensor, view: View, threshold: float = 0.0, full: float | None = None) -> bytes:
    """The response as PNG bytes; what lies within `threshold` of zero is shown as zero.

    Beyond `full`, by default `full_colour` of the response, a value is as bright as it gets.
    """
    values = torch.where(response.abs() < threshold, torch.zeros(()), response).numpy()
    if view == "clipped":
        return png(values.transpose(1, 2, 0).clip(0, 1) * 255)
    scale = full or full_colour(response)
    if view == "absolute":
        return png(np.abs(values).max(0)[..., None] * np.float32(255 / scale))
    signed = values[0] if len(values) == 1 else np.take_along_axis(values, np.abs(values).argmax(0)[None], 0)[0]
    return png(_levels(signed, scale)[..., None], _palette())


def coloured(values: NDArray[np.float32], full: float) -> NDArray[np.uint8]:
    """Colours `(..., 3)` of values: blue is positive, orange negative, zero dark; `full` is as bright as it gets."""
    return np.frombuffer(_palette(), np.uint8).reshape(-1, 3)[_levels(values, full).astype(np.uint8)]


def _levels(values: NDArray[np.float32], full: float) -> NDArray[np.float32]:
    """Places in the palette."""
    return np.float32(128.5) + (values * np.float32(_LEVELS / full)).clip(-_LEVELS, _LEVELS)


@cache
def _palette() -> bytes:
    """From orange over dark to blue in 256 steps; the roots make what is weak visible on a projector."""
    share = np.clip((np.arange(256) - 128) / _LEVELS, -1, 1)[:, None]
    dark = np.array(rgb(ZERO))
    tint = np.where(share >= 0, rgb(BRIGHT_BLUE), rgb(BRIGHT_ORANGE))
    return bytes((dark + (tint - dark) * np.abs(share) ** 0.8).round().astype(np.uint8))


@dataclass(frozen=True)
class Profile:
    """One row of an image: its intensity, and the first and second differences between its neighbours."""

    intensity: NDArray[np.float32]
    first: NDArray[np.float32]
    second: NDArray[np.float32]


def profile(image: Tensor, row: int) -> Profile:
    """The row's mean over channels, with central differences; the border repeats the last pixel."""
    line = image.mean(0)[row].numpy()
    wide = np.pad(line, 1, mode="edge")
    return Profile(line, (wide[2:] - wide[:-2]) / 2, wide[2:] - 2 * line + wide[:-2])


def histogram(response: Tensor, bins: int = 64) -> tuple[list[float], list[int]]:
    """The middles of equal bins around zero, and how many values fall into each."""
    values = response.numpy().ravel()
    largest = max(float(np.abs(values).max()), 1e-6)
    low = -largest if float(values.min()) < 0 else 0.0
    counts, edges = np.histogram(values, bins, (low, largest))
    return ((edges[:-1] + edges[1:]) / 2).tolist(), counts.tolist()
