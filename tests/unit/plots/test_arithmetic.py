"""Windows side by side: every number is a cell, a column shares its scale, and what can't be read is not written."""

import numpy as np
import plotly.graph_objects as go

from tlcore.plots.arithmetic import windows


def rows(side: int) -> list[list[tuple[str, np.ndarray]]]:
    values = np.arange(side * side, dtype=float).reshape(side, side)
    return [[("map 3", values), ("weights", -values)], [("map 1", values * 2), ("weights", values / 2)]]


def test_every_value_is_a_cell_and_columns_share_their_scale() -> None:
    figure = windows(rows(3))
    assert [annotation.text for annotation in figure.layout.annotations] == ["map 3", "weights", "map 1", "weights"]
    drawn = [np.asarray(heatmap.z) for heatmap in figure.data]
    assert [float(values.sum()) for values in drawn] == [36, -36, 72, 18]
    assert [heatmap.zmax for heatmap in figure.data] == [16, 8, 16, 8]
    assert all(heatmap.zmin == -heatmap.zmax for heatmap in figure.data)  # zero is neutral


def test_numbers_stand_only_in_cells_that_are_large_enough() -> None:
    def written(figure: go.Figure) -> list[bool]:
        return [bool(heatmap.texttemplate) for heatmap in figure.data]

    assert written(windows(rows(5))) == [True] * 4
    assert written(windows(rows(7))) == [False] * 4


def test_nothing_is_drawn_where_a_window_leaves_an_unpadded_map() -> None:
    outside = np.array([[-np.inf, -np.inf], [-np.inf, 2.0]])
    (heatmap,) = windows([[("map 0", outside)]]).data
    assert np.isnan(np.asarray(heatmap.z)).sum() == 3
    assert heatmap.zmax == 2


def test_zeros_alone_are_drawn_too() -> None:
    (heatmap,) = windows([[("map 0", np.zeros((2, 2)))]]).data
    assert heatmap.zmax == 1
