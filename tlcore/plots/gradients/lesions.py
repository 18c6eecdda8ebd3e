"""Figures of lesions: what is left without each block, without several, in another order; and paths by their length.

Rows are what the job tells (see `jobs.kinds.events`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import ceil, log10
from typing import Any

import plotly.graph_objects as go

from tlcore.gradients.residual.paths import most
from tlcore.gradients.residual.rows import BlockRow, GradientRow, PathsRow, TrialRow
from tlcore.palette import COLOURS, GREY, rgb
from tlcore.plots.legends import keyed
from tlcore.plots.transfer import mean_interval


def whole_of(trials: Sequence[TrialRow]) -> TrialRow | None:
    """The row of the network as it is."""
    return next((row for row in trials if row.group == "whole"), None)


def alone(trials: Sequence[TrialRow], blocks: Sequence[BlockRow], classes: int, colour: int = 0) -> go.Figure:
    """The accuracy without each block, with Wilson's intervals; paler ones change the shape, and lose their branch.

    The lines are the whole network's accuracy and that of guessing; a cross is a block that can't be left out.
    """
    numbers = {block.path: block.number for block in blocks}
    rows = {numbers[row.dropped[0]]: row for row in trials if row.group == "each"}
    resizing = {block.number for block in blocks if block.resizes}
    figure = go.Figure()
    full = COLOURS[colour]
    _bars(figure, {n: row for n, row in rows.items() if n not in resizing}, "without the block", full)
    _bars(figure, {n: rows[n] for n in rows if n in resizing}, "without its branch", _pale(full))
    if fixed := [block.number for block in blocks if not block.can_be_dropped]:
        figure.add_scatter(
            x=fixed, y=[0.02] * len(fixed), mode="markers", name="can't be left out",
            marker={"symbol": "x-thin", "size": 9, "line": {"width": 2, "color": GREY}},
            hovertemplate="block %{x} changes the shape and has no shortcut<extra></extra>",
        )  # fmt: skip
    _interval(figure)
    _lines(figure, whole_of(trials), classes)
    figure.update_xaxes(title="block", range=[0.4, len(blocks) + 0.6], dtick=max(1, round(len(blocks) / 10)))
    figure.update_layout(barmode="overlay")
    return _accuracy(figure)


def together(trials: Sequence[TrialRow], classes: int, colour: int = 0) -> go.Figure:
    """The accuracy by how many random blocks are left out: the mean with its 95 % interval, and each draw.

    A single one is every block in turn, which leaves nothing to chance and has no interval.
    """
    accuracies: dict[int, list[float]] = defaultdict(list)
    for row in trials:
        if row.group in {"each", "drops"}:
            accuracies[row.amount].append(row.accuracy)
    figure = go.Figure()
    _draws(figure, [(amount, value) for amount, values in accuracies.items() for value in values], colour, "left out")
    means = [(amount, *mean_interval(values)) for amount, values in sorted(accuracies.items())]
    figure.add_scatter(
        x=[row[0] for row in means], y=[row[1] for row in means], mode="lines+markers", name="their mean",
        marker={"size": 7}, line={"color": COLOURS[colour], "width": 2.4},
        hovertemplate="%{x} left out: %{y:.1%}<extra></extra>",
    )  # fmt: skip
    drawn = [row for row in means if row[0] > 1]
    figure.add_scatter(
        x=[row[0] for row in drawn], y=[row[1] for row in drawn], mode="markers", hoverinfo="skip",
        marker={"color": COLOURS[colour], "size": 7}, showlegend=False,
        error_y=_errors([(mean - low, high - mean) for _, mean, low, high in drawn]),
    )  # fmt: skip
    _interval(figure)
    _lines(figure, whole_of(trials), classes)
    figure.update_xaxes(title="blocks left out", rangemode="tozero")
    return _accuracy(figure)


def exchanged(trials: Sequence[TrialRow], classes: int, colour: int = 0) -> go.Figure:
    """The accuracy by how much of the blocks' order is left, a point a draw."""
    points = [(row.order, row.accuracy) for row in trials if row.order is not None]
    figure = go.Figure()
    _draws(figure, points, colour, "of the order is left")
    _lines(figure, whole_of(trials), classes)
    figure.update_xaxes(title="order that is left (rank correlation)", autorange="reversed")
    return _accuracy(figure)


