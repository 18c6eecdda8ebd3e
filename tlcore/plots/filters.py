"""Figures of filters: how responses are distributed, and one row of an image with its derivatives."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tlcore.filters.sharpness import COMPARED, Comparison
from tlcore.filters.show import Profile

_LINES = {
    "prewitt": ("#2a5fd0", "solid"),
    "sobel": ("#d9730d", "dash"),
    "scharr": ("#1b8a6b", "dot"),
    "sobel5": ("#8a4fbf", "solid"),
}


def histogram(middles: Sequence[float], counts: Sequence[int], threshold: float = 0.0) -> go.Figure:
    """How often each response occurs, on a logarithmic scale; blue is positive, orange negative, lines a threshold."""
    figure = go.Figure()
    colours = ["#2a5fd0" if value >= 0 else "#d9730d" for value in middles]
    hover = "%{y:,} values near %{x:.3f}<extra></extra>"
    figure.add_bar(x=list(middles), y=list(counts), marker={"color": colours}, hovertemplate=hover)
    places = [place for place in (-threshold, threshold) if place > 0 or place < 0 > min(middles)]
    for place in places:
        figure.add_vline(x=place, line={"color": "#6b7280", "width": 1, "dash": "dot"})
    figure.update_layout(
        xaxis={"title": "response"}, yaxis={"type": "log", "title": "values"}, bargap=0.02, height=260,
        margin={"l": 48, "r": 8, "t": 8, "b": 36},
    )  # fmt: skip
    return figure


def profile(found: Profile, column: int | None = None) -> go.Figure:
    """Intensity, first and second derivative under one another, on one axis of columns; `column` is marked."""
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    rows = (
        ("intensity", found.intensity, "#6b7280"),
        ("first derivative", found.first, "#2a5fd0"),
        ("second derivative", found.second, "#d9730d"),
    )
    for place, (title, values, colour) in enumerate(rows, 1):
        figure.add_scatter(
            y=values.tolist(), mode="lines", name=title, line={"color": colour, "width": 1.6}, row=place, col=1,
            hovertemplate="%{y:.3f} at column %{x}<extra>" + title + "</extra>",
        )  # fmt: skip
        figure.update_yaxes(title={"text": title, "font": {"size": 11}}, row=place, col=1, zeroline=True)
    if column is not None:
        figure.add_vline(x=column, line={"color": "#6b7280", "width": 1, "dash": "dot"})
    figure.update_xaxes(title="column", row=3, col=1)
    figure.update_layout(height=460, showlegend=False, margin={"l": 60, "r": 8, "t": 8, "b": 40}, hovermode="x unified")
    return figure


def across(found: Comparison) -> go.Figure:
    """The responses of the operators over the distance from the edge, without noise."""
    figure = go.Figure()
    for one in found.found:
        colour, dash = _LINES[one.operator]
        title = COMPARED[one.operator]
        figure.add_scatter(
            x=list(found.places), y=list(one.across), mode="lines", name=title,
            line={"color": colour, "dash": dash, "width": 2},
            hovertemplate="%{y:.3f} at %{x:.2f} pixels<extra>" + title + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "pixels from the edge"}, yaxis={"title": "slope per pixel", "rangemode": "tozero"}, height=300,
        margin={"l": 56, "r": 8, "t": 8, "b": 40}, legend={"orientation": "h", "y": 1.12, "x": 0},
    )  # fmt: skip
    return figure
