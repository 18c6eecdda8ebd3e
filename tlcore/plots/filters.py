"""Figures of filters: how responses are distributed, and one row of an image with its derivatives."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tlcore.filters.show import Profile


def histogram(middles: Sequence[float], counts: Sequence[int]) -> go.Figure:
    """How often each response occurs, on a logarithmic scale; blue is positive, orange negative."""
    figure = go.Figure()
    colours = ["#2a5fd0" if value >= 0 else "#d9730d" for value in middles]
    hover = "%{y:,} values near %{x:.3f}<extra></extra>"
    figure.add_bar(x=list(middles), y=list(counts), marker={"color": colours}, hovertemplate=hover)
    figure.update_layout(
        xaxis={"title": "response"}, yaxis={"type": "log", "title": "values"}, bargap=0.02, height=190,
        margin={"l": 48, "r": 8, "t": 8, "b": 36},
    )  # fmt: skip
    return figure


def profile(found: Profile) -> go.Figure:
    """Intensity, first and second derivative under one another, on one axis of columns."""
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
    figure.update_xaxes(title="column", row=3, col=1)
    figure.update_layout(height=420, showlegend=False, margin={"l": 60, "r": 8, "t": 8, "b": 40}, hovermode="x unified")
    return figure
