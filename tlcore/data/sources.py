"""The ways in, seen as one: a stream of (class, part, name, bytes) from a zip, a folder or single files."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tlcore.data.archive import CheckedArchive
from tlcore.data.decode import UnreadableImageError
from tlcore.data.names import is_ignored
from tlcore.data.report import IngestJob, Part
from tlcore.errors import BadInputError, LimitExceededError
from tlcore.settings import Limits

_PARTS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}


@dataclass(frozen=True)
class SourceFile:
    """One file of an upload; `label` is None when it lies in no class folder."""

    label: str | None
    part: Part | None
    name: str
    read: Callable[[], bytes]


@contextmanager
def opened(job: IngestJob, limits: Limits) -> Iterator[tuple[SourceFile, ...]]:
    """The files of the upload, found and checked but not yet read."""
    if job.kind == "zip":
        with CheckedArchive(Path(job.source), limits) as archive:
            yield tuple(_placed(member.path, partial(archive.read, member)) for member in archive.members)
    elif job.kind == "folder":
        yield tuple(_folder_files(Path(job.source), limits))
    else:
        yield tuple(_single_files(job, limits))


def _single_files(job: IngestJob, limits: Limits) -> Iterator[SourceFile]:
    if len(job.files) > limits.files:
        raise LimitExceededError(f"{len(job.files):,} files were given; at most {limits.files:,} are allowed.")
    for file in job.files:
        yield SourceFile(file.label, file.part, file.name, _reader(Path(file.path), limits))


def class_and_part(path: tuple[str, ...]) -> tuple[str | None, Part | None]:
    """Class and part from the folders above a file: `.../val/ants/1.jpg` is an ant of the validation part."""
    label = path[-2] if len(path) > 1 else None
    part = part_named(path[-3]) if len(path) > 2 else None
    return label, part


def part_named(name: str) -> Part | None:
    """The part of a data set that a folder or file of this name holds, if the name says so."""
    return _PARTS.get(name.lower())


def _placed(path: tuple[str, ...], read: Callable[[], bytes]) -> SourceFile:
    label, part = class_and_part(path)
    return SourceFile(label, part, "/".join(path), read)


def _folder_files(root: Path, limits: Limits) -> Iterator[SourceFile]:
    if not root.is_dir():
        raise BadInputError(f"There is no folder or zip archive at {root}.")
    count = 0
    for folder, subfolders, files in os.walk(root):
        links = [name for name in subfolders if Path(folder, name).is_symlink()]
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(files + links):
            path = Path(folder, name)
            relative = path.relative_to(root).parts
            if is_ignored(relative):
                continue
            count += 1
            if count > limits.files:
                raise LimitExceededError(
                    f"The folder holds more than {limits.files:,} files, the most that is allowed."
                )
            yield _placed(relative, _reader(path, limits))


def _reader(path: Path, limits: Limits) -> Callable[[], bytes]:
    def read() -> bytes:
        if path.is_symlink() or not path.is_file():  # a link may leave the folder, and a pipe may never end
            raise UnreadableImageError("a link or no ordinary file")
        with path.open("rb") as file:
            return file.read(limits.image_bytes + 1)

    return read
