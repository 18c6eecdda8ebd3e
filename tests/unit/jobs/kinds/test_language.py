"""The job that learns a text: what is asked, what is told, what is kept, and a stop."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.jobs.conftest import ANN
from tlcore.errors import BadSpecError
from tlcore.events import Event
from tlcore.gradients.through_time import language, texts
from tlcore.jobs.kinds.events import LessonLearned, LessonStarted, LessonTried
from tlcore.jobs.kinds.registry import parse_spec
from tlcore.jobs.kinds.specs import LanguageSpec
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.runs import Run, Runs
from tlcore.jobs.running.worker import Reporter, Worker
from tlcore.settings import get_settings
from tlcore.train.device import Device

TEXT = "The quick brown fox jumps over the lazy dog.\n" * 20
SPEC = LanguageSpec(text=TEXT, cell="gru", units=16, steps=12, batch_size=4, length=16)


@pytest.fixture
def worker() -> Worker:
    return Worker("w1", Device("cpu", bf16=False, title="Fake"), threads=2)


def done(runs: Runs, queue: Queue, worker: Worker, spec: LanguageSpec = SPEC, *, stopped: bool = False) -> Run:
    run = runs.submit(ANN, spec)
    claim = queue.claim("w1")
    assert claim is not None
    if stopped:
        runs.stop(ANN, run.id)
        claim = replace(claim, run=runs.get(ANN, run.id))
    assert worker.execute(claim)
    return runs.get(ANN, run.id)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": "short"}, "from 500 to 100,000 characters"),
        ({"text": "a" * 600}, "one character again and again"),
        ({"cell": "elman"}, "The cell can't be 'elman'"),
        ({"units": 1000}, "The number of units can't be 1000"),
        ({"lr": 0}, "The rate can't be 0"),
        ({"clip": -1}, "The clipping can't be -1"),
        ({"steps": 100_000}, "The number of steps can't be 100000"),
    ],
)
def test_a_bad_request_is_a_sentence(values: dict[str, object], said: str) -> None:
    with pytest.raises(BadSpecError, match=said):
        LanguageSpec.of(values)


def test_what_was_stored_is_read_back() -> None:
    assert parse_spec(SPEC.model_dump(mode="json")) == SPEC
    assert LanguageSpec(text=TEXT.replace("\n", "\r\n")).text == TEXT
    assert LanguageSpec().title == "LSTM that learns the built-in text"
    assert SPEC.title == "GRU that learns a text of 900 characters"


def test_a_text_is_learned_in_the_queue(runs: Runs, queue: Queue, worker: Worker) -> None:
    run = done(runs, queue, worker)
    assert (run.state, run.result.steps, run.result.stopped) == ("done", 12, False)
    (started,) = runs.told(ANN, run.id, LessonStarted)
    assert started.characters + started.held_out == len(TEXT)
    assert started.baselines == texts.baselines(TEXT) == run.result.baselines
    tried = runs.told(ANN, run.id, LessonTried)
    assert tried[0].step == 0
    assert tried[-1].step == 12
    assert run.result.held_out == min(event.held_out for event in tried)
    assert all(set(event.sample) <= set(TEXT) for event in tried)
    assert sum(event.steps for event in runs.told(ANN, run.id, LessonLearned)) == 12


def test_what_was_learned_writes(runs: Runs, queue: Queue, worker: Worker) -> None:
    run = done(runs, queue, worker)
    folder = get_settings().runs / run.id
    assert {path.name for path in folder.iterdir()} == {"writer.safetensors", "writer.json"}
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    writer = language.load(folder)
    assert len(writer.write("The quick", 40, 0.5)) == 40
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert runs.all(ANN) == ()  # no training run
    runs.delete(ANN, run.id)
    assert runs.of_kind(ANN, "language") == ()


def test_a_stop_before_the_first_step_keeps_nothing(runs: Runs, queue: Queue, worker: Worker) -> None:
    run = done(runs, queue, worker, stopped=True)
    assert (run.state, run.message) == ("cancelled", "It was stopped before it began to learn.")


def test_a_stop_keeps_what_was_learned(
    runs: Runs, queue: Queue, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop is asked for while the network tries itself for the second time."""
    tries = []
    original = language.bits_per_character

    def tried(*given: object) -> float:
        tries.append(given)
        if len(tries) == 2:
            runs.stop(ANN, runs.of_kind(ANN, "language")[0].id)
        return original(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(language, "bits_per_character", tried)
    run = done(runs, queue, worker, SPEC.with_changes(steps=5000))
    assert run.was_stopped
    assert 0 < run.result.steps < 5000
    assert language.load(get_settings().runs / run.id).alphabet == "".join(sorted(set(TEXT)))


def test_the_built_in_text_is_learned_where_none_is_given(runs: Runs, queue: Queue, worker: Worker) -> None:
    run = done(runs, queue, worker, LanguageSpec(units=8, steps=10))
    assert run.result.baselines.characters == texts.baselines(texts.built_in()).characters


_ALWAYS = property(lambda _self: True, lambda _self, _value: None)


def told_by(runs: Runs, run: Run, *kinds: type[Event]) -> list[Event]:
    """What a run told, without how fast."""
    told = runs.told(ANN, run.id, *kinds)
    return [replace(e, characters_per_second=0.0) if isinstance(e, LessonLearned) else e for e in told]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_lesson_that_gave_way_goes_on_as_if_it_never_had(
    runs: Runs, queue: Queue, worker: Worker, monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    """Twelve steps, over a text of twelve pieces and the beginning of it anew; it gives way after each step."""
    spec = SPEC.with_changes(cell=cell, steps=20)
    whole = done(runs, queue, worker, spec)
    monkeypatch.setattr(Reporter, "give_way", _ALWAYS, raising=False)
    pieces = runs.submit(ANN, spec)
    attempts = 0
    while (claim := queue.claim("w1")) is not None:
        attempts += 1
        assert worker.execute(claim)
    assert attempts == 20
    after = runs.get(ANN, pieces.id)
    assert (after.state, after.losses, after.result.steps) == ("done", 0, 20)
    for kinds in ((LessonStarted,), (LessonLearned, LessonTried)):
        assert told_by(runs, pieces, *kinds) == told_by(runs, whole, *kinds)
    folders = [get_settings().runs / run.id for run in (whole, pieces)]
    assert {path.name for path in folders[1].iterdir()} == {"writer.safetensors", "writer.json"}
    weights = [load_file(folder / language.WEIGHTS) for folder in folders]
    assert all(torch.equal(tensor, weights[1][name]) for name, tensor in weights[0].items())
