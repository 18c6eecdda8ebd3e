"""Attribution maps: against a Grad-CAM by hand, and against the completeness of integrated gradients."""

from io import BytesIO

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image

from tests.conftest import draw
from tlcore.errors import BadInputError
from tlcore.explain.attribution import METHODS, Attribution, attribute, overlay
from tlcore.train.trained import ModelCard, TrainedModel
from tlcore.zoo import registry
from tlcore.zoo.staged import HeadShape, with_new_head

SIZE = 64


def model_of(name: str, size: int = SIZE) -> TrainedModel:
    torch.manual_seed(0)
    staged = with_new_head(name, HeadShape(3), None)
    staged.network.eval().requires_grad_(requires_grad=False)
    prep = registry.get(name).preprocessing.at(max(size, registry.get(name).min_size))
    card = ModelCard(run_id="test", backbone=name, classes=("a", "b", "c"), preprocessing=prep)
    return TrainedModel(card, staged)


@pytest.fixture
def photo() -> Image.Image:
    return draw("rings", np.random.default_rng(3), 90, 70)


def test_grad_cam_equals_the_published_formula(photo: Image.Image) -> None:
    """Weights are the spatial means of the gradients; the map is the positive part of the weighted sum (equation 2)."""
    model = model_of("resnet18")
    x = model.inputs([photo])
    maps = x
    for stage in model.staged.stages[:-1]:
        maps = stage(maps)
    maps = model.staged.network.get_submodule("layer4")(maps).requires_grad_()
    pooled = maps.mean((2, 3))
    score = model.staged.head(pooled)[0, 1]
    (gradient,) = torch.autograd.grad(score, maps)
    expected = F.relu((gradient.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True))
    expected = F.interpolate(expected, (SIZE, SIZE), mode="bilinear")[0, 0].detach().numpy()
    found = attribute(model, photo, 1, "grad-cam")
    np.testing.assert_allclose(found.values, expected / expected.max(), atol=1e-5)


def test_integrated_gradients_are_nearly_complete(photo: Image.Image) -> None:
    """The attributions add up to the difference of the scores of image and baseline (their completeness axiom)."""
    found = attribute(model_of("resnet18"), photo, 0, "integrated-gradients")
    assert found.residual is not None
    assert found.residual < 0.1
    assert found.values.min() < 0 < found.values.max()


def test_the_map_of_a_class_depends_on_the_class(photo: Image.Image) -> None:
    model = model_of("resnet18")
    assert not np.allclose(attribute(model, photo, 0, "grad-cam").values, attribute(model, photo, 2, "grad-cam").values)


def test_where_the_map_is_higher_the_picture_is_lighter_also_without_colours() -> None:
    """On a photo of one grey, a map that rises from left to right."""
    rising = np.linspace(0, 1, SIZE, dtype=np.float32)[None].repeat(SIZE, 0)
    grey = Image.new("RGB", (SIZE, SIZE), (90, 90, 90))
    laid = Image.open(BytesIO(overlay(model_of("resnet18"), grey, Attribution("grad-cam", 0, rising))))
    lightness = np.asarray(laid.convert("L"), np.int64)
    assert (np.diff(lightness, axis=1) >= 0).all()
    assert lightness[0, -1] - lightness[0, 0] > 100


def test_blue_speaks_for_a_class_and_orange_against_it() -> None:
    signed = np.ones((SIZE, SIZE), np.float32)
    signed[:, SIZE // 2 :] = -1
    grey = Image.new("RGB", (SIZE, SIZE), (90, 90, 90))
    laid = Image.open(BytesIO(overlay(model_of("resnet18"), grey, Attribution("integrated-gradients", 0, signed))))
    (red, _, blue), (other_red, _, other_blue) = laid.getpixel((5, 5)), laid.getpixel((SIZE - 5, 5))
    assert blue > red
    assert other_red > other_blue


# One network of each way of writing a forward: in-place ReLU after the last map, functional pooling, pooled heads.
@pytest.mark.parametrize(
    "name", ["alexnet", "densenet121", "googlenet", "mobilenet_v3_small", "mnasnet0_5", "shufflenet_v2_x0_5"]
)
@pytest.mark.parametrize("method", METHODS)
def test_every_kind_of_network_can_be_explained(name: str, method: str, photo: Image.Image) -> None:
    model = model_of(name)
    found = attribute(model, photo, 1, method)  # type: ignore[arg-type]
    side = model.card.preprocessing.crop
    assert found.values.shape == (side, side)
    assert np.isfinite(found.values).all()
    assert np.abs(found.values).max() <= 1
    picture = Image.open(BytesIO(overlay(model, photo, found)))
    assert picture.size == (side, side)


def test_explaining_leaves_the_shared_model_as_it_was(photo: Image.Image) -> None:
    model = model_of("squeezenet1_1")
    before = {name: tensor.clone() for name, tensor in model.staged.network.state_dict().items()}
    answer = model.predict([photo])
    for method in METHODS:
        attribute(model, photo, 1, method)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.staged.network.state_dict().items())
    assert all(parameter.grad is None for parameter in model.staged.network.parameters())
    assert not any(module._forward_hooks for module in model.staged.network.modules())
    np.testing.assert_array_equal(model.predict([photo]), answer)


def test_a_network_without_maps_is_a_sentence(photo: Image.Image) -> None:
    model = model_of("stack:3x16x16:fl-fc32-relu-fc10", 16)
    with pytest.raises(BadInputError, match="Take integrated gradients"):
        attribute(model, photo, 0, "grad-cam")
    assert attribute(model, photo, 0, "integrated-gradients").values.shape
