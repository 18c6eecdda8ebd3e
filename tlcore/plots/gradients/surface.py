"""Figures of the loss around a network: seen from above, and as a relief; on a logarithmic scale that several share."""

from collections.abc import Iterable, Sequence
from math import ceil, floor, log10
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from tlcore.palette import WHITE

Grid = Sequence[Sequence[float | None]]
_LEAST = 1e-6  # a loss of nothing has no logarithm
_COLOURS = "Viridis"
_HOVER = "%{x:.2f}, %{y:.2f}: loss %{text}<extra></extra>"


def scale_of(grids: Iterable[Grid]) -> tuple[float, float]:
    """The lowest and the highest logarithm of all known losses."""
    logs = [_log(loss) for grid in grids for row in grid for loss in row if loss is not None]
    if not logs:
        return -1.0, 1.0
    return min(logs), max(*logs, min(logs) + 0.1)


def from_above(steps: Sequence[float], losses: Grid, scale: tuple[float, float]) -> go.Figure:
    """Lines of equal loss around the network, which the cross is; what is not known yet is filled in between."""
    figure = go.Figure()
    figure.add_contour(
        x=list(steps), y=list(steps), z=_logs(losses), zmin=scale[0], zmax=scale[1], colorscale=_COLOURS,
        contours={"start": scale[0], "end": scale[1], "size": (scale[1] - scale[0]) / 14}, line={"width": 0.6},
        connectgaps=True, text=_words(losses), hovertemplate=_HOVER, colorbar=_bar(scale),
    )  # fmt: skip
    figure.add_scatter(
        x=[0], y=[0], mode="markers", hoverinfo="skip", showlegend=False,
        marker={"symbol": "x-thin", "size": 11, "line": {"width": 2.5, "color": WHITE}},
    )  # fmt: skip
    ends = [steps[0], steps[-1]]
    figure.update_xaxes(title="first direction", constraintoward="right")
    figure.update_yaxes(title="second direction", scaleanchor="x")
    figure.update_xaxes(range=ends, constrain="domain", zeroline=False)
    figure.update_yaxes(range=ends, constrain="domain", zeroline=False)
    figure.update_layout(height=440, margin={"l": 54, "r": 12, "t": 12, "b": 44})
    return figure


def relief(steps: Sequence[float], losses: Grid, scale: tuple[float, float]) -> go.Figure:
    """The same as a landscape, to turn with the mouse."""
    figure = go.Figure()
    figure.add_surface(
        x=list(steps), y=list(steps), z=_logs(losses), cmin=scale[0], cmax=scale[1], colorscale=_COLOURS,
        connectgaps=True, text=_words(losses), hovertemplate=_HOVER, colorbar=_bar(scale),
        contours={"z": {"show": True, "usecolormap": True, "width": 1}},
    )  # fmt: skip
    values, words = _ticks(scale)
    figure.update_layout(
        scene={
            "xaxis": {"title": "first direction"}, "yaxis": {"title": "second direction"},
            "zaxis": {"title": "loss", "range": list(scale), "tickvals": values, "ticktext": words},
            "camera": {"eye": {"x": 1.35, "y": 1.35, "z": 1.15}}, "aspectratio": {"x": 1, "y": 1, "z": 0.7},
        },
        height=460, margin={"l": 0, "r": 0, "t": 0, "b": 0},
    )  # fmt: skip
    return figure


def _log(loss: float) -> float:
    return log10(max(loss, _LEAST))


def _logs(losses: Grid) -> list[list[float | None]]:
    return [[None if loss is None else _log(loss) for loss in row] for row in losses]


def _words(losses: Grid) -> NDArray[np.str_]:
    """The losses in words; an array, for Plotly takes a list of lists for a list of texts."""
    return np.array([["" if loss is None else f"{loss:.3g}" for loss in row] for row in losses])


def _bar(scale: tuple[float, float]) -> dict[str, Any]:
    values, words = _ticks(scale)
    return {"title": {"text": "loss"}, "tickvals": values, "ticktext": words, "thickness": 12, "len": 0.9}


def _ticks(scale: tuple[float, float]) -> tuple[list[float], list[str]]:
    """Losses of 1, 2 or 5 times a power of ten on the scale, thinned out where there are too many."""
    for steps in ((1, 2, 5), (1, 3), (1,)):
        marks = [step * 10.0**power for power in range(floor(scale[0]), ceil(scale[1]) + 1) for step in steps]
        shown = [mark for mark in marks if scale[0] <= log10(mark) <= scale[1]]
        if len(shown) <= 9:
            break
    return [log10(mark) for mark in shown], [f"{mark:g}" for mark in shown]
