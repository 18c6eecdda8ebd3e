"""Means, intervals and gains against hand-computed ones, and the figure made of them."""

from typing import Any

import pytest

from tlcore.plots.transfer import gains, mean_interval, means, transfer_curves, whole


def row(method: str, images: int, seed: int, accuracy: float, target: str = "ants") -> dict[str, Any]:
    return {"target": target, "method": method, "images": images, "seed": seed, "accuracy": accuracy}


ROWS = [
    row("transfer", 10, 0, 0.8),
    row("transfer", 10, 1, 0.9),
    row("scratch", 10, 0, 0.5),
    row("scratch", 10, 1, 0.7),
    row("transfer", 0, 0, 0.95),
    row("transfer", 10, 0, 0.3, target="trash"),
]


def test_the_interval_is_students() -> None:
    """Of 0.5 and 0.7: standard error 0.1, and t for one degree of freedom is 12.7062 (any table of t)."""
    assert mean_interval([0.5, 0.7]) == pytest.approx((0.6, 0.6 - 1.27062, 0.6 + 1.27062), abs=1e-5)
    assert mean_interval([0.4]) == (0.4, 0.4, 0.4)


def test_means_are_by_target_method_and_images() -> None:
    found = {(m.target, m.method, m.images): (m.mean, m.seeds) for m in means(ROWS)}
    assert found == {
        ("ants", "transfer", 10): (pytest.approx(0.85), 2),
        ("ants", "scratch", 10): (pytest.approx(0.6), 2),
        ("ants", "transfer", 0): (pytest.approx(0.95), 1),
        ("trash", "transfer", 10): (pytest.approx(0.3), 1),
    }


def test_what_is_measured_in_part_is_told_apart() -> None:
    rows = [row(method, 10, seed, 0.5, target) for method in ("transfer", "scratch", "random") for seed in (0, 1)
            for target in ("ants", "bees")]  # fmt: skip
    assert {(m.target, m.images) for m in whole(means(rows[1:]))} == {("bees", 10)}
    assert whole(means(ROWS)) == []


def test_gains_are_paired_by_seed() -> None:
    """0.8 - 0.5 and 0.9 - 0.7; what has no counterpart says nothing."""
    (cell,) = gains(ROWS, over="scratch").items()
    assert cell[0] == ("ants", 10)
    assert cell[1] == pytest.approx(mean_interval([0.3, 0.2]))


def test_the_figure_has_a_line_a_method_and_all_comes_last() -> None:
    figure = transfer_curves(means(ROWS), "ants", "Ants and bees")
    lines = {line.name: line for line in figure.data}
    assert set(lines) == {"frozen features", "from scratch"}
    assert list(lines["frozen features"].x) == ["10", "all"]
    assert list(lines["frozen features"].y) == pytest.approx([0.85, 0.95])
    low, high = figure.layout.yaxis.range
    assert low == 0  # the interval of two seeds goes far below it
    assert high > 1
    assert list(figure.layout.xaxis.categoryarray) == ["10", "all"]
