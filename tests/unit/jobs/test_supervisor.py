"""The supervisor: dead workers are replaced, deaf ones killed, and their runs brought back."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import update

from tests.unit.jobs.conftest import ANN
from tlcore.jobs import supervisor
from tlcore.jobs.database import Database
from tlcore.jobs.queue import Queue
from tlcore.jobs.runs import Run, Runs
from tlcore.jobs.supervisor import LocalExecutor
from tlcore.jobs.tables import runs as table
from tlcore.settings import get_settings

_DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalExecutor]:
    """One slot whose worker is a process that hears nothing."""

    def spawn(_slot: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", _DEAF], start_new_session=True)

    monkeypatch.setattr(supervisor, "_spawn", spawn)
    monkeypatch.setattr(supervisor, "_GRACE_SECONDS", 0.2)
    monkeypatch.setattr(supervisor, "_REAP_SECONDS", 0.1)
    running = LocalExecutor(["cpu"])
    running.start()
    wait_for(lambda: running.pids)
    yield running
    running.shutdown()
    assert running.pids == ()


def wait_for(condition: Callable[[], object], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def worker_of(executor: LocalExecutor) -> str:
    return executor._slots[0].worker


def test_a_killed_worker_is_replaced_and_its_run_comes_back(
    executor: LocalExecutor, queue: Queue, submit: Callable[[str], Run], runs: Runs
) -> None:
    run = submit(ANN)
    queue.claim(worker_of(executor))
    first = executor.pids[0]
    psutil.Process(first).kill()
    wait_for(lambda: executor.pids and executor.pids[0] != first)
    wait_for(lambda: runs.get(ANN, run.id).state == "queued")
    assert runs.get(ANN, run.id).losses == 1


def test_a_worker_that_does_not_stop_is_killed_after_ten_seconds(
    executor: LocalExecutor, queue: Queue, submit: Callable[[str], Run], runs: Runs, database: Database
) -> None:
    run = submit(ANN)
    queue.claim(worker_of(executor))
    first = executor.pids[0]
    runs.stop(ANN, run.id)
    time.sleep(0.5)
    assert executor.pids == (first,)  # ten seconds have not passed yet
    with database.writing() as connection:
        past = time.time() - 11
        connection.execute(update(table).values(started_at=past, stop_requested_at=past))
    wait_for(lambda: executor.pids and executor.pids[0] != first)
    wait_for(lambda: runs.get(ANN, run.id).state == "queued")
    assert runs.get(ANN, run.id).losses == 0
    assert runs.get(ANN, run.id).stop_requested_at is not None  # the next worker finishes its best checkpoint


def test_a_worker_keeps_its_things_where_the_server_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It runs in the project's folder, where a relative home would be another one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TLCORE_HOME", "lab")
    get_settings.cache_clear()
    told: dict[str, Any] = {}
    monkeypatch.setattr(subprocess, "Popen", lambda _command, **options: told.update(options))
    supervisor._spawn(supervisor._Slot("cpu", 1))
    assert told["env"]["TLCORE_HOME"] == str(tmp_path / "lab")
