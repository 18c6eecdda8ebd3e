"""Networks against one another: where their cost lies, how good they are for it, and when they came.

A family has the same colour and mark in every chart.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log10, sqrt
from textwrap import wrap

import plotly.graph_objects as go

from tlcore.measure.table import Table
from tlcore.plots.labels import Box, Marked, placed
from tlcore.plots.legends import keyed
from tlcore.plots.marks import mark_of
from tlcore.zoo.facts import Rated, Winner

_LINES = ("solid", "dash", "dot", "dashdot")
_DECADES = [0.03, 0.1, 0.3, 1, 3, 10, 30]  # on a logarithmic axis Plotly would write 2 and 5 for 0.2 and 50
_LABEL = {"size": 10.5}
_VARIANT = re.compile(r"(,? (\([^)]*\)|with(out)? [^(]*|as [^(]*))+$")


@dataclass(frozen=True)
class Layout:
    """How a field is laid out: its height, the widths that it may have, all in pixels, and its legend's columns.

    A bubble's area is its millions of parameters over `scale`.
    """

    height: int
    widths: tuple[int, ...]
    columns: int
    scale: float

    @property
    def canvases(self) -> list[Box]:
        """The areas in which names are placed."""
        return [Box(0, 0, width, self.height) for width in self.widths]

    def diameter(self, params: int) -> float:
        """How large a bubble is."""
        return max(8.0, sqrt(2 * params / 1e6 / self.scale))


WIDE = Layout(height=450, widths=(860, 1040, 1220), columns=5, scale=0.16)
NARROW = Layout(height=520, widths=(285, 420, 600, 860), columns=2, scale=0.6)


def cost_over_depth(tables: Mapping[str, Table], families: Mapping[str, str], column: str, title: str) -> go.Figure:
    """The share of all parameters or multiply-adds (`params` or `macs`) that the first part of each network holds."""
    figure = go.Figure()
    for place, (name, table) in enumerate(tables.items()):
        values = [getattr(row, column) for row in table.rows if row.params or row.macs]
        total = sum(values) or 1
        shares = [value / total for value in accumulate(values)]
        depth = [(index + 1) / len(values) for index in range(len(values))]
        mark = mark_of(families[name])
        figure.add_scatter(
            x=[0, *depth], y=[0, *shares], name=name, mode="lines+markers",
            line={"color": mark.colour, "width": 2.5, "dash": _LINES[place % len(_LINES)]},
            marker={"symbol": mark.symbol, "size": 7, "maxdisplayed": 6},
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


def field(
    rated: Iterable[Rated], titles: Mapping[str, str], families: Mapping[str, str], chosen: Iterable[str] = (),
    layout: Layout = WIDE,
) -> go.Figure:  # fmt: skip
    """Accuracy against multiply-adds; a bubble's area is the number of parameters.

    Names stand beside bubbles where they do not lie on one another: the chosen ones always, in bold, then of each
    family the smallest network and the largest.
    """
    rows, chosen = list(rated), set(chosen)
    spans = _span([log10(row.macs / 1e9) for row in rows]), _span([row.top1 for row in rows])
    labels = _labels(rows, titles, families, chosen, spans, layout)
    figure = go.Figure()
    for family in dict.fromkeys(families[row.name] for row in rows):
        own, mark = [row for row in rows if families[row.name] == family], mark_of(family)
        figure.add_scatter(
            x=[row.macs / 1e9 for row in own],
            y=[row.top1 for row in own],
            name=family,
            mode="markers+text",
            text=[labels[row.name][0] for row in own],
            textposition=[labels[row.name][1] for row in own],
            textfont=_LABEL,
            cliponaxis=False,
            marker={
                "size": [row.params / 1e6 for row in own], "sizemode": "area", "sizeref": layout.scale, "sizemin": 4,
                "color": mark.colour, "opacity": 0.75, "symbol": mark.symbol,
            },
            customdata=[[titles[row.name], f"{row.params / 1e6:.1f}"] for row in own],
            hovertemplate="%{customdata[0]}<br>%{y:.1f} % top-1, %{x:.2f} G multiply-adds, "
            "%{customdata[1]} M parameters<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title": "multiply-adds for one image, in billions", "type": "log", "tickvals": _DECADES,
               "range": spans[0]},
        yaxis={"title": "top-1 accuracy on ImageNet, %", "range": spans[1]},
    )  # fmt: skip
    return keyed(figure, columns=layout.columns, height=layout.height, left=54)


def _span(values: Sequence[float]) -> list[float]:
    """An axis with room for names at its ends."""
    low, high = min(values), max(values)
    return [low - 0.06 * (high - low), high + 0.06 * (high - low)]


def _labels(
    rows: Sequence[Rated], titles: Mapping[str, str], families: Mapping[str, str], chosen: set[str],
    spans: tuple[Sequence[float], Sequence[float]], layout: Layout,
) -> dict[str, tuple[str, str]]:  # fmt: skip
    """What stands beside each bubble, and where; nothing where it would lie on another name."""
    (low, high), (worst, best) = spans
    names = {**_short_names(rows, titles, families), **{name: titles[name] for name in chosen if name in titles}}
    points = [
        Marked(
            (log10(row.macs / 1e9) - low) / (high - low), (best - row.top1) / (best - worst),
            layout.diameter(row.params), names[row.name], bold=row.name in chosen,
        )
        for row in rows
    ]  # fmt: skip
    places = placed(points, layout.canvases, _by_weight(rows, families, chosen))
    labels = {}
    for row, point, place in zip(rows, points, places, strict=True):
        text = f"<b>{point.text}</b>" if point.bold else point.text
        labels[row.name] = (text, place) if place else ("", "middle right")
    return labels


def _by_weight(rows: Sequence[Rated], families: Mapping[str, str], chosen: set[str]) -> list[int]:
    """Whose names come first, as places in the rows: the chosen ones, then each family's smallest, then its largest."""
    smallest: dict[str, int] = {}
    largest: dict[str, int] = {}
    for place in sorted(range(len(rows)), key=lambda place: rows[place].macs):
        smallest.setdefault(families[rows[place].name], place)
        largest[families[rows[place].name]] = place
    first = [place for place, row in enumerate(rows) if row.name in chosen]
    return list(dict.fromkeys([*first, *smallest.values(), *largest.values()]))


