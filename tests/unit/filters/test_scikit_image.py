"""Equality with scikit-image, its conventions written down.

scikit-image divides by the sum of the absolute weights of one side, so its first derivatives are twice ours, which are
slopes per pixel; it turns the sign of the Laplacian; its gradient is the root of the mean of both squares, ours of the
sum; `roberts_*` are true convolutions with an even mask, which scipy lays a pixel further on.
"""

import numpy as np
import pytest
import torch
from skimage import filters as ski

from tlcore.filters.bank import difference_of_gaussians, gaussian, get_kernel
from tlcore.filters.engine import apply, gradient

_NAMES = {"reflect": "mirror", "replicate": "nearest", "circular": "wrap", "zero": "constant"}


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((40, 50))


def ours(image: np.ndarray, name: str, border: str = "reflect", **how: bool) -> np.ndarray:
    how = {"normalise": True, **how}
    return apply(torch.from_numpy(image)[None], get_kernel(name), border=border, **how)[0].numpy()  # type: ignore[arg-type]


@pytest.mark.parametrize("border", _NAMES)
@pytest.mark.parametrize("operator", ["sobel", "prewitt", "scharr"])
@pytest.mark.parametrize(("axis", "number"), [("x", 1), ("y", 0)])
def test_its_derivatives_are_twice_ours_with_our_sign(
    image: np.ndarray, operator: str, axis: str, number: int, border: str
) -> None:
    theirs = getattr(ski, operator)(image, axis=number, mode=_NAMES[border])
    np.testing.assert_allclose(2 * ours(image, f"{operator}_{axis}", border), theirs, atol=1e-12)


@pytest.mark.parametrize("operator", ["sobel", "prewitt", "scharr"])
def test_its_gradient_is_the_root_of_two_times_ours(image: np.ndarray, operator: str) -> None:
    """Twice the derivative, and a mean of two squares instead of their sum."""
    theirs = getattr(ski, operator)(image, mode="mirror")
    found = gradient(torch.from_numpy(image)[None], operator).magnitude[0].numpy()
    np.testing.assert_allclose(np.sqrt(2) * found, theirs, atol=1e-12)


@pytest.mark.parametrize(("name", "function"), [("roberts_a", "roberts_pos_diag"), ("roberts_b", "roberts_neg_diag")])
def test_its_roberts_is_our_convolution(image: np.ndarray, name: str, function: str) -> None:
    """Its border repeats the last pixel, ours mirrors there, so the last row and column are left out."""
    theirs = getattr(ski, function)(image)
    np.testing.assert_allclose(ours(image, name, convolution=True)[:-1, :-1], theirs[:-1, :-1], atol=1e-12)
    np.testing.assert_allclose(-ours(image, name)[1:, 1:], theirs[:-1, :-1], atol=1e-12)


def test_its_laplacian_has_the_other_sign(image: np.ndarray) -> None:
    theirs = ski.laplace(image)
    np.testing.assert_allclose(-ours(image, "laplacian4")[1:-1, 1:-1], theirs[1:-1, 1:-1], atol=1e-12)


@pytest.mark.parametrize("sigma", [0.7, 1.0, 2.0])
def test_its_gaussian_is_ours_where_it_is_cut_at_the_same_pixel(image: np.ndarray, sigma: float) -> None:
    half = int(np.ceil(3 * sigma))
    theirs = ski.gaussian(image, sigma, truncate=half / sigma, mode="mirror")
    mine = apply(torch.from_numpy(image)[None], gaussian(sigma))[0].numpy()
    np.testing.assert_allclose(mine, theirs, atol=1e-12)


def test_its_unsharp_mask_is_ours_but_for_the_tail_of_the_gaussian(image: np.ndarray) -> None:
    """It cuts at four sigmas, we at three; inside, for its border repeats the last pixel."""
    theirs = ski.unsharp_mask(image, radius=1.0, amount=1.0, preserve_range=True)
    np.testing.assert_allclose(ours(image, "unsharp")[4:-4, 4:-4], theirs[4:-4, 4:-4], atol=2e-3)


def test_its_difference_of_gaussians_has_the_other_sign(image: np.ndarray) -> None:
    theirs = ski.difference_of_gaussians(image, 1.0, 1.6, mode="mirror", truncate=5.0)
    mine = apply(torch.from_numpy(image)[None], difference_of_gaussians(1.0, 1.6))[0].numpy()
    np.testing.assert_allclose(-mine, theirs, atol=3e-3)
