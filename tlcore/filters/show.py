"""From an image to a picture of a filter's response: noise and blur before, thresholds and colours after."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from tlcore.errors import UnknownNameError
from tlcore.filters.bank import bank, gaussian, get_kernel
from tlcore.filters.engine import Border, apply, canny, compass, gradient

View = Literal["signed", "absolute", "clipped"]
VIEWS: dict[View, str] = {
    "signed": "Blue is positive, orange negative, dark is zero.",
    "absolute": "White is far from zero, whichever side.",
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
_BLUE, _ORANGE = np.array((42, 95, 208), np.float32), np.array((217, 115, 13), np.float32)


def choices() -> dict[str, str]:
    """Everything that can be applied, by name, with its title."""
    return {**OPERATORS, **{name: kernel.title for name, kernel in bank().items()}}


def as_tensor(image: Image.Image, *, grey: bool, longest: int = 1024) -> Tensor:
    """The image as `(channels, rows, columns)` in [0, 1], at most that many pixels on its long side."""
    scale = longest / max(image.size)
    if scale < 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BILINEAR)
    pixels = torch.from_numpy(np.asarray(image.convert("RGB"), np.float32).copy()).permute(2, 0, 1) / 255
    return pixels.mean(0, keepdim=True) if grey else pixels


def disturbed(image: Tensor, noise: float, blur: float, seed: int = 0) -> Tensor:
    """The image with Gaussian noise of that standard deviation, and then blurred; neither where it is 0."""
    if noise:
        generator = torch.Generator().manual_seed(seed)
        image = image + noise * torch.randn(image.shape, generator=generator)
    return apply(image, gaussian(blur)) if blur else image


def respond(image: Tensor, name: str, *, border: Border = "reflect", normalise: bool = True) -> Tensor:
    """The response of a kernel or operator, `(channels, rows, columns)`."""
    if name in bank():
        return apply(image, get_kernel(name), border=border, normalise=normalise)
    kind, _, operator = name.partition("-")
    if kind == "gradient":
        return gradient(image, operator, border=border, normalise=normalise).magnitude
    if kind == "compass":
        return compass(image, operator, border=border, normalise=normalise).maximum
    if kind == "canny":
        return canny(image.mean(0), 1.4, 0.03, 0.08, border=border).edges[None].float()
    raise UnknownNameError(f"There is no filter '{name}'.")


def picture(response: Tensor, view: View, threshold: float = 0.0) -> bytes:
    """The response as PNG bytes; what lies within `threshold` of zero is shown as zero."""
    values = torch.where(response.abs() < threshold, torch.zeros(()), response).numpy()
    if view == "clipped":
        shown = values.transpose(1, 2, 0).clip(0, 1)
        return _png(shown * 255)
    largest = max(float(np.abs(values).max()), 1e-6)
    if view == "absolute":
        return _png(np.abs(values).max(0)[..., None] / largest * 255)
    signed = np.take_along_axis(values, np.abs(values).argmax(0)[None], 0)[0] / largest
    tint = np.where(signed[..., None] >= 0, _BLUE, _ORANGE)
    return _png(16 + (np.minimum(255, tint * 1.3) - 16) * np.abs(signed)[..., None])


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


def _png(values: Any) -> bytes:
    pixels = np.asarray(values).clip(0, 255).astype(np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
