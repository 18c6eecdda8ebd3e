"""The queue as workers and supervisors see it: claim, beat, finish, and bring back what was lost.

Every write of a worker is fenced: it names the attempt that it works on, and changes nothing when another attempt has
begun. All decisions are made inside a transaction that holds the write lock.
"""

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, Row, case, select, update

from tlcore.data.dataset import Dataset
from tlcore.errors import TlcoreError
from tlcore.events import Event, Notice, Result, State, StateChanged, Stopping
from tlcore.jobs.running.datasets import dataset_of
from tlcore.jobs.running.runs import Run, to_run
from tlcore.jobs.running.turns import LOST_SECONDS, giving_way, in_turn
from tlcore.jobs.running.waits import Place, places_of
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.feed import append
from tlcore.jobs.store.tables import runs
from tlcore.settings import Settings, get_settings

HEARTBEAT_SECONDS = 2.0
STOP_SECONDS = 10.0
MAX_LOSSES = 2
_GAP_SECONDS = 0.5 * LOST_SECONDS
_GIVEN_UP = "Its worker was lost twice, so it was given up."
_GOES_ON = "Its worker was lost; it goes on from its last checkpoint."

Ending = Literal["done", "failed", "cancelled"]

log = logging.getLogger("tlcore.queue")


@dataclass(frozen=True)
class Claim:
    """A run that a worker has taken, with all that it needs."""

    run: Run[Any, Any]
    dataset: Dataset | None


@dataclass(frozen=True)
class Beat:
    """What a heartbeat learned: whether the attempt is still ours, whether a stop was requested, or to give way."""

    ours: bool
    stop: bool
    give_way: bool = False


@dataclass(frozen=True)
class _LastBeat:
    """A run's heartbeat as it stands in the store, and when it was first seen there, by the monotonic clock."""

    at: float
    seen: float


