"""Figures of lesions: what is left without each block, without several, in another order; and paths by their length.

Rows are the JSON values that the job tells (see `jobs.lesions`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import ceil, log10
from typing import Any

import plotly.graph_objects as go

from tlcore.gradients.paths import most
from tlcore.plots.networks import COLOURS
from tlcore.plots.transfer import guessing, mean_interval

Row = Mapping[str, Any]
_GREY = "#8a8f98"
_MARGIN = {"l": 54, "r": 12, "t": 12, "b": 44}
_LEGEND = {"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"}


def whole_of(trials: Sequence[Row]) -> Row | None:
    """The row of the network as it is."""
    return next((row for row in trials if row["group"] == "whole"), None)


def alone(trials: Sequence[Row], blocks: Sequence[Row], classes: int, colour: int = 0) -> go.Figure:
    """The accuracy without each block, with Wilson's intervals; those that change the shape are paler.

    The lines are the whole network's accuracy and that of guessing; a cross is a block that can't be left out.
    """
    numbers = {block["path"]: block["number"] for block in blocks}
    rows = {numbers[row["dropped"][0]]: row for row in trials if row["group"] == "each"}
    resizing = {block["number"] for block in blocks if block["resizes"]}
    figure = go.Figure()
    _bars(figure, {n: row for n, row in rows.items() if n not in resizing}, "without this block", colour, 1.0)
    _bars(figure, {n: rows[n] for n in rows if n in resizing}, "without its branch: it changes the shape", colour, 0.5)
    if fixed := [block["number"] for block in blocks if not block["can_be_dropped"]]:
        figure.add_scatter(
            x=fixed, y=[0.02] * len(fixed), mode="markers", name="can't be left out: it changes the shape",
            marker={"symbol": "x-thin", "size": 9, "line": {"width": 2, "color": _GREY}},
            hovertemplate="block %{x} changes the shape and has no shortcut<extra></extra>",
        )  # fmt: skip
    _lines(figure, whole_of(trials), classes)
    figure.update_xaxes(title="block", range=[0.4, len(blocks) + 0.6], dtick=max(1, round(len(blocks) / 10)))
    figure.update_layout(barmode="overlay", legend=_LEGEND)
    return _accuracy(figure)


def together(trials: Sequence[Row], classes: int, colour: int = 0) -> go.Figure:
    """The accuracy by how many random blocks are left out: the mean with its 95 % interval, and each draw.

    A single one is every block in turn, which leaves nothing to chance and has no interval.
    """
    found: dict[int, list[float]] = defaultdict(list)
    for row in trials:
        if row["group"] in {"each", "drops"}:
            found[row["amount"]].append(row["accuracy"])
    figure = go.Figure()
    _draws(figure, [(amount, value) for amount, values in found.items() for value in values], colour, "left out")
    means = [(amount, *mean_interval(values)) for amount, values in sorted(found.items())]
    figure.add_scatter(
        x=[row[0] for row in means], y=[row[1] for row in means], mode="lines+markers", name="mean",
        marker={"size": 7}, line={"color": COLOURS[colour], "width": 2.4},
        hovertemplate="%{x} left out: %{y:.1%}<extra></extra>",
    )  # fmt: skip
    drawn = [row for row in means if row[0] > 1]
    figure.add_scatter(
        x=[row[0] for row in drawn], y=[row[1] for row in drawn], mode="markers", hoverinfo="skip",
        marker={"color": COLOURS[colour], "size": 7},
        error_y=_errors([(mean - low, high - mean) for _, mean, low, high in drawn]),
    )  # fmt: skip
    _lines(figure, whole_of(trials), classes)
    figure.update_xaxes(title="blocks left out", rangemode="tozero")
    figure.update_layout(showlegend=False)
    return _accuracy(figure)


def exchanged(trials: Sequence[Row], classes: int, colour: int = 0) -> go.Figure:
    """The accuracy by how much of the blocks' order is left, a point a draw."""
    points = [(row["order"], row["accuracy"]) for row in trials if row["group"] == "shuffles"]
    figure = go.Figure()
    _draws(figure, points, colour, "of the order is left")
    _lines(figure, whole_of(trials), classes)
    figure.update_xaxes(title="order that is left (Kendall's rank correlation)", autorange="reversed")
    figure.update_layout(showlegend=False)
    return _accuracy(figure)


