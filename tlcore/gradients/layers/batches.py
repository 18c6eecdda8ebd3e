"""A labelled batch of real images: of an embedded sample set, or of images that a person brought."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.decode import training_window
from tlcore.data.pixels.transforms import normalise
from tlcore.data.samples import get_sample
from tlcore.errors import BadInputError
from tlcore.seeds import python_random
from tlcore.settings import get_settings
from tlcore.zoo.network import Preprocessing

MOST_IMAGES, SIDES = 128, range(16, 257)
_KEPT_PER_CLASS = 16


@dataclass(frozen=True, kw_only=True)
class Images:
    """Which images: `count` of a sample set, drawn with `seed`, its classes in turn; or `blobs` with their labels.

    They are scaled and cut to `side` x `side` pixels, and normalised as for networks pretrained on ImageNet.
    """

    sample: str = "digits"
    blobs: tuple[tuple[str, int], ...] = ()
    count: int = 32
    side: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        if not 2 <= self.count <= MOST_IMAGES:
            raise BadInputError(f"A batch has from 2 to {MOST_IMAGES} images, not {self.count}.")
        if self.side not in SIDES:
            raise BadInputError(f"Images have from {SIDES[0]} to {SIDES[-1]} pixels a side here, not {self.side}.")


@dataclass(frozen=True)
class Batch:
    """Images `(n, 3, side, side)` in single precision, their labels `(n)`, and how many classes there are."""

    images: Tensor
    labels: Tensor
    classes: int


def load(wanted: Images) -> Batch:
    """The batch; an unknown sample set, or an image that is gone, is refused."""
    if wanted.blobs:
        store = BlobStore(get_settings().blobs)
        chosen = [(store.image(blob), label) for blob, label in wanted.blobs[: wanted.count]]
        classes = max(label for _, label in wanted.blobs) + 1
    else:
        chosen = _drawn(wanted)
        classes = len(get_sample(wanted.sample).classes)
    prep = Preprocessing(resize=wanted.side, crop=wanted.side)
    windows = np.stack([_pixels(image, prep) for image, _ in chosen])
    images = torch.from_numpy(windows).permute(0, 3, 1, 2).float().div(255)
    return Batch(normalise(images, prep), torch.tensor([label for _, label in chosen]), max(2, classes))


def in_turn(by_class: list[list[str]], count: int) -> tuple[tuple[str, int], ...]:
    """Up to `count` blobs with their labels, one of each class after the other."""
    longest = max((len(blobs) for blobs in by_class), default=0)
    rounds = ((blobs[i], label) for i in range(longest) for label, blobs in enumerate(by_class) if i < len(blobs))
    return tuple(pair for _, pair in zip(range(count), rounds, strict=False))


def _drawn(wanted: Images) -> list[tuple[Image.Image, int]]:
    rng = python_random(wanted.seed)
    shuffled = [rng.sample(images, len(images)) for images in _sample_images(wanted.sample)]
    return [
        (images[place // len(shuffled) % len(images)], label)
        for place in range(wanted.count)
        for label, images in [(place % len(shuffled), shuffled[place % len(shuffled)])]
    ]


@lru_cache(maxsize=4)
def _sample_images(name: str) -> tuple[tuple[Image.Image, ...], ...]:
    """The first images of every class, for a sample set draws all of its images in one go."""
    sample = get_sample(name)
    by_class: dict[str, list[Image.Image]] = {label: [] for label in sample.classes}
    for label, _, image in sample.generate():
        if len(by_class[label]) < _KEPT_PER_CLASS:
            by_class[label].append(image.convert("RGB"))
    return tuple(tuple(images) for images in by_class.values())


def _pixels(image: Image.Image, prep: Preprocessing) -> NDArray[np.uint8]:
    return training_window(image, prep)
