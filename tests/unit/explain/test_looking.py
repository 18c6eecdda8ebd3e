"""One image through a network: maps are what the layers give, and the gradient stays inside the receptive field."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.conftest import BACKBONE, Backbone, draw
from tlcore.explain.looking import (
    Look,
    answers,
    first_kernels,
    gradient_field,
    heat,
    look,
    look_with,
    outcome,
    random_network,
    sprite,
)
from tlcore.measure.trace import trace
from tlcore.measure.windows.fields import receptive_fields
from tlcore.train import trained
from tlcore.zoo import architectures


@pytest.fixture
def photo() -> Image.Image:
    return draw("rings", np.random.default_rng(0), 120, 90)


def random_look(name: str, photo: Image.Image) -> Look:
    return look(random_network(name), name, photo)


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)))


def test_with_weights_it_knows_classes(throwaway_backbone: Backbone, photo: Image.Image) -> None:
    view = look_with(trained.pretrained(BACKBONE), photo)
    assert not view.is_random
    found = answers(view, 3)
    assert len(found) == 3
    assert {label for label, _ in found} <= set(throwaway_backbone.classes)
    assert [p for _, p in found] == sorted((p for _, p in found), reverse=True)
    assert view.photo.shape == (224, 224, 3)


@pytest.mark.parametrize("name", ["lenet5", "cifar_resnet20"])
def test_without_weights_it_is_random_and_says_so(name: str, photo: Image.Image) -> None:
    view = random_look(name, photo)
    assert view.is_random
    assert answers(view) == []
    assert view.photo.shape == (*architectures.get(name).input_shape[1:], 3)
    again = random_look(name, photo)
    assert torch.equal(outcome(view, 0), outcome(again, 0))  # the same at every call


def test_an_outcome_is_what_the_layer_gives(photo: Image.Image) -> None:
    view = random_look("cifar_resnet20", photo)
    stem = view.network.get_submodule("stem")
    assert isinstance(stem, nn.Module)
    with torch.no_grad():
        expected = stem(view.inputs[0])[0]
    torch.testing.assert_close(outcome(view, 2), expected)  # convolution, normalisation, rectifier


def test_before_a_rectifier_in_place_values_are_still_signed(photo: Image.Image) -> None:
    view = random_look("cifar_resnet20", photo)
    assert outcome(view, 1).min() < 0 <= outcome(view, 2).min()


def test_the_gradient_stays_in_the_receptive_field(photo: Image.Image) -> None:
    view = random_look("cifar_resnet20", photo)
    found = trace(view.network, *view.inputs)
    index = next(step.index for step in found.steps if step.name == "layer1.1.conv2")
    field = receptive_fields(found)[index]
    assert field is not None
    row, column = 9, 20
    moved = np.argwhere(gradient_field(view, index, row, column) > 0)
    for axis, at in ((0, row), (1, column)):
        span = field.axes[axis]
        assert span.low + at * span.jump <= moved[:, axis].min()
        assert moved[:, axis].max() <= span.high + at * span.jump


def test_a_sprite_holds_every_map_in_its_colour() -> None:
    maps = torch.zeros(3, 4, 4)
    maps[0], maps[1] = 1.0, -1.0
    sheet = opened(sprite(maps))
    cell = 4 * 24
    positive, negative, zero = sheet[10, 10], sheet[10, cell + 12], sheet[cell + 12, 10]
    assert positive[2] > positive[0]  # blue
    assert negative[0] > negative[2]  # orange
    assert zero.max() < 40
    assert sheet.shape == (2 * (cell + 2), 2 * (cell + 2), 3)


def test_maps_can_be_scaled_each_by_its_own_largest() -> None:
    maps = torch.stack([torch.full((4, 4), 10.0), torch.full((4, 4), 0.1)])
    cell = 4 * 24 + 2
    shared, own = opened(sprite(maps)), opened(sprite(maps, shared=False))
    assert shared[10, cell + 10].max() < 50
    assert (own[10, cell + 10] == own[10, 10]).all()


def test_one_large_value_does_not_leave_all_others_in_the_dark() -> None:
    maps = torch.full((1, 64, 64), 0.1)
    maps[0, 0, 0] = 100.0
    assert opened(sprite(maps))[40, 40].max() > 200


def test_first_kernels_are_the_first_convolutions() -> None:
    network = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Conv2d(5, 2, 3))
    png = first_kernels(network)
    assert png is not None
    assert opened(png).shape == (2 * (3 * 32 + 2), 3 * (3 * 32 + 2), 3)
    assert first_kernels(nn.Linear(2, 2)) is None


def test_heat_shows_the_photo_where_it_is_hot() -> None:
    picture = np.full((2, 2, 3), 200, np.uint8)
    shown = opened(heat(picture, np.array([[1, 0], [0, 0]], np.float32)))
    assert shown[0, 0, 0] == 200
    assert shown[1, 1, 0] == 50
