"""Figures of one value's arithmetic: what windows read, their weights, and the products."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from tlcore.palette import OPAQUE_DIVERGING

_LEGIBLE, _TALLEST = 5, 7  # cells a side: with numbers in them, and before they shrink
_CELL = 34
Part = tuple[str, NDArray[np.float64]]


def windows(rows: Sequence[Sequence[Part]]) -> go.Figure:
    """A row a window, and side by side its parts, each column scaled by its own largest value; zero is neutral."""
    columns = len(rows[0])
    titles = [title for parts in rows for title, _ in parts]
    figure = make_subplots(
        rows=len(rows), cols=columns, subplot_titles=titles, horizontal_spacing=0.04, vertical_spacing=0.1
    )
    for place in range(len(titles)):
        row, column = divmod(place, columns)
        _draw(figure, rows[row][column][1], _largest([parts[column][1] for parts in rows]), (row + 1, column + 1))
        anchor = "x" if place == 0 else f"x{place + 1}"
        figure.update_yaxes(scaleanchor=anchor, row=row + 1, col=column + 1)
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, constrain="domain", autorange="reversed")
    figure.update_annotations(font_size=13)
    cells = min(_TALLEST, max(4, *(values.shape[0] for parts in rows for _, values in parts)))
    figure.update_layout(margin={"l": 4, "r": 4, "t": 28, "b": 4}, height=len(rows) * (cells * _CELL + 36) + 16)
    return figure


def _draw(figure: go.Figure, values: NDArray[np.float64], largest: float, place: tuple[int, int]) -> None:
    small = max(values.shape) <= _LEGIBLE
    figure.add_heatmap(
        z=_finite(values), colorscale=OPAQUE_DIVERGING, zmin=-largest, zmax=largest, showscale=False, xgap=1, ygap=1,
        texttemplate="%{z:.2f}" if small else None, textfont={"size": 11}, hoverongaps=False,
        hovertemplate="row %{y}, column %{x}: %{z:.4f}<extra></extra>", row=place[0], col=place[1],
    )  # fmt: skip


def _largest(grids: Sequence[NDArray[np.float64]]) -> float:
    return max(float(np.nanmax(np.abs(_finite(values)))) for values in grids) or 1.0


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a window reaches outside a map that is not padded, there is nothing to draw."""
    return np.where(np.isfinite(values), values, np.nan)
