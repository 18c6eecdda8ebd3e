"""The ways in, seen as one: files with their class and part, from a zip, a folder or single files."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tlcore.data.folders.layout import Folders, Layout, looks_like_an_image, understood
from tlcore.data.ingest.archive import CheckedArchive
from tlcore.data.ingest.leftovers import is_leftover, own_part, tells_of_images
from tlcore.data.ingest.report import IngestJob, IngestReport, Part, Reading
from tlcore.data.names import as_text
from tlcore.data.pixels.decode import UnreadableImageError
from tlcore.errors import BadInputError, LimitExceededError
from tlcore.settings import Limits


@dataclass(frozen=True)
class SourceFile:
    """One file of an upload; `label` is None when it lies in no class folder."""

    label: str | None
    part: Part | None
    name: str
    read: Callable[[], bytes]
    folders: Folders = ()


@dataclass(frozen=True)
class Upload:
    """The files of an upload and what its folders mean; `rest` is what its report says whatever is in the files."""

    files: tuple[SourceFile, ...]
    layout: Layout
    rest: IngestReport


@contextmanager
def opened(job: IngestJob, limits: Limits) -> Iterator[Upload]:
    """The files of the upload, found and checked but not yet read."""
    if job.kind == "zip":
        with CheckedArchive(Path(job.source), limits, job.reading.code_page) as archive:
            members = [_unplaced(member.path, partial(archive.read, member)) for member in archive.members]
            upload = _placed(members, (entry.path for entry in archive.others), job.reading)
            yield replace(upload, rest=upload.rest.model_copy(update={"named_as": archive.guessed}))
    elif job.kind == "folder":
        beside: list[Folders] = []
        files = list(_folder_files(Path(job.source), limits, beside))
        yield _placed(files, beside, job.reading)
    else:
        yield _single_files(job, limits)


def _unplaced(path: Folders, read: Callable[[], bytes]) -> SourceFile:
    return SourceFile(None, None, "/".join(path), read, path[:-1])


def _placed(files: Sequence[SourceFile], beside: Iterable[Folders], reading: Reading) -> Upload:
    """The files where the folders of all of them put each; `beside` are folders and what systems left in them."""
    beside = tuple(beside)
    full = {file.folders[:levels] for file in files for levels in range(len(file.folders) + 1)}
    emptied = {own_part(path) for path in beside if tells_of_images(path)} - full
    images = [file.folders for file in files if looks_like_an_image(file.name)] or [file.folders for file in files]
    layout = understood([*images, *emptied], reading)
    places = (layout.place(file.folders) for file in files)
    placed = (replace(file, label=label, part=part) for file, (label, part) in zip(files, places, strict=True))
    bare = {own_part(path) for path in beside} - full
    rest = IngestReport(bare=tuple(map(as_text, sorted(bare))), emptied=tuple(map(as_text, sorted(emptied))))
    return Upload(tuple(placed), layout, rest)


def _single_files(job: IngestJob, limits: Limits) -> Upload:
    """Single files: those without a class are placed by the folders in their names."""
    if (count := sum(bool(file.path) for file in job.files)) > limits.files:
        raise LimitExceededError(f"{count:,} files were given; at most {limits.files:,} are allowed.")
    loose = [file for file in job.files if file.label is None]
    unplaced = [_unplaced(tuple(file.name.split("/")), _reader(Path(file.path), limits)) for file in loose if file.path]
    beside = [tuple(file.name.split("/")) for file in loose if not file.path]
    given = (
        SourceFile(file.label, file.part, file.name, _reader(Path(file.path), limits))
        for file in job.files
        if file.label is not None
    )
    upload = _placed(unplaced, beside, job.reading)
    return replace(upload, files=(*given, *upload.files))


def _folder_files(root: Path, limits: Limits, beside: list[Folders]) -> Iterator[SourceFile]:
    """The files in a folder; the folders in it, and what systems left there, are noted `beside` them."""
    if not root.is_dir():
        raise BadInputError(f"There is no folder or zip archive at {root}.")
    count = 0
    for folder, subfolders, files in os.walk(root):
        above = Path(folder).relative_to(root).parts
        links = {name for name in subfolders if Path(folder, name).is_symlink()}
        own = sorted(name for name in (*files, *links) if not is_leftover((name,)))
        beside += [(*above, name) for name in {*subfolders, *files} - {*own}]
        subfolders[:] = sorted(name for name in subfolders if not is_leftover((name,)))
        count += len(own)
        if count > limits.files:
            raise LimitExceededError(f"The folder holds more than {limits.files:,} files, the most that is allowed.")
        yield from (_unplaced((*above, name), _reader(Path(folder, name), limits)) for name in own)


def _reader(path: Path, limits: Limits) -> Callable[[], bytes]:
    def read() -> bytes:
        if path.is_symlink() or not path.is_file():  # a link may leave the folder, and a pipe may never end
            raise UnreadableImageError("a link or no ordinary file")
        with path.open("rb") as file:
            return file.read(limits.image_bytes + 1)

    return read
