"""Figures of gradient flow: a point a layer, counted from the input, and several networks over one another."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import Any

import plotly.graph_objects as go

from tlcore.gradients.layers.flow import Flow, LayerFlow
from tlcore.gradients.through_time.recurrent import ThroughTime
from tlcore.palette import COLOURS

_LEAST_DECADES, _MOST_DECADES = 4, 307
_HOVER = (
    "<b>%{customdata[0]}</b>, layer %{customdata[1]}<br>gradient %{customdata[2]}, of its weights %{customdata[3]}<br>"
    "hands on: mean %{customdata[4]}, spread %{customdata[5]}, %{customdata[6]} dead<br>"
    "weights %{customdata[7]}, a step moves them by %{customdata[8]}"
)
_SYMBOLS = ("circle", "diamond", "square", "triangle-up")


@dataclass(frozen=True)
class Measure:
    """A column of `LayerFlow` that can be drawn: its title, what it means, and whether its scale is logarithmic."""

    title: str
    meaning: str
    logarithmic: bool = True


MEASURES = {
    "grad_norm": Measure(
        "Gradient", "How strongly the loss depends on what the layer hands on: the norm of its gradient there."
    ),
    "weight_grad_norm": Measure(
        "Gradient of the weights",
        "How strongly the loss depends on the layer's weights: the norm of its gradient there.",
    ),
    "activation_std": Measure(
        "Spread", "How much what the layer hands on varies, its standard deviation: the signal on its way forward."
    ),
    "dead": Measure(
        "Dead units",
        "The share of units whose activation function is flat on every image, from which they learn nothing.",
        logarithmic=False,
    ),
    "update_ratio": Measure(
        "Step", "How far the first step of training moves the weights, divided by the weights' norm."
    ),
}


def layers(flows: Mapping[str, Flow | None], column: str, *, pale: Collection[str] = ()) -> go.Figure:
    """Several networks' layers over one another, counted from the input, with all that was measured on hovering.

    Zeros and what is no number are crosses below. Each network's last layer, whose output is the network's, is paler,
    for it has no part in the verdict; a network named in `pale` is paler as a whole. One that is None keeps its colour.
    """
    measure, known = MEASURES[column], {name: flow for name, flow in flows.items() if flow is not None}
    span = _span(known.values(), column)
    figure = go.Figure()
    for place, name in enumerate(flows):
        if name in known:
            _add(figure, known[name], column, span, name=name, place=place, strength=0.35 if name in pale else 1.0)
    longest = max((len(flow.layers) for flow in known.values()), default=1)
    figure.update_layout(
        xaxis={"title": "layer, counted from the input", "range": [0.3, longest + 0.7]},
        yaxis={"title": measure.title.lower(), **_axis(span, logarithmic=measure.logarithmic)},
        height=300, margin={"l": 64, "r": 8, "t": 8, "b": 40}, hovermode="x",
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"},
    )  # fmt: skip
    return figure


def _add(
    figure: go.Figure, flow: Flow, column: str, span: tuple[float, float], *, name: str, place: int, strength: float
) -> None:
    """One network's line, a point a layer, and crosses where a layer has none."""
    logarithmic, values = MEASURES[column].logarithmic, [getattr(row, column) for row in flow.layers]
    drawn = [_drawable(value, logarithmic=logarithmic) for value in values]
    common = {
        "x": list(range(1, len(values) + 1)), "customdata": [_told(row) for row in flow.layers], "opacity": strength,
        "hovertemplate": f"{_HOVER}<extra>{name}</extra>",
    }  # fmt: skip
    points = [value if fine else None for value, fine in zip(values, drawn, strict=True)]
    figure.add_scatter(y=points, mode="lines+markers", name=name, **_line_style(place, len(values)), **common)
    if not all(drawn):
        low = span[0] * 1.6 ** (1 + 2 * place) if logarithmic else span[0]  # no network's lie on another's
        cross = {"symbol": "x-thin", "size": 6, "line": {"width": 1.5, "color": COLOURS[place]}}
        missing = [None if fine else low for fine in drawn]
        figure.add_scatter(y=missing, mode="markers", name=f"{name}, none", showlegend=False, marker=cross, **common)
    if not any(values):
        said, height = f"{name}: all are zero", 0.5 - 0.12 * place
        figure.add_annotation(text=said, x=0.5, y=height, xref="paper", yref="paper", showarrow=False)


def _line_style(place: int, layers: int) -> dict[str, Any]:
    marker = {"color": COLOURS[place], "size": 8, "symbol": _SYMBOLS[place], "opacity": [1.0] * (layers - 1) + [0.45]}
    return {"line": {"color": COLOURS[place], "width": 1.5}, "marker": marker}


def _span(flows: Iterable[Flow], column: str) -> tuple[float, float]:
    """The axis that fits all flows: whole powers of ten for a logarithmic one, else from zero to one."""
    if not MEASURES[column].logarithmic:
        return 0.0, 1.0
    return _decades(getattr(row, column) for flow in flows for row in flow.layers)


def over_time(networks: Sequence[ThroughTime], names: Sequence[str]) -> go.Figure:
    """The gradient's norm by how many steps before the end, a line a network, each by that at the end."""
    figure = go.Figure()
    for place, (one, name) in enumerate(zip(networks, names, strict=True)):
        shares = [value / one.norms[0] if one.norms[0] else 0.0 for value in one.norms]
        figure.add_scatter(
            x=list(range(len(shares))), y=[share if _drawable(share, logarithmic=True) else None for share in shares],
            mode="lines", name=name, line={"color": COLOURS[place % len(COLOURS)], "width": 2.5},
            hovertemplate="%{y:.3g} of the last state's, %{x} steps before<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "steps before the end"},
        yaxis={"title": "gradient", "type": "log", "exponentformat": "power"},
        height=300, margin={"l": 64, "r": 8, "t": 8, "b": 40},
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"},
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
