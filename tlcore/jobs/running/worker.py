"""The worker process: warm, one run at a time, telling what happens at most four times a second."""

import logging
import os
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import delete, insert, update
from sqlalchemy.exc import InterfaceError, OperationalError

from tlcore.data.pixels.blobs import BlobStore
from tlcore.errors import IncompleteRunError, TlcoreError
from tlcore.events import E, Event, GaveWay, Result
from tlcore.jobs.kinds import registry
from tlcore.jobs.running.queue import HEARTBEAT_SECONDS, Beat, Claim, Queue
from tlcore.jobs.store import feed
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import workers
from tlcore.settings import Settings, get_settings

if TYPE_CHECKING:
    from tlcore.train.device import Device

POLL_SECONDS = 0.2
FLUSH_SECONDS = 0.25
FRESH_PROCESS = 75
"""The exit code of a worker that must not be reused, though nothing is wrong with the slot."""
_AWAY = (OperationalError, InterfaceError)
"""What the database raises while it is locked, full or out of reach; anything else would come again."""
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

T = TypeVar("T")

log = logging.getLogger("tlcore.worker")


class Reporter:
    """Buffers a run's events and writes them with the heartbeats, from a thread of its own."""

    def __init__(self, queue: Queue, claim: Claim) -> None:
        self._queue = queue
        self._run = claim.run
        self._lock = threading.Lock()
        self._buffer: list[Event] = []
        self._beaten_at = 0.0
        self._over = threading.Event()
        self.stop = claim.run.stop_requested_at is not None
        self.give_way = False
        self.fenced = False

    def tell(self, event: Event) -> None:
        """Take an event in; it is stored with the next flush."""
        with self._lock:
            self._buffer.append(event)

    def flush(self) -> None:
        """Store what is buffered, or beat when nothing was told for a while."""
        with self._lock:
            told, self._buffer = self._buffer, []
        if not told and time.monotonic() - self._beaten_at < HEARTBEAT_SECONDS:
            return
        try:
            beat: Beat = self._queue.beat(self._run.id, self._run.attempt, told)
        except _AWAY:
            with self._lock:
                self._buffer = told + self._buffer
            raise
        self._beaten_at = time.monotonic()
        self.stop, self.give_way = self.stop or beat.stop, beat.give_way
        self.fenced = self.fenced or not beat.ours

    @contextmanager
    def running(self) -> Iterator[None]:
        """Flush in the background until the block ends, and once more then."""
        thread = threading.Thread(target=self._flush_until_over, name="reporter", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            _patiently(self.flush)

    def _flush_until_over(self) -> None:
        while not self._over.wait(FLUSH_SECONDS):
            try:
                self.flush()
            except Exception:  # a database that is away for a moment must not end the training
                log.exception("could not store events")


class Worker:
    """Takes runs from the queue and executes them until it is told to leave."""

    def __init__(self, worker_id: str, device: "Device", threads: int, settings: Settings | None = None) -> None:
        self.id = worker_id
        self.device = device
        self._threads = threads
        self._settings = settings or get_settings()
        self._database = Database(self._settings)
        self._queue = Queue(self._database, self._settings)
        self._leaving = threading.Event()
        self._parent = os.getppid()
        self._seen_at = 0.0

    def leave(self, *_: object) -> None:
        """Finish nothing more: give the current run back at its next event and end."""
        self._leaving.set()

    def serve(self) -> int:
        """Work until told to leave; returns the process's exit code."""
        signal.signal(signal.SIGTERM, self.leave)
        signal.signal(signal.SIGINT, self.leave)
        _warm_up(self.device)
        from tlcore.train.learning.threads import surroundings

        self._register()
        try:
            while not self._leaving.is_set() and os.getppid() == self._parent:
                self._show("idle")
                surroundings.look()
                claim = self._queue.claim(self.id)
                if claim is None:
                    self._leaving.wait(POLL_SECONDS)
                elif not self.execute(claim):
                    return FRESH_PROCESS
        finally:
            self._unregister()
        return 0

    def execute(self, claim: Claim) -> bool:
        """Run one job to its end; False when this process must not be used again."""
        self._show("working", now=True)
        reporter = Reporter(self._queue, claim)
        try:
            with reporter.running():
                last = self._follow(claim, reporter)
        except Exception as error:  # noqa: BLE001 - whatever a run raises ends the run, not the worker
            return self._end_badly(claim, error)
        if reporter.fenced:
            log.warning("run %s went to another worker", claim.run.id)
        elif last is None:
            _patiently(lambda: self._queue.give_back(claim.run.id, claim.run.attempt))
        elif isinstance(last, GaveWay):
            _patiently(lambda: self._queue.give_way(claim.run.id, claim.run.attempt))
        else:
            _patiently(lambda: self._queue.finish(claim.run.id, claim.run.attempt, "done", result=last))
        return True

    def _follow(self, claim: Claim, reporter: Reporter) -> Result | GaveWay | None:
        """Pass a run's events on; returns how it ended, or None when the run was left before its end."""
        from tlcore.train.learning import threads

        result: Result | None = None
        stream = registry.follow(claim.run.spec, claim.dataset, self._context(claim, reporter))
        for event in stream:
            if isinstance(event, GaveWay):
                stream.close()  # type: ignore[attr-defined]
                return event
            reporter.tell(event)
            threads.adjust()
            self._show("working")
            result = event if isinstance(event, Result) else None
            if reporter.fenced or (self._leaving.is_set() and result is None):
                stream.close()  # type: ignore[attr-defined]
                return None
        return result

    def _context(self, claim: Claim, reporter: Reporter) -> Any:
        from tlcore.gradients.layers.watching import watch
        from tlcore.train.run import RunContext

        def told(kind: type[E], /) -> list[E]:
            with self._database.reading() as connection:
                return feed.told(connection, claim.run.id, claim.run.kind, kind)

        return RunContext(
            run_id=claim.run.id,
            device=self.device,
            blobs=BlobStore(self._settings.blobs),
            cache=self._settings.cache,
            folder=self._settings.runs / claim.run.id,
            threads=self._threads,
            should_stop=lambda: reporter.stop,
            should_give_way=lambda: reporter.give_way,
            told=told,
            seconds_before=claim.run.device_seconds,
            watch=watch,
        )

    def _end_badly(self, claim: Claim, error: Exception) -> bool:
        from tlcore.train.device import is_device_failure, is_out_of_memory

        run = claim.run
        if is_out_of_memory(error):
            self._after_memory_ran_out(claim)
            return False
        if isinstance(error, IncompleteRunError):
            self._queue.finish(run.id, run.attempt, "cancelled", message=str(error))
        elif isinstance(error, TlcoreError):
            self._queue.finish(run.id, run.attempt, "failed", message=str(error))
        else:
            log.exception("run %s failed", run.id, exc_info=error)
            message = (
                f"Something went wrong inside Transfer Lab ({type(error).__name__}); the server's log has the details."
            )
            self._queue.finish(run.id, run.attempt, "failed", message=message)
        return not is_device_failure(error)

    def _after_memory_ran_out(self, claim: Claim) -> None:
        """Halve the batch once, for a fresh process; give up the second time."""
        run = claim.run
        batch = run.spec.batch_size
        if run.memory_retries or batch < 2:
            message = f"{self.device.title} has too little memory for this network and image size; choose smaller ones."
            self._queue.finish(run.id, run.attempt, "failed", message=message)
            return
        spec = run.spec.with_changes(batch_size=batch // 2)
        message = f"The device ran out of memory with batches of {batch} images, so it goes on with {batch // 2}."
        self._queue.give_back(run.id, run.attempt, message=message, spec=spec.model_dump(mode="json"))

    def _register(self) -> None:
        now = time.time()
        with self._database.writing() as connection:
            connection.execute(delete(workers).where((workers.c.id == self.id) | (workers.c.seen_at < now - 3600)))
            connection.execute(
                insert(workers).values(
                    id=self.id,
                    host=platform.node(),
                    pid=os.getpid(),
                    device=self.device.name,
                    title=self.device.title,
                    state="idle",
                    started_at=now,
                    seen_at=now,
                )
            )

    def _show(self, state: str, *, now: bool = False) -> None:
        """Say now and then that this worker is alive, and what it does."""
        if not now and time.monotonic() - self._seen_at < HEARTBEAT_SECONDS:
            return
        self._seen_at = time.monotonic()
        shown = update(workers).where(workers.c.id == self.id).values(state=state, seen_at=time.time())
        try:
            with self._database.writing() as connection:
                connection.execute(shown)
        except _AWAY:  # nobody's training waits for this, nor ends by it
            log.exception("could not say what this worker does")

    def _unregister(self) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(workers).where(workers.c.id == self.id))


def _patiently(write: Callable[[], T]) -> T:
    """Do the write; while the database is away, wait and try again for half a minute."""
    for pause in _PAUSES:
        try:
            return write()
        except _AWAY:
            log.exception("the database is away; trying again in %s s", pause)
            time.sleep(pause)
    return write()


def _warm_up(device: "Device") -> None:
    """Load what the first run would otherwise wait for: torch's libraries, the device, the training code."""
    import torch
    import torchvision  # noqa: F401

    import tlcore.train.run  # noqa: F401

    layer = torch.nn.Conv2d(3, 8, 3).to(device.torch)
    layer(torch.zeros(1, 3, 32, 32, device=device.torch)).sum().backward()
