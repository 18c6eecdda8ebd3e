"""Whose turn it is: first answers before extras, extras that give way, and nobody who waits for ever."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import insert, update

from tests.conftest import finished_with
from tests.unit.jobs.conftest import ANN, BEN
from tlcore.data.dataset import Dataset
from tlcore.jobs.kinds.specs import DegradationSpec, SpeedSpec
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.runs import Run, Runs
from tlcore.jobs.running.turns import EXTRA_EVERY, SLICE_SECONDS
from tlcore.jobs.store import feed
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import runs as table
from tlcore.jobs.store.tables import workers
from tlcore.settings import Limits, Settings, get_settings
from tlcore.train.recipe.spec import TrainSpec

CLEO, DORA = "cleo" * 8, "dora" * 8
Submit = Callable[[str], Run]


@dataclass
class Clock:
    """What `time.time` says."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "time", made)
    return made


@pytest.fixture
def extra(runs: Runs, spec: TrainSpec, dataset: Dataset) -> Submit:
    """Submits a twin."""
    return lambda owner: runs.submit(owner, spec, dataset, extra=True)


def employ(database: Database, *names: str) -> None:
    """Workers that are alive."""
    with database.writing() as connection:
        for name in names:
            row = {"id": name, "host": "h", "pid": 1, "device": "cpu", "title": "CPU", "state": "idle"}
            connection.execute(insert(workers).values(**row, started_at=time.time(), seen_at=time.time()))


def claimed(queue: Queue, worker: str = "w1") -> str:
    claim = queue.claim(worker)
    assert claim is not None
    return claim.run.id


def asked_to_give_way(queue: Queue, *given: Run) -> list[bool]:
    return [queue.beat(run.id, 1, []).give_way for run in given]


# The order


def test_what_is_no_training_is_an_extra_and_a_training_that_was_asked_for_is_none(
    runs: Runs, submit: Submit, extra: Submit, dataset: Dataset
) -> None:
    others = [runs.submit(ANN, SpeedSpec(networks=("lenet5",))), runs.submit(BEN, DegradationSpec(), dataset)]
    assert [run.extra for run in others] == [True, True]
    assert (submit(CLEO).extra, extra(DORA).extra) == (False, True)


def test_extras_come_after_whatever_people_wait_for_first(queue: Queue, submit: Submit, extra: Submit) -> None:
    anns, bens = extra(ANN), submit(BEN)
    later = submit(CLEO)
    assert [claimed(queue, f"w{n}") for n in range(3)] == [bens.id, later.id, anns.id]


def test_extras_take_turns_as_others_do(queue: Queue, extra: Submit, database: Database) -> None:
    mine = [extra(ANN).id for _ in range(2)]
    hers = extra(BEN).id
    assert [queue.place(run).position for run in (*mine, hers)] == [1, 3, 2]  # type: ignore[union-attr]


# Giving way


def test_an_extra_gives_way_when_somebody_waits_for_a_first_answer(
    queue: Queue, submit: Submit, extra: Submit, database: Database, clock: Clock
) -> None:
    employ(database, "w1")
    twin = extra(ANN)
    claimed(queue)
    clock.now += 60
    assert asked_to_give_way(queue, twin) == [False]
    extra(BEN)
    clock.now += 60
    assert asked_to_give_way(queue, twin) == [False]  # extras wait for one another
    submit(CLEO)
    assert asked_to_give_way(queue, twin) == [False]  # a worker that is free takes it within a moment
    clock.now += 2
    assert asked_to_give_way(queue, twin) == [True]


def test_what_people_wait_for_first_gives_way_to_nobody(
    queue: Queue, submit: Submit, database: Database, clock: Clock
) -> None:
    employ(database, "w1")
    first = submit(ANN)
    claimed(queue)
    submit(BEN)
    clock.now += 600
    assert asked_to_give_way(queue, first) == [False]


