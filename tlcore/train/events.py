"""What a training run tells beside what every job does."""

from dataclasses import dataclass
from typing import ClassVar

from tlcore.events import Event, Result
from tlcore.train.judging.balance import Balance


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """The run has begun, or goes on after so many epochs, of which the last may be a part."""

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
    resumed_after: float = 0.0


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
class Answer(Event):
    """A first answer, while frozen stages still look: the best linear classifier on the images seen so far.

    It learned from `looked` of the `images` training images, of which it gets `train_correct` right, and was tried on
    `seen` validation images, of which it gets `correct` right: an accuracy that is uncertain within the `interval`.
    """

    name: ClassVar[str] = "answer"
    derived: ClassVar[tuple[str, ...]] = ("accuracy", "train_accuracy")
    looked: int
    images: int
    train_correct: int
    correct: int
    seen: int
    interval: tuple[float, float]

    @property
    def accuracy(self) -> float:
        """The share of the validation images seen that are right."""
        return self.correct / max(self.seen, 1)

    @property
    def train_accuracy(self) -> float:
        """The share of the training images seen that are right."""
        return self.train_correct / max(self.looked, 1)


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
class Mistake:
    """A validation image that the model gets wrong now, with what it says instead and how sure it is of that."""

    blob: str
    name: str
    label: str
    predicted: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class Epoch(Event):
    """An epoch and its validation: exact counts, and losses that are means over images.

    `val_balanced` is the balanced accuracy, where the validation images are unevenly spread over the classes.
    """

    name: ClassVar[str] = "epoch"
    derived: ClassVar[tuple[str, ...]] = ("train_accuracy", "val_accuracy")
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
    wrong: tuple[Mistake, ...] = ()
    val_balanced: float | None = None

    @property
    def train_accuracy(self) -> float:
        """The share of training images that it got right as it learned from them."""
        return self.train_correct / max(self.train_seen, 1)

    @property
    def val_accuracy(self) -> float:
        """The share of validation images that are right."""
        return self.val_correct / max(self.val_seen, 1)


@dataclass(frozen=True, kw_only=True)
class Finished(Result):
    """The training is over and its best model is kept.

    `balance` is that of the validation images; runs of before it was measured have none.
    """

    name: ClassVar[str] = "finished"
    accuracy: float
    correct: int
    seen: int
    val_loss: float
    best_epoch: int
    epochs_done: int
    seconds: float
    seconds_by_phase: dict[str, float]
    train_images: int
    val_images: int
    device: str
    test_correct: int | None = None
    test_seen: int | None = None
    balance: Balance | None = None
