"""Checkpoints that survive a kill at any moment: a new file, flushed, hashed, then put in place."""

import errno
import hashlib
import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch

from tlcore.errors import TlcoreError

_MANIFEST = "checkpoints.json"
_PARTIALS = ".checkpoint*"
_KEPT = 2
_ABANDONED_SECONDS = 60.0
_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFullError(TlcoreError):
    """The disk of this machine is full."""


def save(folder: Path, epoch: int, state: dict[str, Any]) -> None:
    """Keep a checkpoint of the state after `epoch`; the last two are kept. Raises `DiskFullError`."""
    folder.mkdir(parents=True, exist_ok=True)
    _remove_partials(folder, before=time.time() - _ABANDONED_SECONDS)
    try:
        _save(folder, epoch, state)
    except Exception as error:
        if not _disk_is_full(error):
            raise
        raise DiskFullError(
            f"The disk of this machine is full: a checkpoint of this run takes {_bytes(state) / 1e6:.0f} MB, which "
            "could not be written. Make room, for example by deleting runs that are no longer needed; then 'Go on' "
            "continues from the last checkpoint."
        ) from error


def load_latest(folder: Path) -> dict[str, Any] | None:
    """The newest checkpoint whose hash is right; None when there is none."""
    entry = next((entry for entry in _entries(folder) if _is_sound(folder, entry)), None)
    if entry is None:
        return None
    state: dict[str, Any] = torch.load(folder / entry["file"], map_location="cpu", weights_only=True)
    return state


def keep_newest(folder: Path) -> None:
    """Delete all checkpoints but the newest whose hash is right: the run was stopped, and may go on one day."""
    entries = _entries(folder)
    newest = next((entry for entry in entries if _is_sound(folder, entry)), None)
    if newest is None:
        return
    _write_manifest(folder, [newest])
    for entry in entries:
        if entry is not newest:
            (folder / entry["file"]).unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Delete all checkpoints: the run is complete and will never be resumed."""
    for path in (folder / _MANIFEST, *folder.glob("checkpoint-*.pt")):
        path.unlink(missing_ok=True)
    _remove_partials(folder, before=math.inf)


def _save(folder: Path, epoch: int, state: dict[str, Any]) -> None:
    name = f"checkpoint-{epoch:05d}.pt"
    partial = folder / f".{name}.{os.getpid()}"
    with _put_in_place(partial, folder / name):
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        with partial.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    entries = [entry for entry in _entries(folder) if entry["file"] != name]
    kept = [{"file": name, "sha256": digest, "epoch": epoch}, *entries][:_KEPT]
    _write_manifest(folder, kept)
    for entry in entries:
        if entry not in kept:
            (folder / entry["file"]).unlink(missing_ok=True)


def _is_sound(folder: Path, entry: dict[str, Any]) -> bool:
    path = folder / entry["file"]
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == entry["sha256"]


def _entries(folder: Path) -> list[dict[str, Any]]:
    try:
        entries: list[dict[str, Any]] = json.loads((folder / _MANIFEST).read_text())
    except FileNotFoundError:
        return []
    return entries


def _write_manifest(folder: Path, entries: list[dict[str, Any]]) -> None:
    partial = folder / f".{_MANIFEST}.{os.getpid()}"
    with _put_in_place(partial, folder / _MANIFEST), partial.open("w") as file:
        json.dump(entries, file)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(folder)


@contextmanager
def _put_in_place(partial: Path, final: Path) -> Iterator[None]:
    """Put in place what the block has written and closed, or leave nothing of it."""
    try:
        yield
        os.replace(partial, final)
    finally:
        partial.unlink(missing_ok=True)


def _disk_is_full(error: BaseException | None) -> bool:
    """Whether a full disk is behind an error; torch raises one of its own after it."""
    if error is None:
        return False
    return (isinstance(error, OSError) and error.errno in _FULL) or _disk_is_full(error.__context__)


def _bytes(content: Any) -> int:
    """What the tensors in a state take."""
    if isinstance(content, torch.Tensor):
        return content.nbytes
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list | tuple) else ()
    return sum(map(_bytes, inner))


def _remove_partials(folder: Path, before: float) -> None:
    """Remove what killed workers left half written; what was changed since may be an attempt's that still writes."""
    for path in folder.glob(_PARTIALS):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the renames themselves durable; Windows can't open a folder."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