def path_shares(paths: Row, gradients: Sequence[Row]) -> go.Figure:
    """The share of all paths that pass so many branches and, where it was measured, of the gradient along them."""
    counts, figure = paths["by_blocks"], go.Figure()
    figure.add_bar(
        x=list(range(len(counts))), y=[count / paths["paths"] for count in counts], name="of the paths",
        marker={"color": _GREY, "opacity": 0.6},
        hovertemplate="%{y:.2%} of the paths pass %{x} branches<extra></extra>",
    )  # fmt: skip
    carried = [counts[row["length"]] * row["mean"] for row in gradients]
    if total := sum(carried):
        figure.add_scatter(
            x=[row["length"] for row in gradients], y=[value / total for value in carried], name="of the gradient",
            mode="lines+markers", line={"color": COLOURS[0], "width": 2.4}, marker={"size": 6},
            hovertemplate="%{y:.2%} of the gradient comes along paths of %{x}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="branches that a path passes")
    figure.update_yaxes(title="share", tickformat=".0%")
    figure.update_layout(bargap=0.1, legend=_LEGEND, margin=_MARGIN, height=300)
    return figure


def path_gradients(gradients: Sequence[Row]) -> go.Figure:
    """The mean norm of the gradient along single paths of each length, with its standard error."""
    rows = [row for row in gradients if row["mean"] > 0]
    errors = [row["error"] or 0.0 for row in rows]
    figure = go.Figure()
    figure.add_scatter(
        x=[row["length"] for row in rows], y=[row["mean"] for row in rows], mode="lines+markers", marker={"size": 6},
        error_y=_errors([(min(e, 0.9 * row["mean"]), e) for row, e in zip(rows, errors, strict=True)]),
        line={"color": COLOURS[0], "width": 2.4}, hovertemplate="through %{x} branches: %{y:.2g}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title="branches that a path passes")
    powers = [log10(row["mean"]) for row in rows] or [0.0]
    every = max(1, ceil((max(powers) - min(powers)) / 6))
    figure.update_yaxes(title="gradient along one path", type="log", exponentformat="power", dtick=every)
    figure.update_layout(showlegend=False, margin={**_MARGIN, "l": 64}, height=300)
    return figure


def gradient_carriers(paths: Row, gradients: Sequence[Row]) -> tuple[int, int] | None:
    """Between which lengths the paths lie that carry most of the gradient; None where not all were measured."""
    carried = [paths["by_blocks"][row["length"]] * row["mean"] for row in gradients]
    return most(carried) if len(carried) == len(paths["by_blocks"]) and sum(carried) else None


def _bars(figure: go.Figure, rows: Mapping[int, Row], name: str, colour: int, opacity: float) -> None:
    if not rows:
        return
    found = list(rows.values())
    figure.add_bar(
        x=list(rows), y=[row["accuracy"] for row in found], name=name, width=0.72,
        marker={"color": COLOURS[colour], "opacity": opacity},
        error_y=_errors([(row["accuracy"] - row["low"], row["high"] - row["accuracy"]) for row in found]),
        customdata=[[row["dropped"][0], row["correct"], row["seen"]] for row in found],
        hovertemplate="without block %{x} (%{customdata[0]}): %{y:.1%}, %{customdata[1]} of %{customdata[2]}"
        "<extra></extra>",
    )  # fmt: skip


def _draws(figure: go.Figure, points: Sequence[tuple[float, float]], colour: int, words: str) -> None:
    figure.add_scatter(
        x=[x for x, _ in points], y=[y for _, y in points], mode="markers", name="each draw",
        marker={"color": COLOURS[colour], "size": 7, "opacity": 0.45},
        hovertemplate="%{x:.3g} " + words + ": %{y:.1%}<extra></extra>",
    )  # fmt: skip


def _lines(figure: go.Figure, whole: Row | None, classes: int) -> None:
    if whole is not None:
        figure.add_hline(
            y=whole["accuracy"], line={"color": _GREY, "width": 1.5, "dash": "dash"},
            annotation={"text": "whole network", "font": {"size": 11}}, annotation_position="top left",
        )  # fmt: skip
    guessing(figure, classes, "top right")


def _errors(pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    low, high = [max(0.0, pair[0]) for pair in pairs], [max(0.0, pair[1]) for pair in pairs]
    return {
        "type": "data", "symmetric": False, "array": high, "arrayminus": low, "thickness": 1.2, "width": 3,
        "color": _GREY,
    }  # fmt: skip


def _accuracy(figure: go.Figure) -> go.Figure:
    figure.update_yaxes(title="accuracy", tickformat=".0%", range=[0, 1.08])
    figure.update_layout(margin=_MARGIN, height=300)
    return figure
