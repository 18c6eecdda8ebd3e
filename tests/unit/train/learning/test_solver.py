"""A classifier that is solved for, against scikit-learn's."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from tlcore.train.learning.solver import Problem, solve


def problem(classes: int = 3, smoothing: float = 0.0, weights: torch.Tensor | None = None) -> Problem:
    """Features of a few hundred images, off centre and of a scale of their own, whose classes overlap."""
    draw = torch.Generator().manual_seed(0)
    labels = torch.arange(240) % classes
    centres = 2 * torch.randn(classes, 20, generator=draw)
    features = 7 + 5 * (centres[labels] + 2 * torch.randn(240, 20, generator=draw))
    return Problem(features, labels, classes, 1e-3, smoothing, weights)


@pytest.mark.parametrize("classes", [3, 10])
def test_it_is_logistic_regression(classes: int) -> None:
    """scikit-learn's C is the inverse of the factor times the number of images; its loss is the same."""
    given = problem(classes)
    spread = given.features - given.features.mean(0)
    scale = spread.square().sum(1).mean().sqrt()
    oracle = LogisticRegression(C=1 / (given.l2 * len(given.labels)), tol=1e-8, max_iter=10_000)
    oracle.fit((spread / scale).numpy(), given.labels.numpy())
    expected = oracle.predict_proba((spread / scale).numpy())
    said = solve(given).logits(given.features).softmax(1).numpy()
    assert np.abs(said - expected).max() < 5e-3
    assert (said.argmax(1) == expected.argmax(1)).all()


def test_it_begins_knowing_nothing_and_ends_lower() -> None:
    losses = solve(problem()).losses
    assert losses[0] == pytest.approx(math.log(3))
    assert losses[-1] == min(losses)
    assert len(losses) < 100


def test_neither_scale_nor_centre_of_the_features_matters() -> None:
    given = problem()
    moved = Problem(given.features * 30 - 200, given.labels, given.classes, given.l2)
    said = [solve(one).logits(one.features).softmax(1) for one in (given, moved)]
    assert torch.allclose(*said, atol=5e-3)


def test_smoothing_makes_it_less_sure_and_weights_make_a_class_count() -> None:
    sure, less = (solve(problem(smoothing=share)).logits(problem().features).softmax(1) for share in (0.0, 0.2))
    assert less.max(1).values.mean() < sure.max(1).values.mean() - 0.05
    plain, heavy = (
        solve(problem(weights=weights)).logits(problem().features).argmax(1)
        for weights in (None, torch.tensor([9.0, 1, 1]))
    )
    assert (heavy == 0).sum() > (plain == 0).sum()


def test_it_becomes_a_networks_head() -> None:
    given, head = problem(), nn.Linear(20, 3)
    solution = solve(given)
    solution.put_into(head)
    assert torch.equal(head(given.features), solution.logits(given.features)) or torch.allclose(
        head(given.features), solution.logits(given.features), atol=1e-4
    )


def test_features_that_are_all_the_same_are_no_trouble() -> None:
    flat = solve(Problem(torch.ones(4, 3), torch.tensor([0, 0, 0, 1]), 2, 1e-3))
    assert flat.logits(torch.ones(1, 3)).softmax(1)[0, 0] == pytest.approx(0.75, abs=1e-3)
