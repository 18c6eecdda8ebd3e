"""The events of runs: appended in batches by workers, read by one tailer for everyone who watches."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select

from tlcore.events import E, Event
from tlcore.jobs.kinds.registry import readable_events
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import events, runs


@dataclass(frozen=True)
class FeedItem:
    """One stored event as JSON, which only browsers read; `id` grows over all runs."""

    id: int
    run: str
    payload: dict[str, Any]


def append(connection: Connection, run_id: str, attempt: int, *told: Event) -> None:
    """Store events of one attempt at a run, in order."""
    now = time.time()
    rows = [
        {"run": run_id, "attempt": attempt, "at": now, "payload": {**event.to_json(), "at": round(now, 3)}}
        for event in told
    ]
    if rows:
        connection.execute(insert(events), rows)


def last_id(database: Database) -> int:
    """The id of the newest event; 0 when there is none."""
    with database.reading() as connection:
        return int(connection.scalar(select(func.max(events.c.id))) or 0)


def since(database: Database, after: int, limit: int = 2000) -> list[FeedItem]:
    """The events of all runs after an id, in order."""
    with database.reading() as connection:
        rows = connection.execute(
            select(events.c.id, events.c.run, events.c.payload)
            .where(events.c.id > after)
            .order_by(events.c.id)
            .limit(limit)
        ).all()
    return [FeedItem(*row) for row in rows]


def replay(database: Database, run_ids: Iterable[str], after: int = 0) -> list[FeedItem]:
    """The events of some runs after an id, in order."""
    with database.reading() as connection:
        rows = connection.execute(
            select(events.c.id, events.c.run, events.c.payload)
            .where(events.c.run.in_(list(run_ids)), events.c.id > after)
            .order_by(events.c.id)
        ).all()
    return [FeedItem(*row) for row in rows]


def told(connection: Connection, run_id: str, kind: str, *wanted: type[E]) -> list[E]:
    """The events of these classes that a run of that kind has told in all its attempts, in order."""
    tags = [tag for one in wanted for tag in one.tags()]
    tagged = events.c.payload["event"].as_string().in_(tags)
    stored = connection.scalars(select(events.c.payload).where(events.c.run == run_id, tagged).order_by(events.c.id))
    return [event for event in readable_events(kind, stored) if isinstance(event, wanted)]


def owned(database: Database, owner: str, run_ids: Iterable[str]) -> frozenset[str]:
    """Those of the runs that belong to the owner."""
    with database.reading() as connection:
        owned = connection.scalars(select(runs.c.id).where(runs.c.id.in_(list(run_ids)), runs.c.owner == owner))
        return frozenset(owned)
