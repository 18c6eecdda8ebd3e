"""What one accuracy leaves unsaid where classes are of different sizes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlcore.train.judging.intervals import wilson_interval
from tlcore.wording import listed, plural

if TYPE_CHECKING:
    from tlcore.train.judging.evaluation import Predictions

FEW = 5
"""A class with fewer held-out images than this is named: Wilson's interval of four is at least half of all there is."""
_EVEN_RATIO = 1.5


@dataclass(frozen=True)
class Balance:
    """Balanced accuracy, beside what saying the same class always would reach.

    `accuracy` is the mean of the classes' recalls, over the `classes` that have held-out images at all; `always` is the
    accuracy of `largest`, the class with the most training images, as the answer to everything; `few` names the classes
    with hardly any held-out images, and how many. All shares are in [0, 1].
    """

    accuracy: float
    interval: tuple[float, float]
    classes: int
    uneven: bool
    largest: str
    always: float
    few: dict[str, int]


def balance_of(predictions: "Predictions", classes: Sequence[str], train_counts: Sequence[int]) -> Balance:
    """The balance of predictions on one part of a data set whose training part has so many images of each class."""
    right = (predictions.predicted == predictions.labels) & predictions.answered
    seen = np.bincount(predictions.labels, minlength=len(classes))
    hits = np.bincount(predictions.labels[right], minlength=len(classes))
    accuracy, interval = mean_recall(hits.tolist(), seen.tolist())
    largest = int(np.argmax(train_counts))
    return Balance(
        accuracy=accuracy,
        interval=interval,
        classes=int((seen > 0).sum()),
        uneven=bool(seen.max() > _EVEN_RATIO * seen.min()),
        largest=classes[largest],
        always=float(seen[largest] / max(predictions.seen, 1)),
        few={classes[i]: int(count) for i, count in enumerate(seen) if count < FEW},
    )


def mean_recall(right: Sequence[int], seen: Sequence[int]) -> tuple[float, tuple[float, float]]:
    """The mean over classes of the share that is right, and its 95 % interval; a class without images takes no part.

    The classes' Wilson intervals are combined as the variances that they stand for (MOVER: Zou & Donner 2008; for two
    proportions method 10 of Newcombe 1998), so that a class of one image, right or wrong, leaves as much open as one
    image does. (nan, (0, 1)) when nothing was seen.
    """
    counted_classes = [(k, n) for k, n in zip(right, seen, strict=True) if n]
    if not counted_classes:
        return math.nan, (0.0, 1.0)
    shares = [k / n for k, n in counted_classes]
    limits = [wilson_interval(k, n) for k, n in counted_classes]
    down = math.hypot(*(share - low for share, (low, _) in zip(shares, limits, strict=True)))
    up = math.hypot(*(high - share for share, (_, high) in zip(shares, limits, strict=True)))
    mean = sum(shares) / len(shares)
    return mean, (max(0.0, mean - down / len(shares)), min(1.0, mean + up / len(shares)))


def few_said(balance: Balance, named: Callable[[str], str] = str) -> str:
    """What is to be said of classes with hardly any held-out images beside others with more; empty where there is none.

    `named` writes a class's name as the reader's medium needs it.
    """
    if not balance.uneven:
        return ""
    told = []
    if few := {name: count for name, count in balance.few.items() if count}:
        names = listed([f"{named(name)} ({count})" for name, count in few.items()])
        says = "its figure is 0 or 100 % and nothing between" if [*few.values()] == [1] else "such figures say little"
        told.append(f"There are hardly any held-out images of {names}, so {says}.")
    if none := [named(name) for name, count in balance.few.items() if not count]:
        told.append(f"There are none of {listed(none)}, so nothing is known of {plural(len(none), 'it', 'them')}.")
    return " ".join(told)
