"""Disk: what a person uses, what may be deleted, what is evicted."""

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select

from tlcore.data.pixels import shards
from tlcore.data.pixels.blobs import BlobStore
from tlcore.errors import BadInputError, QuotaExceededError
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import (
    classes,
    collections,
    dataset_blobs,
    datasets,
    events,
    images,
    join_codes,
    owners,
    runs,
)
from tlcore.settings import Settings, get_settings

_SCRATCH_SECONDS = 3600.0


@dataclass(frozen=True)
class Belongings:
    """What an owner has here: image sets, different images in them or held by runs, runs of every kind."""

    collections: int
    images: int
    runs: int
    working: tuple[str, ...]

    @property
    def in_the_way(self) -> str | None:
        """Why it can't be deleted now, in words: a worker would put back what is taken from under it."""
        if not self.working:
            return None
        return f"Stop what still works before you delete everything: {', '.join(self.working)}."


class Storage:
    """The folders of the home, kept in step with the database."""

    def __init__(self, database: Database, settings: Settings | None = None) -> None:
        self._db = database
        self._settings = settings or get_settings()
        self.blobs = BlobStore(self._settings.blobs)

    def used(self, owner: str) -> int:
        """Bytes that the owner's images and models take; an image that several sets or runs hold counts once."""
        with self._db.reading() as connection:
            each = (
                _collected(owner, images.c.blob, func.max(images.c.bytes).label("bytes"))
                .group_by(images.c.blob)
                .subquery()
            )
            stored = connection.scalar(select(func.sum(each.c.bytes))) or 0
            only_frozen = _frozen(owner).where(dataset_blobs.c.blob.not_in(_collected(owner, images.c.blob)))
            frozen = set(connection.scalars(only_frozen))
            mine = connection.scalars(select(runs.c.id).where(runs.c.owner == owner)).all()
        held = int(stored) + sum(self.blobs.size(blob) for blob in frozen)
        return held + sum(_folder_bytes(self._settings.runs / run_id) for run_id in mine)

    @property
    def limit(self) -> int:
        """Bytes that one owner may use."""
        return self._settings.limits.owner_bytes

    def holds(self, owner: str, blob: str) -> bool:
        """Whether one of the owner's collections or data sets holds the image."""
        with self._db.reading() as connection:
            collected = _collected(owner, images.c.blob).where(images.c.blob == blob).limit(1)
            frozen = _frozen(owner).where(dataset_blobs.c.blob == blob)
            return connection.scalar(collected) is not None or connection.scalar(frozen) is not None

    def belongings(self, owner: str) -> Belongings:
        """How much the owner has here, and the names of what works for them now."""
        with self._db.reading() as connection:
            return _belongings(connection, owner)

    def require_room(self, owner: str, more: int) -> None:
        """Raise `QuotaExceededError` when the owner has no room for so many more bytes."""
        limit = self._settings.limits.owner_bytes
        if self.used(owner) + more > limit:
            raise QuotaExceededError(
                f"Your images and models would take more than the {limit / 1e6:.0f} MB that one person may use here; "
                "delete image sets or runs that you no longer need."
            )

    @contextmanager
    def staging(self) -> Iterator[BlobStore]:
        """A store of one intake's own, where no deletion finds its images; what is not taken over goes with it."""
        self._settings.scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._settings.scratch, prefix="intake-") as folder:
            yield BlobStore(Path(folder))

    def collect(self, blobs: Iterable[str]) -> None:
        """Delete those of the blobs that nobody's collection or data set holds any more, and all derived from them."""
        wanted = set(blobs)
        if not wanted:
            return
        with self._db.writing() as connection:  # the lock under which `Library.add` puts rows and files in place
            for piece in _pieces(sorted(wanted), 500):
                held = set(connection.scalars(select(images.c.blob).where(images.c.blob.in_(piece))))
                held |= set(connection.scalars(select(dataset_blobs.c.blob).where(dataset_blobs.c.blob.in_(piece))))
                wanted -= held
            self.blobs.delete(wanted)
        shards.forget(self._settings.cache, wanted)

    def delete_run_files(self, run_id: str) -> None:
        """Delete a run's checkpoints and model, and the zips of it that were made for downloads."""
        for folder in (self._settings.runs / run_id, *self._settings.scratch.glob(f"{run_id}-*")):
            shutil.rmtree(folder, ignore_errors=True)

    def delete_owner(self, owner: str) -> None:
        """Delete everything that an owner has here: images, runs, models, and what was derived from them.

        Raises `BadInputError` while one of the runs works; those that wait never begin.
        """
        with self._db.writing() as connection:
            if reason := _belongings(connection, owner).in_the_way:
                raise BadInputError(reason)
            mine = connection.scalars(select(runs.c.id).where(runs.c.owner == owner)).all()
            blobs = _blobs(connection, owner)
            connection.execute(delete(events).where(events.c.run.in_(mine)))
            for table in (runs, collections, datasets, dataset_blobs, join_codes):
                connection.execute(delete(table).where(table.c.owner == owner))
            connection.execute(delete(owners).where(owners.c.id == owner))
        for run_id in mine:
            self.delete_run_files(run_id)
        self.collect(blobs)

    def tidy(self) -> None:
        """Evict derived arrays beyond the budget, and remove what interrupted uploads left."""
        shards.evict(self._settings.cache, self._settings.limits.cache_bytes)
        old = time.time() - _SCRATCH_SECONDS
        for path in self._settings.scratch.glob("*"):
            if _changed_at(path) < old:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _collected(owner: str, *columns: Any) -> Select:
    """These columns of the images in the owner's collections."""
    return (
        select(*columns)
        .select_from(images)
        .join(classes, images.c.class_id == classes.c.id)
        .join(collections, classes.c.collection == collections.c.id)
        .where(collections.c.owner == owner)
    )


def _frozen(owner: str) -> Select:
    """The images that the owner's runs hold."""
    return select(dataset_blobs.c.blob).where(dataset_blobs.c.owner == owner)


def _blobs(connection: Connection, owner: str) -> set[str]:
    return {*connection.scalars(_collected(owner, images.c.blob)), *connection.scalars(_frozen(owner))}


def _belongings(connection: Connection, owner: str) -> Belongings:
    sets = connection.scalar(select(func.count()).select_from(collections).where(collections.c.owner == owner))
    mine = connection.execute(select(runs.c.name, runs.c.state).where(runs.c.owner == owner)).all()
    return Belongings(
        collections=sets or 0,
        images=len(_blobs(connection, owner)),
        runs=len(mine),
        working=tuple(run.name for run in mine if run.state == "running"),
    )


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _changed_at(path: Path) -> float:
    """When a path was last changed; never again, once whoever owned it has removed it."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _pieces(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
