"""The worker: what it does with a run that ends well, badly, or not at all."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from sqlalchemy.exc import OperationalError

from tests.conftest import finished_with
from tests.unit.jobs.conftest import ANN
from tlcore.errors import IncompleteRunError, TlcoreError
from tlcore.events import Notice
from tlcore.jobs.kinds import registry
from tlcore.jobs.kinds.specs import SpeedSpec
from tlcore.jobs.running import worker as worker_module
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.runs import Run, Runs
from tlcore.jobs.running.worker import Worker
from tlcore.train.device import Device

FINISHED = finished_with()


@pytest.fixture
def worker() -> Worker:
    return Worker("w1", Device("cpu", bf16=False, title="Fake"), threads=1)


@pytest.fixture
def execute(
    worker: Worker, queue: Queue, submit: Callable[[str], Run], runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Run, bool]]:
    """Submit a run whose job is the given generator, and let the worker execute it."""

    def run_it(job: Callable[..., Iterator[Any]], run: Run | None = None) -> tuple[Run, bool]:
        monkeypatch.setattr(registry, "follow", job)
        run = run or submit(ANN)
        claim = queue.claim("w1")
        assert claim is not None
        assert claim.run.id == run.id
        usable = worker.execute(claim)
        return runs.get(ANN, run.id), usable

    return run_it


def raising(error: BaseException) -> Callable[..., Iterator[Any]]:
    def job(*_: object) -> Iterator[Any]:
        yield Notice(message="begun")
        raise error

    return job


def away_once(write: Callable[..., Any]) -> Callable[..., Any]:
    """The write, but the first time the database is locked."""
    calls: list[object] = []

    def tried(*given: Any, **named: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        return write(*given, **named)

    return tried


def test_a_run_that_finishes_is_done_with_its_result(execute: Any, runs: Runs) -> None:
    run, usable = execute(lambda *_: iter([Notice(message="hello"), FINISHED]))
    assert (run.state, usable) == ("done", True)
    assert run.result == FINISHED
    told = [event.name for event in runs.told(ANN, run.id, *registry.KINDS["train"].events)]
    assert told == ["state", "state", "notice", "finished", "state"]


def test_an_expected_error_fails_the_run_with_its_sentence(execute: Any) -> None:
    run, usable = execute(raising(TlcoreError("The weights went away.")))
    assert (run.state, run.message, usable) == ("failed", "The weights went away.", True)


def test_a_run_stopped_before_it_learned_is_cancelled(execute: Any) -> None:
    run, usable = execute(raising(IncompleteRunError("Stopped early.")))
    assert (run.state, run.message, usable) == ("cancelled", "Stopped early.", True)


def test_an_unexpected_error_shows_no_traceback(execute: Any) -> None:
    run, usable = execute(raising(KeyError("inner detail")))
    assert (run.state, usable) == ("failed", True)
    assert "KeyError" in run.message
    assert "inner detail" not in run.message


def test_a_process_that_saw_a_cuda_error_is_not_used_again(execute: Any) -> None:
    run, usable = execute(raising(RuntimeError("CUDA error: an illegal memory access was encountered")))
    assert (run.state, usable) == ("failed", False)


def test_out_of_memory_halves_the_batch_once_in_a_fresh_process(execute: Any, runs: Runs) -> None:
    job = raising(torch.OutOfMemoryError("CUDA out of memory."))
    run, usable = execute(job)
    assert (run.state, run.spec.batch_size, usable) == ("queued", 4, False)
    assert "batches of 8 images, so it goes on with 4" in run.message
    again, usable = execute(job, run)
    assert (again.state, usable) == ("failed", False)
    assert "too little memory" in again.message
    notices = [notice.message for notice in runs.told(ANN, run.id, Notice)]
    assert any("goes on with 4" in notice for notice in notices)


def test_a_leaving_worker_gives_its_run_back(execute: Any, worker: Worker) -> None:
    def job(*_: object) -> Iterator[Any]:
        worker.leave()
        yield Notice(message="still here")
        raise AssertionError("the worker went on after it was told to leave")

    run, usable = execute(job)
    assert (run.state, run.losses, usable) == ("queued", 0, True)


def test_a_fenced_worker_leaves_the_run_to_the_other(execute: Any, queue: Queue, worker: Worker) -> None:
    def job(*_: object) -> Iterator[Any]:
        queue.lose("w1")
        assert queue.claim("w2") is not None
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            yield Notice(message="late")
            time.sleep(0.05)
        raise AssertionError("the worker never noticed that it was given up")

    run, _ = execute(job)
    assert (run.state, run.attempt) == ("running", 2)


def test_a_stop_reaches_the_job(execute: Any, runs: Runs) -> None:
    def job(_spec: object, _dataset: object, context: Any) -> Iterator[Any]:
        runs.stop(ANN, context.run_id)
        deadline = time.monotonic() + 10
        while not context.should_stop() and time.monotonic() < deadline:
            time.sleep(0.02)
            yield Notice(message="working")
        assert context.should_stop()
        yield FINISHED

    run, _ = execute(job)
    assert run.state == "done"


@pytest.mark.parametrize("told", [0, 200])
def test_a_database_that_is_away_for_a_moment_costs_neither_the_run_nor_its_events(
    execute: Any, runs: Runs, monkeypatch: pytest.MonkeyPatch, told: int
) -> None:
    """Away while it tells something, and when it is over; the second run is over before anything was stored."""
    for name in ("beat", "finish"):
        monkeypatch.setattr(Queue, name, away_once(getattr(Queue, name)))
    monkeypatch.setattr(worker_module, "_PAUSES", (0.0, 0.0))
    monkeypatch.setattr(worker_module, "FLUSH_SECONDS", 0.01)

    def job(*_: object) -> Iterator[Any]:
        for number in range(told):
            yield Notice(message=str(number))
            time.sleep(0.001)
        yield FINISHED

    run, usable = execute(job)
    assert (run.state, usable) == ("done", True)
    kept = [notice.message for notice in runs.told(ANN, run.id, Notice)]
    assert kept == [str(number) for number in range(told)]


def test_a_worker_that_can_not_say_that_it_works_works_on(
    execute: Any, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker._database, "writing", away_once(worker._database.writing))
    run, usable = execute(lambda *_: iter([FINISHED]))
    assert (run.state, usable) == ("done", True)


def test_networks_are_timed_in_the_queue(runs: Runs, queue: Queue, worker: Worker) -> None:
    run = runs.submit(ANN, SpeedSpec(networks=("lenet5", "cifar_resnet20"), batch_size=2))
    assert (run.dataset, run.name) == ("", "Speed of LeNet-5 (1998), ResNet-20 (CIFAR)")
    claim = queue.claim("w1")
    assert claim is not None
    assert claim.dataset is None
    assert worker.execute(claim)
    done = runs.get(ANN, run.id)
    assert (done.state, done.spec) == ("done", run.spec)
    assert [speed.network for speed in done.result.speeds] == ["lenet5", "cifar_resnet20"]
    assert all(speed.images_per_second > 0 for speed in done.result.speeds)
    assert (done.result.device, done.result.threads, done.result.stopped) == ("Fake", 1, False)
    assert runs.all(ANN) == ()  # no training run
    assert runs.of_kind(ANN, "speed") == (done,)
    runs.delete(ANN, run.id)
    assert runs.of_kind(ANN, "speed") == ()


def test_a_measurement_that_is_stopped_keeps_what_it_has(runs: Runs, queue: Queue, worker: Worker) -> None:
    run = runs.submit(ANN, SpeedSpec(networks=("lenet5", "cifar_resnet20")))
    claim = queue.claim("w1")
    assert claim is not None
    runs.stop(ANN, run.id)
    assert worker.execute(replace(claim, run=runs.get(ANN, run.id)))
    assert runs.get(ANN, run.id).state == "cancelled"
    assert runs.get(ANN, run.id).message == "It was stopped before anything was measured."