def _short_names(rows: Sequence[Rated], titles: Mapping[str, str], families: Mapping[str, str]) -> dict[str, str]:
    """What stands beside each bubble: of its family's networks only the smallest is named in full."""
    names = {}
    for family in dict.fromkeys(families[row.name] for row in rows):
        own = sorted((row for row in rows if families[row.name] == family), key=lambda row: row.macs)
        whole = titles[own[0].name]
        for row in own:
            short = titles[row.name].removeprefix(family).lstrip("- ").replace("with ", "")
            names[row.name] = short if row is not own[0] and whole.startswith(family) else titles[row.name]
    return {row.name: names[row.name] for row in rows}


def timeline(rows: Sequence[tuple[int, str, str, str]]) -> go.Figure:
    """Networks by year: rows of year, family, title and idea; a family is a line, named beside it."""
    figure = go.Figure()
    families = list(dict.fromkeys(row[1] for row in rows))
    marks = [mark_of(row[1]) for row in rows]
    figure.add_scatter(
        x=[row[0] for row in rows],
        y=[row[1] for row in rows],
        mode="markers",
        marker={"size": 11, "color": [mark.colour for mark in marks], "symbol": [mark.symbol for mark in marks]},
        customdata=[[row[2], row[3]] for row in rows],
        hovertemplate="<b>%{customdata[0]}</b> (%{x})<br>%{customdata[1]}<extra></extra>",
    )
    names = {family: [title for _, own, title, _ in rows if own == family] for family in families}
    figure.update_layout(
        xaxis={"dtick": 4, "title": "year"},
        yaxis={
            "autorange": "reversed", "categoryorder": "array", "categoryarray": families, "automargin": True,
            "tickvals": families, "ticktext": [_named_line(family, names[family]) for family in families],
            "tickfont": {"size": 11},
        },
        margin={"l": 12, "r": 12, "t": 10, "b": 44},
        height=80 + 46 * len(families),
        showlegend=False,
    )  # fmt: skip
    return figure


def _named_line(family: str, titles: Sequence[str]) -> str:
    """A family and, in lines below it, its networks."""
    words = wrap(", ".join(in_short(titles, family)), 40, break_on_hyphens=False)
    return "<br>".join([f"<b>{family}</b>", *(words if titles != [family] else [])])


def in_short(titles: Sequence[str], family: str) -> list[str]:
    """The names of a family's networks: what several begin with stands once, and variants are left out.

    ResNet-18 and ResNet-34 become `ResNet-18` and `34`.
    """
    seen: set[str] = set()
    short = []
    for title in dict.fromkeys(_VARIANT.sub("", title) for title in titles):
        stem = family if title.startswith(family) else title[: title.rfind("-") + 1]
        short.append(title.removeprefix(stem).lstrip("- ") if stem and stem in seen else title)
        seen.add(stem)
    return short


def challenge(winners: Sequence[Winner]) -> go.Figure:
    """The winners' top-5 errors, year by year, with their names, in the colours of their families; others are grey."""
    figure = go.Figure()
    figure.add_bar(
        y=[f"{winner.year} · {winner.team}" for winner in winners],
        x=[winner.error for winner in winners],
        orientation="h",
        text=[f"{winner.error:g}" for winner in winners],
        textposition="outside",
        cliponaxis=False,
        marker={"color": [mark_of(winner.family).colour for winner in winners]},
        customdata=[[winner.team, winner.note] for winner in winners],
        hovertemplate="<b>%{customdata[0]}</b>: %{x:g} %<br>%{customdata[1]}<extra></extra>",
    )
    figure.update_layout(
        xaxis={"title": "top-5 error, %", "range": [0, 1.12 * max(winner.error for winner in winners)]},
        yaxis={"autorange": "reversed", "automargin": True},
        margin={"l": 12, "r": 12, "t": 20, "b": 44},
        height=360,
    )
    return figure
