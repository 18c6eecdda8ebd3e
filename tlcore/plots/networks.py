"""Networks against one another: where their cost lies, how good they are for it, and when they came."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

import plotly.graph_objects as go

from tlcore.measure.table import Table
from tlcore.zoo.facts import Rated, Winner

COLOURS = ("#2a5fd0", "#d9730d", "#1b8a6b", "#8a4fbf", "#b8862b", "#c2416c", "#4b7d9c", "#6b7280")
_LINES = ("solid", "dash", "dot", "dashdot")
_DECADES = [0.03, 0.1, 0.3, 1, 3, 10, 30]  # on a logarithmic axis Plotly would write 2 and 5 for 0.2 and 50


def cost_over_depth(tables: Mapping[str, Table], column: str, title: str) -> go.Figure:
    """The share of all parameters or multiply-adds (`params` or `macs`) that the first part of each network holds."""
    figure = go.Figure()
    for place, (name, table) in enumerate(tables.items()):
        values = [getattr(row, column) for row in table.rows if row.params or row.macs]
        total = sum(values) or 1
        shares = [value / total for value in accumulate(values)]
        depth = [(index + 1) / len(values) for index in range(len(values))]
        figure.add_scatter(
            x=[0, *depth], y=[0, *shares], name=name, mode="lines",
            line={"color": COLOURS[place % len(COLOURS)], "width": 2.5, "dash": _LINES[place % len(_LINES)]},
            hovertemplate="%{y:.0%} within the first %{x:.0%} of the layers<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        title={"text": title, "font": {"size": 15}},
        xaxis={"title": "depth", "tickformat": ".0%", "range": [0, 1.01]},
        yaxis={"tickformat": ".0%", "range": [0, 1.02]},
        legend={"orientation": "h", "y": -0.25},
        margin={"l": 48, "r": 12, "t": 44, "b": 40},
        height=340,
    )
    return figure


def field(rated: Iterable[Rated], titles: Mapping[str, str], families: Mapping[str, str]) -> go.Figure:
    """Accuracy against multiply-adds; the area of a bubble is the number of parameters."""
    rows = list(rated)
    figure = go.Figure()
    for place, family in enumerate(dict.fromkeys(families[row.name] for row in rows)):
        own = [row for row in rows if families[row.name] == family]
        figure.add_scatter(
            x=[row.macs / 1e9 for row in own],
            y=[row.top1 for row in own],
            name=family,
            mode="markers",
            marker={
                "size": [row.params / 1e6 for row in own], "sizemode": "area", "sizeref": 0.16, "sizemin": 4,
                "color": COLOURS[place % len(COLOURS)], "opacity": 0.75,
                "symbol": "circle" if place < len(COLOURS) else "diamond",
            },
            customdata=[[titles[row.name], f"{row.params / 1e6:.1f}"] for row in own],
            hovertemplate="%{customdata[0]}<br>%{y:.1f} % top-1, %{x:.2f} G multiply-adds, "
            "%{customdata[1]} M parameters<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "multiply-adds for one image, in billions", "type": "log", "tickvals": _DECADES},
        yaxis={"title": "top-1 accuracy on ImageNet, %"},
        legend={"orientation": "h", "y": -0.2, "itemsizing": "constant"},
        margin={"l": 54, "r": 12, "t": 20, "b": 44},
        height=520,
    )
    return figure


def timeline(rows: Sequence[tuple[int, str, str, str]]) -> go.Figure:
    """Networks by year: rows of year, family, title and idea; those of one family stand in one line."""
    figure = go.Figure()
    families = list(dict.fromkeys(row[1] for row in rows))
    figure.add_scatter(
        x=[row[0] for row in rows],
        y=[row[1] for row in rows],
        mode="markers",
        marker={"size": 11, "color": [COLOURS[families.index(row[1]) % len(COLOURS)] for row in rows]},
        customdata=[[row[2], row[3]] for row in rows],
        hovertemplate="<b>%{customdata[0]}</b> (%{x})<br>%{customdata[1]}<extra></extra>",
    )
    figure.update_layout(
        xaxis={"dtick": 2, "title": "year"},
        yaxis={"autorange": "reversed", "categoryorder": "array", "categoryarray": families},
        margin={"l": 110, "r": 12, "t": 10, "b": 44},
        height=70 + 26 * len(families),
        showlegend=False,
    )
    return figure


def challenge(winners: Sequence[Winner]) -> go.Figure:
    """The winners' top-5 errors, year by year."""
    figure = go.Figure()
    figure.add_bar(
        x=[winner.year for winner in winners],
        y=[winner.error for winner in winners],
        text=[f"{winner.error:g}" for winner in winners],
        marker={"color": ["#8a8f98" if winner.year < 2012 else "#2a5fd0" for winner in winners]},
        customdata=[[winner.team, winner.note] for winner in winners],
        hovertemplate="<b>%{customdata[0]}</b>: %{y:g} %<br>%{customdata[1]}<extra></extra>",
    )
    figure.update_layout(
        xaxis={"dtick": 1, "title": "year"},
        yaxis={"title": "top-5 error, %"},
        margin={"l": 54, "r": 12, "t": 20, "b": 44},
        height=360,
    )
    return figure
