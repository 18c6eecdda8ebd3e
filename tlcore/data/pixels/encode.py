"""Pixels as the bytes of a picture, and those as an address that a page can hold."""

from base64 import b64encode
from io import BytesIO

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image


def png(picture: Image.Image | ArrayLike, palette: bytes = b"") -> bytes:
    """A picture as PNG bytes, written quickly: an image, or values from 0 to 255, `(rows, columns[, channels])`.

    With a palette, of three bytes a colour, the values are its numbers.
    """
    image = _image(picture)
    if palette:
        image.putpalette(palette)
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def jpeg(picture: Image.Image | ArrayLike, quality: int = 85, *, sharp: bool = False) -> bytes:
    """A picture as JPEG bytes, likewise: to look at, a fifth of PNG; `sharp` keeps its colours as fine as its light."""
    buffer = BytesIO()
    _image(picture).save(buffer, "JPEG", quality=quality, **({"subsampling": 0} if sharp else {}))
    return buffer.getvalue()


def data_url(data: bytes) -> str:
    """A PNG or a JPEG as an address that holds all of it."""
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{b64encode(data).decode()}"


def _image(picture: Image.Image | ArrayLike) -> Image.Image:
    if isinstance(picture, Image.Image):
        return picture
    pixels = np.asarray(picture).clip(0, 255).astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels)
