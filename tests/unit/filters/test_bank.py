"""Every kernel against its mask as the literature prints it, written out here by hand."""

import numpy as np
import pytest

from tlcore.errors import BadInputError, UnknownNameError
from tlcore.filters.bank import (
    bank,
    box,
    custom,
    difference_of_gaussians,
    gabor,
    gaussian,
    get_kernel,
    laplacian_of_gaussian,
    motion_blur,
    unsharp,
)

MASKS = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "prewitt_x": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "prewitt_y": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "sobel_x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "sobel_y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "sobel5_x": [[-1, -2, 0, 2, 1], [-4, -8, 0, 8, 4], [-6, -12, 0, 12, 6], [-4, -8, 0, 8, 4], [-1, -2, 0, 2, 1]],
    "sobel5_y": [[-1, -4, -6, -4, -1], [-2, -8, -12, -8, -2], [0, 0, 0, 0, 0], [2, 8, 12, 8, 2], [1, 4, 6, 4, 1]],
    "scharr_x": [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]],
    "scharr_y": [[-3, -10, -3], [0, 0, 0], [3, 10, 3]],
    "roberts_a": [[1, 0], [0, -1]],
    "roberts_b": [[0, 1], [-1, 0]],
    "laplacian4": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "laplacian8": [[1, 1, 1], [1, -8, 1], [1, 1, 1]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "robinson_n": [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
    "robinson_nw": [[2, 1, 0], [1, 0, -1], [0, -1, -2]],
    "robinson_w": [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
    "robinson_sw": [[0, -1, -2], [1, 0, -1], [2, 1, 0]],
    "robinson_s": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "robinson_se": [[-2, -1, 0], [-1, 0, 1], [0, 1, 2]],
    "robinson_e": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "robinson_ne": [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]],
    "kirsch_n": [[5, 5, 5], [-3, 0, -3], [-3, -3, -3]],
    "kirsch_nw": [[5, 5, -3], [5, 0, -3], [-3, -3, -3]],
    "kirsch_w": [[5, -3, -3], [5, 0, -3], [5, -3, -3]],
    "kirsch_sw": [[-3, -3, -3], [5, 0, -3], [5, 5, -3]],
    "kirsch_s": [[-3, -3, -3], [-3, 0, -3], [5, 5, 5]],
    "kirsch_se": [[-3, -3, -3], [-3, 0, 5], [-3, 5, 5]],
    "kirsch_e": [[-3, -3, 5], [-3, 0, 5], [-3, -3, 5]],
    "kirsch_ne": [[-3, 5, 5], [-3, 0, 5], [-3, -3, -3]],
}
WITH_PARAMETERS = {"box", "gaussian", "unsharp", "log", "dog", "gabor", "motion"}


@pytest.mark.parametrize("name", MASKS)
def test_the_mask_is_the_printed_one(name: str) -> None:
    np.testing.assert_array_equal(get_kernel(name).values, MASKS[name])


def test_nothing_else_is_in_the_bank() -> None:
    assert set(bank()) == set(MASKS) | WITH_PARAMETERS
    assert all(kernel.source and kernel.formula and kernel.name == name for name, kernel in bank().items())


@pytest.mark.parametrize("name", bank())
def test_derivatives_are_blind_to_brightness_and_the_rest_keeps_it(name: str) -> None:
    kernel = get_kernel(name)
    assert kernel.values.sum() == pytest.approx(0 if kernel.order else 1, abs=1e-9)


@pytest.mark.parametrize("name", bank())
def test_scaled_a_kernel_gives_the_derivative_of_a_ramp_or_a_bowl(name: str) -> None:
    """Of f = x, the slope along the kernel's direction; of f = (x^2 + y^2) / 2, whose Laplacian is 2."""
    kernel = get_kernel(name)
    rows, columns = kernel.values.shape
    y, x = np.mgrid[0:rows, 0:columns] - np.array([rows // 2, columns // 2])[:, None, None]
    if kernel.family == "Laplacian":
        assert kernel.scale * (kernel.values * (x**2 + y**2) / 2).sum() == pytest.approx(2, rel=0.03)
    along = {"x": x, "E": x, "y": y, "S": y, "N": -y, "W": -x}.get(kernel.direction)
    if kernel.order == 1 and along is not None:
        assert kernel.scale * (kernel.values * along).sum() == pytest.approx(1)


@pytest.mark.parametrize("name", bank())
def test_factors_multiply_to_the_kernel(name: str) -> None:
    kernel = get_kernel(name)
    if kernel.factors is not None:
        np.testing.assert_allclose(np.outer(*kernel.factors), kernel.values)
        assert np.linalg.matrix_rank(kernel.values) == 1


def test_families_follow_their_parameters() -> None:
    np.testing.assert_allclose(box(5).values, np.full((5, 5), 1 / 25))
    bell = gaussian(2.0).values
    assert bell.shape == (13, 13)
    assert bell[6, 8] / bell[6, 6] == pytest.approx(np.exp(-4 / 8))
    assert unsharp(1.0, 2.0).values[3, 3] == pytest.approx(3 - 2 * gaussian(1.0).values[3, 3])
    log = laplacian_of_gaussian(2.0).values
    assert log[6, 6] < 0 < log[6, 10]  # a hole with a rim, crossing zero at the square root of two sigmas
    dog = difference_of_gaussians(1.0, 1.6).values
    assert dog[5, 5] < 0 < dog[5, 8]
    np.testing.assert_allclose(gabor(4.0, 90.0).values, gabor(4.0, 0.0).values.T, atol=1e-12)
    np.testing.assert_allclose(motion_blur(5, 0.0).values[2], np.full(5, 0.2))
    np.testing.assert_allclose(np.diag(motion_blur(5, -45.0).values), np.full(5, 0.2))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "is empty"),
        ([[]], "is empty"),
        ([[1, 2], [3]], "different lengths: 1, 2"),
        ([[1] * 16], "at most 15x15 values, not 1x16"),
        ([[1, float("nan")]], "infinite or not a number"),
        ([[float("inf")]], "infinite or not a number"),
        ([["a"]], "not a number"),
    ],
)
def test_a_kernel_of_ones_own_that_is_none_is_a_sentence(rows: list, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        custom(rows)


def test_a_kernel_of_ones_own_is_taken_as_it_is() -> None:
    kernel = custom([[0, 2], [-1, 1]])
    np.testing.assert_array_equal(kernel.values, [[0, 2], [-1, 1]])
    assert kernel.scale == 1 / 4
    assert custom([[0.0]]).scale == 1


def test_an_unknown_kernel_is_a_sentence() -> None:
    with pytest.raises(UnknownNameError, match="no kernel 'krisch'; there is identity"):
        get_kernel("krisch")


def test_a_blur_without_width_is_a_sentence() -> None:
    with pytest.raises(BadInputError, match=r"between 0\.1 and 10 pixels, not at 0"):
        gaussian(0)
