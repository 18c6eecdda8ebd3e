"""The figures on filters, shifts, activations and dropout hold what was computed."""

import numpy as np
import torch

from tlcore.explain.why import activations
from tlcore.plots import kernels, why


def test_pairs_without_a_connection_are_blank() -> None:
    weights = np.array([[0, 2.0], [-1.0, 0]])
    figure = why.matrices({"one": weights, "other": 0 * weights})
    cells = np.array(figure.data[0].z, float)
    assert np.array_equal(np.isnan(cells), weights == 0)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-2, 2)
    assert np.isnan(np.array(figure.data[1].z, float)).all()
    assert [title.text for title in figure.layout.annotations] == ["one", "other"]


def test_shifts_are_lines_over_pixels() -> None:
    figure = why.shift_lines({"a": (0.0, 0.5, 0.0), "b": (0.0, 0.1, 0.2)}, "difference")
    assert [(line.name, list(line.x), list(line.y)) for line in figure.data] == [
        ("a", [0, 1, 2], [0, 0.5, 0]),
        ("b", [0, 1, 2], [0, 0.1, 0.2]),
    ]


def test_saturated_stretches_are_grey() -> None:
    x = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0]
    figure = why.activation(x, [0] * 6, [0, 0, 0.5, 0.5, 0.5, 0.001], 0.01, 0.5)
    boxes = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]
    assert boxes == [(-3, -2), (2, 2)]
    assert [shape.x0 for shape in figure.layout.shapes if shape.type == "line"] == [0.5]


def test_a_slope_of_just_the_least_is_not_saturated() -> None:
    """As it is counted on a layer's values, which are in single precision."""
    slope = activations.on_numbers("leaky", np.linspace(-1, 1, 9, dtype=np.float32), 0.01)[1].tolist()
    figure = why.activation([0.0] * 9, [0.0] * 9, slope, activations.SATURATED)
    assert not figure.layout.shapes
    assert not activations.on_values("leaky", -torch.ones(1, 2, 2), 0.01).share


def test_every_value_is_counted_once() -> None:
    rng = np.random.default_rng(0)
    found = rng.normal(0, 3, 5000).astype(np.float32)
    back, saturated = why.values(found, found <= 0, -4, 4).data
    assert sum(back.y) == (found > 0).sum()
    assert sum(saturated.y) == (found <= 0).sum()


def test_the_jacobian_is_written_into_its_cells() -> None:
    moved = np.array([[0.2, -0.1], [-0.1, 0.05]])
    figure = why.jacobian(["a", "b"], moved)
    written = {
        (row, column): text
        for layer in figure.data[1:]
        for row, column, text in zip(layer.y, layer.x, layer.text, strict=True)
    }
    assert written == {("a", "a"): "0.200", ("a", "b"): "-0.100", ("b", "a"): "-0.100", ("b", "b"): "0.050"}
    assert np.array_equal(figure.data[0].z, moved)


def test_dropped_features_are_blank() -> None:
    features, mask = np.array([1.0, 2.0, 0.0], np.float32), np.array([2.0, 0.0, 2.0], np.float32)
    everything, left = (np.array(cells.z, float) for cells in why.dropped(features, mask, columns=2).data)
    np.testing.assert_array_equal(everything, [[1, 2], [0, np.nan]])
    np.testing.assert_array_equal(left, [[2, np.nan], [0, np.nan]])
    figure = why.answers([0.3, 0.5], 0.4, "cat")
    assert list(figure.data[0].y) == [0.3, 0.5]
    assert figure.layout.shapes[0].y0 == 0.4


def test_kernels_are_scaled_each_by_its_own_largest() -> None:
    figure = kernels.side_by_side([("a", np.array([[1.0, -3.0]])), ("b", np.array([[0.0, 0.1]]))])
    assert [(cells.zmin, cells.zmax) for cells in figure.data] == [(-3, 3), (-0.1, 0.1)]


def test_a_change_is_pairs_of_bars() -> None:
    after, before = kernels.change([("a", 0.7, 0.4), ("b", 0.3, 0.6)]).data
    assert dict(zip(before.y, before.x, strict=True)) == {"a": 0.7, "b": 0.3}
    assert dict(zip(after.y, after.x, strict=True)) == {"a": 0.4, "b": 0.6}
    bars = kernels.each([0.1, 0.2, 0.0], chosen=1).data[0]
    assert list(bars.y) == [0.1, 0.2, 0.0]
    assert bars.marker.color[1] != bars.marker.color[0] == bars.marker.color[2]