def path_shares(paths: PathsRow, gradients: Sequence[GradientRow], colour: int = 0) -> go.Figure:
    """The share of all paths that pass so many branches and, where it was measured, of the gradient along them."""
    counts, figure = paths.by_blocks, go.Figure()
    figure.add_bar(
        x=list(range(len(counts))), y=[count / paths.paths for count in counts], name="of all paths",
        marker={"color": GREY, "opacity": 0.6},
        hovertemplate="%{y:.2%} of the paths pass %{x} branches<extra></extra>",
    )  # fmt: skip
    carried = [counts[row.length] * row.mean for row in gradients]
    if total := sum(carried):
        figure.add_scatter(
            x=[row.length for row in gradients], y=[value / total for value in carried], name="of the gradient",
            mode="lines+markers", line={"color": COLOURS[colour], "width": 2.4}, marker={"size": 6},
            hovertemplate="%{y:.2%} of the gradient comes along paths of %{x}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="branches that a path passes")
    figure.update_yaxes(title="share", tickformat=".0%")
    figure.update_layout(bargap=0.1)
    return keyed(figure)


def path_gradients(gradients: Sequence[GradientRow], colour: int = 0) -> go.Figure:
    """The mean norm of the gradient along single paths of each length, with its standard error."""
    rows = [row for row in gradients if row.mean > 0]
    errors = [row.error or 0.0 for row in rows]
    figure = go.Figure()
    figure.add_scatter(
        x=[row.length for row in rows], y=[row.mean for row in rows], mode="lines+markers", marker={"size": 6},
        name="mean along a path",
        error_y=_errors([(min(e, 0.9 * row.mean), e) for row, e in zip(rows, errors, strict=True)]),
        line={"color": COLOURS[colour], "width": 2.4}, hovertemplate="through %{x} branches: %{y:.2g}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title="branches that a path passes")
    powers = [log10(row.mean) for row in rows] or [0.0]
    every = max(1, ceil((max(powers) - min(powers)) / 6))
    figure.update_yaxes(title="gradient along one path", type="log", exponentformat="power", dtick=every)
    _interval(figure, "standard error")
    return keyed(figure)


def gradient_carriers(paths: PathsRow, gradients: Sequence[GradientRow]) -> tuple[int, int] | None:
    """Between which lengths the paths lie that carry most of the gradient; None where not all were measured."""
    carried = [paths.by_blocks[row.length] * row.mean for row in gradients]
    return most(carried) if len(carried) == len(paths.by_blocks) and any(carried) else None


def _pale(colour: str) -> str:
    """Half of a colour; its legend is as pale, which it is not for marks that are only seen through."""
    return f"rgba{(*rgb(colour), 0.45)}"


def _bars(figure: go.Figure, rows: Mapping[int, TrialRow], name: str, colour: str) -> None:
    if not rows:
        return
    trials = list(rows.values())
    figure.add_bar(
        x=list(rows), y=[row.accuracy for row in trials], name=name, width=0.72,
        marker={"color": colour},
        error_y=_errors([(row.accuracy - row.low, row.high - row.accuracy) for row in trials]),
        customdata=[[row.dropped[0], row.correct, row.seen] for row in trials],
        hovertemplate="without block %{x} (%{customdata[0]}): %{y:.1%}, %{customdata[1]} of %{customdata[2]}"
        "<extra></extra>",
    )  # fmt: skip


def _draws(figure: go.Figure, points: Sequence[tuple[float, float]], colour: int, words: str) -> None:
    figure.add_scatter(
        x=[x for x, _ in points], y=[y for _, y in points], mode="markers", name="each trial",
        marker={"color": COLOURS[colour], "size": 7, "opacity": 0.45},
        hovertemplate="%{x:.3g} " + words + ": %{y:.1%}<extra></extra>",
    )  # fmt: skip


def _lines(figure: go.Figure, whole: TrialRow | None, classes: int) -> None:
    """The whole network and guessing, named in the legend: words on a line would lie on what is drawn."""
    lines = [("guessing", 1 / classes, "dot")]
    if whole is not None:
        lines.insert(0, ("whole network", whole.accuracy, "dash"))
    for name, accuracy, dash in lines:
        figure.add_hline(
            y=accuracy, line={"color": GREY, "width": 1.5, "dash": dash}, name=name, showlegend=True, legendrank=2000
        )


def _errors(pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    low, high = [max(0.0, pair[0]) for pair in pairs], [max(0.0, pair[1]) for pair in pairs]
    return {
        "type": "data", "symmetric": False, "array": high, "arrayminus": low, "thickness": 1.2, "width": 3,
        "color": GREY,
    }  # fmt: skip


def _accuracy(figure: go.Figure) -> go.Figure:
    figure.update_yaxes(title="accuracy", tickformat=".0%", range=[0, 1.08])
    return keyed(figure)


def _interval(figure: go.Figure, name: str = "95 % interval") -> None:
    """Name the error bars in the legend, which says nothing of them by itself."""
    figure.add_scatter(
        x=[None], y=[None], mode="markers", name=name, legendrank=1500,
        marker={"symbol": "line-ns", "size": 12, "line": {"width": 1.2, "color": GREY}},
    )  # fmt: skip
