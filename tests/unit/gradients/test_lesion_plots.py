"""Figures of lesions, paths, surfaces and dense blocks say what was measured."""

import math
from typing import Any

import numpy as np
import pytest
from torchvision.models import densenet121

from tlcore.gradients.paths import most, paths_of
from tlcore.gradients.reuse import reuse
from tlcore.gradients.surface import Point, surface_of
from tlcore.plots import lesions as plots
from tlcore.plots import surface as surfaces
from tlcore.plots.reuse import triangle
from tlcore.plots.transfer import mean_interval
from tlcore.zoo.nets.resnet import CifarResNet

BLOCKS = [
    {"number": 1, "path": "a", "resizes": False, "can_be_dropped": True},
    {"number": 2, "path": "b", "resizes": True, "can_be_dropped": True},
    {"number": 3, "path": "c", "resizes": True, "can_be_dropped": False},
]


def row(group: str, amount: int, correct: int, dropped: str = "", order: float | None = None) -> dict[str, Any]:
    """A trial on a hundred images."""
    share = correct / 100
    return {
        "group": group, "amount": amount, "dropped": list(dropped), "swapped": [], "order": order, "correct": correct,
        "seen": 100, "accuracy": share, "low": share - 0.05, "high": share + 0.05,
    }  # fmt: skip


TRIALS = [
    row("whole", 0, 90), row("each", 1, 80, "a"), row("each", 1, 40, "b"), row("drops", 2, 30, "ab"),
    row("drops", 2, 20, "ba"), row("shuffles", 1, 70, order=0.9), row("shuffles", 2, 50, order=0.5),
]  # fmt: skip


def test_each_block_is_a_bar_and_those_that_must_stay_are_crosses() -> None:
    same, resizing, fixed = plots.alone(TRIALS, BLOCKS, 10).data
    assert (list(same.x), list(same.y)) == ([1], [0.8])
    assert (list(resizing.x), list(resizing.y)) == ([2], [0.4])
    assert resizing.marker.opacity < same.marker.opacity
    assert list(fixed.x) == [3]
    assert list(same.error_y.array) == pytest.approx([0.05])


def test_the_whole_network_and_guessing_are_lines() -> None:
    for figure in (
        plots.alone(TRIALS, BLOCKS, 10), plots.together(TRIALS, 10), plots.exchanged(TRIALS, 10),
    ):  # fmt: skip
        assert sorted(line.y0 for line in figure.layout.shapes) == [0.1, 0.9]


def test_several_are_means_with_their_intervals() -> None:
    draws, means, sampled = plots.together(TRIALS, 10).data
    assert sorted(zip(draws.x, draws.y, strict=True)) == [(1, 0.4), (1, 0.8), (2, 0.2), (2, 0.3)]
    assert (list(means.x), list(means.y)) == ([1, 2], pytest.approx([0.6, 0.25]))
    _, low, high = mean_interval([0.3, 0.2])
    assert list(sampled.x) == [2]  # a single one is every block: nothing was drawn
    assert (sampled.error_y.arrayminus[0], sampled.error_y.array[0]) == pytest.approx((0.25 - low, high - 0.25))


def test_orders_are_points() -> None:
    (draws,) = plots.exchanged(TRIALS, 10).data
    assert list(zip(draws.x, draws.y, strict=True)) == [(0.9, 0.7), (0.5, 0.5)]


def test_paths_and_the_gradient_that_they_carry_add_up_to_one() -> None:
    paths = paths_of(CifarResNet(20)).to_json()
    gradients = [{"length": k, "mean": 0.1**k, "error": None, "paths": 1} for k in range(10)]
    shares, carried = plots.path_shares(paths, gradients).data
    assert sum(shares.y) == pytest.approx(1) == pytest.approx(sum(carried.y))
    by_hand = [math.comb(9, k) * 0.1**k for k in range(10)]
    assert list(carried.y) == pytest.approx([value / sum(by_hand) for value in by_hand])
    assert plots.gradient_carriers(paths, gradients) == most(by_hand) == (0, 3)
    assert plots.gradient_carriers(paths, gradients[:4]) is None
    (line,) = plots.path_gradients(gradients).data
    assert list(line.y) == [gradient["mean"] for gradient in gradients]


def test_surfaces_share_one_logarithmic_scale() -> None:
    one = surface_of(9, 1.0, [Point(4, 4, 0.01), Point(0, 0, 10.0), Point(8, 8, math.inf)])
    other = surface_of(9, 1.0, [Point(4, 4, 0.1), Point(0, 0, 1000.0)])
    scale = surfaces.scale_of([one.losses, other.losses])
    assert scale == pytest.approx((-2, 3))
    for draw, low in ((surfaces.from_above, "zmin"), (surfaces.relief, "cmin")):
        first, second = (draw(found.steps, found.losses, scale).data[0] for found in (one, other))
        assert first[low] == second[low] == scale[0]
        values = np.array(first.z, float)
        assert values[4, 4] == pytest.approx(-2)
        assert np.isfinite(values).sum() == 2
        assert first.text[0][0] == "10"
        assert first.connectgaps
    assert surfaces.scale_of([[[None]]]) == (-1.0, 1.0)
    assert surfaces.scale_of([[[0.0]]])[0] == -6


def test_a_dense_block_is_a_triangle_that_looks_random_where_it_is() -> None:
    block = reuse(densenet121()).blocks[0]
    learned, random = (triangle(block, is_random=flag) for flag in (False, True))
    assert list(learned.data[0].x) == ["1", "2", "3", "4", "5", "6", "transition"]
    assert list(learned.data[0].y) == ["input", "1", "2", "3", "4", "5", "6"]
    values = np.array(learned.data[0].z, float)
    assert np.isfinite(values).sum() == 7 * 8 / 2
    assert np.isnan(values[np.tril_indices(7, -1)]).all()
    assert learned.data[0].colorscale != random.data[0].colorscale
    assert [note.text for note in random.layout.annotations] == ["random weights"]
    assert not learned.layout.annotations
