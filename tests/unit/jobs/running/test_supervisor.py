"""The supervisor: dead workers are replaced, deaf ones killed, and their runs brought back."""

import json
import os
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
from tlcore import WAITING
from tlcore.cli.main import main
from tlcore.jobs.running import supervisor
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.runs import Run, Runs
from tlcore.jobs.running.supervisor import LocalExecutor
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import runs as table
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


_LOOKS = """
import json, os, sys
told = {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
print(json.dumps([told, os.getpgid(0) == os.getpid(), os.getsid(0), sys.argv[1:]]))
"""


def test_a_worker_has_its_threads_and_how_they_wait_from_the_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    """It leads a group of its own, to be killed with all it started, but stays in the session of the server.

    Where cores are shared by session, a lower priority counts for nothing beside other sessions.
    """
    popen, asked = subprocess.Popen, dict[str, Any]()

    def spawn(command: list[str], **options: Any) -> Any:
        asked.update(command=command)
        return popen([sys.executable, "-c", _LOOKS, *command[3:]], **options, stdout=subprocess.PIPE, text=True)

    monkeypatch.setattr(subprocess, "Popen", spawn)
    process = supervisor._spawn(supervisor._Slot("cpu", 2, worker="w7"))
    told, leads, session, arguments = json.loads(process.communicate()[0])
    assert told == {"OMP_NUM_THREADS": "2", **WAITING}
    assert leads
    assert session == os.getsid(0)
    assert arguments == ["worker", "--child", "w7", "--device", "cpu", "--threads", "2"]
    assert asked["command"][:3] == [sys.executable, "-m", "tlcore"]


@pytest.mark.skipif(not hasattr(os, "nice"), reason="no priorities here")
def test_a_worker_lets_pages_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process itself lowers its priority, before it loads what takes long."""
    noted: list[int] = []
    monkeypatch.setattr(os, "nice", noted.append)
    monkeypatch.setattr("tlcore.jobs.running.worker.Worker.serve", lambda _: noted.append(-1) or 0)
    assert main(["worker", "--child", "w7", "--device", "cpu"]) == 0
    lowered, served = noted
    assert 0 < lowered <= 10
    assert served == -1
