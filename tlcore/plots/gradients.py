"""Figures of gradient flow: a bar a layer, from the first layer on the left to the last, on a logarithmic scale."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

import plotly.graph_objects as go

from tlcore.gradients.flow import Flow, LayerFlow
from tlcore.gradients.recurrent import ThroughTime
from tlcore.plots.networks import COLOURS

_LEAST_DECADES, _MOST_DECADES = 4, 307
_HOVER = (
    "<b>%{customdata[0]}</b>, layer %{customdata[1]}<br>gradient %{customdata[2]}, of its weights %{customdata[3]}<br>"
    "hands on: mean %{customdata[4]}, spread %{customdata[5]}, %{customdata[6]} dead<br>"
    "weights %{customdata[7]}, a step moves them by %{customdata[8]}<extra></extra>"
)


@dataclass(frozen=True)
class Measure:
    """A column of `LayerFlow` that can be drawn: its title, what it means, and whether its scale is logarithmic."""

    title: str
    meaning: str
    logarithmic: bool = True


MEASURES = {
    "grad_norm": Measure("Gradient", "The norm of the loss's gradient with respect to what the layer hands on."),
    "weight_grad_norm": Measure(
        "Gradient of the weights", "The norm of the loss's gradient with respect to the layer's weights."
    ),
    "activation_std": Measure(
        "Spread", "The standard deviation of what the layer hands on: the signal on its way forward."
    ),
    "dead": Measure(
        "Dead units", "The share of units whose activation function is flat on every image.", logarithmic=False
    ),
    "update_ratio": Measure(
        "Step", "How far the first step of training moves the weights, divided by the weights' norm."
    ),
}


def layers(flow: Flow, column: str, span: tuple[float, float], *, longest: int, colour: int = 0) -> go.Figure:
    """A bar a layer in `span`, with all that was measured on hovering; zeros and what is no number are crosses below.

    The last layer, whose output is the network's, is paler, for it has no part in the verdict.
    `span` is the axis's (see `span_of`), and `longest` how many layers fit on the other one, so that figures compare.
    """
    measure, rows = MEASURES[column], flow.layers
    values = [getattr(row, column) for row in rows]
    drawn = [_drawable(value, logarithmic=measure.logarithmic) for value in values]
    figure = go.Figure()
    figure.add_bar(
        x=list(range(1, len(rows) + 1)), y=[value if fine else None for value, fine in zip(values, drawn, strict=True)],
        marker={"color": COLOURS[colour], "opacity": [1.0] * (len(rows) - 1) + [0.45]}, name=measure.title,
        customdata=[_told(row) for row in rows], hovertemplate=_HOVER,
    )  # fmt: skip
    missing = [place for place, fine in enumerate(drawn, 1) if not fine]
    if missing:
        figure.add_scatter(
            x=missing, y=[span[0] * 1.6 if measure.logarithmic else span[0]] * len(missing), mode="markers",
            marker={"symbol": "x-thin", "size": 6, "line": {"width": 1.5, "color": COLOURS[colour]}},
            customdata=[_told(rows[place - 1]) for place in missing], hovertemplate=_HOVER,
        )  # fmt: skip
    if not any(values):
        figure.add_annotation(text="all are zero", x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
    figure.update_layout(
        xaxis={"title": "layer, in the order of the forward pass", "range": [0.3, longest + 0.7]},
        yaxis={"title": measure.title.lower(), **_axis(span, logarithmic=measure.logarithmic)},
        bargap=0.15, height=290, showlegend=False, margin={"l": 64, "r": 8, "t": 8, "b": 40},
    )  # fmt: skip
    return figure


def span_of(flows: Iterable[Flow], column: str) -> tuple[float, float]:
    """The axis that fits all flows: whole powers of ten for a logarithmic one, else from zero to one."""
    if not MEASURES[column].logarithmic:
        return 0.0, 1.0
    return _decades(getattr(row, column) for flow in flows for row in flow.layers)


def over_time(found: Sequence[ThroughTime], names: Sequence[str]) -> go.Figure:
    """The gradient's norm by how many steps before the end, a line a network, each by that at the end."""
    figure = go.Figure()
    for place, (one, name) in enumerate(zip(found, names, strict=True)):
        shares = [value / one.norms[0] if one.norms[0] else 0.0 for value in one.norms]
        figure.add_scatter(
            x=list(range(len(shares))), y=[share if _drawable(share, logarithmic=True) else None for share in shares],
            mode="lines", name=name, line={"color": COLOURS[place % len(COLOURS)], "width": 2.5},
            hovertemplate="%{y:.3g} of the last state's, %{x} steps before<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "steps before the end"},
        yaxis={"title": "gradient", "type": "log", "exponentformat": "power"},
        height=340, margin={"l": 64, "r": 8, "t": 8, "b": 40}, legend={"orientation": "h", "y": -0.25},
    )  # fmt: skip
    return figure


def _drawable(value: float, *, logarithmic: bool) -> bool:
    return isfinite(value) and (value > 0 or not logarithmic)


def _decades(values: Iterable[float]) -> tuple[float, float]:
    """Whole powers of ten around all values that can be drawn, and never so few that noise looks like a slope."""
    powers = [log10(value) for value in values if _drawable(value, logarithmic=True)] or [0.0]
    low, high = floor(min(powers) - 0.1), ceil(max(powers) + 0.05)
    missing = max(0, _LEAST_DECADES - (high - low))
    low, high = max(low - missing // 2, -_MOST_DECADES), min(high + missing - missing // 2, _MOST_DECADES)
    return 10.0**low, 10.0**high


def _axis(span: tuple[float, float], *, logarithmic: bool) -> dict[str, object]:
    if not logarithmic:
        return {"range": [span[0], span[1]], "tickformat": ".0%"}
    low, high = log10(span[0]), log10(span[1])
    return {"type": "log", "range": [low, high], "exponentformat": "power", "dtick": max(1, ceil((high - low) / 6))}


def _told(row: LayerFlow) -> list[str]:
    return [
        row.name, str(row.depth), _worded(row.grad_norm), _worded(row.weight_grad_norm), _worded(row.activation_mean),
        _worded(row.activation_std), f"{row.dead:.0%}", _worded(row.weight_norm), _worded(row.update_ratio),
    ]  # fmt: skip


def _worded(value: float) -> str:
    return f"{value:.3g}" if isfinite(value) else "not a number"
