"""Figures say what was measured."""

import math
from dataclasses import replace

import plotly.graph_objects as go
import pytest

from tlcore.gradients.layers.batches import Images
from tlcore.gradients.layers.measured import Setting, measured
from tlcore.gradients.through_time.recurrent import Recurrence, through_time
from tlcore.plots.gradients import flow as plots
from tlcore.zoo.nets.configurable import Design

FLOW = measured(Setting(network=Design(depth=8, width=4), images=Images(count=4, side=16)))
DEEPER = measured(Setting(network=Design(depth=14, width=4, activation="sigmoid"), images=Images(count=4, side=16)))


def lines(figure: go.Figure) -> dict[str, go.Scatter]:
    """The networks' lines by their names, without crosses."""
    return {trace.name: trace for trace in figure.data if trace.mode == "lines+markers"}


def drawn(trace: go.Scatter) -> list[float]:
    return [value for value in trace.y if value is not None]


@pytest.mark.parametrize("column", plots.MEASURES)
def test_a_point_a_layer_of_each_network_with_its_value(column: str) -> None:
    figure = plots.layers({"A": FLOW, "B": DEEPER}, column)
    logarithmic = plots.MEASURES[column].logarithmic
    low, high = figure.layout.yaxis.range
    shown = lines(figure)
    assert list(shown) == ["A", "B"]
    for trace, flow in zip(shown.values(), (FLOW, DEEPER), strict=True):
        wanted = [getattr(row, column) for row in flow.layers]
        assert drawn(trace) == [value for value in wanted if value > 0 or not logarithmic]
        assert all(low <= (math.log10(value) if logarithmic else value) <= high for value in drawn(trace))
        assert list(trace.x) == list(range(1, len(flow.layers) + 1))  # both are counted from the input
        assert [told[0] for told in trace.customdata] == [row.name for row in flow.layers]
    assert figure.layout.yaxis.type == ("log" if logarithmic else None)
    assert tuple(figure.layout.xaxis.range) == (0.3, len(DEEPER.layers) + 0.7)


def test_what_was_measured_in_both_is_told_at_once() -> None:
    figure = plots.layers({"A": FLOW, "B": FLOW}, "grad_norm")  # the one lies on the other
    assert figure.layout.hovermode == "x"
    assert all(trace.hovertemplate.endswith(f"<extra>{name}</extra>") for name, trace in lines(figure).items())
    assert len({trace.marker.symbol for trace in lines(figure).values()}) == 2


def test_a_network_keeps_its_colour_where_the_other_can_not_be_measured() -> None:
    both, alone = (
        plots.layers({"A": FLOW, "B": DEEPER}, "grad_norm"),
        plots.layers({"A": None, "B": DEEPER}, "grad_norm"),
    )
    assert list(lines(alone)) == ["B"]
    assert lines(alone)["B"].line.color == lines(both)["B"].line.color != lines(both)["A"].line.color


def test_what_is_switched_off_is_paler() -> None:
    shown = lines(plots.layers({"with": FLOW, "without": DEEPER}, "grad_norm", pale=["without"]))
    assert shown["without"].opacity < shown["with"].opacity == 1


def test_what_can_not_be_drawn_is_a_cross_that_says_so() -> None:
    first, second, *others = FLOW.layers
    odd = replace(FLOW, layers=(replace(first, grad_norm=0.0), replace(second, grad_norm=math.nan), *others))
    line, crosses, other, also = plots.layers({"A": odd, "B": odd}, "grad_norm").data
    assert line.y[:2] == (None, None)
    assert [place for place, height in zip(crosses.x, crosses.y, strict=True) if height is not None] == [1, 2]
    assert [told[2] for told in crosses.customdata[:2]] == ["0", "not a number"]
    assert other.y == line.y
    assert also.y[0] != crosses.y[0]  # one network's crosses do not hide the other's


def test_a_figure_of_nothing_says_so() -> None:
    alive = replace(FLOW, layers=tuple(replace(row, dead=0.0) for row in FLOW.layers))
    (note,) = plots.layers({"A": alive}, "dead").layout.annotations
    assert note.text == "A: all are zero"


def test_axes_are_whole_decades_and_never_few() -> None:
    def span(norm: float | None) -> tuple[float, float]:
        changed = [row if norm is None else replace(row, grad_norm=norm) for row in FLOW.layers]
        low, high = plots.layers({"A": replace(FLOW, layers=tuple(changed))}, "grad_norm").layout.yaxis.range
        return low, high

    low, high = span(None)
    assert low == round(low)
    assert high - low >= 4
    assert span(1e-320)[0] >= -307  # a smaller power of ten is zero in the browser
    assert span(0.0)[0] < 0 < span(0.0)[1]


def test_through_time_is_drawn_by_the_last_state() -> None:
    found = through_time(Recurrence(lag=6, units=4))
    figure = plots.over_time([found], ["RNN"])
    assert figure.data[0].y[0] == 1
    assert figure.data[0].y[-1] == pytest.approx(found.verdict.ratio)
