"""The state of the machine as everyone may see it: devices, memory, queue. No owner's data."""

import time
from dataclasses import dataclass

import psutil
from sqlalchemy import func, select

from tlcore.jobs.running.turns import LOST_SECONDS
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import runs, workers

_SHORT_SECONDS = 0.2  # in less, a core is counted as either idle or busy


@dataclass(frozen=True)
class MachineState:
    """What works here now; memory in bytes, `load` as a share of all cores."""

    devices: tuple[str, ...]
    working: int
    waiting: int
    memory_used: int
    memory_total: int
    cores: int
    load: float


class Machine:
    """Reads the state of the machine."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._looked = time.monotonic()
        psutil.cpu_percent()  # what it measures is measured since the last call, and the first one is none

    def state(self) -> MachineState:
        """The state now."""
        with self._db.reading() as connection:
            devices = connection.scalars(
                select(workers.c.title).where(workers.c.seen_at > time.time() - LOST_SECONDS).order_by(workers.c.device)
            ).all()
            by_state = connection.execute(select(runs.c.state, func.count()).group_by(runs.c.state))
            counts: dict[str, int] = dict(by_state.all())
        memory = psutil.virtual_memory()
        return MachineState(
            devices=tuple(devices),
            working=counts.get("running", 0),
            waiting=counts.get("queued", 0),
            memory_used=memory.total - memory.available,
            memory_total=memory.total,
            cores=psutil.cpu_count() or 1,
            load=self._load(),
        )

    def _load(self) -> float:
        """The share of all cores that worked since the last look, or in a short while where that was just now."""
        since, self._looked = time.monotonic() - self._looked, time.monotonic()
        return psutil.cpu_percent(None if since > _SHORT_SECONDS else _SHORT_SECONDS) / 100
