"""Answers while frozen stages still look."""

from collections.abc import Generator

import pytest
import torch

from tests.unit.train.conftest import Lab, spec_of
from tlcore.data.dataset import Dataset, Example
from tlcore.events import Event, Notice
from tlcore.train import events
from tlcore.train.judging.intervals import wilson_interval
from tlcore.train.learning import first_answers
from tlcore.train.learning.first_answers import FirstAnswers, with_answers

PARTS = {"train": 8, "val": 4, "test": 4}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> FirstAnswers:
    """Of two classes, whose images alternate."""
    monkeypatch.setattr(first_answers, "_SECONDS", 0.0)
    monkeypatch.setattr(first_answers, "_SHARE", 1e9)
    examples = (
        Example(blob=f"{part}{i}", label=i % 2, part=part) for part, count in PARTS.items() for i in range(count)
    )
    return FirstAnswers(Dataset(classes=("a", "b"), examples=tuple(examples)), 1e-3)


def look(answers: FirstAnswers, part: str, first: int, stop: int, sign: float = 1.0) -> None:
    """Have it hear features of which the first tells the classes apart, in the other sense for a negative sign."""
    features = torch.tensor([[sign * (1.0 if i % 2 else -1.0), 0.0] for i in range(first, stop)])
    answers.hear(part, [f"{part}{i}" for i in range(first, stop)], features)


def test_it_answers_on_what_was_seen_with_its_interval(answers: FirstAnswers) -> None:
    look(answers, "train", 0, 4)
    look(answers, "val", 0, 2)
    look(answers, "val", 2, 3, sign=-1)
    assert answers.due() == events.Answer(
        looked=4, images=8, train_correct=4, correct=2, seen=3, interval=wilson_interval(2, 3)
    )
    assert answers.due() is None  # nothing new
    look(answers, "train", 4, 8)
    told = answers.due()
    assert told is not None
    assert (told.looked, told.accuracy, told.train_accuracy) == (8, 2 / 3, 1.0)


def test_it_says_nothing_before_it_can(answers: FirstAnswers) -> None:
    look(answers, "train", 0, 1)
    look(answers, "val", 0, 2)
    assert answers.due() is None  # one class only
    nothing_held_out = FirstAnswers(answers.dataset, 1e-3)
    look(nothing_held_out, "train", 0, 4)
    assert nothing_held_out.due() is None
    look(nothing_held_out, "test", 0, 4)
    assert nothing_held_out.due() is None  # test images are for the end


def test_the_answer_on_all_images_is_always_given(answers: FirstAnswers, monkeypatch: pytest.MonkeyPatch) -> None:
    look(answers, "val", 0, 4)
    look(answers, "train", 0, 4)
    monkeypatch.setattr(first_answers, "_SECONDS", 3600.0)
    assert answers.due() is not None
    look(answers, "train", 4, 6)
    assert answers.due() is None  # too soon
    look(answers, "train", 6, 8)
    assert answers.due() is not None


def test_they_are_told_between_what_is_told_anyway(answers: FirstAnswers) -> None:
    def stream() -> Generator[Event, None, str]:
        look(answers, "val", 0, 4)
        look(answers, "train", 0, 8)
        yield Notice(message="one")
        yield Notice(message="two")
        return "done"

    told = with_answers(stream(), answers)
    assert [event.name for event in told] == ["notice", "answer", "notice"]


def test_a_run_answers_before_it_is_done_and_the_last_is_of_all_images(fresh_lab: Lab) -> None:
    spec = spec_of(optimizer="lbfgs", weight_decay=1e-3, augmentation="light", views=2)
    stream = fresh_lab.train(spec)
    told = [event for event in stream if isinstance(event, events.Answer)]
    assert told[-1].looked == told[-1].images == fresh_lab.images.dataset.count("train")
    assert told[-1].seen == fresh_lab.images.dataset.count("val")
    assert [answer.looked for answer in told] == sorted(answer.looked for answer in told)
    tags = [event.name for event in stream]
    assert tags.index("answer") < tags.index("phase") < tags.index("step") < tags.index("epoch") < len(tags) - 1
    assert tags.count("epoch") == 1


def test_what_was_looked_at_before_counts_from_the_start(fresh_lab: Lab) -> None:
    spec = spec_of(optimizer="lbfgs", weight_decay=1e-3)
    fresh_lab.train(spec, "first")
    again = fresh_lab.train(spec.with_changes(augmentation="light", views=2), "second")
    (answer,) = [event for event in again if isinstance(event, events.Answer)]
    assert answer.looked == answer.images


def test_a_solved_classifier_is_the_one_that_is_kept_and_does_not_hang_on_chance(fresh_lab: Lab) -> None:
    specs = [spec_of(optimizer="lbfgs", weight_decay=1e-3, seed=seed) for seed in (0, 1)]
    finished = [fresh_lab.train(spec, str(spec.seed))[-1] for spec in specs]
    assert all(isinstance(one, events.Finished) for one in finished)
    one, other = finished
    assert isinstance(one, events.Finished) and isinstance(other, events.Finished)
    assert (one.correct, one.val_loss, one.best_epoch) == (other.correct, other.val_loss, 1)
    assert one.accuracy > 0.6  # of four classes
