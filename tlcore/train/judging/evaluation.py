"""What a model got right and wrong: predictions, exact counts and their uncertainty."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from tlcore.data.ingest.report import Part
from tlcore.train.learning.inputs import Inputs
from tlcore.train.learning.model import LearningModel
from tlcore.train.recipe.plan import Phase


@dataclass(frozen=True)
class Predictions:
    """Class probabilities `(n, classes)` and true labels `(n,)` of one part of a data set, in its order.

    A row of zeros stands for an image whose activations overflowed: the network said nothing, which is never right.
    """

    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each image."""
        return self.probabilities.argmax(1)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Whether the network said anything, image by image."""
        return self.probabilities.max(1) > 0

    @property
    def correct(self) -> int:
        """How many are right."""
        return int(((self.predicted == self.labels) & self.answered).sum())

    @property
    def seen(self) -> int:
        """How many there are."""
        return len(self.labels)

    @property
    def loss(self) -> float:
        """The mean negative log-likelihood, in nats an image."""
        picked = self.probabilities[np.arange(self.seen), self.labels].astype(np.float64)
        return float(-np.log(np.clip(picked, 1e-12, None)).mean()) if self.seen else math.nan

    def confusion(self) -> NDArray[np.int64]:
        """`(classes, classes)` counts; rows are true classes, columns predicted ones."""
        classes = self.probabilities.shape[1]
        table = np.bincount(self.labels * classes + self.predicted, minlength=classes**2)
        return table.reshape(classes, classes)


@dataclass(frozen=True)
class ClassScores:
    """How one class fared: precision, recall and F1 are None where nothing was predicted or seen."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    images: int


def class_scores(confusion: NDArray[np.int64], classes: Sequence[str]) -> tuple[ClassScores, ...]:
    """Precision and recall of every class from the confusion matrix."""
    scores = []
    for index, label in enumerate(classes):
        hits, images, said = confusion[index, index], confusion[index].sum(), confusion[:, index].sum()
        precision = float(hits / said) if said else None
        recall = float(hits / images) if images else None
        f1 = float(2 * hits / (said + images)) if said + images else None
        scores.append(ClassScores(label, precision, recall, f1, int(images)))
    return tuple(scores)


def predict_batches(model: LearningModel, inputs: Inputs, part: Part, images: int, phase: Phase) -> Iterator[Tensor]:
    """The class probabilities of so many images of a part, a batch at a time, in evaluation mode."""
    model.eval_mode()
    for indices in torch.arange(images).split(model.forward_batch(inputs.entry)):
        with torch.no_grad():
            logits = model.logits(inputs.evaluation(part, indices), inputs.entry, phase)
            probabilities = F.softmax(logits, 1).nan_to_num(nan=0.0).cpu()
        yield probabilities


def predictions_of(batches: Iterable[Tensor], labels: Tensor) -> Predictions:
    """The batches as one."""
    return Predictions(torch.cat(list(batches)).numpy(), labels.cpu().numpy())


def most_confident_mistakes(predictions: Predictions, count: int) -> list[int]:
    """The indices of the wrong predictions, the most confident first."""
    wrong = np.flatnonzero(predictions.predicted != predictions.labels)
    confidence = predictions.probabilities[wrong].max(1) if len(wrong) else wrong
    return [int(i) for i in wrong[np.argsort(-confidence, kind="stable")][:count]]
