"""Sobel against Prewitt on a known edge, against what arithmetic says beforehand."""

import math

import pytest
import torch

from tlcore.errors import BadInputError
from tlcore.filters.sharpness import COMPARED, compare, edge
from tlcore.plots.filters import across


def test_on_an_upright_edge_the_four_small_ones_differ_in_noise_only() -> None:
    """Across the edge all of them are (-1, 0, 1) / 2; along it they are different means."""
    found = compare(0.0, 0.1, 0.7)
    prewitt, sobel, scharr = (found.of(name) for name in ("prewitt", "sobel", "scharr"))
    for one in (sobel, scharr):
        assert one.peak == pytest.approx(prewitt.peak, abs=1e-4)
        assert one.width == pytest.approx(prewitt.width, abs=1e-3)
    # the standard deviation of a weighted sum: the root of the sum of the squared weights
    for one, weights in ((prewitt, (1, 1, 1)), (sobel, (1, 2, 1)), (scharr, (3, 10, 3))):
        expected = 0.1 * math.sqrt(2 * sum(w * w for w in weights)) / (2 * sum(weights))
        assert one.noise == pytest.approx(expected, rel=0.02)
    assert found.extra > found.extra_pm  # with more noise Sobel misses the edge by more


def test_the_peak_and_width_are_those_of_the_difference_of_two_error_functions() -> None:
    blur = 1.0
    found = compare(0.0, 0.0, blur).of("sobel")

    def response(x: float) -> float:
        return (math.erf((x + 1) / blur / math.sqrt(2)) - math.erf((x - 1) / blur / math.sqrt(2))) / 4

    assert found.peak == pytest.approx(response(0), abs=2e-3)
    low, high = 0.0, 4.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if response(middle) > response(0) / 2 else (low, middle)
    assert found.width == pytest.approx(2 * low, abs=0.02)


def test_on_a_diagonal_edge_sobel_is_narrower_and_finds_it_more_closely() -> None:
    found = compare(45.0, 0.1, 0.7)
    assert found.of("prewitt").width > 1.05 * found.of("sobel").width
    assert found.extra < -found.extra_pm


def test_raw_responses_are_larger_by_the_weights() -> None:
    found = compare(0.0, 0.0, 0.7)
    assert found.of("sobel").raw_peak / found.of("prewitt").raw_peak == pytest.approx(8 / 6)
    assert found.of("scharr").raw_peak / found.of("prewitt").raw_peak == pytest.approx(32 / 6)


def test_more_noise_means_more_misses_and_none_is_exact_but_for_the_parabola() -> None:
    quiet, some, loud = (compare(0.0, noise, 0.7).of("sobel") for noise in (0.0, 0.1, 0.3))
    assert quiet.miss < 0.05 < some.miss < loud.miss
    assert quiet.noise == 0
    assert quiet.ratio == math.inf
    assert some.ratio > loud.ratio


def test_the_interval_narrows_with_the_seeds() -> None:
    few, many = compare(0.0, 0.1, 0.7, 50).of("sobel"), compare(0.0, 0.1, 0.7, 800).of("sobel")
    assert many.miss_pm < 0.5 * few.miss_pm
    assert abs(few.miss - many.miss) < 2 * few.miss_pm


def test_an_edge_to_look_at_goes_from_dark_to_light_along_its_normal() -> None:
    picture = edge(0.0, 0.0, 0.7)
    assert picture.shape == (1, 40, 40)
    assert float(picture[0, 20, 0]) < 1e-6
    assert float(picture[0, 20, -1]) > 1 - 1e-6
    diagonal = edge(45.0, 0.0, 0.7)
    torch.testing.assert_close(diagonal[0], diagonal[0].T)


def test_the_figure_has_a_line_for_each() -> None:
    figure = across(compare(0.0, 0.1, 0.7))
    assert [line.name for line in figure.data] == list(COMPARED.values())


@pytest.mark.parametrize("given_", [{"angle": 60.0}, {"noise": -0.1}, {"blur": 0.0}, {"seeds": 1}])
def test_an_edge_that_can_not_be_is_a_sentence(given_: dict[str, float]) -> None:
    with pytest.raises(BadInputError, match="an angle of 0 to 45 degrees"):
        compare(**given_)  # type: ignore[arg-type]
