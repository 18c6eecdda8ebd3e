"""What pretrained weights are worth: accuracy by images a class, with the features, with random ones, from scratch."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from statistics import fmean
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tlcore.palette import BLUE, COLOURS, GREY, ORANGE

METHODS = {
    "imagenet": ("frozen features, ImageNet", COLOURS[2], "star"),
    "transfer": ("frozen features", BLUE, "circle"),
    "scratch": ("from scratch", ORANGE, "square"),
    "random": ("random features", GREY, "diamond"),
}
"""A method's name in words, its colour, and its mark."""


@dataclass(frozen=True)
class Mean:
    """A method's mean accuracy over seeds, with the 95 % interval of that mean (Student's t).

    `images` are those a class, 0 for all of them; of `classes`, which one guess in so many gets right.
    """

    target: str
    method: str
    images: int
    mean: float
    low: float
    high: float
    seeds: int
    classes: int


def means(rows: Iterable[Mapping[str, Any]]) -> list[Mean]:
    """The means of measured accuracies: rows of `target`, `classes`, `method`, `images` a class, `seed`, `accuracy`."""
    accuracies: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    classes = {}
    for row in rows:
        accuracies[row["target"], row["method"], row["images"]].append(row["accuracy"])
        classes[row["target"]] = row["classes"]
    return [Mean(*cell, *mean_interval(values), len(values), classes[cell[0]]) for cell, values in accuracies.items()]


def distinct(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without the rows that ask for more images than a class has: each repeats what was measured of all."""
    rows = list(rows)
    values: dict[tuple[str, int], dict[tuple[str, int], float]] = defaultdict(dict)
    for row in rows:
        values[row["target"], row["images"]][row["method"], row["seed"]] = row["accuracy"]
    every = {target: measured for (target, images), measured in values.items() if not images}
    return [
        row for row in rows if not row["images"] or values[row["target"], row["images"]] != every.get(row["target"])
    ]


def whole(measured: Iterable[Mean]) -> list[Mean]:
    """Those of targets and numbers of images at which every method that there is was measured over all seeds."""
    measured = list(measured)
    methods = {mean.method for mean in measured}
    seeds = max((mean.seeds for mean in measured), default=0)
    done = {(mean.target, mean.images, mean.method) for mean in measured if mean.seeds == seeds}
    return [mean for mean in measured if all((mean.target, mean.images, method) in done for method in methods)]


def by_count(images: int) -> float:
    """The place of so many images a class in their order: 0, which means all, comes last."""
    return images or inf


def mean_interval(values: list[float]) -> tuple[float, float, float]:
    """The mean and its 95 % interval by Student's t; a single value has no width that could be known."""
    middle = fmean(values)
    if len(values) < 2:
        return middle, middle, middle
    from scipy.stats import sem, t

    half = float(t.ppf(0.975, len(values) - 1) * sem(values))
    return middle, middle - half, middle + half


def gains(rows: Iterable[Mapping[str, Any]], over: str) -> dict[tuple[str, int], tuple[float, float, float]]:
    """How much transfer is above another method, paired by seed, with intervals; by target and images a class."""
    by_seed = {(r["target"], r["images"], r["seed"], r["method"]): r["accuracy"] for r in rows}
    pairs: dict[tuple[str, int], list[float]] = defaultdict(list)
    for (target, images, seed, method), accuracy in by_seed.items():
        if method == "transfer" and (other := by_seed.get((target, images, seed, over))) is not None:
            pairs[target, images].append(accuracy - other)
    return {cell: mean_interval(differences) for cell, differences in pairs.items()}


def transfer_curves(measured: Iterable[Mean], target: str, title: str) -> go.Figure:
    """One target's curves, a line a method, with the intervals as bars."""
    figure = go.Figure()
    own = [mean for mean in measured if mean.target == target]
    figure.add_traces(list(_lines(own)))
    if own:
        guessing(figure, own[0].classes)
    figure.update_layout(
        title={"text": title, "font": {"size": 15}, "x": 0.01, "y": 0.97},
        xaxis={"title": "images a class", **_counts(own)},
        yaxis={"tickformat": ".0%", "rangemode": "normal", "range": [_floor(own), 1.02]},
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"},
        margin={"l": 48, "r": 12, "t": 100, "b": 44},  # on a phone the legend takes three lines below the title
        height=356,
        hovermode="x unified",
    )
    return figure


def transfer_grid(measured: Iterable[Mean], titles: Mapping[str, str]) -> go.Figure:
    """The curves of up to five targets on one scale, with their legend in the sixth place."""
    measured = list(measured)
    shown = [target for target in titles if any(mean.target == target for mean in measured)]
    figure = make_subplots(
        rows=2, cols=3, shared_yaxes=True, subplot_titles=[titles[target] for target in shown],
        horizontal_spacing=0.03, vertical_spacing=0.2,
    )  # fmt: skip
    for place, target in enumerate(shown):
        row, col = place // 3 + 1, place % 3 + 1
        own = [mean for mean in measured if mean.target == target]
        for line in _lines(own):
            figure.add_trace(line.update(showlegend=not place), row=row, col=col)
        guessing(figure, own[0].classes, row=row, col=col)
        figure.update_xaxes(title={"text": "images a class", "standoff": 4}, row=row, col=col, **_counts(own))
    figure.update_yaxes(tickformat=".0%", range=[_floor(measured), 1.02])
    figure.update_layout(
        template="plotly_white", font={"size": 14}, margin={"l": 56, "r": 16, "t": 40, "b": 52},
        legend={"x": 0.72, "y": 0.25, "yanchor": "middle", "font": {"size": 16}}, width=1320, height=680,
    )  # fmt: skip
    return figure


def _lines(own: list[Mean]) -> Iterator[go.Scatter]:
    for method, (name, colour, mark) in METHODS.items():
        line = sorted((m for m in own if m.method == method), key=lambda m: by_count(m.images))
        if line:
            yield go.Scatter(
                x=[str(m.images or "all") for m in line],
                y=[m.mean for m in line],
                error_y={"type": "data", "array": [m.high - m.mean for m in line], "thickness": 1.2, "width": 3},
                name=name,
                mode="lines+markers",
                marker={"symbol": mark, "size": 8},
                line={"color": colour, "width": 2.5},
                hovertemplate="%{y:.1%} with %{x} images a class<extra>" + name + "</extra>",
            )


def _counts(own: list[Mean]) -> dict[str, Any]:
    """The axis of images a class: even steps, and all of them last."""
    order = [str(images or "all") for images in sorted({m.images for m in own}, key=by_count)]
    return {"type": "category", "categoryorder": "array", "categoryarray": order}


def guessing(
    figure: go.Figure, classes: int, position: str = "bottom right", *, row: int | str = "all", col: int | str = "all"
) -> None:
    """A line at what guessing gets right: one of so many classes; its word stands in `position`."""
    figure.add_hline(
        y=1 / classes, line={"color": METHODS["random"][1], "width": 1.5, "dash": "dot"},
        annotation={"text": "guessing", "font": {"size": 11}}, annotation_position=position, row=row, col=col,
    )  # fmt: skip


def _floor(measured: Iterable[Mean]) -> float:
    """The lowest interval, or guessing, down to a tenth, so that figures are comparable and nothing is cut off."""
    lowest = min((min(m.low, 1 / m.classes) for m in measured), default=0.0)
    return max(0.0, int(lowest * 10) / 10 - 0.08)  # room for the word below the line of guessing
