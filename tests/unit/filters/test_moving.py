"""What shifts, turns and brightness do to a filter: known cases, so that the measured numbers mean what they say."""

import pytest
import torch

from tlcore.errors import BadInputError
from tlcore.filters.bank import bank
from tlcore.filters.moving import MARGIN, brightened, relative, shifted, turned
from tlcore.filters.show import respond

IMAGE = torch.rand(1, 60, 72, generator=torch.Generator().manual_seed(0))


def of(name: str, border: str = "reflect"):
    return lambda image: respond(image, name, border=border)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", bank())
def test_every_kernel_goes_along_with_a_shift_away_from_borders(name: str) -> None:
    found = shifted(IMAGE, of(name), 9, 4)
    assert found.error < 1e-6
    assert torch.equal(found.image[0, 4:, 9:], IMAGE[0, :-4, :-9])


def test_only_a_circular_border_goes_along_with_a_shift_everywhere() -> None:
    assert shifted(IMAGE, of("gaussian", "circular"), 9, 4).error_at_border < 1e-6
    for border in ("zero", "reflect", "replicate"):
        assert shifted(IMAGE, of("gaussian", border), 9, 4).error_at_border > 0.01


def test_what_is_isotropic_goes_along_with_a_quarter_turn_and_a_derivative_does_not() -> None:
    for name in ("gaussian", "laplacian4", "log", "gradient-sobel", "compass-kirsch"):
        assert turned(IMAGE, of(name), 90).error < 1e-5
    assert turned(IMAGE, of("sobel_x"), 90).error > 1
    # turned by 180 degrees its response is the negative of what it should be: twice as large an error as itself
    assert turned(IMAGE, of("sobel_x"), 180).error == pytest.approx(2, abs=1e-5)
    assert turned(IMAGE, of("laplacian4"), 180).error < 1e-5


def test_a_turned_image_is_square_and_turns_counter_clockwise() -> None:
    found = turned(IMAGE, of("identity"), 90)
    assert found.image.shape == (1, 60, 60)
    middle = IMAGE[:, :, 6:66]
    torch.testing.assert_close(found.image, middle.rot90(1, (1, 2)))
    ramp = torch.arange(60.0).expand(1, 60, 60)  # brighter to the right; turned, brighter above, at any angle
    slanted = turned(ramp, of("identity"), 45)
    column = slanted.image[0, 20:40, 30]
    assert (column.diff() < 0).all()
    assert float(column.diff().mean()) == pytest.approx(-(0.5**0.5), abs=0.01)


def test_turning_by_less_than_a_quarter_is_nearly_free_where_the_image_is_smooth() -> None:
    y, x = torch.meshgrid(torch.arange(80.0), torch.arange(80.0), indexing="ij")
    smooth = torch.exp(-((x - 45) ** 2 + (y - 35) ** 2) / 200)[None]
    assert turned(smooth, of("gradient-sobel"), 30).error < 0.02
    assert turned(smooth, of("sobel_x"), 30).error > 0.3


@pytest.mark.parametrize("name", bank())
def test_a_filter_sees_brightness_as_much_as_its_weights_add_up_to(name: str) -> None:
    found = brightened(IMAGE, of(name), 0.3)
    weights = float((bank()[name].values * bank()[name].scale).sum())
    assert found.offset == pytest.approx(0.3 * weights, abs=1e-5)
    assert (found.error < 1e-4) == (abs(weights) < 1e-6)


def test_a_border_of_zeros_sees_added_brightness() -> None:
    found = brightened(IMAGE, of("sobel_x", "zero"), 0.3)
    assert found.error < 1e-5
    assert found.error_at_border > 0.1
    assert brightened(IMAGE, of("sobel_x"), 0.3).error_at_border < 1e-5


@pytest.mark.parametrize("side", [1, 3, 2 * MARGIN])
def test_of_an_image_without_an_inside_nothing_is_measured_there(side: int) -> None:
    image = torch.rand(1, side, side)
    for found in (shifted(image, of("box"), 5, 2), turned(image, of("box"), 45), brightened(image, of("box"), 0.1)):
        assert (found.error, found.offset) == (0, 0)


def test_a_turn_of_many_rounds_is_a_sentence() -> None:
    with pytest.raises(BadInputError, match="up to 360 degrees, not by 400"):
        turned(IMAGE, of("box"), 400)


def test_relative_differences() -> None:
    assert relative(torch.tensor([3.0, 4.0]), torch.tensor([0.0, 4.0])) == pytest.approx(0.75)
    assert relative(torch.zeros(2), torch.zeros(2)) == 0
    assert relative(torch.ones(2), torch.zeros(2)) == 1
