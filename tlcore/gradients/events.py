"""What trainings and races tell of gradients and errors; nothing here needs torch, for pages read it too."""

from dataclasses import dataclass
from typing import ClassVar

from tlcore.events import Event, Result


@dataclass(frozen=True, kw_only=True)
class LayerSeen:
    """What a backward pass said of a layer, as `LayerFlow` holds it; None where it is not finite."""

    name: str
    depth: int
    grad_norm: float | None
    weight_grad_norm: float | None
    activation_std: float | None
    dead: float | None
    weight_norm: float | None
    update_ratio: float | None


@dataclass(frozen=True, kw_only=True)
class FlowSeen(Event):
    """A backward pass `after` so many epochs, layer by layer; None where a number is not finite.

    `update_ratio` is that of plain gradient descent at rate 1, so it does not follow the schedule.
    """

    name: ClassVar[str] = "flow"
    after: float
    loss: float | None
    verdict: str
    ratio: float | None
    layers: tuple[LayerSeen, ...]


@dataclass(frozen=True, kw_only=True)
class Lap(Event):
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
class RaceFinished(Result):
    """The last lap of every network, and how they were trained; fewer epochs than wanted when it was stopped."""

    name: ClassVar[str] = "race_finished"
    formerly: ClassVar[tuple[str, ...]] = ("finished",)
    laps: tuple[Lap, ...]
    epochs: int
    seed: int
    train_images: int
    val_images: int
    classes: int
    seconds: float
    device: str
    threads: int
