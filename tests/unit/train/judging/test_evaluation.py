"""Counts and their uncertainty against the literature, scipy and scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest
from sklearn import metrics

from tests.unit.train.conftest import Lab, spec_of
from tlcore.train.judging.evaluation import Predictions, class_scores, most_confident_mistakes
from tlcore.train.judging.intervals import wilson_interval

CLASSES = 4


@st.composite
def predictions(draw: st.DrawFn) -> Predictions:
    """Any predictions of four classes for up to thirty images."""
    count = draw(st.integers(1, 30))
    weights = draw(arrays(np.float32, (count, CLASSES), elements=st.floats(0.125, 1, width=32)))
    labels = draw(arrays(np.int64, count, elements=st.integers(0, CLASSES - 1)))
    return Predictions(weights / weights.sum(1, keepdims=True), labels)


# The interval


@pytest.mark.parametrize(
    ("correct", "seen", "low", "high"),
    [
        # Newcombe 1998, Table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # By hand: z^2 / (n + z^2) for 0 of n, and 0.5 -+ z / (2 sqrt(n + z^2)) for half of n, z = 1.959964
        (0, 10, 0.0000, 0.2775),
        (10, 10, 0.7225, 1.0000),
        (10, 20, 0.2993, 0.7007),
        (149, 153, 0.9347, 0.9898),
    ],
)
def test_the_interval_is_wilsons(correct: int, seen: int, low: float, high: float) -> None:
    assert wilson_interval(correct, seen) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 2000), st.floats(0, 1))
def test_the_interval_is_scipys(seen: int, share: float) -> None:
    correct = round(share * seen)
    expected = binomtest(correct, seen).proportion_ci(0.95, method="wilson")
    assert wilson_interval(correct, seen) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nothing_seen_is_nothing_known() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


# Predictions


@pytest.mark.filterwarnings("ignore:The y_prob values do not sum to one")  # in single precision
@given(predictions())
def test_counts_are_scikit_learns(given_predictions: Predictions) -> None:
    p = given_predictions
    assert p.correct == metrics.accuracy_score(p.labels, p.predicted, normalize=False)
    assert p.seen == len(p.labels)
    expected = metrics.log_loss(p.labels, p.probabilities.astype(np.float64), labels=range(CLASSES))
    assert p.loss == pytest.approx(expected, rel=1e-5)
    expected_table = metrics.confusion_matrix(p.labels, p.predicted, labels=range(CLASSES))
    np.testing.assert_array_equal(p.confusion(), expected_table)


@given(predictions())
def test_the_confusion_matrix_adds_up(given_predictions: Predictions) -> None:
    table = given_predictions.confusion()
    np.testing.assert_array_equal(table.sum(1), np.bincount(given_predictions.labels, minlength=CLASSES))
    np.testing.assert_array_equal(table.sum(0), np.bincount(given_predictions.predicted, minlength=CLASSES))
    assert table.trace() == given_predictions.correct
    assert table.sum() == given_predictions.seen


def test_the_loss_by_hand() -> None:
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75]], dtype=np.float32)
    assert Predictions(probabilities, np.array([0, 1])).loss == pytest.approx((math.log(2) + math.log(4 / 3)) / 2)


def test_a_certain_mistake_costs_much_but_not_infinitely_much() -> None:
    sure = Predictions(np.array([[1.0, 0.0]], dtype=np.float32), np.array([1]))
    assert sure.loss == pytest.approx(12 * math.log(10))


def test_an_image_without_an_answer_is_never_right() -> None:
    silent = Predictions(np.array([[0, 0], [1, 0]], dtype=np.float32), np.array([0, 0]))
    assert silent.answered.tolist() == [False, True]
    assert (silent.correct, silent.seen) == (1, 2)


def test_of_no_images_there_is_no_loss() -> None:
    none = Predictions(np.zeros((0, 3), dtype=np.float32), np.zeros(0, dtype=np.int64))
    assert (none.correct, none.seen, none.confusion().tolist()) == (0, 0, [[0] * 3] * 3)
    assert math.isnan(none.loss)


# Scores by class


@given(predictions())
def test_class_scores_are_scikit_learns(given_predictions: Predictions) -> None:
    p = given_predictions
    scores = class_scores(p.confusion(), ["a", "b", "c", "d"])
    precision, recall, f1, images = metrics.precision_recall_fscore_support(
        p.labels, p.predicted, labels=range(CLASSES), zero_division=np.nan
    )
    assert [score.label for score in scores] == ["a", "b", "c", "d"]
    assert [score.images for score in scores] == images.tolist()
    for ours, theirs in (
        ([score.precision for score in scores], precision),
        ([score.recall for score in scores], recall),
        ([score.f1 for score in scores], f1),
    ):
        np.testing.assert_allclose([math.nan if v is None else v for v in ours], theirs)


def test_scores_that_do_not_exist_are_none() -> None:
    """Class a is never seen nor said, b is seen but never said, c is said but never seen."""
    a, b, c = class_scores(np.array([[0, 0, 0], [0, 0, 3], [0, 0, 0]]), "abc")
    assert (a.precision, a.recall, a.f1) == (None, None, None)
    assert (b.precision, b.recall, b.f1) == (None, 0.0, 0.0)
    assert (c.precision, c.recall, c.f1) == (0.0, None, 0.0)


# Mistakes


@given(predictions(), st.integers(0, 10))
def test_the_most_confident_mistakes_come_first(given_predictions: Predictions, count: int) -> None:
    p = given_predictions
    shown = most_confident_mistakes(p, count)
    wrong = [index for index in range(p.seen) if p.predicted[index] != p.labels[index]]
    confidence = p.probabilities.max(1)
    assert len(shown) == min(count, len(wrong))
    assert set(shown) <= set(wrong)
    assert [confidence[i] for i in shown] == sorted((confidence[i] for i in wrong), reverse=True)[:count]


# Predicting a part


@pytest.mark.parametrize("batch_size", [1, 7, 20, 100])
def test_a_part_is_predicted_in_its_order_whatever_the_batches(
    lab: Lab, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = lab.pieces(spec_of(hidden_units=8, dropout=0.9))
    phase = pieces.plan.phases[0]
    pieces.model.begin(phase)  # dropout at work, until predictions are made
    whole = pieces.predicted(pieces.pixels(), phase)
    monkeypatch.setattr(pieces.model, "forward_batch", lambda _entry: batch_size)
    predicted = pieces.predicted(pieces.pixels(), phase)
    assert predicted.labels.tolist() == [example.label for example in lab.images.dataset.of("val")]
    assert predicted.probabilities.shape == (20, 4)
    np.testing.assert_allclose(predicted.probabilities.sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(predicted.probabilities, whole.probabilities, atol=1e-5)
