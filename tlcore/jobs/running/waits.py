"""How long a waiting run has yet to wait, from what is known of those before it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace

from sqlalchemy import Connection, Row, func, select

from tlcore.jobs.kinds.registry import readable_events
from tlcore.jobs.running.turns import FAIRNESS_WINDOW, SLICE_SECONDS, in_turn, live_workers
from tlcore.jobs.store.tables import events, runs
from tlcore.train.events import Epoch
from tlcore.wording import about

_LOOKED_THROUGH = 100  # of a run's newest events, in search of its newest epoch


@dataclass(frozen=True)
class Place:
    """Where a waiting run stands: 1 is next; `seconds` until its turn is None when that can't be told.

    An `extra` also lets those go first who come later.
    """

    position: int
    seconds: float | None
    extra: bool = False

    @property
    def words(self) -> str:
        """Where the run stands, and when its turn comes where that can be told."""
        where = "Next in line" if self.position == 1 else f"Number {self.position} in line"
        when = "" if self.seconds is None else f", its turn comes in {about(self.seconds)}"
        return f"{where}{when}.{' Those who wait for a first answer go ahead of it.' if self.extra else ''}"


def places_of(connection: Connection, run_ids: Collection[str], now: float, running_limit: int) -> dict[str, Place]:
    """Where those of the runs stand that wait. Nobody has more than `running_limit` runs at work."""
    places: dict[str, Place] = {}
    for limit in (running_limit, None):  # who may begin waits for nobody who may not
        order = in_turn(connection, now, limit)
        for position, mine in enumerate(order):
            if mine.id in run_ids and mine.id not in places:
                seconds = _seconds(connection, order[:position], mine, now, running_limit)
                places[mine.id] = Place(position + 1, seconds, mine.extra)
    return places


def _seconds(connection: Connection, before: Sequence[Row], mine: Row, now: float, running_limit: int) -> float | None:
    """When a worker is free for the run, if each takes the next of those before it as soon as it has none.

    Nor does it begin before its owner has no more than the limit at work.
    """
    working = connection.execute(select(runs).where(runs.c.state == "running")).all()
    typical = {extra: _typical(connection, extra, now) for extra in {row.extra for row in (*working, *before)}}
    busy = [_left(connection, row, typical[row.extra], now, to_extra=mine.extra) for row in working]
    needed = [_less(typical[row.extra], row.device_seconds) for row in before]
    known = [seconds for seconds in (*busy, *needed) if seconds is not None]
    alive = max(live_workers(connection, now), len(busy))
    if not alive or len(known) < len(busy) + len(needed):
        return None
    free = [*known[: len(busy)], *[0.0] * (alive - len(busy))]
    heapify(free)
    for seconds in known[len(busy) :]:
        heapreplace(free, free[0] + seconds)
    own = sorted(left for row, left in zip(working, known, strict=False) if row.owner == mine.owner)
    return max([free[0], *own[-running_limit:][:1]]) if len(own) >= running_limit else free[0]


def _left(connection: Connection, row: Row, typical: float | None, now: float, *, to_extra: bool) -> float | None:
    """How long a run will yet work: an extra gives way to what is none; else as its epochs tell, or as usual."""
    if row.extra and not to_extra:
        return SLICE_SECONDS
    newest = select(events.c.payload).where(events.c.run == row.id).order_by(events.c.id.desc()).limit(_LOOKED_THROUGH)
    told = readable_events(row.kind, connection.scalars(newest))
    epoch = next((event for event in told if isinstance(event, Epoch)), None)
    if epoch is not None:
        return (epoch.epochs - epoch.epoch) * epoch.seconds
    return _less(typical, row.device_seconds + now - row.started_at)


def _less(typical: float | None, done: float) -> float | None:
    """What is left of a usual time, after so much of it in this and in earlier attempts."""
    return None if typical is None else max(0.0, typical - done)


def _typical(connection: Connection, extra: bool, now: float) -> float | None:
    """What such runs took lately, on average; None when none was done."""
    lately = (runs.c.state == "done") & (runs.c.finished_at > now - FAIRNESS_WINDOW) & (runs.c.extra == extra)
    return connection.scalar(select(func.avg(runs.c.device_seconds)).where(lately))
