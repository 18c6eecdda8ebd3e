"""Figures say what was measured."""

import math
from dataclasses import replace

import pytest

from tlcore.gradients.batches import Images
from tlcore.gradients.measured import Setting, measured
from tlcore.gradients.recurrent import Recurrence, through_time
from tlcore.plots import gradients as plots
from tlcore.zoo.nets.configurable import Design

FLOW = measured(Setting(network=Design(depth=8, width=4), images=Images(count=4, side=16)))


@pytest.mark.parametrize("column", plots.MEASURES)
def test_a_bar_a_layer_with_its_value(column: str) -> None:
    span = plots.span_of([FLOW], column)
    figure = plots.layers(FLOW, column, span, longest=10)
    wanted = [getattr(row, column) for row in FLOW.layers]
    drawn = [value for value in figure.data[0].y if value is not None]
    logarithmic = plots.MEASURES[column].logarithmic
    assert drawn == [value for value in wanted if value > 0 or not logarithmic]
    assert all(span[0] <= value <= span[1] for value in drawn)
    assert [told[0] for told in figure.data[0].customdata] == [row.name for row in FLOW.layers]
    assert figure.layout.yaxis.type == ("log" if logarithmic else None)
    assert tuple(figure.layout.xaxis.range) == (0.3, 10.7)


def test_what_can_not_be_drawn_is_a_cross_that_says_so() -> None:
    first, second, *others = FLOW.layers
    odd = replace(FLOW, layers=(replace(first, grad_norm=0.0), replace(second, grad_norm=math.nan), *others))
    figure = plots.layers(odd, "grad_norm", plots.span_of([odd], "grad_norm"), longest=8)
    bars, crosses = figure.data
    assert bars.y[:2] == (None, None)
    assert list(crosses.x) == [1, 2]
    assert [told[2] for told in crosses.customdata] == ["0", "not a number"]


def test_a_figure_of_nothing_says_so() -> None:
    alive = replace(FLOW, layers=tuple(replace(row, dead=0.0) for row in FLOW.layers))
    (note,) = plots.layers(alive, "dead", (0, 1), longest=8).layout.annotations
    assert note.text == "all are zero"


def test_axes_are_whole_decades_and_never_few() -> None:
    low, high = plots.span_of([FLOW], "grad_norm")
    assert math.log10(low) == round(math.log10(low))
    assert high / low >= 1e4
    tiny = replace(FLOW, layers=tuple(replace(row, grad_norm=1e-320) for row in FLOW.layers))
    assert plots.span_of([tiny], "grad_norm")[0] > 0
    nothing = replace(FLOW, layers=tuple(replace(row, grad_norm=0.0) for row in FLOW.layers))
    assert plots.span_of([nothing], "grad_norm")[0] < 1 < plots.span_of([nothing], "grad_norm")[1]


def test_through_time_is_drawn_by_the_last_state() -> None:
    found = through_time(Recurrence(lag=6, units=4))
    figure = plots.over_time([found], ["RNN"])
    assert figure.data[0].y[0] == 1
    assert figure.data[0].y[-1] == pytest.approx(found.verdict.ratio)
