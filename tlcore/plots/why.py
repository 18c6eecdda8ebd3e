"""Figures on why convolution: matrices of weights, shifts, activation functions, and dropout."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from tlcore.palette import BLUE, COLOURS, DIVERGING, GREY, ORANGE, WHITE

_MARGIN = {"l": 54, "r": 12, "t": 16, "b": 44}
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def matrices(layers: Mapping[str, NDArray[np.float32]]) -> go.Figure:
    """Layers as matrices, a row an output and a column an input; pairs without a connection are left blank."""
    figure = make_subplots(rows=1, cols=len(layers), subplot_titles=list(layers), horizontal_spacing=0.05)
    for place, weights in enumerate(layers.values(), 1):
        largest = float(np.abs(weights).max()) or 1.0
        figure.add_heatmap(
            z=np.where(weights == 0, np.nan, weights), colorscale=DIVERGING, zmin=-largest, zmax=largest,
            showscale=False, hoverongaps=False, row=1, col=place,
            hovertemplate="output %{y} reads input %{x}: weight %{z:.3g}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="input pixel", showgrid=False, zeroline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, zeroline=False)
    figure.update_yaxes(title="output pixel", col=1)
    figure.update_annotations(font_size=13)
    figure.update_layout(margin={**_MARGIN, "t": 28}, height=290)
    return figure


def shift_lines(lines: Mapping[str, Sequence[float]], title: str) -> go.Figure:
    """Relative differences for shifts of 0, 1, 2, … pixels, a line an operation."""
    figure = go.Figure()
    for place, (name, differences) in enumerate(lines.items()):
        figure.add_scatter(
            x=list(range(len(differences))), y=list(differences), name=name, mode="lines+markers",
            line={"color": COLOURS[place], "width": 2.2, "dash": _DASHES[place % len(_DASHES)]}, marker={"size": 7},
            hovertemplate="%{y:.3f}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "shift, pixels", "dtick": 1},
        yaxis={"title": title, "rangemode": "tozero"},
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"},
        margin=_MARGIN, height=340, hovermode="x unified",
    )  # fmt: skip
    return figure


def activation(
    x: Sequence[float], y: Sequence[float], slope: Sequence[float], least: float, now: float | None = None,
    title: str = "x",
) -> go.Figure:  # fmt: skip
    """A function and its derivative, grey where that is below `least`, with a dotted line at `now`."""
    figure = go.Figure()
    for values, name, colour, dash in ((y, "function", BLUE, "solid"), (slope, "derivative", ORANGE, "dash")):
        figure.add_scatter(
            x=list(x), y=list(values), name=name, mode="lines", line={"color": colour, "width": 2.4, "dash": dash},
            hovertemplate="%{y:.3f}<extra>" + name + "</extra>",
        )  # fmt: skip
    saturated = np.asarray(slope, np.float32) < np.float32(least)  # as it is counted on a layer's values
    for low, high in _runs(x, saturated.tolist()):
        figure.add_vrect(x0=low, x1=high, fillcolor=GREY, opacity=0.18, line_width=0)
    if now is not None:
        figure.add_vline(x=now, line={"color": GREY, "width": 1.5, "dash": "dot"})
    figure.update_layout(
        xaxis={"title": title, "zeroline": True},
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"},
        margin=_MARGIN, height=270, hovermode="x unified",
    )  # fmt: skip
    return figure


def _runs(x: Sequence[float], flags: Sequence[bool]) -> list[tuple[float, float]]:
    """The stretches of x over which the flags are true."""
    runs: list[tuple[float, float]] = []
    for place, flag in enumerate(flags):
        if flag and place and flags[place - 1]:
            runs[-1] = (runs[-1][0], x[place])
        elif flag:
            runs.append((x[place], x[place]))
    return runs


def values(given: NDArray[np.float32], saturated: NDArray[np.bool_], low: float, high: float) -> go.Figure:
    """How a layer's values are distributed, saturated ones in grey; what lies outside is counted at the ends."""
    edges = np.linspace(low, high, 61)
    middles = ((edges[:-1] + edges[1:]) / 2).tolist()
    figure = go.Figure()
    for name, chosen, colour in (("lets a gradient back", ~saturated, BLUE), ("saturated", saturated, GREY)):
        counts, _ = np.histogram(given[chosen].clip(low, high), edges)
        figure.add_bar(
            x=middles, y=counts.tolist(), name=name, marker={"color": colour},
            hovertemplate="%{y:,} values near %{x:.2f}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        barmode="stack", bargap=0.02, xaxis={"title": "value that goes in"}, yaxis={"title": "values"},
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"}, margin=_MARGIN, height=230,
    )  # fmt: skip
    return figure


