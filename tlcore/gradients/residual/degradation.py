"""Degradation: plain and residual networks of two depths, trained side by side by one recipe.

He, Zhang, Ren & Sun 2015, "Deep Residual Learning for Image Recognition", figure 6: the deeper plain network has the
higher error on the very images that it is trained on, so it is not overfitting that holds it back.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any

import torch

from tlcore.data.dataset import Dataset
from tlcore.errors import IncompleteRunError
from tlcore.events import Event, GaveWay, Notice, Progress, Stopping, read
from tlcore.gradients.events import Lap, RaceFinished
from tlcore.settings import PROJECT_ROOT
from tlcore.train import events
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.run import DivergedError, train
from tlcore.train.trained import CARD
from tlcore.zoo import registry

if TYPE_CHECKING:
    from tlcore.train.run import RunContext

STORED = PROJECT_ROOT / "assets" / "degradation.json"
_RECIPE: dict[str, Any] = {
    "strategy": "scratch", "optimizer": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4,
    "warmup_epochs": 1, "augmentation": "none", "flip": False, "label_smoothing": 0.0,
}  # fmt: skip
"""The paper's optimiser and weight decay; half of its rate, for a quarter of its batch; nothing is augmented."""


def recipe(network: str, epochs: int, seed: int, batch_size: int) -> TrainSpec:
    """How each network of a race is trained: all of them alike."""
    return TrainSpec.of({**_RECIPE, "backbone": network, "epochs": epochs, "seed": seed, "batch_size": batch_size})


def race(
    networks: Iterable[str],
    dataset: Dataset,
    context: "RunContext",
    *,
    epochs: int,
    seed: int,
    batch_size: int,
) -> Iterator[Event]:
    """Train the networks in turns, an epoch each, so that all are equally far; models go into folders of their names.

    One whose loss stops being a number before there is a model to keep is out, and the others go on. Raises
    `IncompleteRunError` when it was stopped before the first lap.
    """
    begun = monotonic() - context.seconds_before
    specs = [recipe(network, epochs, seed, batch_size) for network in networks]
    racers = [_Racer(spec.backbone, epochs, _training(spec, dataset, context)) for spec in specs]
    _take_up(racers, context)
    while running := [racer for racer in racers if not racer.over]:
        yield from min(running, key=lambda racer: racer.epoch).turn()
        if any(racer.gave_way for racer in running):
            yield GaveWay()
            return
    laps = [racer.lap for racer in racers if racer.lap is not None]
    if not laps:
        raise IncompleteRunError("The race was stopped before its first lap.")
    yield RaceFinished(
        laps=tuple(laps), epochs=epochs, seed=seed, classes=len(dataset.classes),
        train_images=dataset.count("train"), val_images=dataset.count("val"), seconds=monotonic() - begun,
        device=context.device.title, threads=torch.get_num_threads(), stopped=any(lap.epoch < epochs for lap in laps),
    )  # fmt: skip


def _training(spec: TrainSpec, dataset: Dataset, context: "RunContext") -> Iterator[Event]:
    return train(spec, dataset, replace(context, folder=context.folder / spec.backbone))


def _take_up(racers: Iterable["_Racer"], context: "RunContext") -> None:
    """Put the racers where earlier attempts told that they were; whose model is kept is over."""
    told = {lap.network: lap for lap in context.told(Lap)}
    for racer in racers:
        if (lap := told.get(racer.network)) is not None:
            racer.lap, racer.epoch, racer.seconds = lap, lap.epoch, lap.seconds
            racer.over = lap.epoch == racer.epochs and (context.folder / racer.network / CARD).is_file()


@dataclass
class _Racer:
    """One network on its way."""

    network: str
    epochs: int
    stream: Iterator[Event]
    lap: Lap | None = None
    epoch: int = 0
    seconds: float = 0.0
    over: bool = False
    gave_way: bool = False

    def turn(self) -> Iterator[Event]:
        """Go on to the end of an epoch, or of the training."""
        begun = monotonic()
        try:
            for event in self.stream:
                if isinstance(event, events.Epoch):
                    self.seconds += monotonic() - begun
                    self.epoch, self.lap = event.epoch, self._lap(event)
                    yield self.lap
                    return
                if isinstance(event, GaveWay):
                    self.gave_way = True
                    return
                if isinstance(event, Progress | Notice | Stopping):
                    yield event
        except (DivergedError, IncompleteRunError) as error:
            yield Notice(message=f"{registry.get(self.network).title}: {error}")
        self.over = True

    def _lap(self, epoch: events.Epoch) -> Lap:
        return Lap(
            network=self.network, epoch=epoch.epoch, epochs=self.epochs,
            train_error=1 - epoch.train_correct / max(epoch.train_seen, 1), train_loss=epoch.train_loss,
            val_error=1 - epoch.val_correct / max(epoch.val_seen, 1), val_loss=epoch.val_loss, seconds=self.seconds,
        )  # fmt: skip


@dataclass(frozen=True)
class Race:
    """A race as it is drawn: each network's laps, and how they came about; of some networks, what was measured then."""

    laps: dict[str, tuple[Lap, ...]]
    finished: RaceFinished | None = None
    command: str = ""
    day: str = ""
    torch: str = ""
    probed: Mapping[str, dict[str, Any]] = field(default_factory=dict)


def race_of(told: Iterable[Event]) -> Race:
    """The race that events told of; what was run again after an interruption counts once."""
    laps: dict[str, dict[int, Lap]] = {}
    finished = None
    for event in told:
        if isinstance(event, Lap):
            laps.setdefault(event.network, {})[event.epoch] = event
        elif isinstance(event, RaceFinished):
            finished = event
    return Race({name: tuple(by_epoch.values()) for name, by_epoch in laps.items()}, finished)


@cache
def stored() -> Race:
    """The race that the project carries, for the first sight."""
    held = json.loads(STORED.read_text("utf-8"))
    about = {key: held[key] for key in ("command", "day", "torch", "probed")}
    return replace(race_of(read(event, (Lap, RaceFinished)) for event in held["events"]), **about)
