"""Events as JSON: each line can be read by any strict parser."""

import json
from typing import Any

import pytest

from tests.unit.train.conftest import Lab, spec_of
from tlcore.events import Event
from tlcore.train import events


def strict(text: str) -> Any:
    """JSON without the NaN and Infinity that Python lets pass."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.mark.parametrize("strategy", ["frozen", "probe-then-tune"])
def test_every_event_of_a_run_is_a_strict_json_object(lab: Lab, strategy: str) -> None:
    names = set()
    for event in lab.train(spec_of(strategy=strategy, probe_epochs=1)):
        line = strict(json.dumps(event.to_json()))
        assert line["event"] == event.name
        names.add(event.name)
    assert names >= {"started", "progress", "phase", "step", "epoch", "finished"}


def test_names_are_unique() -> None:
    kinds = [kind for kind in Event.__subclasses__() if kind.__module__ == events.__name__]
    assert len({kind.name for kind in kinds}) == len(kinds) > 1


def test_accuracies_follow_from_counts() -> None:
    epoch = events.Epoch(
        epoch=1,
        epochs=2,
        phase="classifier",
        train_loss=0.1,
        train_correct=32,
        train_seen=33,
        val_loss=0.2,
        val_correct=0,
        val_seen=0,
        lr=0.1,
        seconds=1.0,
        images_per_second=33.0,
        memory_bytes=0,
        best=True,
    )
    line = epoch.to_json()
    assert line["train_accuracy"] == 32 / 33
    assert line["val_accuracy"] == 0
