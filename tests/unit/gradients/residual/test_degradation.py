"""Races: turns of an epoch, models kept, stops heard; and what the race that the project carries shows."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tlcore.data.dataset import Dataset, LabelledImage, freeze
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.samples.take_sample import take_sample
from tlcore.errors import IncompleteRunError
from tlcore.events import Event, GaveWay, Notice, StateChanged
from tlcore.gradients.events import Lap, RaceFinished
from tlcore.gradients.residual.degradation import race, race_of, recipe, stored
from tlcore.jobs.kinds.specs import RACERS
from tlcore.settings import get_settings
from tlcore.train import device, trained
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.run import DivergedError, RunContext, train

NETS = ("cifar_plain20", "cifar_resnet20")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, BlobStore]:
    """Three classes of digits, four images of each to learn."""
    blobs = BlobStore(tmp_path_factory.mktemp("blobs"))
    images = [image for image in take_sample("digits", blobs).images if image.label in {"0", "1", "2"}]
    few = [
        LabelledImage(blob=image.blob, label=image.label, name=image.name, part=part)
        for part, count in (("train", 4), ("val", 3))
        for label in ("0", "1", "2")
        for image in [one for one in images if one.label == label][0 if part == "train" else 10 :][:count]
    ]
    return freeze(few), blobs


@pytest.fixture
def context(digits: tuple[Dataset, BlobStore], tmp_path: Path) -> RunContext:
    return RunContext(
        "race", device.choose("cpu"), digits[1], get_settings().cache, tmp_path / "race", threads=1, checkpoints=False
    )


def laps(events: list[Event]) -> list[tuple[str, int]]:
    return [(event.network, event.epoch) for event in events if isinstance(event, Lap)]


def test_the_networks_take_an_epoch_in_turn(digits: tuple[Dataset, BlobStore], context: RunContext) -> None:
    told = list(race(NETS, digits[0], context, epochs=2, seed=1, batch_size=32))
    assert laps(told) == [(net, epoch) for epoch in (1, 2) for net in NETS]
    finished = told[-1]
    assert isinstance(finished, RaceFinished)
    assert (finished.train_images, finished.val_images, finished.classes, finished.stopped) == (12, 9, 3, False)
    for net in NETS:
        assert trained.load(context.folder / net).card.backbone == net


def test_in_turn_each_learns_what_it_learns_alone(digits: tuple[Dataset, BlobStore], context: RunContext) -> None:
    together = [
        event for event in race(NETS, digits[0], context, epochs=2, seed=0, batch_size=32) if isinstance(event, Lap)
    ]
    alone = replace(context, folder=context.folder / "alone")
    for net in NETS:
        found = [
            event for event in race([net], digits[0], alone, epochs=2, seed=0, batch_size=32) if isinstance(event, Lap)
        ]
        mine = [lap for lap in together if lap.network == net]
        assert [(lap.train_loss, lap.val_loss) for lap in mine] == [(lap.train_loss, lap.val_loss) for lap in found]


def test_a_stop_keeps_every_model(digits: tuple[Dataset, BlobStore], context: RunContext) -> None:
    told: list[Event] = []
    stopping = replace(context, should_stop=lambda: len(laps(told)) >= 3)
    stream = race(NETS, digits[0], stopping, epochs=50, seed=0, batch_size=32)
    while event := next(stream, None):
        told.append(event)
    assert 3 <= len(laps(told)) <= 4
    assert [event.name for event in told].count("stopping") == len(NETS)  # or it would be killed as deaf
    finished = told[-1]
    assert isinstance(finished, RaceFinished)
    assert finished.stopped
    assert all(trained.load(context.folder / net).card.backbone == net for net in NETS)


def test_a_stop_before_the_first_lap_is_no_race(digits: tuple[Dataset, BlobStore], context: RunContext) -> None:
    stopping = replace(context, should_stop=lambda: True)
    with pytest.raises(IncompleteRunError, match="before its first lap"):
        list(race(NETS, digits[0], stopping, epochs=5, seed=0, batch_size=32))


def test_a_race_that_gives_way_again_and_again_is_the_uninterrupted_one(
    digits: tuple[Dataset, BlobStore], context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlcore.train.run._WORTH_BEGINNING_SECONDS", -1)
    settings: dict[str, Any] = {"epochs": 3, "seed": 0, "batch_size": 4}  # three steps an epoch
    whole = list(race(NETS, digits[0], replace(context, folder=context.folder / "whole"), **settings))
    told: list[Event] = []
    for attempt in range(50):
        asked = iter([False] * (4 + attempt % 3))
        held_up = replace(
            context, checkpoints=True, should_give_way=lambda asked=asked: next(asked, True), seconds_before=attempt,
            told=lambda kind, told=told: [event for event in told if isinstance(event, kind)],
        )  # fmt: skip
        stream = list(race(NETS, digits[0], held_up, **settings))
        told += [event for event in stream if not isinstance(event, GaveWay)]
        if not isinstance(stream[-1], GaveWay):
            break
    assert attempt > 3
    losses = {(lap.network, lap.epoch): lap.train_loss for lap in told if isinstance(lap, Lap)}
    assert losses == {(lap.network, lap.epoch): lap.train_loss for lap in whole if isinstance(lap, Lap)}
    finished = stream[-1]
    assert isinstance(finished, RaceFinished)
    assert (len(finished.laps), finished.stopped, finished.seconds > attempt) == (2, False, True)
    for net in NETS:
        pairs = [load_file(context.folder / folder / net / trained.LEARNED) for folder in ("whole", "")]
        assert all(torch.equal(tensor, pairs[1][name]) for name, tensor in pairs[0].items())


def test_one_that_diverges_is_out_and_the_others_go_on(
    digits: tuple[Dataset, BlobStore], context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_plain(spec: TrainSpec, dataset: Dataset, context: RunContext) -> Iterator[Event]:
        if spec.backbone == "cifar_plain20":
            raise DivergedError("The loss is no number.")
        yield from train(spec, dataset, context)

    monkeypatch.setattr("tlcore.gradients.residual.degradation.train", without_plain)
    told = list(race(NETS, digits[0], context, epochs=1, seed=0, batch_size=32))
    assert [event.message for event in told if isinstance(event, Notice)] == [
        "Plain-20 (CIFAR): The loss is no number."
    ]
    assert laps(told) == [("cifar_resnet20", 1)]


def test_a_race_is_read_back_from_what_was_told(digits: tuple[Dataset, BlobStore], context: RunContext) -> None:
    told = list(race(NETS, digits[0], context, epochs=2, seed=0, batch_size=32))
    again = told[-2]  # told twice, after an interruption
    found = race_of([StateChanged(state="running"), *told[:-1], again, told[-1]])
    assert [len(found.laps[net]) for net in NETS] == [2, 2]
    assert found.finished is not None
    assert found.finished.epochs == 2


def test_all_are_trained_alike() -> None:
    specs = {recipe(net, 3, 5, 32).with_changes(backbone="resnet18") for net in RACERS}
    assert len(specs) == 1


def test_the_race_that_is_carried_shows_degradation_for_what_it_is() -> None:
    """He et al. 2015, section 4.2: the deeper plain net has the higher training error, and the residual one has not."""
    found = stored()
    errors = {net: found.laps[net][-1].train_error for net in RACERS}
    assert errors["cifar_plain56"] > errors["cifar_plain20"] + 0.02
    assert errors["cifar_resnet56"] <= errors["cifar_resnet20"] + 0.01
    assert found.command.startswith("python -m tlcore degradation")
    assert found.finished is not None
    assert found.finished.seconds > 0
    assert found.finished.device
