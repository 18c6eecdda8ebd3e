"""The engine against scipy.ndimage on random images: every border, stride, dilation and size, odd and even."""

import numpy as np
import pytest
import scipy.ndimage as ndi
import torch
from hypothesis import given
from hypothesis import strategies as st

from tlcore.errors import BadInputError
from tlcore.filters.bank import DIRECTIONS, bank, custom, get_kernel
from tlcore.filters.engine import BORDERS, apply, canny, compass, gradient

SCIPY = {"zero": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}


def by_scipy(
    image: np.ndarray, values: np.ndarray, border: str, stride: int, dilation: int, turned: bool
) -> np.ndarray:
    wide = np.zeros([dilation * (side - 1) + 1 for side in values.shape])
    wide[::dilation, ::dilation] = values
    run = ndi.convolve if turned else ndi.correlate
    return run(image, wide, mode=SCIPY[border])[::stride, ::stride]


@given(
    sides=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    kernel=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    border=st.sampled_from(sorted(BORDERS)),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 3),
    turned=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_any_kernel_on_any_image_is_scipys(
    sides: tuple[int, int], kernel: tuple[int, int], border: str, stride: int, dilation: int, turned: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    image, values = rng.random(sides), rng.normal(size=kernel)
    mine = apply(
        torch.from_numpy(image)[None], custom(values.tolist()), border=border, stride=stride, dilation=dilation,
        convolution=turned,
    )  # fmt: skip
    np.testing.assert_allclose(mine[0].numpy(), by_scipy(image, values, border, stride, dilation, turned), atol=1e-12)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", bank())
def test_every_kernel_of_the_bank_is_scipys(name: str, border: str) -> None:
    """In single precision; separable kernels take two passes and must give the same."""
    image = np.random.default_rng(0).random((23, 31)).astype(np.float32)
    kernel = get_kernel(name)
    mine = apply(torch.from_numpy(image)[None], kernel, border=border)
    largest = np.abs(kernel.values).sum()
    np.testing.assert_allclose(
        mine[0].numpy(), by_scipy(image.astype(float), kernel.values, border, 1, 1, turned=False), atol=3e-6 * largest
    )


@given(
    sides=st.tuples(st.integers(32, 70), st.integers(1, 40)),
    kernel=st.tuples(st.integers(1, 15), st.integers(1, 15)),
    border=st.sampled_from(sorted(BORDERS)),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 3),
    turned=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_cut_into_bands_a_large_image_is_scipys_too(
    sides: tuple[int, int], kernel: tuple[int, int], border: str, stride: int, dilation: int, turned: bool, seed: int
) -> None:
    """In single precision, from 32 rows on, the engine lets bands of rows stand for channels."""
    rng = np.random.default_rng(seed)
    image, values = rng.random((2, *sides)).astype(np.float32), rng.normal(size=kernel)
    how = {"border": border, "stride": stride, "dilation": dilation, "convolution": turned}
    mine = apply(torch.from_numpy(image), custom(values.tolist()), **how)  # type: ignore[arg-type]
    for channel in range(2):
        expected = by_scipy(image[channel].astype(float), values, border, stride, dilation, turned)
        np.testing.assert_allclose(mine[channel].numpy(), expected, atol=2e-6 * np.abs(values).sum())


@pytest.mark.parametrize("name", bank())
def test_it_is_the_operation_of_a_convolution_layer(name: str) -> None:
    """`conv2d` of torch on the image as it is, in one go, without bands, passes or borders."""
    image, kernel = torch.rand(1, 64, 48), get_kernel(name)
    weights = torch.tensor(kernel.values, dtype=torch.float32)[None, None]
    expected = torch.nn.functional.conv2d(image[None], weights)[0]
    rows, columns = (side // 2 for side in kernel.values.shape)
    mine = apply(image, kernel)[:, rows : rows + expected.shape[1], columns : columns + expected.shape[2]]
    torch.testing.assert_close(mine, expected, atol=2e-6 * float(abs(kernel.values).sum()), rtol=0)


def test_scipys_own_operators_are_four_and_three_times_the_derivative_kernels() -> None:
    """scipy.ndimage.sobel and prewitt use whole numbers and its border 'reflect', which repeats the last pixel."""
    image = np.random.default_rng(1).random((12, 14))
    inner = (slice(1, -1), slice(1, -1))
    for name, theirs in (("sobel", ndi.sobel), ("prewitt", ndi.prewitt)):
        for axis, number in (("x", 1), ("y", 0)):
            mine = apply(torch.from_numpy(image)[None], get_kernel(f"{name}_{axis}"))[0].numpy()
            np.testing.assert_allclose(mine[inner], theirs(image, axis=number)[inner], atol=1e-12)
    mine = apply(torch.from_numpy(image)[None], get_kernel("laplacian4"))[0].numpy()
    np.testing.assert_allclose(mine[inner], ndi.laplace(image)[inner], atol=1e-12)


def test_channels_are_filtered_each_by_itself() -> None:
    image = torch.rand(3, 8, 9)
    together = apply(image, get_kernel("sobel_x"))
    for channel in range(3):
        torch.testing.assert_close(together[channel], apply(image[channel : channel + 1], get_kernel("sobel_x"))[0])


def test_convolution_turns_the_sign_of_a_gradient() -> None:
    image = torch.rand(1, 6, 6)
    torch.testing.assert_close(
        apply(image, get_kernel("sobel_x"), convolution=True), -apply(image, get_kernel("sobel_x"))
    )


def test_normalised_a_ramp_has_the_slope_that_it_has() -> None:
    y, x = torch.meshgrid(torch.arange(9.0), torch.arange(9.0), indexing="ij")
    image = (0.3 * x + 0.4 * y)[None]
    for operator in ("prewitt", "sobel", "sobel5", "scharr"):
        found = gradient(image, operator, border="replicate")
        middle = (0, 4, 4)
        assert float(found.x[middle]) == pytest.approx(0.3, abs=1e-6)
        assert float(found.magnitude[middle]) == pytest.approx(0.5, abs=1e-6)
        assert float(found.direction[middle]) == pytest.approx(np.degrees(np.arctan2(-0.4, 0.3)), abs=1e-4)


def test_a_step_answers_the_compass_as_the_literature_says() -> None:
    """A unit step, dark on the left: Robinson's east gives 4, Kirsch's 15 beside the step and 9 before it."""
    image = torch.zeros(1, 5, 6)
    image[:, :, 3:] = 1
    robinson = compass(image, "robinson", normalise=False)
    east = DIRECTIONS.index("E")
    assert robinson.responses[east, 0, 2].tolist()[2:4] == [4, 4]
    assert int(robinson.direction[0, 2, 2]) == east
    torch.testing.assert_close(robinson.responses[4:], -robinson.responses[:4])  # opposite masks are negatives
    kirsch = compass(image, "kirsch", normalise=False)
    assert kirsch.responses[east, 0, 2].tolist()[2:4] == [15, 9]
    assert kirsch.responses[DIRECTIONS.index("W"), 0, 2].tolist()[2:4] == [-9, -15]
    assert torch.equal(kirsch.maximum, kirsch.responses.max(0).values)


def test_canny_finds_the_outline_of_a_square_one_pixel_thick() -> None:
    image = torch.zeros(40, 40)
    image[10:30, 10:30] = 1
    found = canny(image, 1.0, 0.05, 0.1)
    rows = found.edges.sum(1)
    assert rows[20] == 2  # left and right
    assert found.edges.any()
    assert not found.edges[15:25, 15:25].any()
    assert not found.edges[:7].any()
    labels, count = ndi.label(found.edges.numpy(), structure=np.ones((3, 3)))
    assert count == 1
    assert int(labels.max()) == 1


def test_canny_without_thresholds_keeps_only_ridges() -> None:
    image = torch.zeros(12, 12, dtype=torch.float64)
    image[:, 6:] = 1
    found = canny(image, 1.0, 0.0, 0.0)
    assert torch.equal(found.edges, found.thinned > 0)
    assert 0 < int(found.edges.sum()) < image.numel()


def test_cannys_weak_pixels_count_only_beside_strong_ones() -> None:
    """As scipy labels it: a group of weak pixels is kept when one of them is strong."""
    image = torch.from_numpy(ndi.gaussian_filter(np.random.default_rng(3).random((60, 60)), 2))
    image = (image - image.min()) / (image.max() - image.min())
    found = canny(image, 1.0, 0.03, 0.08)
    groups, count = ndi.label((found.strong | found.weak).numpy(), structure=np.ones((3, 3)))
    strong = set(np.unique(groups[found.strong.numpy()])) - {0}
    expected = np.isin(groups, list(strong))
    assert 0 < len(strong) < count
    np.testing.assert_array_equal(found.edges.numpy(), expected)


def test_without_noise_sobel_and_prewitt_see_the_same_slope_and_with_it_sobel_less_precisely() -> None:
    """The weights decide how noise averages: the standard deviation is that of the normalised kernel."""
    noise = torch.randn(1, 400, 400, generator=torch.Generator().manual_seed(0))
    spread = {}
    for name in ("sobel_x", "prewitt_x", "scharr_x"):
        kernel = get_kernel(name)
        spread[name] = float(apply(noise, kernel, normalise=True).std())
        assert spread[name] == pytest.approx(float(np.sqrt((kernel.values**2).sum()) * kernel.scale), rel=0.02)
    assert spread["prewitt_x"] < spread["sobel_x"] < spread["scharr_x"]


@pytest.mark.parametrize(
    ("given_", "sentence"), [({"stride": 0}, "stride lies between 1"), ({"dilation": 99}, "dilation")]
)
def test_nonsense_is_a_sentence(given_: dict[str, int], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        apply(torch.rand(1, 4, 4), get_kernel("box"), **given_)  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="channels, rows and columns"):
        apply(torch.rand(4, 4), get_kernel("box"))
    with pytest.raises(BadInputError, match=r"low threshold lies between 0 and the high one, 0\.1, not at 0\.5"):
        canny(torch.rand(8, 8), 1.0, 0.5, 0.1)
