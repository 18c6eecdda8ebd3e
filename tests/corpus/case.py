"""What a case of the corpus states, and the helpers that several kinds of cases are made with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal
from zipfile import ZIP_DEFLATED, ZipFile

from PIL import Image

Writer = Callable[[Path], object]
Outcome = Literal["accepted", "skipped", "refused"]


@dataclass(frozen=True)
class ImageCase:
    """A single file in an upload; `says` is part of the reason for which it is skipped."""

    name: str
    data: Callable[[], bytes]
    outcome: Outcome
    says: str = ""
    size: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class UploadCase:
    """A whole upload; `write` puts it at a path that does not exist yet, `says` is part of the refusal or a warning.

    `classes` are the classes and their numbers of images after an upload that is accepted.
    """

    name: str
    write: Writer
    outcome: Outcome
    says: str = ""
    classes: Mapping[str, int] = field(default_factory=dict)
    skipped: int = 0
    error: str = "BadArchiveError"


@cache
def photo(number: int = 0, side: int = 32, image_format: str = "PNG") -> bytes:
    """A small image, different for each number."""
    return encoded(Image.new("RGB", (side, side + 8), (number % 256, number // 256, 77)), image_format)


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    """The image as a file's bytes."""
    buffer = BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def zip_of(files: Mapping[str, bytes] | list[tuple[str, bytes]]) -> Writer:
    """A writer of an ordinary zip archive."""

    def write(path: Path) -> None:
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            for name, data in files.items() if isinstance(files, Mapping) else files:
                archive.writestr(name, data)

    return write


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """An ordinary zip archive in memory."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def folder_of(files: Mapping[str, bytes]) -> Writer:
    """A writer of a folder."""

    def write(path: Path) -> None:
        path.mkdir()
        for name, data in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)

    return write