def jacobian(labels: Sequence[str], moved: NDArray[np.float32]) -> go.Figure:
    """How each probability moves with each logit: blue rises, orange falls."""
    largest = float(np.abs(moved).max()) or 1.0
    figure = go.Figure()
    figure.add_heatmap(
        x=list(labels), y=list(labels), z=moved, colorscale=DIVERGING, zmin=-largest, zmax=largest, showscale=False,
        hovertemplate="%{y} moves by %{z:.4f} a unit of %{x}'s logit<extra></extra>",
    )  # fmt: skip
    strong, names = np.abs(moved) > largest / 2, np.array(labels)
    for chosen, font in ((strong, {"color": WHITE}), (~strong, {})):  # on pale cells in the theme's own colour
        rows, columns = np.nonzero(chosen)
        figure.add_scatter(
            x=names[columns].tolist(), y=names[rows].tolist(), mode="text", hoverinfo="skip",
            text=[f"{value:.3f}" for value in moved[chosen]], textfont={**font, "size": 12}, showlegend=False,
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "logit of", "showgrid": False},
        yaxis={"title": "probability of", "autorange": "reversed", "showgrid": False},
        margin={**_MARGIN, "l": 120}, height=340,
    )  # fmt: skip
    return figure


def dropped(features: NDArray[np.float32], mask: NDArray[np.float32], columns: int = 32) -> go.Figure:
    """A classifier's features `(d,)` as cells: all of them, and those that a mask leaves, multiplied by it."""
    figure = make_subplots(rows=1, cols=2, subplot_titles=("all features", "one mask"), horizontal_spacing=0.04)
    left = np.where(mask > 0, features * mask, np.nan)
    largest = max(float(np.abs(features).max()), float(np.abs(features * mask).max())) or 1.0
    for place, shown in enumerate((features, left), 1):
        cells = np.full(-(-shown.size // columns) * columns, np.nan, np.float32)
        cells[: shown.size] = shown
        figure.add_heatmap(
            z=cells.reshape(-1, columns), colorscale=DIVERGING, zmin=-largest, zmax=largest, showscale=False,
            hoverongaps=False, xgap=1, ygap=1, hovertemplate="%{z:.2f}<extra></extra>", row=1, col=place,
        )  # fmt: skip
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed")
    figure.update_annotations(font_size=13)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 28, "b": 8}, height=210)
    return figure


def answers(shares: Sequence[float], whole: float, label: str) -> go.Figure:
    """The probability of a class, a point a mask, with that of the whole network as a line."""
    figure = go.Figure()
    figure.add_scatter(
        x=list(range(1, len(shares) + 1)), y=list(shares), mode="markers",
        marker={"color": BLUE, "size": 7, "opacity": 0.75}, hovertemplate="mask %{x}: %{y:.1%}<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=whole, line={"color": ORANGE, "width": 2, "dash": "dash"})
    figure.update_layout(
        xaxis={"title": "mask"}, yaxis={"title": f"probability of {label}", "tickformat": ".0%", "range": [0, 1]},
        margin=_MARGIN, height=280, showlegend=False,
    )  # fmt: skip
    return figure
