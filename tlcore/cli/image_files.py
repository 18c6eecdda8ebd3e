"""Image files that are named on the command line, for every command that opens some."""

from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.cli.said import warn
from tlcore.data.pixels.decode import CANONICAL_SIDE, UnreadableImageError, open_image
from tlcore.errors import BadInputError
from tlcore.settings import Limits

if TYPE_CHECKING:
    from PIL import Image


def open_file(path: Path, limits: Limits, longest: int | None = CANONICAL_SIDE) -> "Image.Image":
    """The image in a file, after a warning if it looks wrong; raises `BadInputError` in one sentence."""
    if not path.is_file():
        raise BadInputError(f"There is no image at {path}.")
    try:
        with path.open("rb") as file:
            opened = open_image(file.read(limits.image_bytes + 1), limits, longest)
    except UnreadableImageError as error:
        raise BadInputError(f"{path} can't be used: {error}.") from error
    except OSError as error:
        raise BadInputError(f"{path} can't be used: {error.strerror}.") from error
    if opened.warning:
        warn([f"{path}: {opened.warning}."])
    return opened.image
