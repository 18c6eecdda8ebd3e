"""Small pictures of images, to look at many at once."""

from collections.abc import Sequence

from PIL import Image

from tlcore.data.pixels.encode import jpeg

SIDE = 192
"""Pixels of a thumbnail's longer side."""


def strip(images: Sequence[Image.Image], side: int) -> bytes:
    """Square images side by side as JPEG bytes, each of so many pixels."""
    row = Image.new("RGB", (side * len(images), side))
    for place, image in enumerate(images):
        row.paste(image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS), (place * side, 0))
    return jpeg(row)


def thumbnail(image: Image.Image) -> bytes:
    """The image as JPEG bytes, its longer side at most `SIDE` pixels."""
    small = image.copy()
    small.thumbnail((SIDE, SIDE))
    return jpeg(small)
