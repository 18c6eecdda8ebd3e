"""Figures of recurrent networks: how their training went, step by step."""

from collections.abc import Sequence
from math import isfinite

import plotly.graph_objects as go

from tlcore.gradients.through_time.recurrent import ThroughTime
from tlcore.palette import COLOURS

_DASHES = ("solid", "dash", "dot")


def training(networks: Sequence[ThroughTime], names: Sequence[str], column: str, title: str) -> go.Figure:
    """`loss`, `grad_norm` or `clipped_norm` by the step of training, on a logarithmic scale; a line a trained network.

    What is no finite number, and what is zero, is a gap.
    """
    figure = go.Figure()
    for place, (one, name) in enumerate(zip(networks, names, strict=True)):
        values = [getattr(step, column) for step in one.training]
        if values:
            figure.add_scatter(
                x=list(range(1, len(values) + 1)), y=[v if isfinite(v) and v > 0 else None for v in values],
                mode="lines", name=name, line={"color": COLOURS[place], "width": 1.8, "dash": _DASHES[place]},
                hovertemplate="%{y:.3g} in step %{x}<extra>" + name + "</extra>",
            )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "step of training"},
        yaxis={"title": title, "type": "log", "exponentformat": "power"},
        height=280, margin={"l": 64, "r": 8, "t": 8, "b": 40}, legend={"orientation": "h", "y": -0.3},
        showlegend=True,
    )  # fmt: skip
    return figure