def test_an_extra_works_for_some_seconds_each_time(
    queue: Queue, submit: Submit, extra: Submit, database: Database, clock: Clock
) -> None:
    employ(database, "w1")
    twin = extra(ANN)
    claimed(queue)
    submit(BEN)
    clock.now += SLICE_SECONDS - 0.1
    assert asked_to_give_way(queue, twin) == [False]
    clock.now += 0.2
    assert asked_to_give_way(queue, twin) == [True]


def test_no_more_extras_give_way_than_people_wait_and_none_while_a_worker_is_free(
    queue: Queue, submit: Submit, extra: Submit, database: Database, clock: Clock
) -> None:
    employ(database, "w1", "w2", "w3")
    first, second = extra(ANN), extra(BEN)
    claimed(queue, "w1")
    clock.now += 1
    claimed(queue, "w2")
    waiting = submit(CLEO)
    clock.now += 10
    assert asked_to_give_way(queue, first, second) == [False, False]  # the third is free
    claimed(queue, "w3")
    submit(DORA)
    clock.now += 10
    employ(database, "w4")  # in place of the third, whose sign of life is old
    with database.writing() as connection:
        connection.execute(update(workers).where(workers.c.id == "w4").values(seen_at=0))
        connection.execute(update(workers).where(workers.c.id != "w4").values(seen_at=clock.now))
    assert queue.beat(waiting.id, 1, []).give_way is False
    assert asked_to_give_way(queue, first, second) == [True, False]  # the one that has worked longest
    assert queue.give_way(first.id, 1)
    assert asked_to_give_way(queue, second) == [False]  # a worker is free now


def test_a_persons_own_extra_gives_way_first_where_it_holds_up_the_same_person(
    queue: Queue, submit: Submit, extra: Submit, database: Database, clock: Clock
) -> None:
    employ(database, "w1", "w2")
    bens, anns = extra(BEN), extra(ANN)
    claimed(queue, "w1")
    claimed(queue, "w2")
    wanted = submit(ANN)
    clock.now += 10
    assert asked_to_give_way(queue, bens, anns) == [False, True]
    assert queue.give_way(anns.id, 1)
    assert claimed(queue, "w2") == wanted.id


def test_an_extra_that_was_asked_to_stop_only_stops(
    queue: Queue, submit: Submit, extra: Submit, runs: Runs, database: Database, clock: Clock
) -> None:
    employ(database, "w1")
    twin = extra(ANN)
    claimed(queue)
    submit(BEN)
    runs.stop(ANN, twin.id)
    clock.now += 30
    beat = queue.beat(twin.id, 1, [])
    assert (beat.stop, beat.give_way) == (True, False)


def test_giving_way_is_no_loss_and_goes_behind_the_other_extras(
    queue: Queue, submit: Submit, extra: Submit, runs: Runs, database: Database, clock: Clock
) -> None:
    twin, first = extra(ANN), submit(BEN)
    with database.writing() as connection:
        connection.execute(update(table).where(table.c.id == first.id).values(state="done"))
    for attempt in range(1, 8):
        assert claimed(queue) == twin.id
        clock.now += 1
        assert queue.give_way(twin.id, attempt)
    waiting = runs.get(ANN, twin.id)
    assert (waiting.state, waiting.attempt, waiting.losses, waiting.device_seconds) == ("queued", 7, 0, 7)
    hers = extra(CLEO)
    assert [queue.place(run.id).position for run in (twin, hers)] == [2, 1]  # type: ignore[union-attr]
    told = [item.payload for item in feed.replay(database, [twin.id])][-1]
    assert (told["state"], told["gave_way"]) == ("queued", True)


def test_an_attempt_that_was_given_up_can_not_give_way(
    queue: Queue, extra: Submit, runs: Runs, database: Database
) -> None:
    twin = extra(ANN)
    claimed(queue)
    queue.lose("w1")
    claimed(queue, "w2")
    assert not queue.give_way(twin.id, 1)
    assert runs.get(ANN, twin.id).state == "running"


