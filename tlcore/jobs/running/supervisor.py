"""Keeps one warm worker per device slot alive, and brings back what dead or deaf ones were working on."""

import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tlcore.jobs.belongings.storage import Storage
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.worker import FRESH_PROCESS
from tlcore.jobs.store.database import Database
from tlcore.settings import PROJECT_ROOT, Settings, get_settings

_TICK_SECONDS = 0.3
_REAP_SECONDS = 2.0
_TIDY_SECONDS = 300.0
_LONGEST_BACK_OFF = 30.0
_GRACE_SECONDS = 8.0

log = logging.getLogger("tlcore.supervisor")


class Executor(Protocol):
    """What takes runs off the queue somewhere: processes of this machine, or a cluster."""

    def start(self) -> None:
        """Begin to take runs; returns at once."""
        ...

    def shutdown(self) -> None:
        """Stop taking runs and give back those that are being worked on."""
        ...


@dataclass
class _Slot:
    """A place where a worker runs, and its present process."""

    device: str
    threads: int
    worker: str = ""
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    due: float = 0.0


class LocalExecutor:
    """Workers as processes of this machine, each in a process group of its own."""

    def __init__(self, devices: Sequence[str], settings: Settings | None = None) -> None:
        self._settings = settings or get_settings()
        threads = self._settings.threads or max(1, self._settings.most_threads // len(devices))
        self._slots = [_Slot(device, threads) for device in devices]
        self._queue = Queue(Database(self._settings), self._settings)
        self._storage = Storage(Database(self._settings), self._settings)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tend, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the workers and the thread that tends them."""
        self._thread.start()

    def shutdown(self) -> None:
        """Ask the workers to leave, and kill those that don't."""
        self._over.set()
        self._thread.join()
        processes = [slot.process for slot in self._slots if slot.process and slot.process.poll() is None]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + _GRACE_SECONDS
        for process in processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _kill(process)
        for slot in self._slots:
            self._queue.lose(slot.worker)

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are alive."""
        return tuple(slot.process.pid for slot in self._slots if slot.process and slot.process.poll() is None)

    def _tend(self) -> None:
        reaped = tidied = 0.0
        while not self._over.is_set():
            now = time.monotonic()
            try:
                for slot in self._slots:
                    self._tend_slot(slot, now)
                if now - reaped > _REAP_SECONDS:
                    self._queue.reap()
                    self._kill_overdue()
                    reaped = now
                if now - tidied > _TIDY_SECONDS:
                    self._storage.tidy()
                    tidied = now
            except Exception:  # the supervisor outlives a database that is locked or full for a while
                log.exception("the supervisor could not do its round")
            self._over.wait(_TICK_SECONDS)

    def _tend_slot(self, slot: _Slot, now: float) -> None:
        if slot.process is not None and slot.process.poll() is not None:
            code = slot.process.returncode
            log.warning("worker %s on %s ended with code %s", slot.worker, slot.device, code)
            self._queue.lose(slot.worker)
            slot.failures = 0 if code in {0, FRESH_PROCESS} or now - slot.due > 60 else slot.failures + 1
            slot.due = now + (min(_LONGEST_BACK_OFF, 0.5 * 2**slot.failures) if slot.failures > 1 else 0.0)
            slot.process = None
        if slot.process is None and now >= slot.due:
            slot.worker = f"worker-{secrets.token_hex(6)}"
            slot.due = now
            slot.process = _spawn(slot)

    def _kill_overdue(self) -> None:
        overdue = self._queue.overdue_workers()
        for slot in self._slots:
            if slot.worker in overdue and slot.process is not None:
                log.warning("worker %s did not stop in time and is killed", slot.worker)
                _kill(slot.process)


def local_devices(settings: Settings | None = None) -> tuple[str, ...]:
    """The device slots of this machine: every GPU, or else the one CPU or Apple GPU."""
    from tlcore.train.device import available, choose

    settings = settings or get_settings()
    if settings.device:
        return (choose(settings.device).name,)
    gpus = tuple(device.name for device in available() if device.name.startswith("cuda"))
    return gpus or (available()[0].name,)


def _spawn(slot: _Slot) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tlcore", "worker", "--child", slot.worker, "--device", slot.device]
    of_ours = {"PYTHONPATH": str(PROJECT_ROOT), "OMP_NUM_THREADS": str(slot.threads)}
    environment = {**os.environ, **get_settings().folders, **of_ours}
    return subprocess.Popen(
        [*command, "--threads", str(slot.threads)],
        cwd=PROJECT_ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        process_group=0,  # and no session of its own: where cores are shared by session, priorities count within one
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker with everything that it started."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except ProcessLookupError:
        pass
    process.wait()
