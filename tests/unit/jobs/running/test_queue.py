"""The queue: fair turns, fenced writes, lost runs brought back."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from tests.conftest import finished_with
from tests.unit.jobs.conftest import ANN, BEN
from tlcore.errors import QueueFullError
from tlcore.events import Progress, Stopping
from tlcore.jobs.running.queue import LOST_SECONDS, STOP_SECONDS, Queue
from tlcore.jobs.running.runs import Run, Runs
from tlcore.jobs.store import feed
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import datasets
from tlcore.jobs.store.tables import runs as table
from tlcore.train.events import Step

Submit = Callable[[str], Run]
STEP = Step(epoch=1, step=1, steps=2, loss=1.5, lr=0.1, images_per_second=10.0)


def set_columns(database: Database, run_id: str, **values: object) -> None:
    with database.writing() as connection:
        connection.execute(update(table).where(table.c.id == run_id).values(**values))


def watch(queue: Queue, since: float, seconds: float) -> None:
    """Look for lost workers every two seconds, as the supervisor does."""
    for second in range(0, int(seconds) + 1, 2):
        queue.reap(since + second)


def events_of(database: Database, run_id: str) -> list[dict]:
    return [item.payload for item in feed.replay(database, [run_id])]


def test_a_claim_takes_the_run_and_its_data(queue: Queue, submit: Submit, runs: Runs) -> None:
    run = submit(ANN)
    claim = queue.claim("w1")
    assert claim is not None
    assert (claim.run.id, claim.run.state, claim.run.attempt) == (run.id, "running", 1)
    assert claim.dataset == runs.dataset(ANN, run.id)
    assert queue.claim("w2") is None


def test_one_running_run_a_person(queue: Queue, submit: Submit) -> None:
    submit(ANN)
    submit(ANN)
    first = queue.claim("w1")
    assert first is not None
    assert queue.claim("w2") is None
    queue.finish(first.run.id, 1, "done", result=finished_with())
    assert queue.claim("w2") is not None


def test_a_fourth_waiting_run_is_refused(submit: Submit) -> None:
    for _ in range(3):
        submit(ANN)
    with pytest.raises(QueueFullError, match="3 runs waiting"):
        submit(ANN)
    submit(BEN)


def test_everybodys_first_run_comes_before_anybodys_second(queue: Queue, submit: Submit) -> None:
    mine = [submit(ANN).id for _ in range(3)]
    hers = submit(BEN).id
    places = {run: place.position for run in [*mine, hers] if (place := queue.place(run))}
    assert places == {mine[0]: 1, hers: 2, mine[1]: 3, mine[2]: 4}


def test_whoever_used_the_device_least_comes_next(queue: Queue, submit: Submit, database: Database) -> None:
    used = submit(ANN)
    set_columns(database, used.id, state="done", device_seconds=100.0, finished_at=time.time())
    submit(ANN)
    late = submit(BEN)
    claim = queue.claim("w1")
    assert claim is not None
    assert claim.run.id == late.id


def test_many_workers_never_claim_the_same_run(queue: Queue, submit: Submit) -> None:
    expected = {submit(f"{n:032d}").id for n in range(12)}
    claimed: list[str] = []

    def work(name: str) -> None:
        while claim := queue.claim(name):
            claimed.append(claim.run.id)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(expected)


def test_a_beat_stores_events_and_hears_of_a_stop(queue: Queue, submit: Submit, runs: Runs, database: Database) -> None:
    run = submit(ANN)
    queue.claim("w1")
    assert not queue.beat(run.id, 1, [STEP]).stop
    runs.stop(ANN, run.id)
    beat = queue.beat(run.id, 1, [])
    assert (beat.ours, beat.stop) == (True, True)
    assert runs.told(ANN, run.id, Step) == [STEP]


def test_a_given_up_attempt_can_change_nothing(queue: Queue, submit: Submit, runs: Runs, database: Database) -> None:
    run = submit(ANN)
    queue.claim("w1")
    queue.lose("w1")
    second = queue.claim("w2")
    assert second is not None
    assert second.run.attempt == 2
    before = events_of(database, run.id)
    assert not queue.beat(run.id, 1, [STEP]).ours
    assert not queue.finish(run.id, 1, "done", result=finished_with())
    assert not queue.give_back(run.id, 1)
    assert events_of(database, run.id) == before
    assert runs.get(ANN, run.id).state == "running"


def test_silence_brings_a_run_back_and_the_second_loss_fails_it(
    queue: Queue, submit: Submit, runs: Runs, database: Database
) -> None:
    run = submit(ANN)
    for losses in (1, 2):
        queue.claim("w1")
        watch(queue, 1000 * losses, LOST_SECONDS - 1)
        assert runs.get(ANN, run.id).state == "running"
        watch(queue, 1000 * losses + LOST_SECONDS, 2)
        assert runs.get(ANN, run.id).losses == losses
    lost = runs.get(ANN, run.id)
    assert lost.state == "failed"
    assert "lost twice" in lost.message


def test_a_clock_that_is_set_makes_no_worker_look_lost(
    queue: Queue, submit: Submit, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = submit(ANN)
    queue.claim("w1")
    queue.beat(run.id, 1, [])
    queue.reap()
    wall = time.time() + 24 * 3600
    monkeypatch.setattr(time, "time", lambda: wall)
    queue.reap()
    assert queue.beat(run.id, 1, []).ours
    monkeypatch.setattr(time, "time", lambda: wall - 48 * 3600)
    assert queue.beat(run.id, 1, []).ours
    watch(queue, 1000, LOST_SECONDS - 1)
    assert (runs.get(ANN, run.id).state, runs.get(ANN, run.id).losses) == ("running", 0)


def test_a_supervisor_that_looked_away_gives_workers_their_time_anew(queue: Queue, submit: Submit, runs: Runs) -> None:
    """The machine slept, or the database was away: the workers could not beat either."""
    run = submit(ANN)
    queue.claim("w1")
    queue.reap(1000)
    queue.reap(5000)
    assert runs.get(ANN, run.id).state == "running"
    watch(queue, 5000, LOST_SECONDS + 1)
    assert runs.get(ANN, run.id).state == "queued"


def test_giving_back_does_not_count_as_a_loss(queue: Queue, submit: Submit, runs: Runs) -> None:
    run = submit(ANN)
    for _ in range(4):
        claim = queue.claim("w1")
        assert claim is not None
        assert queue.give_back(run.id, claim.run.attempt)
    assert runs.get(ANN, run.id).losses == 0
    assert runs.get(ANN, run.id).state == "queued"


def test_a_deaf_worker_is_overdue_and_a_stopping_one_is_not(
    queue: Queue, submit: Submit, runs: Runs, database: Database
) -> None:
    run = submit(ANN)
    queue.claim("deaf")
    now = time.time()
    set_columns(database, run.id, started_at=now - 60)
    assert queue.overdue_workers() == frozenset()
    set_columns(database, run.id, stop_requested_at=now - STOP_SECONDS - 1)
    assert queue.overdue_workers() == {"deaf"}
    queue.beat(run.id, 1, [Stopping()])
    assert queue.overdue_workers() == frozenset()
    assert runs.get(ANN, run.id).is_stopping


def test_whoever_stops_and_tells_how_far_it_is_has_time(
    queue: Queue, submit: Submit, runs: Runs, database: Database
) -> None:
    """The last evaluation of a large network takes minutes on a laptop."""
    run = submit(ANN)
    queue.claim("slow")
    runs.stop(ANN, run.id)
    long_ago = time.time() - 20 * STOP_SECONDS
    set_columns(database, run.id, started_at=long_ago, stop_requested_at=long_ago)
    queue.beat(run.id, 1, [STEP])
    assert queue.overdue_workers() == {"slow"}  # it works on as if nobody had asked
    queue.beat(run.id, 1, [Stopping()])
    set_columns(database, run.id, stopping_at=long_ago)
    queue.beat(run.id, 1, [])
    assert queue.overdue_workers() == {"slow"}  # alive, but it gets nowhere
    queue.beat(run.id, 1, [Progress(phase="evaluate", done=16, total=900)])
    assert queue.overdue_workers() == frozenset()


def test_being_killed_over_a_stop_is_no_loss_but_not_for_ever(
    queue: Queue, submit: Submit, runs: Runs, database: Database
) -> None:
    run = submit(ANN)
    queue.claim("deaf")
    runs.stop(ANN, run.id)
    for losses, state in ((0, "queued"), (1, "queued"), (2, "failed")):
        queue.lose("deaf")
        assert (runs.get(ANN, run.id).losses, runs.get(ANN, run.id).state) == (losses, state)
        queue.claim("deaf")


@pytest.mark.parametrize("stored", [{"kind": "gone"}, {"kind": "speed", "networks": ["lenet5"], "renamed": 1}])
def test_a_run_that_this_version_can_not_read_fails_and_holds_up_nobody(
    queue: Queue, submit: Submit, runs: Runs, database: Database, stored: dict[str, Any]
) -> None:
    bad = submit(ANN)
    set_columns(database, bad.id, spec=stored)
    good, hers = submit(ANN), submit(BEN)
    claimed = [claim.run.id for worker in ("w1", "w2", "w3") if (claim := queue.claim(worker))]
    assert sorted(claimed) == sorted([good.id, hers.id])
    assert [run.id for run in runs.all(ANN)] == [good.id]
    assert runs.unreadable(ANN) == {bad.id: bad.name}
    assert runs.unreadable(BEN) == {}
    told = events_of(database, bad.id)[-1]
    assert (told["event"], told["state"]) == ("state", "failed")
    assert told["message"].startswith("There is no ")


def test_a_run_whose_images_can_not_be_read_fails(queue: Queue, submit: Submit, runs: Runs, database: Database) -> None:
    bad = submit(ANN)
    with database.writing() as connection:
        connection.execute(update(datasets).values(manifest='{"renamed": 1}'))
    assert queue.claim("w1") is None
    assert (runs.get(ANN, bad.id).state, runs.get(ANN, bad.id).attempt) == ("failed", 0)
    assert "another version" in runs.get(ANN, bad.id).message


def test_device_seconds_add_up_over_attempts(queue: Queue, submit: Submit, runs: Runs, database: Database) -> None:
    run = submit(ANN)
    queue.claim("w1")
    set_columns(database, run.id, started_at=time.time() - 10)
    queue.give_back(run.id, 1)
    queue.claim("w1")
    set_columns(database, run.id, started_at=time.time() - 5)
    queue.finish(run.id, 2, "done", result=finished_with())
    assert runs.get(ANN, run.id).device_seconds == pytest.approx(15, abs=1)
