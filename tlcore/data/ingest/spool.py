"""Uploads on their way to the ingest process: bytes under names of ours, beside what people called them."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tlcore.data.ingest.leftovers import is_leftover
from tlcore.data.ingest.report import UploadedFile
from tlcore.data.names import clean_name
from tlcore.errors import BadInputError, LimitExceededError
from tlcore.settings import Settings, get_settings


@contextmanager
def spool_folder(settings: Settings | None = None) -> Iterator[Path]:
    """A folder for one upload, gone when the block ends."""
    settings = settings or get_settings()
    settings.scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="upload-", dir=settings.scratch))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def spool_files(
    files: Iterable[tuple[str, bytes]], folder: Path, label: str | None = None, settings: Settings | None = None
) -> tuple[UploadedFile, ...]:
    """Write `(name, bytes)` pairs to numbered files; the class is `label`, or the folders in a file's name say it."""
    limits = (settings or get_settings()).limits
    spooled: list[UploadedFile] = []
    number = 0
    for name, data in files:
        components = tuple(part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."})
        if not components:
            raise BadInputError(f"A file can't be called '{clean_name(name, '')}'; give it a name of its own.")
        if is_leftover(components):
            spooled += [UploadedFile(label=None, name="/".join(components), path="")] if label is None else []
            continue
        if number >= limits.files:
            raise LimitExceededError(f"There are more than {limits.files:,} files, the most that is allowed at once.")
        path = folder / f"{number:06d}"
        path.write_bytes(data)
        number += 1
        told = components[-1:] if label else components
        spooled.append(UploadedFile(label=label, name="/".join(told), path=str(path)))
    return tuple(spooled)
