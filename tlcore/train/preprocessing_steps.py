"""What happens to an image on its way into a network, step by step, by the very code that trains and predicts."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from tlcore.data.pixels import transforms
from tlcore.data.pixels.decode import center_crop, open_stored, resized, training_window
from tlcore.data.pixels.encode import png
from tlcore.data.pixels.transforms import Strength
from tlcore.seeds import torch_generator
from tlcore.zoo import registry

_VIEWS = 8
_SHOWN_SIDE = 360


@dataclass(frozen=True)
class TruthStep:
    """One step: what it is called, and its picture as PNG bytes."""

    title: str
    png: bytes


@dataclass(frozen=True)
class TruthSteps:
    """The steps of one image, and eight augmented views side by side in one PNG."""

    steps: tuple[TruthStep, ...]
    views: bytes


def truth_steps(
    stored: bytes, network: str, strength: Strength, *, flip: bool = True, size: int | None = None
) -> TruthSteps:
    """The steps of a stored image for a network's preprocessing, at its own image size or at another one."""
    own = registry.get(network).preprocessing
    prep = own if size is None else own.at(size)
    image = open_stored(stored)
    small, crop = resized(image, prep), center_crop(resized(image, prep), prep.crop)
    windows = torch.from_numpy(training_window(image, prep)[None].copy())
    normalised = transforms.evaluation_view(windows, prep)[0].permute(1, 2, 0).numpy()
    steps = (
        TruthStep(f"upright, RGB: {image.width} x {image.height}", _shown(image)),
        TruthStep(f"resized: {small.width} x {small.height}", _shown(small)),
        TruthStep(f"cropped: {crop.width} x {crop.height}", _shown(crop)),
        TruthStep(f"normalised: {normalised.min():.1f} to {normalised.max():.1f}", _shown(_as_colours(normalised))),
    )
    uniforms = torch.rand(_VIEWS, transforms.UNIFORMS, generator=torch_generator(0))
    batch = windows.expand(_VIEWS, -1, -1, -1)
    views = transforms.augmented_images(batch, uniforms, prep, strength, flip).permute(0, 2, 3, 1)
    row = np.concatenate(list((views.numpy() * 255).round().astype(np.uint8)), axis=1)
    return TruthSteps(steps, _shown(Image.fromarray(row), width=_VIEWS * 180))


def _as_colours(normalised: NDArray[np.float32]) -> Image.Image:
    """Normalised values on a common scale: -2.5 is black, 0 mid-grey, 2.5 white."""
    return Image.fromarray(((normalised / 5 + 0.5).clip(0, 1) * 255).astype(np.uint8))


def _shown(image: Image.Image, width: int = _SHOWN_SIDE) -> bytes:
    if image.width > width:
        image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.BILINEAR)
    return png(image)
