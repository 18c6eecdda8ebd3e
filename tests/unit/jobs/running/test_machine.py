"""What is said of the machine."""

import psutil
import pytest

from tlcore.jobs.running.machine import Machine
from tlcore.jobs.store.database import Database


def test_the_first_look_is_measured_too(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """psutil's first answer without an interval is a zero that means nothing."""
    asked: list[float | None] = []

    def percent(interval: float | None = None) -> float:
        asked.append(interval)
        return 0.0 if interval is None and len(asked) == 1 else 37.0

    monkeypatch.setattr(psutil, "cpu_percent", percent)
    machine = Machine(database)
    assert machine.state().load == pytest.approx(0.37)
    assert machine.state().load == pytest.approx(0.37)
    assert asked[0] is None
    assert all(asked[1:])  # each followed at once, and so took an interval of its own
