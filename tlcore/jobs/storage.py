"""Disk: what a person uses, what may be deleted, what is evicted."""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import delete, func, select

from tlcore.data import shards
from tlcore.data.blobs import BlobStore
from tlcore.errors import QuotaExceededError
from tlcore.jobs.database import Database
from tlcore.jobs.tables import classes, collections, dataset_blobs, datasets, events, images, join_codes, owners, runs
from tlcore.settings import Settings, get_settings

_SCRATCH_SECONDS = 3600.0


class Storage:
    """The folders of the home, kept in step with the database."""

    def __init__(self, database: Database, settings: Settings | None = None) -> None:
        self._db = database
        self._settings = settings or get_settings()
        self.blobs = BlobStore(self._settings.blobs)

    def used(self, owner: str) -> int:
        """Bytes that the owner's images and models take; an image in two collections counts once."""
        with self._db.reading() as connection:
            each = (
                select(images.c.blob, func.max(images.c.bytes).label("bytes"))
                .join(classes, images.c.class_id == classes.c.id)
                .join(collections, classes.c.collection == collections.c.id)
                .where(collections.c.owner == owner)
                .group_by(images.c.blob)
                .subquery()
            )
            stored = connection.scalar(select(func.sum(each.c.bytes))) or 0
            mine = connection.scalars(select(runs.c.id).where(runs.c.owner == owner)).all()
        return int(stored) + sum(_folder_bytes(self._settings.runs / run_id) for run_id in mine)

    @property
    def limit(self) -> int:
        """Bytes that one owner may use."""
        return self._settings.limits.owner_bytes

    def holds(self, owner: str, blob: str) -> bool:
        """Whether one of the owner's collections or data sets holds the image."""
        with self._db.reading() as connection:
            collected = connection.scalar(
                select(images.c.id)
                .join(classes, images.c.class_id == classes.c.id)
                .join(collections, classes.c.collection == collections.c.id)
                .where(images.c.blob == blob, collections.c.owner == owner)
                .limit(1)
            )
            frozen = select(dataset_blobs.c.blob).where(dataset_blobs.c.blob == blob, dataset_blobs.c.owner == owner)
            return collected is not None or connection.scalar(frozen) is not None

    def require_room(self, owner: str, more: int) -> None:
        """Raise `QuotaExceededError` when the owner has no room for so many more bytes."""
        limit = self._settings.limits.owner_bytes
        if self.used(owner) + more > limit:
            raise QuotaExceededError(
                f"Your images and models would take more than the {limit / 1e6:.0f} MB that one person may use here; "
                "delete image sets or runs that you no longer need."
            )

    def collect(self, blobs: Iterable[str]) -> None:
        """Delete those of the blobs that nobody's collection or data set holds any more, and all derived from them."""
        wanted = set(blobs)
        if not wanted:
            return
        with self._db.writing() as connection:  # the lock keeps an upload from adopting a blob in between
            for piece in _pieces(sorted(wanted), 500):
                held = set(connection.scalars(select(images.c.blob).where(images.c.blob.in_(piece))))
                held |= set(connection.scalars(select(dataset_blobs.c.blob).where(dataset_blobs.c.blob.in_(piece))))
                wanted -= held
            self.blobs.delete(wanted)
        shards.forget(self._settings.cache, wanted)

    def delete_run_files(self, run_id: str) -> None:
        """Delete a run's checkpoints and model."""
        shutil.rmtree(self._settings.runs / run_id, ignore_errors=True)

    def delete_owner(self, owner: str) -> None:
        """Delete everything that an owner has here: images, runs, models, and what was derived from them."""
        with self._db.writing() as connection:
            mine = connection.scalars(select(runs.c.id).where(runs.c.owner == owner)).all()
            blobs = set(connection.scalars(select(dataset_blobs.c.blob).where(dataset_blobs.c.owner == owner)))
            blobs |= set(
                connection.scalars(
                    select(images.c.blob)
                    .join(classes, images.c.class_id == classes.c.id)
                    .join(collections, classes.c.collection == collections.c.id)
                    .where(collections.c.owner == owner)
                )
            )
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
            if path.stat().st_mtime < old:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())


def _pieces(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
