"""Checkpoints that survive a kill at any moment: a new file, flushed, hashed, then put in place."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import torch

_MANIFEST = "checkpoints.json"
_KEPT = 2


def save(folder: Path, epoch: int, state: dict[str, Any]) -> None:
    """Keep a checkpoint of the state after `epoch`; the last two are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"checkpoint-{epoch:05d}.pt"
    partial = folder / f".{name}.{os.getpid()}"
    with partial.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    with partial.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    os.replace(partial, folder / name)
    entries = [entry for entry in _entries(folder) if entry["file"] != name]
    kept = [{"file": name, "sha256": digest, "epoch": epoch}, *entries][:_KEPT]
    _write_manifest(folder, kept)
    for entry in entries:
        if entry not in kept:
            (folder / entry["file"]).unlink(missing_ok=True)


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
    with partial.open("w") as file:
        json.dump(entries, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, folder / _MANIFEST)
    _sync_folder(folder)


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
