"""What pretrained weights are worth: accuracy by images a class, with the features, with random ones, from scratch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import plotly.graph_objects as go

METHODS = {
    "transfer": ("frozen features", "#2a5fd0", "circle"),
    "scratch": ("from scratch", "#d9730d", "square"),
    "random": ("random features", "#8a8f98", "diamond"),
}
"""A method's name in words, its colour, and its mark."""


@dataclass(frozen=True)
class Mean:
    """A method's mean accuracy over seeds, with the 95 % interval of that mean (Student's t); `images` 0 means all."""

    target: str
    method: str
    images: int
    mean: float
    low: float
    high: float
    seeds: int


def means(rows: Iterable[Mapping[str, Any]]) -> list[Mean]:
    """The means of measured accuracies: rows of `target`, `method`, `images` a class, `seed` and `accuracy`."""
    found: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for row in rows:
        found[row["target"], row["method"], row["images"]].append(row["accuracy"])
    return [Mean(*cell, *mean_interval(values), len(values)) for cell, values in found.items()]


def whole(found: Iterable[Mean]) -> list[Mean]:
    """Those of targets and numbers of images at which every method was measured over all seeds."""
    found = list(found)
    seeds = max((mean.seeds for mean in found), default=0)
    done = {(mean.target, mean.images, mean.method) for mean in found if mean.seeds == seeds}
    return [mean for mean in found if all((mean.target, mean.images, method) in done for method in METHODS)]


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


def transfer_curves(found: Iterable[Mean], target: str, title: str) -> go.Figure:
    """One target's curves, a line a method, with the intervals as bars."""
    figure = go.Figure()
    own = [mean for mean in found if mean.target == target]
    for method, (name, colour, mark) in METHODS.items():
        line = sorted((m for m in own if m.method == method), key=lambda m: m.images or 10**9)
        if line:
            figure.add_scatter(
                x=[str(m.images or "all") for m in line],
                y=[m.mean for m in line],
                error_y={"type": "data", "array": [m.high - m.mean for m in line], "thickness": 1.2, "width": 3},
                name=name,
                mode="lines+markers",
                marker={"symbol": mark, "size": 8},
                line={"color": colour, "width": 2.5},
                hovertemplate="%{y:.1%} with %{x} images a class<extra>" + name + "</extra>",
            )
    order = [str(images or "all") for images in sorted({m.images for m in own}, key=lambda n: n or 10**9)]
    figure.update_layout(
        title={"text": title, "font": {"size": 15}, "x": 0.01, "y": 0.97},
        xaxis={"title": "images a class", "type": "category", "categoryorder": "array", "categoryarray": order},
        yaxis={"tickformat": ".0%", "rangemode": "normal", "range": [_floor(own), 1.02]},
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"},
        margin={"l": 48, "r": 12, "t": 64, "b": 44},
        height=320,
        hovermode="x unified",
    )
    return figure


def _floor(found: Iterable[Mean]) -> float:
    """Round the lowest interval down to a tenth, so that figures are comparable and nothing is cut off."""
    lowest = min((m.low for m in found), default=0.0)
    return max(0.0, int(lowest * 10) / 10 - 0.02)
