"""Runs as their owner sees them: submit, look, stop, resume, delete."""

import secrets
import time
from dataclasses import dataclass
from typing import Any, Generic

from pydantic import ValidationError
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from tlcore.data.dataset import Dataset
from tlcore.data.names import clean_name
from tlcore.errors import BadInputError, NotFoundError, QueueFullError, TlcoreError
from tlcore.jobs.database import Database
from tlcore.jobs.feed import append
from tlcore.jobs.kinds import S, parse_spec
from tlcore.jobs.storage import Storage
from tlcore.jobs.tables import dataset_blobs, datasets, events, runs
from tlcore.settings import Settings, get_settings
from tlcore.specs import Spec

ACTIVE = ("queued", "running")


@dataclass(frozen=True)
class Run(Generic[S]):
    """A job in the queue and after it; `state` is queued, running, done, failed or cancelled."""

    id: str
    owner: str
    kind: str
    name: str
    spec: S
    dataset: str
    collection: str
    collection_name: str
    state: str
    attempt: int
    losses: int
    memory_retries: int
    message: str
    result: dict[str, Any] | None
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
        return self.state == "done" and bool((self.result or {}).get("stopped"))


def to_run(row: Row) -> Run[Any]:
    """A row of the table as a value."""
    return _run(row, parse_spec(row.spec))


def _run(row: Row, spec: Spec) -> Run[Any]:
    names = [name for name in Run.__dataclass_fields__ if name != "spec"]
    return Run(spec=spec, **{name: getattr(row, name) for name in names})


class Runs:
    """The runs of all owners; each method touches only those of the owner it is given."""

    def __init__(self, database: Database, settings: Settings | None = None) -> None:
        self._db = database
        self._settings = settings or get_settings()

    def submit(
        self,
        owner: str,
        spec: S,
        dataset: Dataset | None = None,
        *,
        name: str = "",
        collection: str = "",
        collection_name: str = "",
    ) -> Run[S]:
        """Queue a run; raises `QueueFullError` or `QuotaExceededError` when the owner has all that one person may."""
        Storage(self._db, self._settings).require_room(owner, 0)
        now = time.time()
        run_id = secrets.token_hex(8)
        with self._db.writing() as connection:
            self._require_place(connection, owner)
            if dataset is not None:
                _keep_dataset(connection, owner, dataset, now)
            connection.execute(
                insert(runs).values(
                    id=run_id,
                    owner=owner,
                    kind=spec.kind,
                    name=clean_name(name, spec.title),
                    spec=spec.model_dump(mode="json"),
                    dataset=dataset.id if dataset else "",
                    collection=collection,
                    collection_name=clean_name(collection_name, ""),
                    state="queued",
                    created_at=now,
                    queued_at=now,
                )
            )
            append(connection, run_id, 0, [{"event": "state", "state": "queued"}])
            return to_run(_own(connection, owner, run_id))  # what can't be read back is not kept

    def get(self, owner: str, run_id: str) -> Run[Any]:
        """One run of the owner."""
        with self._db.reading() as connection:
            return to_run(_own(connection, owner, run_id))

    def all(self, owner: str) -> tuple[Run, ...]:
        """The owner's training runs, the newest first."""
        return self.of_kind(owner, "train")

    def of_kind(self, owner: str, kind: str) -> tuple[Run[Any], ...]:
        """The owner's runs of one kind, the newest first; those that this version can't read are left out."""
        with self._db.reading() as connection:
            rows = connection.execute(
                select(runs).where(runs.c.owner == owner, runs.c.kind == kind).order_by(runs.c.created_at.desc())
            ).all()
        return tuple(_run(row, spec) for row in rows if (spec := _readable(row.spec)))

    def unreadable(self, owner: str) -> dict[str, str]:
        """The owner's jobs of all kinds that this version can't read and that are over: their names by their ids."""
        with self._db.reading() as connection:
            over = select(runs.c.id, runs.c.name, runs.c.spec).where(runs.c.owner == owner, runs.c.state.not_in(ACTIVE))
            rows = connection.execute(over.order_by(runs.c.created_at)).all()
        return {row.id: row.name for row in rows if _readable(row.spec) is None}

    def dataset(self, owner: str, run_id: str) -> Dataset:
        """The exact data set that a run was trained on."""
        with self._db.reading() as connection:
            return dataset_of(connection, _own(connection, owner, run_id))

    def stop(self, owner: str, run_id: str) -> Run[Any]:
        """Ask a run to stop: one that waits is cancelled, one that works ends at its next batch with its best model."""
        now = time.time()
        with self._db.writing() as connection:
            row = _own(connection, owner, run_id)
            if row.state == "queued":
                connection.execute(update(runs).where(runs.c.id == run_id).values(state="cancelled", finished_at=now))
                append(connection, run_id, row.attempt, [{"event": "state", "state": "cancelled"}])
            elif row.state == "running" and row.stop_requested_at is None:
                connection.execute(update(runs).where(runs.c.id == run_id).values(stop_requested_at=now))
                append(connection, run_id, row.attempt, [{"event": "state", "state": "stopping"}])
        return self.get(owner, run_id)

    def resume(self, owner: str, run_id: str) -> Run[Any]:
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
            append(connection, run_id, row.attempt, [{"event": "state", "state": "queued", "resumed": True}])
        return self.get(owner, run_id)

    def rename(self, owner: str, run_id: str, name: str) -> None:
        """Give a run another name."""
        with self._db.writing() as connection:
            row = _own(connection, owner, run_id)
            connection.execute(update(runs).where(runs.c.id == run_id).values(name=clean_name(name, row.name)))

    def delete(self, owner: str, run_id: str) -> tuple[str, ...]:
        """Delete a run that is over; returns the blobs that only its data set may still have held."""
        with self._db.writing() as connection:
            row = _own(connection, owner, run_id)
            if row.state in ACTIVE:
                raise BadInputError("Stop the run before deleting it.")
            connection.execute(delete(events).where(events.c.run == run_id))
            connection.execute(delete(runs).where(runs.c.id == run_id))
            return _drop_dataset(connection, owner, row.dataset)

    def versions(self, run: Run) -> dict[str, str]:
        """The versions of the software that a finished run was trained with."""
        from tlcore.train.trained import load_card

        return dict(load_card(self._settings.runs / run.id).versions)

    def newest_event(self, owner: str, run_id: str) -> int:
        """The id of a run's newest event; 0 when it has none."""
        with self._db.reading() as connection:
            _own(connection, owner, run_id)
            return int(connection.scalar(select(func.max(events.c.id)).where(events.c.run == run_id)) or 0)

    def history(self, owner: str, run_id: str) -> list[dict[str, Any]]:
        """Every event of a run, in order."""
        with self._db.reading() as connection:
            _own(connection, owner, run_id)
            return list(
                connection.scalars(select(events.c.payload).where(events.c.run == run_id).order_by(events.c.id))
            )

    def _require_place(self, connection: Connection, owner: str) -> None:
        """Refuse one more waiting run to an owner who has as many as one person may."""
        mine = select(func.count()).select_from(runs).where(runs.c.owner == owner, runs.c.state == "queued")
        waiting = connection.scalar(mine) or 0
        if waiting >= self._settings.limits.queued_runs:
            raise QueueFullError(
                f"You have {waiting} runs waiting, the most that one person may have; cancel one or wait for its turn."
            )


