"""Figures of a network's first filters: beside kernels of the bank, and what changes when one is replaced."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from tlcore.palette import BLUE, DIVERGING, GREY, ORANGE


def side_by_side(kernels: Sequence[tuple[str, NDArray[np.float64]]]) -> go.Figure:
    """Kernels with their titles, each scaled by its own largest weight; blue is positive, orange negative."""
    figure = make_subplots(
        rows=1, cols=len(kernels), subplot_titles=[title for title, _ in kernels], horizontal_spacing=0.06
    )
    for place, (_, values) in enumerate(kernels, 1):
        largest = float(np.abs(values).max()) or 1.0
        figure.add_heatmap(
            z=values, colorscale=DIVERGING, zmin=-largest, zmax=largest, showscale=False, xgap=1, ygap=1,
            hovertemplate="row %{y}, column %{x}: %{z:.3f}<extra></extra>", row=1, col=place,
        )  # fmt: skip
        anchor = "x" if place == 1 else f"x{place}"
        figure.update_yaxes(scaleanchor=anchor, row=1, col=place)
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, constrain="domain", autorange="reversed")
    figure.update_annotations(font_size=13)
    figure.update_layout(margin={"l": 4, "r": 4, "t": 28, "b": 4}, height=220)
    return figure


def change(rows: Sequence[tuple[str, float, float]]) -> go.Figure:
    """Classes with their probabilities before and after, as pairs of bars, the first one at the top."""
    rows = rows[::-1]
    figure = go.Figure()
    for name, column, colour in (("after", 2, BLUE), ("before", 1, GREY)):
        figure.add_bar(
            y=[row[0] for row in rows], x=[row[column] for row in rows], name=name, orientation="h",
            marker={"color": colour}, hovertemplate="%{x:.1%}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"tickformat": ".0%", "title": "probability", "rangemode": "tozero"},
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom", "traceorder": "reversed"},
        margin={"l": 8, "r": 12, "t": 16, "b": 44}, height=120 + 34 * len(rows), bargap=0.3,
    )  # fmt: skip
    figure.update_yaxes(automargin=True)
    return figure


def each(moved: Sequence[float], chosen: int) -> go.Figure:
    """How much of the probability moves when each filter alone is replaced; the chosen one is orange."""
    figure = go.Figure()
    colours = [ORANGE if index == chosen else BLUE for index in range(len(moved))]
    figure.add_bar(
        x=list(range(len(moved))), y=list(moved), marker={"color": colours},
        hovertemplate="filter %{x}: %{y:.2%} of the probability moved<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "filter"}, yaxis={"title": "probability moved", "tickformat": ".1%", "rangemode": "tozero"},
        margin={"l": 60, "r": 12, "t": 12, "b": 44}, height=240,
    )  # fmt: skip
    return figure