def test_a_run_that_gave_way_waits_on_after_the_server_was_started_anew(
    queue: Queue, extra: Submit, database: Database
) -> None:
    twin = extra(ANN)
    claimed(queue)
    queue.give_way(twin.id, 1)
    another = Queue(Database(), get_settings())
    another.lose("w1")
    another.reap(1000.0)
    claim = another.claim("w9")
    assert claim is not None
    assert (claim.run.id, claim.run.attempt, claim.run.losses) == (twin.id, 2, 0)


# Stops meanwhile


def test_who_stops_a_run_that_waits_to_go_on_gets_what_it_has_next(
    queue: Queue, submit: Submit, extra: Submit, runs: Runs
) -> None:
    twin = extra(ANN)
    claimed(queue)
    queue.give_way(twin.id, 1)
    submit(BEN)
    assert runs.stop(ANN, twin.id).state == "queued"
    assert queue.place(twin.id).position == 1  # type: ignore[union-attr]
    claim = queue.claim("w1")
    assert claim is not None
    assert (claim.run.id, claim.run.is_stopping) == (twin.id, True)


def test_who_stops_it_twice_cancels_it(queue: Queue, extra: Submit, runs: Runs) -> None:
    twin = extra(ANN)
    claimed(queue)
    queue.give_way(twin.id, 1)
    assert [runs.stop(ANN, twin.id).state for _ in range(2)] == ["queued", "cancelled"]


# Nobody waits for ever


def test_after_a_minute_without_any_the_extra_that_has_waited_longest_is_next(
    queue: Queue, submit: Submit, extra: Submit, database: Database, clock: Clock
) -> None:
    older, newer = extra(ANN), extra(BEN)
    clock.now += EXTRA_EVERY - 1
    first = submit(CLEO)
    assert queue.place(older.id).position == 2  # type: ignore[union-attr]
    clock.now += 2
    assert queue.place(older.id).position == 1  # type: ignore[union-attr]
    assert claimed(queue, "w1") == older.id
    assert claimed(queue, "w2") == first.id  # one in a minute, not all
    assert queue.place(newer.id).position == 1  # type: ignore[union-attr]


@dataclass
class Classroom:
    """One worker, simulated: what it works on, and how many seconds each run yet needs."""

    queue: Queue
    runs: Runs
    clock: Clock
    spec: TrainSpec
    dataset: Dataset
    needed: dict[str, float] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    at: tuple[Run, float] | None = None

    TICK, LOADING = 0.5, 1.0

    def submit(self, owner: str, seconds: float, *, extra: bool = False) -> str:
        run = self.runs.submit(owner, self.spec, self.dataset, extra=extra)
        self.needed[run.id] = seconds
        return run.id

    def pass_time(self) -> None:
        """Half a second of work: a run first loads what it needs, each time; what it learned then it has learned."""
        self.clock.now += self.TICK
        if self.at is None and (claim := self.queue.claim("w1")) is not None:
            self.at = (claim.run, self.LOADING)
            self.begun.setdefault(claim.run.id, self.clock.now)
        elif self.at is not None:
            run, loading = self.at
            self.at = (run, max(0.0, loading - self.TICK))
            self.needed[run.id] -= 0 if loading else self.TICK
            if self.needed[run.id] <= 0:
                assert self.queue.finish(run.id, run.attempt, "done", result=finished_with())
                self.ended[run.id], self.at = self.clock.now, None
            elif self.queue.beat(run.id, run.attempt, []).give_way and not loading:
                assert self.queue.give_way(run.id, run.attempt)
                self.at = None


@pytest.fixture
def classroom(clock: Clock, database: Database, spec: TrainSpec, dataset: Dataset) -> Classroom:
    settings = Settings(home=get_settings().home, limits=Limits(queued_runs=30))
    return Classroom(Queue(database, settings), Runs(database, settings), clock, spec, dataset)