def dataset_of(connection: Connection, row: Row) -> Dataset:
    """The data set of a run's row."""
    manifest = connection.scalar(
        select(datasets.c.manifest).where(datasets.c.id == row.dataset, datasets.c.owner == row.owner)
    )
    if manifest is None:
        raise NotFoundError("The images of this run are no longer here.")
    try:
        return Dataset.model_validate_json(manifest)
    except ValidationError as error:
        raise BadInputError("The list of this run's images was kept by another version and can't be read.") from error


def _readable(stored: dict[str, Any]) -> Spec | None:
    """The spec that was stored, or None where another version kept it and it can't be read any more."""
    try:
        return parse_spec(stored)
    except TlcoreError:
        return None


def _own(connection: Connection, owner: str, run_id: str) -> Row:
    row = connection.execute(select(runs).where(runs.c.id == run_id, runs.c.owner == owner)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such run, or it is not yours.")
    return row


def _keep_dataset(connection: Connection, owner: str, dataset: Dataset, now: float) -> None:
    here = connection.scalar(select(datasets.c.id).where(datasets.c.id == dataset.id, datasets.c.owner == owner))
    if here:
        return
    connection.execute(
        insert(datasets).values(id=dataset.id, owner=owner, manifest=dataset.model_dump_json(), created_at=now)
    )
    blobs = {example.blob for example in dataset.examples}
    connection.execute(
        insert(dataset_blobs), [{"dataset": dataset.id, "owner": owner, "blob": blob} for blob in sorted(blobs)]
    )


def _drop_dataset(connection: Connection, owner: str, dataset: str) -> tuple[str, ...]:
    """Forget a data set that no run of the owner uses any more."""
    used = connection.scalar(
        select(func.count()).select_from(runs).where(runs.c.owner == owner, runs.c.dataset == dataset)
    )
    if used:
        return ()
    mine = (dataset_blobs.c.dataset == dataset) & (dataset_blobs.c.owner == owner)
    blobs = connection.scalars(select(dataset_blobs.c.blob).where(mine)).all()
    connection.execute(delete(dataset_blobs).where(mine))
    connection.execute(delete(datasets).where(datasets.c.id == dataset, datasets.c.owner == owner))
    return tuple(blobs)
