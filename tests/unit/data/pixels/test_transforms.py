"""Views of an image against torchvision's transforms, scipy's resampling and symmetry."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import map_coordinates
from torch import Tensor
from torchvision.transforms import InterpolationMode, v2

from tests.conftest import draw
from tlcore.data.pixels.decode import training_window
from tlcore.data.pixels.transforms import (
    STRENGTHS,
    UNIFORMS,
    augmented_images,
    augmented_view,
    evaluation_view,
    normalise,
    view_uniforms,
)
from tlcore.zoo import registry
from tlcore.zoo.network import Preprocessing

PREPROCESSINGS = {registry.get(name).preprocessing.at(48): name for name in registry.names()}
SQUARE = Preprocessing(resize=32, crop=32)  # the window and the evaluation crop are the same pixels
AUGMENTING = [strength for strength, augmentation in STRENGTHS.items() if augmentation]
IDENTITY = torch.tensor([[1.0, 0.5, 0.5, 0.5, 0.9, 0.5, 0.5, 0.5, 0.5]])
MIRROR, TURN = 4, 5


def window(prep: Preprocessing, width: int = 70, height: int = 53, seed: int = 0) -> Tensor:
    """The training window of a generated image, as a batch of one."""
    image = draw("rings", np.random.default_rng(seed), width, height)
    return torch.from_numpy(np.stack([training_window(image, prep)]))


def random_uniforms(count: int, seed: int = 0) -> Tensor:
    """Uniforms as the training loop draws them."""
    return torch.rand(count, UNIFORMS, generator=torch.Generator().manual_seed(seed))


def torchvisions(image: Image.Image, prep: Preprocessing) -> Tensor:
    """The preprocessing as torchvision composes it for its published weights."""
    return v2.Compose(
        [
            v2.Resize(prep.resize, InterpolationMode(prep.interpolation), antialias=True),
            v2.CenterCrop(prep.crop),
            v2.PILToTensor(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(prep.mean, prep.std),
        ]
    )(image)


# The evaluation view


@pytest.mark.parametrize("size", [(64, 64), (61, 97), (97, 61), (200, 40), (40, 200), (53, 54), (54, 53), (20, 31)])
@pytest.mark.parametrize("prep", PREPROCESSINGS, ids=PREPROCESSINGS.values())
def test_the_evaluation_view_is_torchvisions(prep: Preprocessing, size: tuple[int, int]) -> None:
    image = draw("checks", np.random.default_rng(1), *size)
    ours = evaluation_view(torch.from_numpy(np.stack([training_window(image, prep)])), prep)
    torch.testing.assert_close(ours[0], torchvisions(image, prep), rtol=0, atol=1e-6)


@given(width=st.integers(8, 90), height=st.integers(8, 90), crop=st.integers(8, 40), extra=st.integers(0, 12))
def test_the_evaluation_view_is_torchvisions_at_any_size(width: int, height: int, crop: int, extra: int) -> None:
    prep = Preprocessing(resize=crop + extra, crop=crop)
    image = draw("rings", np.random.default_rng(2), width, height)
    ours = evaluation_view(torch.from_numpy(np.stack([training_window(image, prep)])), prep)
    torch.testing.assert_close(ours[0], torchvisions(image, prep), rtol=0, atol=1e-6)


def test_normalising_by_hand() -> None:
    image = torch.tensor([0.485, 0.456 + 0.224, 0.406 - 0.225]).view(1, 3, 1, 1)
    torch.testing.assert_close(normalise(image, SQUARE).flatten(), torch.tensor([0.0, 1.0, -1.0]))


# Augmented views


@pytest.mark.parametrize("strength", STRENGTHS)
def test_the_same_uniforms_give_the_same_view(strength: str) -> None:
    batch, uniforms = window(Preprocessing().at(32)).repeat(3, 1, 1, 1), random_uniforms(3)
    first = augmented_view(batch, uniforms, Preprocessing().at(32), strength)  # type: ignore[arg-type]
    again = augmented_view(batch.clone(), uniforms.clone(), Preprocessing().at(32), strength)  # type: ignore[arg-type]
    assert torch.equal(first, again)


@pytest.mark.parametrize("strength", AUGMENTING)
def test_a_view_does_not_depend_on_its_batch(strength: str) -> None:
    prep, uniforms = Preprocessing().at(32), random_uniforms(4)
    batch = torch.cat([window(prep, seed=seed) for seed in range(4)])
    together = augmented_view(batch, uniforms, prep, strength)  # type: ignore[arg-type]
    alone = [augmented_view(batch[i : i + 1], uniforms[i : i + 1], prep, strength) for i in range(4)]  # type: ignore[arg-type]
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-5)


@pytest.mark.parametrize("strength", AUGMENTING)
def test_other_uniforms_give_other_views(strength: str) -> None:
    batch = window(SQUARE).repeat(5, 1, 1, 1)
    views = augmented_images(batch, random_uniforms(5), SQUARE, strength)  # type: ignore[arg-type]
    distances = (views[:, None] - views[None]).abs().mean((2, 3, 4))
    assert float(distances[~torch.eye(5, dtype=torch.bool)].min()) > 0.01


@pytest.mark.parametrize("prep", PREPROCESSINGS, ids=PREPROCESSINGS.values())
def test_no_augmentation_is_the_evaluation_view(prep: Preprocessing) -> None:
    batch = window(prep)
    assert torch.equal(augmented_view(batch, random_uniforms(1), prep, "none"), evaluation_view(batch, prep))


@pytest.mark.parametrize("strength", AUGMENTING)
def test_neutral_uniforms_are_the_evaluation_view(strength: str) -> None:
    batch = window(SQUARE)
    view = augmented_view(batch, IDENTITY, SQUARE, strength)  # type: ignore[arg-type]
    torch.testing.assert_close(view, evaluation_view(batch, SQUARE), rtol=0, atol=1e-4)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("strength", AUGMENTING)
def test_a_flip_is_the_mirror_image_of_the_same_view(strength: str, seed: int) -> None:
    prep = Preprocessing().at(32)
    uniforms = random_uniforms(1, seed)
    straight, mirrored = uniforms.clone(), uniforms.clone()
    straight[:, MIRROR], mirrored[:, MIRROR] = 0.5, 0.49
    batch = window(prep, seed=seed)
    view = augmented_images(batch, straight, prep, strength)  # type: ignore[arg-type]
    flipped = augmented_images(batch, mirrored, prep, strength)  # type: ignore[arg-type]
    torch.testing.assert_close(flipped, view.flip(3), rtol=0, atol=1e-4)
    assert not torch.allclose(flipped, view, atol=0.01)


def test_without_flips_the_mirror_uniform_does_nothing() -> None:
    batch, uniforms = window(SQUARE).repeat(2, 1, 1, 1), random_uniforms(1).repeat(2, 1)
    uniforms[:, MIRROR] = torch.tensor([0.1, 0.9])
    views = augmented_images(batch, uniforms, SQUARE, "standard", flip=False)
    assert torch.equal(views[0], views[1])


def test_half_of_the_views_are_mirrored() -> None:
    """The left of the window is white and its right black; light crops and turns can't change that."""
    batch = torch.zeros(200, 32, 32, 3, dtype=torch.uint8)
    batch[:, :, :16] = 255
    views = augmented_images(batch, random_uniforms(200), SQUARE, "light")
    mirrored = views[:, :, :, :8].mean((1, 2, 3)) < views[:, :, :, -8:].mean((1, 2, 3))
    assert 75 <= int(mirrored.sum()) <= 125  # 100 expected, 3.5 standard deviations


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("strength", AUGMENTING)
def test_the_geometry_is_a_crop_that_was_turned(strength: str, seed: int) -> None:
    """Against scipy's spline resampling of the same crop, written with angles and pixels."""
    augmentation = STRENGTHS[strength]  # type: ignore[index]
    uniforms = random_uniforms(1, seed)
    uniforms[:, 6:] = 0.5  # colours stay as they are
    u = uniforms[0].tolist()
    side, crop = 40, 32
    pixels = window(Preprocessing(resize=side, crop=crop), seed=seed)
    area = augmentation.scale + (1 - augmentation.scale) * u[0]
    aspect = (4 / 3) ** (2 * u[1] - 1)
    width, height = min(1, math.sqrt(area * aspect)) * side, min(1, math.sqrt(area / aspect)) * side
    left, top = u[2] * (side - width), u[3] * (side - height)
    angle = math.radians(augmentation.rotation) * (2 * u[5] - 1)
    mirror = -1 if u[4] < 0.5 else 1
    # Output pixel centres, as offsets from the crop's centre in units of the crop.
    v, h = np.meshgrid((np.arange(crop) + 0.5) / crop - 0.5, (np.arange(crop) + 0.5) / crop - 0.5, indexing="ij")
    right, down = mirror * h * width, v * height
    x = left + width / 2 + right * math.cos(angle) - down * math.sin(angle) - 0.5
    y = top + height / 2 + right * math.sin(angle) + down * math.cos(angle) - 0.5
    expected = [map_coordinates(pixels[0, ..., c].numpy() / 255.0, [y, x], order=1, mode="reflect") for c in range(3)]
    view = augmented_images(pixels, uniforms, Preprocessing(resize=side, crop=crop), strength)[0]  # type: ignore[arg-type]
    np.testing.assert_allclose(view.numpy(), np.stack(expected), atol=2e-4)