def test_thirty_people_get_first_answers_though_one_has_twenty_long_extras(classroom: Classroom) -> None:
    """Nobody waits ten seconds longer than the others' first answers take that were asked for before."""
    for _ in range(20):
        classroom.submit("owner0" * 5, 60, extra=True)
    people = [f"{number:032d}" for number in range(29)]
    asked: dict[str, float] = {}
    # three come together every fifteen seconds, so that the worker would have nothing to do for half of the time
    for number, owner in enumerate(people):
        while classroom.clock.now < 1_000_020 + 15 * (number // 3):
            classroom.pass_time()
        asked[classroom.submit(owner, 1.5)] = classroom.clock.now
    while not asked.keys() <= classroom.begun.keys():
        classroom.pass_time()
    waits = [classroom.begun[run] - at for run, at in asked.items()]
    each = 1.5 + classroom.LOADING
    assert max(waits[0::3]) <= 10
    assert max(waits) <= 10 + 2 * each  # after the two before it in its own three


def test_extras_end_though_somebody_always_waits_for_a_first_answer(classroom: Classroom, clock: Clock) -> None:
    extras = [classroom.submit(owner, 3, extra=True) for owner in (ANN, BEN)]
    number = 0
    while len(classroom.ended.keys() & set(extras)) < 2:
        assert clock.now < 1_000_600, "an extra starves"
        while sum(run not in classroom.begun for run in classroom.needed) < 2 + len(extras):
            classroom.submit(f"{number:032d}", 4)
            number += 1
        classroom.pass_time()
    lost = [classroom.runs.get(owner, run).losses for owner, run in zip((ANN, BEN), extras, strict=True)]
    assert lost == [0, 0]
    assert len(classroom.ended) > 30  # others were hardly held up


# How long it takes


@pytest.fixture
def typical(submit: Submit, extra: Submit, database: Database) -> None:
    """First answers took ten seconds lately, and extras forty."""
    for run, seconds in ((submit(DORA), 10.0), (extra(DORA), 40.0)):
        with database.writing() as connection:
            values = {"state": "done", "device_seconds": seconds, "finished_at": time.time()}
            connection.execute(update(table).where(table.c.id == run.id).values(**values))


def wait(queue: Queue, run: Run) -> float | None:
    place = queue.place(run.id)
    assert place is not None
    return place.seconds


def test_nothing_is_said_of_times_that_nobody_knows(queue: Queue, submit: Submit, clock: Clock) -> None:
    assert wait(queue, submit(ANN)) is None  # there is no worker
    assert claimed(queue)
    assert wait(queue, submit(BEN)) is None


@pytest.mark.usefixtures("typical")
def test_the_wait_is_what_those_before_it_have_left(
    queue: Queue, submit: Submit, database: Database, clock: Clock
) -> None:
    employ(database, "w1")
    submit(ANN)
    claimed(queue)
    first, second = submit(BEN), submit(CLEO)
    assert (wait(queue, first), wait(queue, second)) == (10, 20)
    clock.now += 4
    assert (wait(queue, first), wait(queue, second)) == (6, 16)


@pytest.mark.usefixtures("typical")
def test_an_extra_holds_up_a_first_answer_for_a_moment_and_another_extra_for_what_it_has_left(
    queue: Queue, submit: Submit, extra: Submit, database: Database, clock: Clock
) -> None:
    employ(database, "w1")
    twin = extra(ANN)
    claimed(queue)
    clock.now += 15
    assert queue.give_way(twin.id, 1)
    claimed(queue)
    clock.now += 5
    assert wait(queue, extra(BEN)) == 20  # of forty, after fifteen and five
    assert wait(queue, submit(CLEO)) == SLICE_SECONDS


@pytest.mark.usefixtures("typical")
def test_who_has_a_run_at_work_waits_for_that_though_a_worker_is_free(
    queue: Queue, submit: Submit, database: Database, clock: Clock
) -> None:
    employ(database, "w1", "w2")
    submit(ANN)
    claimed(queue)
    assert wait(queue, submit(ANN)) == 10
    assert wait(queue, submit(BEN)) == 0
