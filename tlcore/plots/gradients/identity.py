"""Figures of identity learning."""

from collections.abc import Sequence

import plotly.graph_objects as go

from tlcore.gradients.residual.identity import STEPS, Frame
from tlcore.palette import COLOURS


def errors(frames: Sequence[Frame]) -> go.Figure:
    """Both stacks' distance from the identity over the steps, on a logarithmic axis that does not move."""
    figure = go.Figure()
    for place, (name, values) in enumerate(
        {"With shortcuts": [f.residual for f in frames], "Without": [f.plain for f in frames]}.items()
    ):
        figure.add_scatter(
            x=[frame.step for frame in frames], y=values, name=name, mode="lines",
            line={"color": COLOURS[place], "width": 2.5}, hovertemplate="%{y:.2%} after %{x} steps",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "step", "range": [0, STEPS]},
        yaxis={"title": "distance from the input", "type": "log", "tickformat": "~%", "range": [-4, 1.3], "dtick": 1},
        height=340, margin={"l": 64, "r": 8, "t": 8, "b": 40}, legend={"orientation": "h", "y": -0.25},
    )  # fmt: skip
    return figure
