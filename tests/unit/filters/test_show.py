"""From an image to a picture of a response: what is shown is what was computed."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from tests.conftest import draw
from tlcore.errors import UnknownNameError
from tlcore.filters.bank import get_kernel
from tlcore.filters.engine import apply
from tlcore.filters.show import (
    as_tensor,
    choices,
    disturbed,
    full_colour,
    histogram,
    photo,
    picture,
    profile,
    respond,
    shrunk,
)
from tlcore.filters.written import read_kernel
from tlcore.plots import filters as plots


def opened(png: bytes) -> np.ndarray:
    image = Image.open(BytesIO(png))
    return np.asarray(image.convert("RGB") if image.mode == "P" else image)


@pytest.fixture
def image() -> torch.Tensor:
    return as_tensor(draw("rings", np.random.default_rng(0), 90, 60), grey=True)


def test_an_image_keeps_its_sides_unless_it_is_too_long() -> None:
    photo = draw("rows", np.random.default_rng(0), 300, 100)
    assert as_tensor(photo, grey=False).shape == (3, 100, 300)
    assert as_tensor(photo, grey=True, longest=150).shape == (1, 50, 150)
    assert as_tensor(photo.resize((1, 1)), grey=True).shape == (1, 1, 1)


def test_noise_has_its_standard_deviation_and_blur_takes_most_of_it_away() -> None:
    flat = torch.full((1, 200, 200), 0.5)
    noisy = disturbed(flat, 0.1, 0)
    assert float(noisy.std()) == pytest.approx(0.1, rel=0.03)
    assert torch.equal(noisy, disturbed(flat, 0.1, 0))
    blurred = float(disturbed(flat, 0.1, 2.0).std())
    assert blurred == pytest.approx(0.1 / (2 * np.sqrt(np.pi) * 2.0), rel=0.1)  # white noise through a Gaussian
    assert torch.equal(disturbed(flat, 0, 0), flat)


@pytest.mark.parametrize("name", choices())
def test_every_choice_gives_a_response_of_the_images_size(name: str, image: torch.Tensor) -> None:
    response = respond(image, name)
    assert response.shape[1:] == image.shape[1:]
    assert bool(response.isfinite().all())
    for view in ("signed", "absolute", "clipped"):
        assert opened(picture(response, view)).shape[:2] == (60, 90)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", choices())
def test_an_image_of_one_pixel_is_an_image(name: str) -> None:
    assert respond(torch.rand(3, 1, 1), name).shape[1:] == (1, 1)


def test_a_signed_picture_has_its_colours() -> None:
    shown = opened(picture(torch.tensor([[[1.0, -1.0, 0.0, 0.2]]]), "signed", threshold=0.3))
    assert shown[0, 0, 2] > shown[0, 0, 0]
    assert shown[0, 1, 0] > shown[0, 1, 2]
    assert (shown[0, 2] == shown[0, 3]).all()  # within the threshold


def test_a_few_huge_values_do_not_leave_the_rest_in_the_dark() -> None:
    response = torch.full((1, 100, 100), 0.1)
    response[0, 0, 0] = 50
    assert full_colour(response) == pytest.approx(0.1)
    assert opened(picture(response, "absolute"))[50, 50] == 255
    assert opened(picture(response, "absolute", full=0.2))[50, 50] == 127
    assert full_colour(torch.zeros(1, 4, 4)) > 0


def test_what_is_bright_in_a_signed_picture_grows_with_the_response() -> None:
    ramp = torch.linspace(-1, 1, 101).reshape(1, 1, 101)
    shown = opened(picture(ramp, "signed", full=1.0)).astype(int)
    assert (np.diff(shown[0, 50:, 2]) >= 0).all()  # towards blue
    assert (np.diff(shown[0, :51, 0]) <= 0).all()  # from orange
    assert tuple(shown[0, 50]) == tuple(opened(picture(torch.zeros(1, 1, 1), "signed"))[0, 0])


def test_a_small_image_is_the_mean_of_a_large_one() -> None:
    image = torch.rand(3, 64, 32)
    assert shrunk(image, 16).shape == (3, 16, 8)
    assert shrunk(image, 100) is image
    assert float(shrunk(image, 16).mean()) == pytest.approx(float(image.mean()), abs=0.01)
    assert shrunk(torch.rand(1, 1, 40), 20).shape == (1, 1, 20)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_photo_is_the_image_but_for_what_jpeg_leaves_out(channels: int) -> None:
    image = as_tensor(draw("rings", np.random.default_rng(0), 90, 60), grey=channels == 1)
    shown = opened(photo(image)).astype(float) / 255
    expected = image.permute(1, 2, 0).numpy() if channels == 3 else image[0].numpy()
    assert shown.shape == expected.shape
    assert np.abs(shown - expected).mean() < 0.02


def test_clipped_is_the_image_itself(image: torch.Tensor) -> None:
    np.testing.assert_array_equal(opened(picture(image, "clipped")), (image[0].numpy() * 255).astype(np.uint8))


def test_a_profile_holds_the_derivatives_of_a_row() -> None:
    image = torch.tensor([[[0.0, 0.0, 1.0, 3.0, 6.0, 6.0]]])
    found = profile(image, 0)
    assert found.intensity.tolist() == [0, 0, 1, 3, 6, 6]
    assert found.first.tolist() == [0, 0.5, 1.5, 2.5, 1.5, 0]
    assert found.second.tolist() == [0, 1, 1, 1, -3, 0]
    figure = plots.profile(found, 3)
    assert {shape.x0 for shape in figure.layout.shapes} == {3}
    assert [list(line.y) for line in figure.data] == [
        found.intensity.tolist(),
        found.first.tolist(),
        found.second.tolist(),
    ]


def test_the_histogram_counts_every_value(image: torch.Tensor) -> None:
    response = apply(image, get_kernel("laplacian4"))
    middles, counts = histogram(response)
    assert sum(counts) == response.numel()
    assert middles[0] == pytest.approx(-middles[-1])
    assert list(plots.histogram(middles, counts).data[0].y) == counts
    assert histogram(response.abs())[0][0] > 0
    assert {shape.x0 for shape in plots.histogram(middles, counts, 0.1).layout.shapes} == {-0.1, 0.1}
    assert {shape.x0 for shape in plots.histogram([0.1, 0.2], [1, 1], 0.1).layout.shapes} == {0.1}
    assert not plots.histogram(middles, counts).layout.shapes


def test_a_kernel_of_ones_own_is_applied_as_it_is(image: torch.Tensor) -> None:
    kernel = read_kernel("1 1;1 1")
    torch.testing.assert_close(respond(image, kernel), apply(image, kernel))


def test_an_unknown_filter_is_a_sentence(image: torch.Tensor) -> None:
    with pytest.raises(UnknownNameError, match="no filter 'krisch'"):
        respond(image, "krisch")
