"""Figures of filters: how responses are distributed, and one row of an image with its derivatives."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tlcore.filters.sharpness import COMPARED, Comparison
from tlcore.filters.show import Profile
from tlcore.palette import BLUE, COLOURS, ORANGE, SLATE

_LINES = {
    "prewitt": (BLUE, "solid"),
    "sobel": (ORANGE, "dash"),
    "scharr": (COLOURS[2], "dot"),
    "sobel5": (COLOURS[3], "solid"),
}


def histogram(middles: Sequence[float], counts: Sequence[int], threshold: float = 0.0) -> go.Figure:
    """How often each response occurs, on a logarithmic scale; blue is positive, orange negative, lines a threshold."""
    figure = go.Figure()
    colours = [BLUE if value >= 0 else ORANGE for value in middles]
    hover = "%{y:,} values near %{x:.3f}<extra></extra>"
    figure.add_bar(x=list(middles), y=list(counts), marker={"color": colours}, hovertemplate=hover)
    places = [place for place in (-threshold, threshold) if place > 0 or place < 0 > min(middles)]
    for place in places:
        figure.add_vline(x=place, line={"color": SLATE, "width": 1, "dash": "dot"})
    figure.update_layout(
        xaxis={"title": "response"}, yaxis={"type": "log", "title": "values"}, bargap=0.02, height=260,
        margin={"l": 48, "r": 8, "t": 8, "b": 36},
    )  # fmt: skip
    return figure


def profile(along: Profile, column: int | None = None) -> go.Figure:
    """Intensity, first and second derivative under one another, on one axis of columns; `column` is marked."""
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    rows = (
        ("intensity", along.intensity, SLATE),
        ("first derivative", along.first, BLUE),
        ("second derivative", along.second, ORANGE),
    )
    for place, (title, values, colour) in enumerate(rows, 1):
        figure.add_scatter(
            y=values.tolist(), mode="lines", name=title, line={"color": colour, "width": 1.6}, row=place, col=1,
            hovertemplate="%{y:.3f} at column %{x}<extra>" + title + "</extra>",
        )  # fmt: skip
        figure.update_yaxes(title={"text": title, "font": {"size": 11}}, row=place, col=1, zeroline=True)
    if column is not None:
        figure.add_vline(x=column, line={"color": SLATE, "width": 1, "dash": "dot"})
    figure.update_xaxes(title="column", row=3, col=1)
    figure.update_layout(height=460, showlegend=False, margin={"l": 60, "r": 8, "t": 8, "b": 40}, hovermode="x unified")
    return figure


def across(comparison: Comparison) -> go.Figure:
    """The responses of the operators over the distance from the edge, without noise."""
    figure = go.Figure()
    for one in comparison.operators:
        colour, dash = _LINES[one.operator]
        title = COMPARED[one.operator]
        figure.add_scatter(
            x=list(comparison.places), y=list(one.across), mode="lines", name=title,
            line={"color": colour, "dash": dash, "width": 2},
            hovertemplate="%{y:.3f} at %{x:.2f} pixels<extra>" + title + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "pixels from the edge"}, yaxis={"title": "slope per pixel", "rangemode": "tozero"}, height=300,
        margin={"l": 56, "r": 8, "t": 8, "b": 40}, legend={"orientation": "h", "y": 1.12, "x": 0},
    )  # fmt: skip
    return figure
