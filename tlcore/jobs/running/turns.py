"""Whose turn it is, and which extras give way.

What people wait for first comes before extras; among equals whoever has used the device least lately comes first. An
extra that works gives way as soon as somebody waits for a first answer that nobody else will take, but works for some
seconds each time and gets a turn every minute, so that it ends one day however many people come.
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, Row, func, select

from tlcore.jobs.store.tables import runs, workers

LOST_SECONDS = 15.0
FAIRNESS_WINDOW = 2 * 3600.0
SLICE_SECONDS = 3.0
"""How long an extra works before it may be asked to give way."""
EXTRA_EVERY = 60.0
"""After so long without work on any extra, the one that has waited longest comes first."""
_UNCLAIMED_SECONDS = 1.0  # a worker with nothing to do would have taken it by then


def in_turn(connection: Connection, now: float, running_limit: int | None) -> list[Row]:
    """The waiting runs in the order of their turns; those that only have to finish, for they were stopped, come first.

    With a limit, owners who already have that many runs working are left out.
    """
    waiting = connection.execute(select(runs).where(runs.c.state == "queued").order_by(runs.c.queued_at)).all()
    if not waiting:
        return []
    used, busy = _recent_use(connection, now), _working(connection)
    firsts, extras = ([row for row in waiting if row.extra == extra] for extra in (False, True))
    able = [
        row for row in (*_fairly(firsts, used), *_fairly(extras, used))
        if running_limit is None or busy[row.owner] < running_limit
    ]  # fmt: skip
    starving = _starving(connection, able, now) if firsts else None
    return sorted(able, key=lambda row: (row.stop_requested_at is None, row is not starving))


def giving_way(connection: Connection, now: float, running_limit: int) -> frozenset[str]:
    """The ids of the extras that should give way now: no more of them than people wait for a first answer."""
    working = connection.execute(select(runs).where(runs.c.state == "running").order_by(runs.c.started_at)).all()
    extras = [row for row in working if row.extra and row.stop_requested_at is None]
    if not extras:
        return frozenset()
    idle = live_workers(connection, now) - len(working)
    busy, leaving = Counter(row.owner for row in working), []
    for owner in _waiting_for_a_first_answer(connection, now):
        own = [row for row in extras if row.owner == owner]
        held_up = busy[owner] >= running_limit  # by another run of the same person
        if idle > 0 and not held_up:
            idle -= 1
        elif chosen := (own if held_up else extras)[:1]:
            leaving += chosen
            extras.remove(chosen[0])
            busy[chosen[0].owner] -= 1
        busy[owner] += 1
    return frozenset(row.id for row in leaving if now - row.started_at >= SLICE_SECONDS)


def live_workers(connection: Connection, now: float) -> int:
    """How many workers gave a sign of life lately."""
    seen = select(func.count()).select_from(workers).where(workers.c.seen_at > now - LOST_SECONDS)
    return connection.scalar(seen) or 0


def _waiting_for_a_first_answer(connection: Connection, now: float) -> Sequence[str]:
    """The owners of the runs that wait and are no extras."""
    waiting_owners = select(runs.c.owner).where(
        runs.c.state == "queued", ~runs.c.extra, runs.c.queued_at <= now - _UNCLAIMED_SECONDS
    )
    return connection.scalars(waiting_owners.order_by(runs.c.queued_at)).all()


def _starving(connection: Connection, able: Sequence[Row], now: float) -> Row | None:
    """The extra that has waited longest, where none was worked on for too long."""
    extras = [row for row in able if row.extra and row.queued_at <= now - EXTRA_EVERY]
    worked = connection.scalar(select(func.max(runs.c.heartbeat_at)).where(runs.c.extra)) if extras else None
    return min(extras, key=lambda row: row.queued_at) if extras and (worked or 0.0) <= now - EXTRA_EVERY else None


def _fairly(waiting: Sequence[Row], used: dict[str, float]) -> list[Row]:
    """Everybody's first waiting run comes before anybody's second; then whoever has used least comes first."""
    seen: Counter[str] = Counter()
    rounds = {}
    for row in waiting:
        rounds[row.id] = seen[row.owner]
        seen[row.owner] += 1
    return sorted(waiting, key=lambda row: (rounds[row.id], used.get(row.owner, 0.0), row.queued_at))


def _working(connection: Connection) -> Counter[str]:
    """How many runs of each owner are being worked on."""
    return Counter(connection.scalars(select(runs.c.owner).where(runs.c.state == "running")).all())


def _recent_use(connection: Connection, now: float) -> dict[str, float]:
    """Device seconds of each owner in the last two hours, those of working runs included."""
    rows = connection.execute(
        select(runs.c.owner, runs.c.device_seconds, runs.c.state, runs.c.started_at).where(
            (runs.c.finished_at > now - FAIRNESS_WINDOW) | runs.c.state.in_(("running", "queued"))
        )
    ).all()
    used: dict[str, float] = {}
    for owner, seconds, state, started in rows:
        used[owner] = used.get(owner, 0.0) + seconds + (now - started if state == "running" and started else 0.0)
    return used
