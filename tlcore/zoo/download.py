"""Downloads: streamed to a file beside the target, checked by their digest, then put in place."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tlcore.errors import OfflineError, TlcoreError

Progress = Callable[[int, int], None]
_CHUNK = 1 << 18
_SECONDS = 20


class DamagedDownloadError(TlcoreError):
    """The download arrived damaged; try again."""


def download(url: str, target: Path, digest: str, progress: Progress, algorithm: str = "sha256") -> None:
    """Fetch `url` into `target`; the digest must begin with `digest`.

    Raises `OfflineError` when the server can't be reached and `DamagedDownloadError` when what came is not what was
    published; neither leaves a file behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.part")
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
