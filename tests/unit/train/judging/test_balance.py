"""Balanced accuracy against scikit-learn, its interval against the literature and by counting all outcomes."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn import metrics

from tests.unit.train.judging.test_evaluation import CLASSES, predictions
from tlcore.train.judging.balance import Balance, balance_of, few_said, mean_recall
from tlcore.train.judging.evaluation import Predictions
from tlcore.train.judging.intervals import wilson_interval

NAMES = ("a", "b", "c", "d")


def says(*answers: tuple[int, int], classes: int = 2) -> Predictions:
    """Predictions from pairs of what an image is and what the model said."""
    truth, said = zip(*answers, strict=True)
    return Predictions(np.eye(classes, dtype=np.float32)[list(said)], np.array(truth, dtype=np.int64))


# Balanced accuracy


@given(predictions())
@pytest.mark.filterwarnings("ignore::UserWarning:sklearn")
def test_balanced_accuracy_is_scikit_learns(given_predictions: Predictions) -> None:
    p = given_predictions
    balance = balance_of(p, NAMES, [1, 1, 1, 1])
    assert balance.accuracy == pytest.approx(metrics.balanced_accuracy_score(p.labels, p.predicted))
    assert balance.classes == len(set(p.labels.tolist()))
    low, high = balance.interval
    assert 0 <= low <= balance.accuracy <= high <= 1
    assert len(NAMES) == CLASSES


def test_always_saying_the_larger_class_is_no_better_than_guessing() -> None:
    """19 of one class and 1 of the other: 95 % of the images, half of the classes."""
    balance = balance_of(says(*[(0, 0)] * 19, (1, 0)), NAMES[:2], [76, 4])
    assert (balance.accuracy, balance.always, balance.largest, balance.uneven) == (0.5, 0.95, "a", True)
    assert balance.few == {"b": 1}


def test_the_largest_class_is_the_one_with_the_most_training_images() -> None:
    """Whoever says it always does not know what is held out."""
    balance = balance_of(says((0, 0), (1, 1), (1, 1), (1, 1)), NAMES[:2], [50, 49])
    assert (balance.largest, balance.always) == ("a", 0.25)


def test_a_class_without_held_out_images_takes_no_part() -> None:
    balance = balance_of(says((0, 0), (0, 0), (1, 0), (1, 1), classes=3), NAMES[:3], [4, 4, 1])
    assert (balance.accuracy, balance.classes, balance.uneven) == (0.75, 2, True)
    assert balance.few == {"a": 2, "b": 2, "c": 0}


def test_an_image_of_which_nothing_was_said_is_wrong() -> None:
    silent = Predictions(np.zeros((2, 2), dtype=np.float32), np.array([0, 1]))
    assert balance_of(silent, NAMES[:2], [1, 1]).accuracy == 0


@pytest.mark.parametrize(("counts", "uneven"), [((4, 4), False), ((6, 4), False), ((7, 4), True), ((2, 1), True)])
def test_classes_are_uneven_from_half_as_many_more_on(counts: tuple[int, int], uneven: bool) -> None:
    found = says(*[(0, 0)] * counts[0], *[(1, 1)] * counts[1])
    assert balance_of(found, NAMES[:2], counts).uneven is uneven


# Its interval


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_of_one_class_it_is_wilsons(counts: tuple[int, int]) -> None:
    right, seen = counts
    assert mean_recall([right], [seen]) == (pytest.approx(right / seen), pytest.approx(wilson_interval(right, seen)))


def test_of_two_classes_it_is_newcombes() -> None:
    """Newcombe 1998, method 10, of 56/70 - 48/80: 0.0524 to 0.3339; here of (56/70 + 32/80) / 2 = (1 + that) / 2."""
    mean, (low, high) = mean_recall([56, 32], [70, 80])
    assert mean == pytest.approx(0.6)
    assert (2 * low - 1, 2 * high - 1) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


@pytest.mark.parametrize("seen", [(19, 1), (10, 3), (8, 2, 1), (30, 6)])
def test_about_95_of_100_intervals_hold_the_true_value(seen: tuple[int, ...]) -> None:
    """Averaged over true recalls of all sizes, by adding up the probability of every outcome."""
    outcomes = np.array([*product(*(range(n + 1) for n in seen))])
    limits = np.array([mean_recall(row, seen)[1] for row in outcomes.tolist()])
    truths = np.random.default_rng(0).uniform(0, 1, (200, len(seen)))
    chances = np.prod([binom.pmf(outcomes[:, k], n, truths[:, k, None]) for k, n in enumerate(seen)], axis=0)
    holds = (limits[:, 0] <= truths.mean(1, keepdims=True)) & (truths.mean(1, keepdims=True) <= limits[:, 1])
    assert 0.92 < float((chances * holds).sum(1).mean()) < 0.98


def test_one_image_more_or_less_leaves_much_open() -> None:
    """All right, 19 of 19 and 1 of 1: three fifths is still possible."""
    mean, (low, high) = mean_recall([19, 1], [19, 1])
    assert (mean, high) == (1, 1)
    assert low == pytest.approx(1 - np.hypot(1 - wilson_interval(19, 19)[0], 1 - wilson_interval(1, 1)[0]) / 2)
    assert 0.55 < low < 0.65


# What is said of rare classes


def with_few(**few: int) -> Balance:
    return Balance(0.5, (0.0, 1.0), 3, uneven=True, largest="a", always=0.9, few=few)


def test_rare_classes_are_named_with_their_images() -> None:
    one = "There are hardly any held-out images of rare (1), so its figure is 0 or 100 % and nothing between."
    assert few_said(with_few(rare=1)) == one
    several = "There are hardly any held-out images of 'x' (1) and 'y' (3), so such figures say little."
    assert few_said(with_few(x=1, y=3), "'{}'".format) == several
    assert few_said(with_few(x=0)) == "There are none of x, so nothing is known of it."
    assert few_said(with_few(x=4, y=0, z=0)).endswith("There are none of y and z, so nothing is known of them.")


def test_many_rare_classes_are_counted() -> None:
    told = few_said(with_few(**{f"c{i}": 2 for i in range(12)}))
    assert "of c0 (2), c1 (2), c2 (2), c3 (2), c4 (2) and 7 more, so" in told


def test_where_all_classes_are_as_rare_nothing_is_said_of_single_ones() -> None:
    assert few_said(balance_of(says((0, 0), (1, 1)), NAMES[:2], [1, 1])) == ""
