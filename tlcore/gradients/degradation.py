"""Degradation: plain and residual networks of two depths, trained side by side by one recipe.

He, Zhang, Ren & Sun 2015, "Deep Residual Learning for Image Recognition", figure 6: the deeper plain network has the
higher error on the very images that it is trained on, so it is not overfitting that holds it back.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from tlcore.data.dataset import Dataset
from tlcore.errors import IncompleteRunError
from tlcore.settings import PROJECT_ROOT
from tlcore.train import events
from tlcore.train.run import DivergedError, train
from tlcore.train.spec import TrainSpec
from tlcore.zoo import registry

if TYPE_CHECKING:
    from tlcore.train.run import RunContext

STORED = PROJECT_ROOT / "assets" / "degradation.json"
_RECIPE: dict[str, Any] = {
    "strategy": "scratch", "optimizer": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4,
    "warmup_epochs": 1, "augmentation": "none", "flip": False, "label_smoothing": 0.0,
}  # fmt: skip
"""The paper's optimiser and weight decay; half of its rate, for a quarter of its batch; nothing is augmented."""


@dataclass(frozen=True, kw_only=True)
class Lap(events.Event):
    """An epoch of one network: the shares of training images (as they were learned) and of held-out ones it got wrong.

    `seconds` are those that this network has taken so far.
    """

    name: ClassVar[str] = "lap"
    network: str
    epoch: int
    epochs: int
    train_error: float
    val_error: float
    train_loss: float
    val_loss: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RaceFinished(events.Event):
    """The last lap of every network, and how they were trained; fewer epochs than wanted when it was stopped."""

    name: ClassVar[str] = "finished"
    laps: tuple[dict[str, Any], ...]
    epochs: int
    seed: int
    train_images: int
    val_images: int
    classes: int
    seconds: float
    device: str
    threads: int
    stopped: bool


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
) -> Iterator[events.Event]:
    """Train the networks in turns, an epoch each, so that all are equally far; models go into folders of their names.

    One whose loss stops being a number before there is a model to keep is out, and the others go on. Raises
    `IncompleteRunError` when it was stopped before the first lap.
    """
    begun = monotonic()
    specs = [recipe(network, epochs, seed, batch_size) for network in networks]
    racers = [_Racer(spec.backbone, epochs, _training(spec, dataset, context)) for spec in specs]
    while running := [racer for racer in racers if not racer.over]:
        for racer in running:
            yield from racer.turn()
    laps = [racer.lap for racer in racers if racer.lap is not None]
    if not laps:
        raise IncompleteRunError("The race was stopped before its first lap.")
    yield RaceFinished(
        laps=tuple(lap.to_json() for lap in laps), epochs=epochs, seed=seed, classes=len(dataset.classes),
        train_images=dataset.count("train"), val_images=dataset.count("val"), seconds=monotonic() - begun,
        device=context.device.title, threads=context.threads, stopped=any(lap.epoch < epochs for lap in laps),
    )  # fmt: skip


def _training(spec: TrainSpec, dataset: Dataset, context: "RunContext") -> Iterator[events.Event]:
    return train(spec, dataset, replace(context, folder=context.folder / spec.backbone))


@dataclass
class _Racer:
    """One network on its way."""

    network: str
    epochs: int
    stream: Iterator[events.Event]
    lap: Lap | None = None
    seconds: float = 0.0
    over: bool = False

    def turn(self) -> Iterator[events.Event]:
        """Go on to the end of an epoch, or of the training."""
        begun = monotonic()
        try:
            for event in self.stream:
                if isinstance(event, events.Epoch):
                    self.seconds += monotonic() - begun
                    self.lap = self._lap(event)
                    yield self.lap
                    return
                if isinstance(event, events.Progress | events.Notice | events.Stopping):
                    yield event
        except (DivergedError, IncompleteRunError) as error:
            yield events.Notice(message=f"{registry.get(self.network).title}: {error}")
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


def race_of(told: Iterable[Mapping[str, Any]]) -> Race:
    """The race that events told of; what was run again after an interruption counts once."""
    laps: dict[str, dict[int, Lap]] = {}
    finished = None
    for event in told:
        if event["event"] == Lap.name:
            laps.setdefault(event["network"], {})[event["epoch"]] = Lap(**_fields(Lap, event))
        elif event["event"] == RaceFinished.name:
            finished = RaceFinished(**_fields(RaceFinished, event))
    return Race({name: tuple(found.values()) for name, found in laps.items()}, finished)


@cache
def stored() -> Race:
    """The race that the project carries, for the first sight."""
    held = json.loads(STORED.read_text("utf-8"))
    about = {key: held[key] for key in ("command", "day", "torch", "probed")}
    return replace(race_of(held["events"]), **about)


def _fields(kind: type[events.Event], event: Mapping[str, Any]) -> dict[str, Any]:
    """The event's values without what is told beside them, such as when."""
    return {field.name: event[field.name] for field in fields(kind)}