class Queue:
    """The queue of one database."""

    def __init__(self, database: Database, settings: Settings | None = None) -> None:
        self._db = database
        self._settings = settings or get_settings()
        self._looked = 0.0
        self._beats: dict[str, _LastBeat] = {}

    def claim(self, worker: str) -> Claim | None:
        """Take the next run, if there is one whose turn it is; those that this version can't read fail."""
        now = time.time()
        with self._db.reading() as connection:  # most polls find nothing, and need no lock
            if not connection.scalar(select(runs.c.id).where(runs.c.state == "queued").limit(1)):
                return None
        with self._db.writing() as connection:
            for row in in_turn(connection, now, self._settings.limits.running_runs):
                try:
                    run, dataset = to_run(row), dataset_of(connection, row) if row.dataset else None
                except TlcoreError as error:  # it must not stop those behind it, nor the worker
                    log.warning("run %s can't be read: %s", row.id, error)
                    _refuse(connection, row, now, str(error))
                    continue
                _take(connection, row, worker, now)
                return Claim(replace(run, state="running", attempt=row.attempt + 1, started_at=now), dataset)
        return None

    def beat(self, run_id: str, attempt: int, told: Sequence[Event] = ()) -> Beat:
        """Say that the attempt is alive, and store what it told since the last beat."""
        now = time.time()
        with self._db.writing() as connection:
            values: dict[str, Any] = {"heartbeat_at": now}
            if any(isinstance(event, Stopping) for event in told):
                values["stopping_at"] = now
            elif told:  # whoever stops and tells something still gets on with it
                values["stopping_at"] = case((runs.c.stopping_at.is_not(None), now))
            mine = _attempt(run_id, attempt)
            if not connection.execute(update(runs).where(mine).values(**values)).rowcount:
                return Beat(ours=False, stop=True)
            append(connection, run_id, attempt, *told)
            run = connection.execute(select(runs.c.stop_requested_at, runs.c.extra).where(runs.c.id == run_id)).one()
            limit = self._settings.limits.running_runs
            give_way = run.extra and run_id in giving_way(connection, now, limit)
        return Beat(ours=True, stop=run.stop_requested_at is not None, give_way=give_way)

    def finish(
        self, run_id: str, attempt: int, state: Ending, *, message: str = "", result: Result | None = None
    ) -> bool:
        """End an attempt as done, failed or cancelled; False when it was no longer ours."""
        now = time.time()
        with self._db.writing() as connection:
            row = connection.execute(select(runs).where(_attempt(run_id, attempt))).one_or_none()
            if row is None:
                return False
            values: dict[str, Any] = {"state": state, "message": message, "finished_at": now, "worker": None}
            if result is not None:
                values["result"] = result.to_json()
            _leave(connection, row, now, values)
            append(connection, run_id, attempt, StateChanged(state=state, message=message))
        return True

    def give_back(self, run_id: str, attempt: int, *, message: str = "", spec: dict[str, Any] | None = None) -> bool:
        """Queue an attempt's run again without counting it as lost: the worker is leaving, or the spec was changed."""
        with self._db.writing() as connection:
            row = connection.execute(select(runs).where(_attempt(run_id, attempt))).one_or_none()
            if row is None:
                return False
            values: dict[str, Any] = {"state": "queued", "worker": None, "message": message}
            if spec is not None:
                values.update(spec=spec, memory_retries=row.memory_retries + 1)
            _leave(connection, row, time.time(), values)
            notices = [Notice(message=message)] if message else []
            append(connection, run_id, attempt, *notices, StateChanged(state="queued"))
        return True

    def give_way(self, run_id: str, attempt: int) -> bool:
        """Queue an extra again that made room for somebody's first answer, behind the other extras."""
        now = time.time()
        with self._db.writing() as connection:
            row = connection.execute(select(runs).where(_attempt(run_id, attempt))).one_or_none()
            if row is None:
                return False
            _leave(connection, row, now, {"state": "queued", "worker": None, "queued_at": now})
            append(connection, run_id, attempt, StateChanged(state="queued", gave_way=True))
        return True

    def lose(self, worker: str, now: float | None = None) -> None:
        """Bring back what a worker that is known to be dead was working on."""
        self._bring_back(runs.c.worker == worker, now or time.time())

    def reap(self, now: float | None = None) -> None:
        """Bring back what has had no new heartbeat for too long; `now` is by the monotonic clock.

        A heartbeat is compared with itself as it was seen before, never with a clock: when one is set, or the machine
        has slept, all of them would look old. After a gap between two looks (the database was away) workers get their
        time anew.
        """
        now = time.monotonic() if now is None else now
        with self._db.reading() as connection:
            beating = connection.execute(select(runs.c.id, runs.c.heartbeat_at).where(runs.c.state == "running")).all()
        before = self._beats if now - self._looked < _GAP_SECONDS else {}
        self._looked, self._beats = now, {}
        for run_id, at in beating:
            seen = before.get(run_id)
            beat = self._beats[run_id] = seen if seen and seen.at == at else _LastBeat(at, now)
            if now - beat.seen > LOST_SECONDS:
                self._bring_back((runs.c.id == run_id) & (runs.c.heartbeat_at == at), time.time())

    def overdue_workers(self, now: float | None = None) -> frozenset[str]:
        """The workers whose run was asked to stop too long ago without any sign that it does."""
        now = now or time.time()
        with self._db.reading() as connection:
            claimed_by = connection.scalars(
                select(runs.c.worker).where(
                    runs.c.state == "running",
                    runs.c.stop_requested_at < now - STOP_SECONDS,
                    runs.c.stopping_at.is_(None) | (runs.c.stopping_at < now - 6 * STOP_SECONDS),
                    runs.c.started_at < now - STOP_SECONDS,
                )
            ).all()
        return frozenset(worker for worker in claimed_by if worker)

    def place(self, run_id: str) -> Place | None:
        """Where a waiting run stands; None when it does not wait."""
        return self.places([run_id]).get(run_id)

    def places(self, run_ids: Collection[str]) -> dict[str, Place]:
        """Where those of the runs stand that wait."""
        with self._db.reading() as connection:
            return places_of(connection, run_ids, time.time(), self._settings.limits.running_runs)

    def _bring_back(self, which: Any, now: float) -> None:
        with self._db.reading() as connection:
            if not connection.scalar(select(runs.c.id).where(runs.c.state == "running", which).limit(1)):
                return
        with self._db.writing() as connection:
            for row in connection.execute(select(runs).where(runs.c.state == "running", which)).all():
                losses = row.losses + (0 if _was_interrupted(row) else 1)
                ends = losses >= MAX_LOSSES
                message = _GIVEN_UP if ends else _GOES_ON
                state: State = "failed" if ends else "queued"
                _leave(connection, row, now, {"state": state, "worker": None, "losses": losses, "message": message})
                told = (Notice(message=message), StateChanged(state=state, message=message))
                append(connection, row.id, row.attempt, *told)


def _attempt(run_id: str, attempt: int) -> Any:
    return (runs.c.id == run_id) & (runs.c.attempt == attempt) & (runs.c.state == "running")


def _was_interrupted(row: Row) -> bool:
    """Whether the attempt was asked to stop on its way, and then perhaps killed: the next one only has to finish.

    One that began after the request had all its time to hear of it; without that limit it would come back for ever.
    """
    return row.stop_requested_at is not None and row.started_at <= row.stop_requested_at


def _take(connection: Connection, row: Row, worker: str, now: float) -> None:
    """Put a waiting run on a worker."""
    values = {
        "state": "running",
        "attempt": row.attempt + 1,
        "worker": worker,
        "started_at": now,
        "heartbeat_at": now,
        "stopping_at": None,
    }
    connection.execute(update(runs).where(runs.c.id == row.id).values(**values))
    append(connection, row.id, row.attempt + 1, StateChanged(state="running", attempt=row.attempt + 1))


def _refuse(connection: Connection, row: Row, now: float, message: str) -> None:
    """Fail a waiting run that can't be read."""
    values = {"state": "failed", "message": message, "finished_at": now}
    connection.execute(update(runs).where(runs.c.id == row.id).values(**values))
    append(connection, row.id, row.attempt, StateChanged(state="failed", message=message))


def _leave(connection: Connection, row: Row, now: float, values: dict[str, Any]) -> None:
    """Take a run off its worker and account for the time that it used."""
    used = row.device_seconds + max(0.0, now - (row.started_at or now))
    if values["state"] == "failed":
        values = {"finished_at": now, **values}
    connection.execute(update(runs).where(runs.c.id == row.id).values(device_seconds=used, **values))
