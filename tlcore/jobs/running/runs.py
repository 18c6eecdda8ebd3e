"""Runs as their owner sees them: submit, look, stop, resume, delete."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

from sqlalchemy import Connection, Row, func, insert, select, update

from tlcore.data.dataset import Dataset
from tlcore.data.names import clean_name
from tlcore.errors import BadInputError, NotFoundError, QueueFullError
from tlcore.events import E, StateChanged
from tlcore.jobs.belongings.library import frozen
from tlcore.jobs.belongings.storage import Storage
from tlcore.jobs.kinds.registry import KINDS, R, S, parse_spec, readable_events, readable_spec
from tlcore.jobs.running.datasets import dataset_of, keep_dataset
from tlcore.jobs.running.deleting import Gone, delete_runs, outdated
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.feed import append, told
from tlcore.jobs.store.tables import ACTIVE, events, runs
from tlcore.settings import Settings, get_settings
from tlcore.specs import Spec


@dataclass(frozen=True)
class Run(Generic[S, R]):
    """A job in the queue and after it; `state` is queued, running, done, failed or cancelled.

    An `extra` comes after what people wait for first, and gives way to it. `beside` is the id of the run that this one
    is trained to be compared with, empty for most. One that is done has a `result`, unless it was brought back, or
    kept by another version and can't be read.
    """

    id: str
    owner: str
    kind: str
    name: str
    spec: S
    dataset: str
    collection: str
    collection_name: str
    state: str
    extra: bool
    beside: str
    attempt: int
    losses: int
    memory_retries: int
    message: str
    result: R | None
    created_at: float
    queued_at: float
    started_at: float | None
    finished_at: float | None
    stop_requested_at: float | None
    device_seconds: float

    @property
    def is_active(self) -> bool:
        """Whether it waits or works."""
        return self.state in ACTIVE

    @property
    def is_stopping(self) -> bool:
        """Whether it works but was asked to stop."""
        return self.state == "running" and self.stop_requested_at is not None

    @property
    def was_stopped(self) -> bool:
        """Whether it has a model, but was stopped before its last epoch."""
        return self.state == "done" and self.result is not None and self.result.stopped


def to_run(row: Row) -> Run[Any, Any]:
    """A row of the table as a value."""
    return _run(row, parse_spec(row.spec))


def _run(row: Row, spec: Spec) -> Run[Any, Any]:
    names = [name for name in Run.__dataclass_fields__ if name not in {"spec", "result"}]
    result = next(readable_events(row.kind, [row.result] if row.result else []), None)
    return Run(spec=spec, result=result, **{name: getattr(row, name) for name in names})


@dataclass(frozen=True)
class Seen:
    """A run as it was found, and the id of the newest event that it had told by then; 0 where it had told none."""

    run: Run[Any, Any]
    newest: int


@dataclass(frozen=True)
class _Images:
    """What a run is asked to work on: a data set, and the collection that it comes from."""

    dataset: Dataset | None
    collection: str = ""
    collection_name: str = ""


class Runs:
    """The runs of all owners; each method touches only those of the owner it is given."""

    def __init__(self, database: Database, settings: Settings | None = None) -> None:
        self._db = database
        self._settings = settings or get_settings()
        self._storage = Storage(database, self._settings)

    def submit(
        self,
        owner: str,
        spec: S,
        dataset: Dataset | None = None,
        *,
        name: str = "",
        collection: str = "",
        collection_name: str = "",
        extra: bool = False,
        beside: str = "",
    ) -> Run[S, Any]:
        """Queue a run; raises `QueueFullError` or `QuotaExceededError` when the owner has all that one person may.

        An `extra` training gives way to others, as all that is no training does, and all that stands `beside` a run.
        Of the kinds of which only the newest few are kept, those go whose place it takes.
        """
        images = _Images(dataset, collection, collection_name)
        return self._submit(owner, spec, lambda _: images, name=name, extra=extra, beside=beside)

    def submit_on_collection(self, owner: str, spec: S, collection_id: str, *, name: str = "") -> Run[S, Any]:
        """Freeze a collection and queue a run on it, or neither; raises what both of them do."""

        def images(connection: Connection) -> _Images:
            named, dataset = frozen(connection, owner, collection_id)
            return _Images(dataset, collection_id, named)

        return self._submit(owner, spec, images, name=name)

    def submit_on_run(self, owner: str, spec: S, run_id: str, *, beside: bool = False) -> Run[S, Any]:
        """Queue a run on the images of another one, a measurement of that or one to stand `beside` it."""

        def images(connection: Connection) -> _Images:
            row = _own(connection, owner, run_id)
            dataset = dataset_of(connection, row)
            if not dataset.examples:
                raise NotFoundError("This model came without its images, so there is nothing here to measure it on.")
            return _Images(dataset, row.collection, row.collection_name)

        return self._submit(owner, spec, images, beside=run_id if beside else "")

    def _submit(
        self,
        owner: str,
        spec: S,
        images: Callable[[Connection], _Images],
        *,
        name: str = "",
        extra: bool = False,
        beside: str = "",
    ) -> Run[S, Any]:
        """All in one transaction: what can't be read back is not kept either."""
        self._storage.require_room(owner, 0)
        now = time.time()
        run_id = secrets.token_hex(8)
        with self._db.writing() as connection:
            self._require_place(connection, owner)
            given = images(connection)
            if given.dataset is not None:
                keep_dataset(connection, owner, given.dataset, now)
            connection.execute(
                insert(runs).values(
                    id=run_id,
                    owner=owner,
                    kind=spec.kind,
                    name=clean_name(name, spec.title),
                    spec=spec.model_dump(mode="json"),
                    dataset=given.dataset.id if given.dataset else "",
                    collection=given.collection,
                    collection_name=clean_name(given.collection_name, ""),
                    state="queued",
                    extra=extra or bool(beside) or KINDS[spec.kind].extra,
                    beside=beside,
                    created_at=now,
                    queued_at=now,
                )
            )
            append(connection, run_id, 0, StateChanged(state="queued"))
            run = to_run(_own(connection, owner, run_id))
            gone = delete_runs(connection, outdated(connection, owner, spec))
        self._clear(gone)
        return run

    def get(self, owner: str, run_id: str) -> Run[Any, Any]:
        """One run of the owner."""
        with self._db.reading() as connection:
            return to_run(_own(connection, owner, run_id))

    def all(self, owner: str) -> tuple[Run, ...]:
        """The owner's training runs, the newest first."""
        return self.of_kind(owner, "train")

    def of_kind(self, owner: str, kind: str) -> tuple[Run[Any, Any], ...]:
        """The owner's runs of one kind, the newest first; those that this version can't read are left out."""
        with self._db.reading() as connection:
            rows = connection.execute(
                select(runs).where(runs.c.owner == owner, runs.c.kind == kind).order_by(runs.c.created_at.desc())
            ).all()
        return tuple(_run(row, spec) for row in rows if (spec := readable_spec(row.spec)))

    def unreadable(self, owner: str) -> dict[str, str]:
        """The owner's jobs of all kinds that this version can't read and that are over: their names by their ids."""
        with self._db.reading() as connection:
            over = select(runs.c.id, runs.c.name, runs.c.spec).where(runs.c.owner == owner, runs.c.state.not_in(ACTIVE))
            rows = connection.execute(over.order_by(runs.c.created_at)).all()
        return {row.id: row.name for row in rows if readable_spec(row.spec) is None}

    def dataset(self, owner: str, run_id: str) -> Dataset:
        """The exact data set that a run was trained on."""
        with self._db.reading() as connection:
            return dataset_of(connection, _own(connection, owner, run_id))

    def stop(self, owner: str, run_id: str) -> Run[Any, Any]:
        """Ask a run to stop: one that works ends at its next batch with its best model, one that waits is cancelled.

        One that waits to go on has a model to keep: it is next in turn for that, unless it is asked a second time.
        """
        now = time.time()
        with self._db.writing() as connection:
            row = _own(connection, owner, run_id)
            begun = row.attempt > 0 and row.stop_requested_at is None
            if row.state == "queued" and not begun:
                connection.execute(update(runs).where(runs.c.id == run_id).values(state="cancelled", finished_at=now))
                append(connection, run_id, row.attempt, StateChanged(state="cancelled"))
            elif row.state in ACTIVE and row.stop_requested_at is None:
                connection.execute(update(runs).where(runs.c.id == run_id).values(stop_requested_at=now))
                append(connection, run_id, row.attempt, StateChanged(state="stopping"))
        return self.get(owner, run_id)

    def resume(self, owner: str, run_id: str) -> Run[Any, Any]:
        """Queue a run again that was stopped, cancelled or failed; it goes on from its last checkpoint.

        Raises `QueueFullError` as `submit` does.
        """
        with self._db.writing() as connection:
            row = _own(connection, owner, run_id)
            run = to_run(row)
            if not (run.was_stopped or run.state in {"cancelled", "failed"}):
                raise BadInputError(f"A run that is {row.state} has nothing to resume.")
            self._require_place(connection, owner)
            values = {
                "state": "queued",
                "queued_at": time.time(),
                "stop_requested_at": None,
                "stopping_at": None,
                "losses": 0,
                "memory_retries": 0,
                "message": "",
                "finished_at": None,
            }
            connection.execute(update(runs).where(runs.c.id == run_id).values(**values))
            append(connection, run_id, row.attempt, StateChanged(state="queued", resumed=True))
        return self.get(owner, run_id)

    def rename(self, owner: str, run_id: str, name: str) -> None:
        """Give a run another name."""
        with self._db.writing() as connection:
            row = _own(connection, owner, run_id)
            connection.execute(update(runs).where(runs.c.id == run_id).values(name=clean_name(name, row.name)))

    def delete(self, owner: str, run_id: str) -> None:
        """Delete a run that is over, readable or not, with what it made and what was measured on it.

        Images that only its data set still held go with it.
        """
        with self._db.writing() as connection:
            row = _own(connection, owner, run_id)
            if row.state in ACTIVE:
                raise BadInputError("Stop the run before deleting it.")
            gone = delete_runs(connection, [row])
        self._clear(gone)

    def _clear(self, gone: Gone) -> None:
        """Delete the files of deleted runs."""
        for run_id in gone.runs:
            self._storage.delete_run_files(run_id)
        self._storage.collect(gone.blobs)

    def versions(self, run: Run) -> dict[str, str]:
        """The versions of the software that a finished run was trained with."""
        from tlcore.train.trained import load_card

        return dict(load_card(self._settings.runs / run.id).versions)

    def seen(self, owner: str, run_id: str) -> Seen:
        """A run, and the id of its newest event, for a page that follows what it tells after that."""
        with self._db.reading() as connection:
            newest = _newest(connection, run_id)
            # the run after it: a state between the two would be told to nobody
            return Seen(to_run(_own(connection, owner, run_id)), newest)

    def told(self, owner: str, run_id: str, *kinds: type[E]) -> list[E]:
        """The events of these classes that a run told: each attempt goes on after what those before it told.

        What this version can't read is left out.
        """
        with self._db.reading() as connection:
            return told(connection, run_id, _own(connection, owner, run_id).kind, *kinds)

    def _require_place(self, connection: Connection, owner: str) -> None:
        """Refuse one more waiting run to an owner who has as many as one person may."""
        mine = select(func.count()).select_from(runs).where(runs.c.owner == owner, runs.c.state == "queued")
        waiting = connection.scalar(mine) or 0
        if waiting >= self._settings.limits.queued_runs:
            raise QueueFullError(
                f"You have {waiting} runs waiting, the most that one person may have; cancel one or wait for its turn."
            )


def _newest(connection: Connection, run_id: str) -> int:
    return connection.scalar(select(func.max(events.c.id)).where(events.c.run == run_id)) or 0


def _own(connection: Connection, owner: str, run_id: str) -> Row:
    row = connection.execute(select(runs).where(runs.c.id == run_id, runs.c.owner == owner)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such run, or it is not yours.")
    return row
