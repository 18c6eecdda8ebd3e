"""From a file's bytes to the canonical image, and from there to a network's input pixels.

The canonical image is upright, RGB, without metadata, and at most `CANONICAL_SIDE` pixels on its long side. It is
what is stored, shown, trained on and predicted on: every path starts here, so their pixels are equal bit for bit.
"""

import re
import struct
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageOps, UnidentifiedImageError

from tlcore.errors import BadInputError
from tlcore.settings import Limits
from tlcore.zoo.network import Preprocessing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CANONICAL_SIDE = 1024
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
_MAX_ASPECT = 20
_RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # those that stand alone or for data are no borders
_JPEG_END, _JPEG_SCAN = b"\xff\xd9", b"\xff\xda"
_MAX_SCANS = 64


class UnreadableImageError(BadInputError):
    """The file is not an image that can be read."""


def canonical(data: bytes, limits: Limits | None = None) -> Image.Image:
    """Decode an uploaded file; raises `UnreadableImageError` with the reason in a few words."""
    limits = limits or Limits()
    if not data:
        raise UnreadableImageError("the file is empty")
    if len(data) > limits.image_bytes:
        raise UnreadableImageError(f"larger than {limits.image_bytes / 1e6:.0f} MB")
    try:
        return _decode(data, limits)
    except UnreadableImageError:
        raise
    except MemoryError as error:
        raise UnreadableImageError("needs more memory than is allowed") from error
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes
        raise UnreadableImageError(_reason(error)) from error


def stored_bytes(image: Image.Image) -> bytes:
    """The canonical image as lossless WebP; equal pixels give equal bytes."""
    buffer = BytesIO()
    # quality 0, method 0: the fastest lossless effort, 10 ms for 0.1 megapixel and smaller than PNG
    image.save(buffer, "WEBP", lossless=True, quality=0, method=0)
    return buffer.getvalue()


def open_stored(data: bytes) -> Image.Image:
    """The canonical image from its stored bytes."""
    image = Image.open(BytesIO(data), formats=("WEBP",))
    image.load()
    return image.convert("RGB")


def resized(image: Image.Image, prep: Preprocessing) -> Image.Image:
    """Resize the short side to `prep.resize`, antialiased, as torchvision's Resize does on a photograph."""
    width, height = image.size
    short, long = min(width, height), max(width, height)
    new_long = int(prep.resize * long / short)
    size = (prep.resize, new_long) if width <= height else (new_long, prep.resize)
    return image if size == image.size else image.resize(size, _RESAMPLING[prep.interpolation])


def center_crop(image: Image.Image, side: int) -> Image.Image:
    """Cut the central square out, rounding as torchvision's CenterCrop does."""
    left, top = round((image.width - side) / 2.0), round((image.height - side) / 2.0)
    return image.crop((left, top, left + side, top + side))


def training_window(image: Image.Image, prep: Preprocessing) -> "NDArray[np.uint8]":
    """The `(resize, resize, 3)` pixels around the evaluation crop, from which training draws its views.

    Its centre (see `evaluation_margin`) equals the evaluation crop bit for bit.
    """
    import numpy as np

    image = resized(image, prep)
    left, top = round((image.width - prep.crop) / 2.0), round((image.height - prep.crop) / 2.0)
    margin = evaluation_margin(prep)
    left = min(max(left - margin, 0), image.width - prep.resize)
    top = min(max(top - margin, 0), image.height - prep.resize)
    return np.asarray(image.crop((left, top, left + prep.resize, top + prep.resize)), dtype=np.uint8)


def evaluation_margin(prep: Preprocessing) -> int:
    """Where the evaluation crop begins in the training window, in pixels from the top and the left."""
    return round((prep.resize - prep.crop) / 2.0)


def _decode(data: bytes, limits: Limits) -> Image.Image:
    image = _open(data)
    width, height = image.size
    if width * height > limits.image_pixels:
        raise UnreadableImageError(f"{width} x {height} pixels, more than {limits.image_pixels / 1e6:.0f} megapixels")
    if min(width, height) < limits.image_min_side:
        raise UnreadableImageError(f"only {width} x {height} pixels")
    if max(width, height) > _MAX_ASPECT * min(width, height):
        raise UnreadableImageError(f"{width} x {height} pixels is too long and thin")
    _check_complete(data, image.format or "")
    orientation = _orientation(image)
    image.draft(None, (CANONICAL_SIDE, CANONICAL_SIDE))  # lets the JPEG decoder skip what is reduced anyway
    image.load()
    vars(image).pop("_decoder", None)  # WebP's holds two more canvases, 200 MB for 25 megapixels
    return _upright(_reduced(_to_rgb(image)), orientation)


def _open(data: bytes) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # our own limit is lower and its message is ours
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise UnreadableImageError("not a JPEG, PNG, WebP, BMP or GIF image") from error


def _check_complete(data: bytes, image_format: str) -> None:
    """Refuse what decoders forgive: a JPEG without its end, a PNG whose checksums are wrong."""
    if image_format in {"JPEG", "MPO"}:
        _check_jpeg(data)
    if image_format == "PNG":
        Image.open(BytesIO(data), formats=("PNG",)).verify()


def _check_jpeg(data: bytes) -> None:
    """Walk from segment to segment to the end marker; what follows it (a film, a second view) is not ours.

    Thousands of scans that each say nothing cost a decoder minutes (libjpeg-turbo, "Two Issues with the JPEG
    Standard"); a progressive photograph has about ten.
    """
    position = scans = 0
    while marker := _JPEG_MARKER.search(data, position):
        if marker[0] == _JPEG_END:
            return
        scans += marker[0] == _JPEG_SCAN
        if scans > _MAX_SCANS:
            raise UnreadableImageError(f"a JPEG with more than {_MAX_SCANS} scans")
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    raise UnreadableImageError("the image is cut off")


def _orientation(image: Image.Image) -> int:
    """How the camera was held, as EXIF says; a block that is damaged is no reason to refuse the picture."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except (SyntaxError, struct.error, OSError, ValueError, TypeError, LookupError):
        return 1


def _to_rgb(image: Image.Image) -> Image.Image:
    """RGB from any mode: 16-bit greys are scaled, not clipped, and transparency is laid on white."""
    if image.mode.startswith("I") or image.mode == "F":
        return _scaled_to_eight_bits(image).convert("RGB")
    if image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info:
        image = _reduced(image if image.mode == "RGBA" else image.convert("RGBA"))
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")  # `convert` would copy even what is in that mode


def _scaled_to_eight_bits(image: Image.Image) -> Image.Image:
    return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _reduced(image: Image.Image) -> Image.Image:
    if max(image.size) <= CANONICAL_SIDE:
        return image
    scale = CANONICAL_SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    """Apply the EXIF orientation to the pixels; the new image carries no metadata."""
    upright = Image.new("RGB", image.size)
    upright.paste(image)
    if orientation not in range(2, 9):
        return upright
    upright.getexif()[0x0112] = orientation
    return ImageOps.exif_transpose(upright)


def _reason(error: Exception) -> str:
    text = str(error).lower()
    if "truncated" in text or "eof" in text or isinstance(error, EOFError):
        return "the image is cut off"
    return "the image is damaged"
