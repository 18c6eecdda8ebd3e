"""Tensor-batched preprocessing and augmentation, on whatever device the pixels are.

A view of an image is decided by `UNIFORMS` numbers in [0, 1); where they come from (a training generator, or the
image's hash for cached views) is the caller's business, and the same numbers give the same view.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Tensor

from tlcore.data.pixels.decode import evaluation_margin
from tlcore.zoo.network import Preprocessing

Strength = Literal["none", "light", "standard", "strong"]
UNIFORMS = 9


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How far a view may differ from the photograph.

    `scale` is the smallest share of the window's area that a crop keeps, `rotation` is in degrees to either side,
    `colour` the largest relative change of brightness, contrast and saturation.
    """

    scale: float
    rotation: float
    colour: float


STRENGTHS: dict[Strength, Augmentation | None] = {
    "none": None,
    "light": Augmentation(scale=0.7, rotation=5, colour=0.1),
    "standard": Augmentation(scale=0.4, rotation=10, colour=0.2),
    "strong": Augmentation(scale=0.2, rotation=20, colour=0.4),
}


def evaluation_view(windows: Tensor, prep: Preprocessing) -> Tensor:
    """Training windows `(n, resize, resize, 3)` uint8 to normalised network inputs `(n, 3, crop, crop)`."""
    margin = evaluation_margin(prep)
    cropped = windows[:, margin : margin + prep.crop, margin : margin + prep.crop]
    return normalise(cropped.permute(0, 3, 1, 2).float().div(255), prep)


def normalise(images: Tensor, prep: Preprocessing) -> Tensor:
    """`(n, 3, h, w)` in [0, 1] to zero mean and unit deviation per channel, as the weights expect."""
    mean = torch.tensor(prep.mean, device=images.device).view(3, 1, 1)
    std = torch.tensor(prep.std, device=images.device).view(3, 1, 1)
    return (images - mean) / std


def augmented_view(
    windows: Tensor,
    uniforms: Tensor,
    prep: Preprocessing,
    strength: Strength,
    flip: bool = True,
    size: int | None = None,
) -> Tensor:
    """One augmented, normalised input per window; `uniforms` is `(n, UNIFORMS)` in [0, 1)."""
    images = augmented_images(windows, uniforms, prep, strength, flip, size)
    return normalise(images, prep)


def augmented_images(
    windows: Tensor,
    uniforms: Tensor,
    prep: Preprocessing,
    strength: Strength,
    flip: bool = True,
    size: int | None = None,
) -> Tensor:
    """The augmented views before normalising: `(n, 3, size, size)` in [0, 1]; `size` is the crop's unless given.

    Without augmentation the view is the evaluation view, whatever the `size`.
    """
    augmentation = STRENGTHS[strength]
    images = windows.permute(0, 3, 1, 2).float().div(255)
    if augmentation is None:
        margin = evaluation_margin(prep)
        return images[:, :, margin : margin + prep.crop, margin : margin + prep.crop]
    uniforms = uniforms.to(images.device)
    theta = _affine(uniforms, augmentation, flip)
    side = size or prep.crop
    grid = F.affine_grid(theta, [len(images), 3, side, side], align_corners=False)
    views = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    return _jitter(views, uniforms, augmentation.colour)


def view_uniforms(blobs: Sequence[str], view: int) -> Tensor:
    """The `(n, UNIFORMS)` numbers of cached view number `view`, from each image's hash alone."""
    rows = []
    for blob in blobs:
        digest = hashlib.sha512(f"{blob}:{view}".encode()).digest()
        words = [int.from_bytes(digest[i * 7 : i * 7 + 4], "big") for i in range(UNIFORMS)]
        rows.append([word / 2**32 for word in words])
    return torch.tensor(rows, dtype=torch.float32)


def _affine(uniforms: Tensor, augmentation: Augmentation, flip: bool) -> Tensor:
    """The `(n, 2, 3)` maps from output to window coordinates: crop, aspect 3/4 to 4/3, flip, rotation."""
    scale, aspect, x, y, mirror, turn = uniforms[:, :6].unbind(1)
    area = augmentation.scale + (1 - augmentation.scale) * scale
    ratio = torch.exp((2 * aspect - 1) * math.log(4 / 3))
    width = (area * ratio).sqrt().clamp(max=1)
    height = (area / ratio).sqrt().clamp(max=1)
    angle = (2 * turn - 1) * math.radians(augmentation.rotation)
    sign = torch.where(mirror < 0.5, -1.0, 1.0) if flip else torch.ones_like(mirror)
    cos, sin = angle.cos(), angle.sin()
    top = torch.stack([width * cos * sign, -height * sin, (2 * x - 1) * (1 - width)], 1)
    bottom = torch.stack([width * sin * sign, height * cos, (2 * y - 1) * (1 - height)], 1)
    return torch.stack([top, bottom], 1)


def _jitter(images: Tensor, uniforms: Tensor, amount: float) -> Tensor:
    """Scale brightness, then contrast about the image's mean, then saturation about each pixel's grey."""
    factors = 1 + amount * (2 * uniforms[:, 6:9] - 1)
    brightness, contrast, saturation = (f.view(-1, 1, 1, 1) for f in factors.unbind(1))
    images = images * brightness
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = mean + (images - mean) * contrast
    grey = images.mean(dim=1, keepdim=True)
    return (grey + (images - grey) * saturation).clamp(0, 1)
