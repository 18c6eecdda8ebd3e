"""From a file's bytes to the canonical image, and from there to a network's input pixels.

The canonical image is upright, in sRGB, without metadata, and at most `CANONICAL_SIDE` pixels on its long side. It is
what is stored, shown, trained on and predicted on: every path starts here, so their pixels are equal bit for bit.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from tlcore.data.pixels import picture
from tlcore.data.pixels.picture import CUT_OFF, DAMAGED, NoPictureError, Remark
from tlcore.errors import BadInputError
from tlcore.settings import Limits
from tlcore.zoo.network import Preprocessing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CANONICAL_SIDE = 1024
IMAGE_SUFFIXES = (
    *("jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp", "mpo"),
    *("png", "apng", "webp", "bmp", "dib", "gif"),
)
"""How people's files of the kinds that are read are called; what a file is, its content says."""
CanonicalImage = Image.Image
"""What `canonical` gives, for whoever only hands it on."""
_MAX_ASPECT = 20
_RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


class UnreadableImageError(BadInputError):
    """The file is not an image that can be read."""


@dataclass(frozen=True)
class OpenedImage:
    """An image that was read, and what a person should know of it."""

    image: Image.Image
    remarks: tuple[Remark, ...] = ()

    @property
    def warning(self) -> str:
        """What a person should act on, to stand after the image's name and a colon; empty where there is nothing."""
        return ", ".join(remark.words for remark in self.remarks if remark.serious)

    @property
    def note(self) -> str:
        """What a person may want to know, likewise."""
        return ", ".join(remark.words for remark in self.remarks if not remark.serious)


def canonical(data: bytes, limits: Limits | None = None) -> Image.Image:
    """Decode an uploaded file; raises `UnreadableImageError` with the reason in a few words."""
    return open_image(data, limits).image


def open_image(data: bytes, limits: Limits | None = None, longest: int | None = CANONICAL_SIDE) -> OpenedImage:
    """The canonical image and what is to be said of it; with another `longest`, or None, it is only to be looked at."""
    limits = limits or Limits()
    if not data:
        raise UnreadableImageError("the file is empty")
    if len(data) > limits.image_bytes:
        raise UnreadableImageError(f"larger than {limits.image_bytes / 1e6:.0f} MB")
    try:
        source = picture.identified(data)
    except NoPictureError as error:
        raise UnreadableImageError(str(error)) from error
    try:
        _check_size(source.open().size, limits)
        return OpenedImage(*picture.decoded(source, longest))
    except UnreadableImageError:
        raise
    except MemoryError as error:
        raise UnreadableImageError("needs more memory than is allowed") from error
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes
        raise UnreadableImageError(_reason(error, source)) from error


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


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.image_pixels:
        raise UnreadableImageError(f"{width} x {height} pixels, more than {limits.image_pixels / 1e6:.0f} megapixels")
    if min(width, height) < limits.image_min_side:
        raise UnreadableImageError(f"only {width} x {height} pixels")
    if max(width, height) > _MAX_ASPECT * min(width, height):
        raise UnreadableImageError(f"{width} x {height} pixels is too long and thin")


def _reason(error: Exception, source: picture.Source) -> str:
    text = str(error).lower()
    if isinstance(error, NoPictureError):
        return str(error)
    if text.startswith("unsupported"):
        return f"a kind of {source.format} that can't be read here"
    if "truncated" in text or "eof" in text or isinstance(error, EOFError) or source.ends_early:
        return CUT_OFF
    return DAMAGED
