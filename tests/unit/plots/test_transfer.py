"""Means, intervals and gains against hand-computed ones, and the figure made of them."""

from typing import Any

import pytest

from tlcore.plots.transfer import distinct, gains, mean_interval, means, transfer_curves, transfer_grid, whole


def row(method: str, images: int, seed: int, accuracy: float, target: str = "ants") -> dict[str, Any]:
    classes = {"ants": 2, "bees": 2, "trash": 6}[target]
    measured = {"seed": seed, "accuracy": accuracy, "classes": classes}
    return {"target": target, "method": method, "images": images, **measured}


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
    lonely = row("random", 5, 0, 0.5, "trash")
    assert whole(means([*ROWS, lonely])) == []


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


def test_what_no_class_has_so_many_images_for_is_told_once() -> None:
    """Of 42 images a class, 50 are all of them: the very same runs."""
    ten, fifty, every = ([row("transfer", n, seed, a) for seed, a in enumerate(values)]
                         for n, values in ((10, (0.5, 0.7)), (50, (0.8, 0.9)), (0, (0.8, 0.9))))  # fmt: skip
    assert distinct([*ten, *fifty, *every]) == [*ten, *every]
    assert distinct([*ten, *fifty, *every[:1]]) == [*ten, *fifty, *every[:1]]
    assert distinct([*ten, *fifty]) == [*ten, *fifty]


def test_guessing_is_a_line_of_its_own() -> None:
    """One of six classes, and one of two."""
    figure = transfer_grid(means(ROWS), {"ants": "Ants", "trash": "Trash", "bees": "Bees"})
    assert [shape.y0 for shape in figure.layout.shapes] == [1 / 2, 1 / 6]
    assert [note.text for note in figure.layout.annotations] == ["Ants", "Trash", "guessing", "guessing"]
    assert sorted(line.name for line in figure.data if line.showlegend) == ["from scratch", "frozen features"]
    (shape,) = transfer_curves(means(ROWS), "trash", "Trash").layout.shapes
    assert shape.y0 == 1 / 6
