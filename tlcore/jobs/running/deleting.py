"""Runs that go, with all that hangs on them: what was measured on them, and data sets that nothing else uses."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, select

from tlcore.jobs.kinds.registry import KINDS, ON_RUNS, readable_spec
from tlcore.jobs.kinds.specs import OnRunSpec
from tlcore.jobs.running.datasets import drop_dataset
from tlcore.jobs.store.tables import ACTIVE, events, runs
from tlcore.specs import Spec


def outdated(connection: Connection, owner: str, spec: Spec) -> list[Row]:
    """The jobs whose place a new one takes: all that are over, but for the newest few that are kept.

    On a run, those with the same settings go too, and those without a result.
    """
    kept = KINDS[spec.kind].kept
    if kept is None:
        return []
    same = (runs.c.owner == owner, runs.c.kind == spec.kind, runs.c.state.not_in(ACTIVE))
    over = connection.execute(select(runs).where(*same).order_by(runs.c.created_at.desc())).all()
    worth = over
    if isinstance(spec, OnRunSpec):
        over = [row for row in over if row.spec.get("run") == spec.run]
        worth = [row for row in over if row.state == "done" and readable_spec(row.spec) != spec]
    staying = {row.id for row in worth[: kept - 1]}
    return [row for row in over if row.id not in staying]


@dataclass(frozen=True)
class Gone:
    """Runs that were deleted, and images that nothing of their owner's may hold any more."""

    runs: tuple[str, ...]
    blobs: tuple[str, ...]


def delete_runs(connection: Connection, rows: Iterable[Row]) -> Gone:
    """Delete runs that are over, with what was measured on them."""
    gone = {one.id: one for row in rows for one in (row, *_measured_on(connection, row))}
    connection.execute(delete(events).where(events.c.run.in_(gone)))
    connection.execute(delete(runs).where(runs.c.id.in_(gone)))
    held = {(row.owner, row.dataset) for row in gone.values()}
    return Gone(tuple(gone), tuple(blob for one in held for blob in drop_dataset(connection, *one)))


def _measured_on(connection: Connection, run: Row) -> list[Row]:
    """The measurements of a run's models, but for those that still work: they find it gone."""
    over = (runs.c.owner == run.owner, runs.c.kind.in_(ON_RUNS), runs.c.state.not_in(ACTIVE))
    measurements = connection.execute(select(runs).where(*over)).all()
    return [row for row in measurements if str(row.spec.get("run")).partition("/")[0] == run.id]
