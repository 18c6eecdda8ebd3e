"""A finished run's held-out predictions, as the result page looks at them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tlcore.data.dataset import Dataset, Example
from tlcore.errors import IncompleteRunError
from tlcore.jobs.running.runs import Run
from tlcore.settings import Settings, get_settings
from tlcore.train.judging.balance import Balance, balance_of
from tlcore.train.judging.confusion import block_order
from tlcore.train.judging.evaluation import Predictions, class_scores, most_confident_mistakes
from tlcore.train.judging.intervals import wilson_interval
from tlcore.train.trained import load_predictions


@dataclass(frozen=True)
class JudgedImage:
    """A held-out image, what it is, and what the model said."""

    index: int
    blob: str
    name: str
    label: str
    predicted: str
    probability: float

    @property
    def caption(self) -> str:
        """What the model said, and what is true."""
        return f"said {self.predicted} {self.probability:.0%}\nis {self.label}"


@dataclass(frozen=True)
class PartResult:
    """How a model fared on one part of its data set."""

    predictions: Predictions
    examples: tuple[Example, ...]
    classes: tuple[str, ...]
    train_counts: tuple[int, ...]

    @cached_property
    def balance(self) -> Balance:
        """Balanced accuracy, and what always saying the same class would reach."""
        return balance_of(self.predictions, self.classes, self.train_counts)

    @property
    def correct(self) -> int:
        """How many images are right."""
        return self.predictions.correct

    @property
    def seen(self) -> int:
        """How many images there are."""
        return self.predictions.seen

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return self.correct / self.seen

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.seen)

    @cached_property
    def confusion(self) -> list[list[int]]:
        """Counts; rows are true classes, columns predicted ones."""
        table: list[list[int]] = self.predictions.confusion().tolist()
        return table

    @property
    def block_order(self) -> list[int]:
        """The classes so that those which are taken for one another stand together."""
        return block_order(self.predictions.confusion())

    @property
    def class_rows(self) -> list[dict[str, Any]]:
        """Precision, recall and F1 of each class, and the 95 % Wilson interval of the recall."""
        scores = class_scores(self.predictions.confusion(), self.classes)
        return [
            {
                "class": s.label, "precision": s.precision, "recall": s.recall, "F1": s.f1, "images": s.images,
                "recall within": _within(s.recall, s.images),
            }
            for s in scores
        ]  # fmt: skip

    @property
    def mistakes(self) -> list[JudgedImage]:
        """The wrong ones, the most confident first."""
        return [self._judged(i) for i in most_confident_mistakes(self.predictions, self.seen)]

    def in_cell(self, true: int, predicted: int) -> list[JudgedImage]:
        """The images of one cell of the confusion matrix, the most confident first."""
        inside = np.flatnonzero((self.predictions.labels == true) & (self.predictions.predicted == predicted))
        confidence = self.predictions.probabilities[inside, predicted]
        return [self._judged(int(i)) for i in inside[np.argsort(-confidence, kind="stable")]]

    def _judged(self, index: int) -> JudgedImage:
        example, said = self.examples[index], int(self.predictions.predicted[index])
        probability = float(self.predictions.probabilities[index, said])
        label, predicted = self.classes[example.label], self.classes[said]
        return JudgedImage(index, example.blob, example.name, label, predicted, probability)


def _within(recall: float | None, images: int) -> str | None:
    if recall is None:
        return None
    low, high = wilson_interval(round(recall * images), images)
    return f"{low:.0%} to {high:.0%}"


@dataclass(frozen=True)
class Result:
    """A run's held-out results, by part."""

    run_id: str
    parts: dict[str, PartResult]


def load_result(run: Run, dataset: Dataset, settings: Settings | None = None) -> Result:
    """The results of a finished run on the data set that it was trained on."""
    if not dataset.examples:
        raise IncompleteRunError("This model came without its images, so there is nothing here to check it on.")
    predictions = load_predictions((settings or get_settings()).runs / run.id)
    parts = {
        part: PartResult(
            predicted,
            tuple(e for e in dataset.examples if e.part == part),
            dataset.classes,
            dataset.class_counts("train"),
        )
        for part, predicted in predictions.items()
    }
    return Result(run.id, parts)
