"""Few images of a sample set as a folder with `train/` and `val/`: what transfer is for."""

import random
from collections import defaultdict
from pathlib import Path

from PIL import Image

from tlcore.data.samples import get_sample


def write_few(sample: str, each: int, seed: int, folder: Path) -> None:
    """Put `each` images of every class into `train/`, chosen by the seed, and all others into `val/`."""
    by_class: dict[str, list[tuple[str, Image.Image]]] = defaultdict(list)
    for label, name, image in get_sample(sample).generate():
        by_class[label].append((name, image))
    shuffler = random.Random(seed)  # noqa: S311 - a split, not a secret
    for label, images in by_class.items():
        shuffler.shuffle(images)
        for position, (name, image) in enumerate(images):
            place = folder / ("train" if position < each else "val") / label
            place.mkdir(parents=True, exist_ok=True)
            image.save(place / f"{name}.png")
