"""What a training run tells, as frozen values; whoever listens decides what to do with them."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in a run; `name` is its tag in JSON."""

    name: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """The event as a JSON object tagged by `event`."""
        return {"event": self.name, **asdict(self)}


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """The run has begun."""

    name: ClassVar[str] = "started"
    backbone: str
    strategy: str
    device: str
    precision: str
    threads: int
    classes: tuple[str, ...]
    train_images: int
    val_images: int
    test_images: int
    epochs: int
    resumed_from_epoch: int = 0


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """Work other than steps: decoding images, running them through stages, validating, evaluating."""

    name: ClassVar[str] = "progress"
    phase: str
    done: int
    total: int
    images_per_second: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PhaseStarted(Event):
    """The classifier, or the classifier and some stages, begin to learn."""

    name: ClassVar[str] = "phase"
    phase: str
    trainable_stages: tuple[str, ...]
    trainable_parameters: int
    parameters: int
    cached: bool
    learning_rates: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Step(Event):
    """A training step; `epoch` counts from 1, `step` within the epoch from 1, `loss` is this batch's mean."""

    name: ClassVar[str] = "step"
    epoch: int
    step: int
    steps: int
    loss: float
    lr: float
    images_per_second: float


@dataclass(frozen=True, kw_only=True)
class Epoch(Event):
    """An epoch and its validation: exact counts, and losses that are means over images."""

    name: ClassVar[str] = "epoch"
    epoch: int
    epochs: int
    phase: str
    train_loss: float
    train_correct: int
    train_seen: int
    val_loss: float
    val_correct: int
    val_seen: int
    lr: float
    seconds: float
    images_per_second: float
    memory_bytes: int
    best: bool
    wrong: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The event, with the accuracies that follow from its counts."""
        return {
            **super().to_json(),
            "train_accuracy": self.train_correct / max(self.train_seen, 1),
            "val_accuracy": self.val_correct / max(self.val_seen, 1),
        }


@dataclass(frozen=True, kw_only=True)
class Notice(Event):
    """Something a person should know: what was changed, or why training stopped early."""

    name: ClassVar[str] = "notice"
    message: str


@dataclass(frozen=True, kw_only=True)
class Stopping(Event):
    """The request to stop has taken effect; the best model so far is being finished."""

    name: ClassVar[str] = "stopping"


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The run is over and its best model is kept."""

    name: ClassVar[str] = "finished"
    accuracy: float
    correct: int
    seen: int
    val_loss: float
    best_epoch: int
    epochs_done: int
    stopped: bool
    seconds: float
    seconds_by_phase: dict[str, float]
    train_images: int
    val_images: int
    device: str
    test_correct: int | None = None
    test_seen: int | None = None
