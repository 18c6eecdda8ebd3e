"""Legends that name every mark and take nothing from what is drawn."""

from math import ceil

import plotly.graph_objects as go

_RIGHT, _BELOW, _ENTRY = 12, 44, 21  # pixels: the margins, and a line of the legend


def keyed(figure: go.Figure, *, columns: int = 2, height: int = 190, left: int = 64) -> go.Figure:
    """The legend in columns above what is drawn, which keeps its height however many marks are named.

    By itself Plotly lets a legend that is broken into lines squeeze the drawing, most of all on a phone.
    """
    named = [mark for mark in (*figure.data, *figure.layout.shapes) if mark.showlegend is not False]
    above = 12 + _ENTRY * ceil(len(named) / columns)
    figure.update_layout(
        showlegend=True,
        legend={
            "orientation": "h", "xref": "container", "x": 0, "yref": "container", "y": 1, "yanchor": "top",
            "entrywidth": 1 / columns, "entrywidthmode": "fraction", "itemsizing": "constant", "tracegroupgap": 0,
        },
        margin={"l": left, "r": _RIGHT, "t": above, "b": _BELOW, "autoexpand": False},
        height=above + height + _BELOW,
    )  # fmt: skip
    return figure
