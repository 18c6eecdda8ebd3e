"""Derived arrays kept on disk, one row an image: decoded pixels and features, found again by the image's hash.

A shard is a `.npy` file and the list of its images. A row that was computed once is reused by every data set that
holds the image, so adding or removing a few images costs only those few.
"""

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_ABANDONED_SECONDS = 3600.0


@dataclass(frozen=True)
class Rows:
    """Rows gathered from several memory-mapped shards; `order[i]` is the (shard, row) of the i-th image."""

    shards: tuple[NDArray, ...]
    order: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.order)

    def take(self, indices: Sequence[int]) -> NDArray:
        """The rows of these images as one array `(len(indices), ...)`; always a copy."""
        first = self.shards[self.order[indices[0]][0]]
        out = np.empty((len(indices), *first.shape[1:]), dtype=first.dtype)
        for position, index in enumerate(indices):
            shard, row = self.order[index]
            out[position] = self.shards[shard][row]
        return out

    def all(self) -> NDArray:
        """Every row, in order, as one array in memory."""
        return self.take(range(len(self.order)))


class ShardStore:
    """The shards of one kind of derived array, under a key that names all that it depends on but the image."""

    def __init__(self, root: Path, key: str) -> None:
        self.folder = root / key

    def rows(self, blobs: Sequence[str]) -> Rows:
        """The rows of these images; a missing one is a programming error (`KeyError`)."""
        wanted = set(blobs)
        places: dict[str, tuple[int, int]] = {}
        shards: list[NDArray] = []
        for index_file in self._indexes():
            held = _images_of(index_file)
            if wanted.isdisjoint(held):
                continue
            with suppress(FileNotFoundError):  # deleted since its list was read
                array = np.load(index_file.with_suffix(".npy"), mmap_mode="r")
                places.update({blob: (len(shards), row) for row, blob in enumerate(held) if blob in wanted})
                shards.append(array)
                os.utime(index_file)  # least recently used shards are evicted first
        return Rows(tuple(shards), tuple(places[blob] for blob in blobs))

    def missing(self, blobs: Iterable[str]) -> tuple[str, ...]:
        """The images that no shard holds, each once, in their order."""
        absent = dict.fromkeys(blobs)
        for index_file in self._indexes():
            held = _images_of(index_file)
            if absent.keys().isdisjoint(held):
                continue
            with suppress(FileNotFoundError):
                os.utime(index_file)  # whoever asks will read it, perhaps only after computing the rest
                absent = {blob: None for blob in absent if blob not in held}
        return tuple(absent)

    def create(self, blobs: Sequence[str], row_shape: tuple[int, ...], dtype: str) -> "NewShard":
        """Begin a shard for these images; it is seen by others only when it is complete."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return NewShard(self.folder, tuple(blobs), row_shape, dtype)

    def _indexes(self) -> list[Path]:
        return sorted(self.folder.glob("*.json")) if self.folder.is_dir() else []


class NewShard:
    """A shard while it is written: fill `array`, then `commit()`."""

    def __init__(self, folder: Path, blobs: tuple[str, ...], row_shape: tuple[int, ...], dtype: str) -> None:
        name = uuid.uuid4().hex
        self._partial = folder / f".{name}.npy"
        self._final = folder / f"{name}.npy"
        self._blobs = blobs
        self.array: NDArray = np.lib.format.open_memmap(
            self._partial, mode="w+", dtype=dtype, shape=(len(blobs), *row_shape)
        )

    def commit(self) -> None:
        """Flush the rows and make the shard visible."""
        self.array.flush()  # type: ignore[attr-defined]
        del self.array
        os.replace(self._partial, self._final)
        index = self._final.with_suffix(".json")
        partial = index.with_suffix(".part")
        partial.write_text(json.dumps(self._blobs))
        os.replace(partial, index)

    def discard(self) -> None:
        """Give the shard up."""
        self._partial.unlink(missing_ok=True)


def forget(cache: Path, blobs: Iterable[str]) -> None:
    """Delete every shard that holds one of these images, whatever it was derived for."""
    unwanted = set(blobs)
    for index_file in cache.rglob("*.json"):
        if not unwanted.isdisjoint(_images_of(index_file)):
            _delete(index_file)


def evict(cache: Path, budget_bytes: int) -> int:
    """Delete the least recently used shards until the rest fits the budget; returns how many bytes were freed.

    What killed workers left half written goes first, and is not counted.
    """
    _sweep(cache)
    used = {index: status.st_mtime for index in cache.rglob("*.json") if (status := _status(index))}
    sizes = {index: _size(index) for index in used}
    excess, freed = sum(sizes.values()) - budget_bytes, 0
    for index in sorted(used, key=used.__getitem__):
        if freed >= excess:
            break
        freed += sizes[index]
        _delete(index)
    return freed


def clear(cache: Path) -> None:
    """Delete everything that was derived."""
    shutil.rmtree(cache, ignore_errors=True)


def _images_of(index: Path) -> list[str]:
    """The images of a shard, row by row; none once another process has deleted it."""
    try:
        held: list[str] = json.loads(index.read_text())
    except FileNotFoundError:
        return []
    return held


def _sweep(cache: Path) -> None:
    """Delete what has no index, so that nobody will read it, and was not written to for an hour."""
    old = time.time() - _ABANDONED_SECONDS
    for pattern in ("*.npy", "*.part"):
        for path in cache.rglob(pattern):
            status = _status(path)
            if status and status.st_mtime < old and not path.with_suffix(".json").is_file():
                path.unlink(missing_ok=True)


def _status(path: Path) -> os.stat_result | None:
    """Size and times of a file; None once another process has deleted it."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _size(index: Path) -> int:
    array = _status(index.with_suffix(".npy"))
    return array.st_size if array else 0


def _delete(index: Path) -> None:
    index.unlink(missing_ok=True)
    index.with_suffix(".npy").unlink(missing_ok=True)
