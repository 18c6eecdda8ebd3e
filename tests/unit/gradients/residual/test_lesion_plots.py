"""Figures of lesions, paths, surfaces and dense blocks say what was measured."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest
from torchvision.models import densenet121

from tlcore.gradients.residual.paths import most, paths_of
from tlcore.gradients.residual.reuse import reuse
from tlcore.gradients.residual.rows import BlockRow, GradientRow, Group, TrialRow
from tlcore.gradients.residual.surface import Point, surface_of
from tlcore.palette import COLOURS
from tlcore.plots.gradients import lesions as plots
from tlcore.plots.gradients import surface as surfaces
from tlcore.plots.gradients.reuse import triangle
from tlcore.plots.transfer import mean_interval
from tlcore.zoo.nets.resnet import CifarResNet

BLOCKS = [
    BlockRow(
        number=number, path=path, residual=True, shape=(8, 8, 1), layers=2, shortcut_layers=0, resizes=resizes,
        can_be_dropped=droppable,
    )
    for number, path, resizes, droppable in ((1, "a", False, True), (2, "b", True, True), (3, "c", True, False))
]  # fmt: skip


def row(group: Group, amount: int, correct: int, dropped: str = "", order: float | None = None) -> TrialRow:
    """A trial on a hundred images."""
    share = correct / 100
    return TrialRow(
        group=group, amount=amount, dropped=tuple(dropped), order=order, correct=correct, seen=100, accuracy=share,
        low=share - 0.05, high=share + 0.05,
    )  # fmt: skip


def along(length: int, error: float | None = None) -> GradientRow:
    """A gradient that a branch makes ten times smaller."""
    return GradientRow(length=length, mean=0.1**length, error=error, paths=1)


TRIALS = [
    row("whole", 0, 90), row("each", 1, 80, "a"), row("each", 1, 40, "b"), row("drops", 2, 30, "ab"),
    row("drops", 2, 20, "ba"), row("shuffles", 1, 70, order=0.9), row("shuffles", 2, 50, order=0.5),
]  # fmt: skip


def test_each_block_is_a_bar_and_those_that_must_stay_are_crosses() -> None:
    same, resizing, fixed, _ = plots.alone(TRIALS, BLOCKS, 10).data
    assert (list(same.x), list(same.y)) == ([1], [0.8])
    assert (list(resizing.x), list(resizing.y)) == ([2], [0.4])
    # a colour of its own, so that the legend shows it: of marks that are seen through, a legend shows the full colour
    assert (same.marker.opacity, resizing.marker.opacity) == (None, None)
    assert resizing.marker.color == "rgba(42, 95, 208, 0.45)"
    assert same.marker.color == "#2a5fd0"
    assert list(fixed.x) == [3]
    assert list(same.error_y.array) == pytest.approx([0.05])


def test_the_whole_network_and_guessing_are_lines() -> None:
    for figure in (
        plots.alone(TRIALS, BLOCKS, 10), plots.together(TRIALS, 10), plots.exchanged(TRIALS, 10),
    ):  # fmt: skip
        assert {line.name: line.y0 for line in figure.layout.shapes} == {"guessing": 0.1, "whole network": 0.9}
        assert all(line.showlegend for line in figure.layout.shapes)
        assert not figure.layout.annotations  # which would lie on the bars
        assert figure.layout.showlegend is not False


def named(figure: go.Figure) -> list[str]:
    """What the legend says, mark by mark."""
    return [mark.name for mark in (*figure.data, *figure.layout.shapes) if mark.showlegend is not False]


def test_every_mark_is_named_once_in_a_legend_that_takes_nothing_from_the_drawing() -> None:
    paths = paths_of(CifarResNet(20)).row()
    gradients = [along(k, 0.01) for k in range(10)]
    trials, reference = "each trial", ["whole network", "guessing"]
    blocks = ["without the block", "without its branch", "can't be left out", "95 % interval"]
    expected = (
        (plots.alone(TRIALS, BLOCKS, 10), [*blocks, *reference]),
        (plots.together(TRIALS, 10), [trials, "their mean", "95 % interval", *reference]),
        (plots.exchanged(TRIALS, 10), [trials, *reference]),
        (plots.path_shares(paths, gradients), ["of all paths", "of the gradient"]),
        (plots.path_gradients(gradients), ["mean along a path", "standard error"]),
    )
    drawn = set()
    for figure, words in expected:
        assert named(figure) == words
        bars = [trace for trace in figure.data if trace.error_y.array is not None]
        assert bool(bars) is any(word in words for word in ("95 % interval", "standard error"))
        assert figure.layout.showlegend
        margin = figure.layout.margin
        assert not margin.autoexpand  # or else a legend of three lines would squeeze the bars
        drawn.add(figure.layout.height - margin.t - margin.b)
    assert len(drawn) == 1
    assert min(drawn) > 150


def test_a_network_has_its_colour_in_all_of_its_figures() -> None:
    paths, gradients = paths_of(CifarResNet(20)).row(), [along(1)]
    bars, line = plots.alone(TRIALS, BLOCKS, 10, 1).data[0], plots.together(TRIALS, 10, 1).data[1].line
    assert {
        bars.marker.color, line.color, plots.path_shares(paths, gradients, 1).data[1].line.color,
        plots.path_gradients(gradients, 1).data[0].line.color,
    } == {COLOURS[1]}  # fmt: skip


def test_several_are_means_with_their_intervals() -> None:
    draws, means, sampled, _ = plots.together(TRIALS, 10).data
    assert sorted(zip(draws.x, draws.y, strict=True)) == [(1, 0.4), (1, 0.8), (2, 0.2), (2, 0.3)]
    assert (list(means.x), list(means.y)) == ([1, 2], pytest.approx([0.6, 0.25]))
    _, low, high = mean_interval([0.3, 0.2])
    assert list(sampled.x) == [2]  # a single one is every block: nothing was drawn
    assert (sampled.error_y.arrayminus[0], sampled.error_y.array[0]) == pytest.approx((0.25 - low, high - 0.25))


def test_orders_are_points() -> None:
    (draws,) = plots.exchanged(TRIALS, 10).data
    assert list(zip(draws.x, draws.y, strict=True)) == [(0.9, 0.7), (0.5, 0.5)]


def test_paths_and_the_gradient_that_they_carry_add_up_to_one() -> None:
    paths = paths_of(CifarResNet(20)).row()
    gradients = [along(k) for k in range(10)]
    shares, carried = plots.path_shares(paths, gradients).data
    assert sum(shares.y) == pytest.approx(1) == pytest.approx(sum(carried.y))
    by_hand = [math.comb(9, k) * 0.1**k for k in range(10)]
    assert list(carried.y) == pytest.approx([value / sum(by_hand) for value in by_hand])
    assert plots.gradient_carriers(paths, gradients) == most(by_hand) == (0, 3)
    assert plots.gradient_carriers(paths, gradients[:4]) is None
    line, _ = plots.path_gradients(gradients).data
    assert list(line.y) == [gradient.mean for gradient in gradients]


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
