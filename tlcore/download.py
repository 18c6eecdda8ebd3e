"""Downloads: streamed to a file beside the target, checked by their digest, then put in place."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

from tlcore.errors import OfflineError, TlcoreError
from tlcore.wording import Progress

_CHUNK = 1 << 18
_SECONDS = 20
_LOOK_SECONDS = 0.2


class DamagedDownloadError(TlcoreError):
    """The download arrived damaged; try again."""


@dataclass
class _Underway:
    """How far the download of a file is; whoever holds the lock does it, and the other threads watch."""

    lock: Lock = field(default_factory=Lock)
    done: int = 0
    total: int = 0


_UNDERWAY: dict[Path, _Underway] = {}


def download(url: str, target: Path, digest: str, progress: Progress, algorithm: str = "sha256") -> None:
    """Fetch `url` into `target`, unless another thread has just done so; the digest must begin with `digest`.

    Raises `OfflineError` when the server can't be reached and `DamagedDownloadError` when what came is not what was
    published; neither leaves a file behind.
    """
    underway = _UNDERWAY.setdefault(target.resolve(), _Underway())
    while not underway.lock.acquire(timeout=_LOOK_SECONDS):
        if underway.done:
            progress(underway.done, underway.total)  # which also lets a visitor leave who waits no longer
    try:
        if not target.is_file():
            _fetch(url, target, digest, _told(underway, progress), algorithm)
    finally:
        underway.lock.release()


def read_text(url: str, most: int) -> str:
    """The first bytes of a small file as text; `OfflineError` when the server can't be reached."""
    try:
        with urlopen(url, timeout=_SECONDS) as response:  # noqa: S310 - published addresses
            return str(response.read(most).decode("utf-8", "replace"))
    except (URLError, TimeoutError, ConnectionError) as error:
        raise OfflineError(f"{url} can't be reached from here.") from error


def _told(underway: _Underway, progress: Progress) -> Progress:
    def tell(done: int, total: int) -> None:
        underway.done, underway.total = done, total
        progress(done, total)

    return tell


def _fetch(url: str, target: Path, digest: str, progress: Progress, algorithm: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{uuid4().hex}.part")  # another process may fetch the same file
    try:
        seen = _stream(url, partial, progress, algorithm)
        if not seen.startswith(digest):
            raise DamagedDownloadError(f"The download of {target.name} arrived damaged; try again.")
        partial.replace(target)
    except (URLError, TimeoutError, ConnectionError) as error:
        raise OfflineError(f"{url} can't be reached from here.") from error
    finally:
        partial.unlink(missing_ok=True)


def _stream(url: str, partial: Path, progress: Progress, algorithm: str) -> str:
    seen = hashlib.new(algorithm, usedforsecurity=False)
    with urlopen(url, timeout=_SECONDS) as response, partial.open("wb") as file:  # noqa: S310 - published addresses
        total, done = int(response.headers.get("Content-Length", 0)), 0
        while chunk := response.read(_CHUNK):
            file.write(chunk)
            seen.update(chunk)
            done += len(chunk)
            progress(done, total)
    return seen.hexdigest()
