"""What jobs tell comes back from a store as what it was, that of before too; what can't be read is left out."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, update

from tests.unit.jobs.conftest import ANN
from tlcore.data.dataset import Dataset
from tlcore.errors import BadEventError
from tlcore.events import Event, GaveWay, InLine, Notice, Result, StateChanged
from tlcore.jobs.kinds.events import (
    SpeedFinished,
)
from tlcore.jobs.kinds.registry import KINDS, read_event, readable_events
from tlcore.jobs.kinds.specs import SpeedSpec
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.runs import Runs
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import events, runs
from tlcore.train.events import Answer, Epoch, Finished
from tlcore.train.recipe.spec import TrainSpec


def classes(kind: type[Event] = Event) -> Iterator[type[Event]]:
    """All classes of events that are told."""
    for one in kind.__subclasses__():
        if one is not Result:
            yield one
        yield from classes(one)


EVERY = sorted(set(classes()), key=lambda kind: kind.name)
STORED = [(name, event) for name, kind in KINDS.items() for event in kind.events]


def test_every_class_has_a_tag_of_its_own_and_is_told_by_a_kind_of_job() -> None:
    tags = Counter(kind.name for kind in EVERY)
    assert [tag for tag, count in tags.items() if count > 1] == []
    assert {event for _, event in STORED} == set(EVERY) - {GaveWay, InLine}
    results = [kind.result for kind in KINDS.values()]
    assert len(set(results)) == len(results)


@pytest.mark.parametrize("name", KINDS)
def test_no_kind_of_job_finds_two_classes_under_one_tag_of_now_or_before(name: str) -> None:
    tags = Counter(tag for event in KINDS[name].events for tag in event.tags())
    assert [tag for tag, count in tags.items() if count > 1] == []


@pytest.mark.parametrize(("name", "kind"), STORED, ids=lambda one: one if isinstance(one, str) else one.name)
@given(data=st.data())
def test_every_event_comes_back_from_json_as_it_was(name: str, kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(st.from_type(kind))
    stored = json.loads(json.dumps({**event.to_json(), "at": 1.0}))
    assert repr(read_event(name, stored)) == repr(event)  # in which what is no number equals itself


def test_what_follows_from_an_events_fields_is_declared_and_told() -> None:
    derived = [(kind, name) for kind in EVERY for name in kind.derived]
    assert derived == [
        *((Answer, name) for name in ("accuracy", "train_accuracy")),
        *((Epoch, name) for name in ("train_accuracy", "val_accuracy")),
    ]
    assert all(isinstance(vars(kind)[name], property) for kind, name in derived)


BEFORE: list[dict[str, Any]] = [
    json.loads(line) for line in Path(__file__).with_name("told_before.jsonl").read_text("utf-8").splitlines()
]
"""As versions of before stored them: six kinds of job ended with the same tag, and two began with one."""


def untagged(value: Any) -> Any:
    """JSON values without the tags in them, and without when they were told."""
    if isinstance(value, dict):
        return {key: untagged(inner) for key, inner in value.items() if key not in {"event", "at"}}
    return [untagged(inner) for inner in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("stored", BEFORE, ids=lambda stored: f"{stored['kind']}-{stored['payload']['event']}")
def test_what_was_stored_before_is_read_and_nothing_of_it_is_lost(stored: dict[str, Any]) -> None:
    event = read_event(stored["kind"], stored["payload"])
    assert type(event).__name__ == stored["read as"]
    assert untagged(event.to_json()).items() >= untagged(stored["payload"]).items()


UNREADABLE = [
    {"event": "gone", "message": "hello"},
    {"event": "notice"},
    {"event": "notice", "message": ["no", "text"]},
    {"event": "state", "state": "baking"},
    {"event": "gave_way"},
    {},
]


@pytest.mark.parametrize("stored", UNREADABLE)
def test_what_another_version_stored_is_refused_alone_and_left_out_of_a_history(stored: dict[str, Any]) -> None:
    with pytest.raises(BadEventError, match="another version"):
        read_event("train", stored)
    told = {"event": "notice", "message": "hello"}
    assert list(readable_events("train", [told, stored, told])) == [Notice(message="hello")] * 2


def test_no_kind_of_job_is_told_what_another_tells() -> None:
    with pytest.raises(BadEventError):
        read_event("train", {"event": "points", "points": [], "done": 0, "total": 81, "images": 64})
    with pytest.raises(BadEventError):
        read_event("baking", {"event": "notice", "message": "hello"})


def test_a_database_of_before_is_read(
    runs_: Runs, database: Database, queue: Queue, spec: TrainSpec, dataset: Dataset
) -> None:
    """Its results, its history and what was told; a result that can't be read leaves the run itself in view."""
    stored = {one["kind"]: one["payload"] for one in BEFORE if one["payload"]["event"] == "finished"}
    trained, measured = runs_.submit(ANN, spec, dataset), runs_.submit(ANN, SpeedSpec(networks=("lenet5",)))
    for run in (trained, measured):
        assert queue.claim("w1") is not None
        with database.writing() as connection:
            done = update(runs).where(runs.c.id == run.id)
            connection.execute(done.values(state="done", attempt=1, result=stored[run.kind]))
            row = {"run": run.id, "attempt": 1, "at": 1.0}
            connection.execute(insert(events), [{**row, "payload": told} for told in (*UNREADABLE, stored[run.kind])])
    results = [runs_.get(ANN, run.id).result for run in (trained, measured)]
    assert [type(result) for result in results] == [Finished, SpeedFinished]
    assert runs_.told(ANN, measured.id, SpeedFinished) == [results[1]]
    assert [type(event) for event in runs_.told(ANN, trained.id, *KINDS["train"].events)] == [
        StateChanged,
        StateChanged,
        Finished,
    ]
    with database.writing() as connection:
        connection.execute(update(runs).where(runs.c.id == trained.id).values(result={"event": "finished"}))
    (kept,) = runs_.all(ANN)
    assert (kept.id, kept.state, kept.result, kept.was_stopped) == (trained.id, "done", None, False)


@pytest.fixture
def runs_(database: Database) -> Runs:
    """The name `runs` is the table's here."""
    return Runs(database)
