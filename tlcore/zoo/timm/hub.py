"""Hugging Face's hub: where a repository's weights are kept here, and what their SHA-256 must be."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from tlcore.download import DamagedDownloadError, read_text

_OID = re.compile(r"oid sha256:([0-9a-f]{64})")
_MOST = 1024


def kept(url: str) -> list[Path]:
    """The weights that timm itself has downloaded before, in the hub's own cache; none for those of another server."""
    repository, resolved, _ = urlsplit(url).path.strip("/").partition("/resolve/")
    if not resolved:
        return []
    snapshots = cache() / f"models--{repository.replace('/', '--')}" / "snapshots"
    return sorted(snapshots.glob("*/model.safetensors"))


def cache() -> Path:
    """The folder of the hub's own cache, found by its own rule."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


def moved(url: str, base: str) -> str:
    """The same file on another server, where one is named."""
    return base + urlsplit(url).path if base else url


def digest(url: str) -> str:
    """The SHA-256 that the hub states of a file, in the pointer that stands for it in the repository."""
    found = _OID.search(read_text(url.replace("/resolve/", "/raw/"), _MOST))
    if found is None:
        raise DamagedDownloadError(
            f"The hub does not say what {url} must be, so it was not downloaded; try again later."
        )
    return found[1]