@pytest.mark.parametrize("strength", AUGMENTING)
def test_colours_change_as_far_as_allowed_and_stay_in_range(strength: str) -> None:
    amount = STRENGTHS[strength].colour  # type: ignore[index,union-attr]
    grey = torch.full((2, 32, 32, 3), 102, dtype=torch.uint8)  # 0.4
    uniforms = IDENTITY.repeat(2, 1)
    uniforms[:, 6] = torch.tensor([0.0, 1.0])
    views = augmented_images(grey, uniforms, SQUARE, strength)  # type: ignore[arg-type]
    torch.testing.assert_close(views.mean((1, 2, 3)), torch.tensor([0.4 * (1 - amount), 0.4 * (1 + amount)]))
    wild = augmented_images(window(SQUARE).repeat(20, 1, 1, 1), random_uniforms(20), SQUARE, strength)  # type: ignore[arg-type]
    assert float(wild.min()) >= 0
    assert float(wild.max()) <= 1


def test_contrast_keeps_the_mean_and_saturation_the_grey() -> None:
    batch = (window(SQUARE).float() * 0.4 + 60).to(torch.uint8)  # far from black and white, so nothing is clipped
    plain = augmented_images(batch, IDENTITY, SQUARE, "strong")
    contrast, saturation = IDENTITY.clone(), IDENTITY.clone()
    contrast[:, 7], saturation[:, 8] = 0.0, 0.0
    flatter = augmented_images(batch, contrast, SQUARE, "strong")
    torch.testing.assert_close(flatter.mean(), plain.mean())
    torch.testing.assert_close(flatter.std(), plain.std() * 0.6)
    greyer = augmented_images(batch, saturation, SQUARE, "strong")
    torch.testing.assert_close(greyer.mean(1), plain.mean(1))
    torch.testing.assert_close(greyer[:, 0] - greyer[:, 1], (plain[:, 0] - plain[:, 1]) * 0.6, rtol=1e-4, atol=1e-5)


# The uniforms of cached views


def test_a_cached_view_depends_on_the_images_hash_and_the_number_of_the_view_alone() -> None:
    blobs = ["a" * 64, "b" * 64, "c" * 64]
    rows = view_uniforms(blobs, 1)
    assert rows.shape == (3, UNIFORMS)
    assert torch.equal(view_uniforms(blobs[::-1], 1), rows.flip(0))
    torch.manual_seed(5)
    assert torch.equal(view_uniforms(blobs[1:2], 1), rows[1:2])
    assert not torch.isclose(view_uniforms(blobs, 2), rows).any()


def test_the_uniforms_are_uniform() -> None:
    numbers = view_uniforms([f"{n:064x}" for n in range(2000)], 3)
    assert float(numbers.min()) >= 0
    assert float(numbers.max()) <= 1
    for column in numbers.T:
        counts = torch.histc(column, 10, 0, 1)
        assert float(((counts - 200) ** 2 / 200).sum()) < 27.9  # chi-squared with 9 degrees of freedom, p = 0.001
    correlations = torch.corrcoef(numbers.T) - torch.eye(UNIFORMS)
    assert float(correlations.abs().max()) < 0.1
