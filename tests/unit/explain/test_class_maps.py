"""Grad-CAM is CAM wherever a global average and one dense layer follow the maps; over every such network there is.

`make test` takes one of those that are made of the same classes of modules (`tests.unit.siblings`).
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image
from torch import nn

from tests.conftest import draw
from tests.unit.filled import filled
from tests.unit.siblings import LARGER, sampled
from tlcore.explain.attribution import attribute, class_map
from tlcore.explain.looking import model_table
from tlcore.measure.table import Row
from tlcore.measure.trace import trace
from tlcore.train.trained import ModelCard, TrainedModel
from tlcore.zoo import registry
from tlcore.zoo.staged import HeadShape, StagedNetwork, new_network, replace_head

CLASSES = ("a", "b")
STACKS = (
    "stack:3x32x32:c16k3p1-bn-relu-mp2-c32k3p1-tanh-gap-fl-fc10",
    "stack:3x32x32:c16k3s2-c32k3p1-gap-do50-fl-do20-fc10",
    "stack:3x16x16:c8k3-sigmoid-gap-fl-fc10",
)
NAMES = (*registry.names(), *STACKS)
BETWEEN = {"flatten", "Flatten", "Dropout"}  # what stands between the average and the classifier and changes nothing
KNOWN = {
    "densenet121", "densenet161", "densenet169", "densenet201", "resnet18", "resnet18_64", "resnet50", "resnet152",
    "resnext50_32x4d", "resnext101_32x8d", "wide_resnet50_2", "googlenet", "inception_v3", "squeezenet1_0",
    "squeezenet1_1", "mobilenet_v2", "efficientnet_b0", "efficientnet_b7", "efficientnet_v2_s", "shufflenet_v2_x0_5",
    "mnasnet1_0", "regnet_x_400mf", "regnet_y_3_2gf", "cifar_resnet20", "cifar_plain56", *STACKS,
}  # fmt: skip
OTHERS = {"alexnet", "vgg16", "vgg19_bn", "mobilenet_v3_small", "mobilenet_v3_large", "convnext_tiny"}


def card_of(name: str) -> ModelCard:
    """At a size that leaves maps of a few positions."""
    row = registry.get(name)
    prep = row.preprocessing if row.fixed_size else row.preprocessing.at(64 if row.min_size < 64 else 2 * row.min_size)
    return ModelCard(run_id="test", backbone=name, classes=CLASSES, preprocessing=prep)


def average_of(rows: Sequence[Row]) -> int | None:
    """The step that averages whole maps, if then comes one dense layer and nothing else of consequence."""
    rows = [row for row in rows if row.type not in BETWEEN]
    if rows[-1].type != "Linear":
        return None
    before = rows[-2]
    pools = before.type.lower().replace("_", "") == "adaptiveavgpool2d" or before.type == "mean"
    assert before.input_shape is not None
    return before.index if pools and len(before.input_shape) == 3 and before.output_shape[1:] in {(), (1, 1)} else None


@cache
def average_in(name: str) -> int | None:
    """The average of the named network with a new classifier, found by what its own forward does."""
    return average_of(model_table(card_of(name)).rows)


@pytest.mark.parametrize(
    ("names", "at_least"),
    [(set(NAMES) - LARGER, 19), pytest.param(set(NAMES), 40, marks=pytest.mark.exhaustive)],
    ids=["sampled", "all"],
)
def test_the_networks_of_that_form_are_found(names: set[str], at_least: int) -> None:
    found = {name for name in names if average_in(name) is not None}
    assert found >= KNOWN & names
    assert not found & OTHERS
    assert len(found) >= at_least + len(STACKS)


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    return draw("rings", np.random.default_rng(3), 90, 70)


def alive(name: str, photo: Image.Image) -> TrainedModel:
    """A network with a new classifier and random weights, whose normalisations know the photo, so that maps live."""
    torch.manual_seed(0)
    row = registry.get(name)
    network = filled(new_network(row, on_meta=True))
    staged = StagedNetwork(row, network, replace_head(network, row, HeadShape(len(CLASSES))))
    model = TrainedModel(card_of(name), staged)
    norms = [module for module in staged.network.eval().modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
        norm.train()
    with torch.no_grad():
        staged.network(torch.cat([model.inputs([photo]), model.inputs([photo]).flip(2)]))
    staged.network.eval().requires_grad_(requires_grad=False)
    return model


@pytest.mark.parametrize("name", sampled(NAMES))
def test_grad_cam_is_cam(name: str, photo: Image.Image) -> None:
    """Zhou et al. 2016, equation 2: the maps that the average reads, weighted by the classifier's row of the class."""
    index = average_in(name)
    if index is None:
        pytest.skip("it ends otherwise")
    model = alive(name, photo)
    inputs = model.inputs([photo])
    (maps,) = trace(model.staged.network, inputs, keep=(index,)).steps[index].given
    assert maps.std() > 0
    for chosen, weights in enumerate(model.staged.head.weight):
        cam = torch.einsum("k,khw->hw", weights, maps[0])
        found = class_map(model, inputs, chosen) * cam.numel()
        torch.testing.assert_close(found, cam, atol=1e-4 * float(cam.abs().max()), rtol=1e-4)
        seen = F.interpolate(cam.relu()[None, None], inputs.shape[-2:], mode="bilinear")[0, 0].numpy()
        shown = attribute(model, photo, chosen, "grad-cam").values
        np.testing.assert_allclose(shown, seen / (seen.max() or 1), atol=1e-3)


def test_a_published_classifier_that_pools_by_itself_is_explained_too(photo: Image.Image) -> None:
    """SqueezeNet's own: a convolution to the classes, its ReLU, and their mean; Grad-CAM by hand on what it reads."""
    row = registry.get("squeezenet1_1")
    torch.manual_seed(0)
    network = new_network(row).eval()
    model = TrainedModel(card_of(row.name), StagedNetwork(row, network, network.get_submodule(row.head)))
    inputs = model.inputs([photo])
    maps = network.get_submodule("features")(inputs).detach().requires_grad_()
    scores = network.get_submodule("classifier")(maps).flatten(1)
    chosen = int(scores.argmax())
    torch.testing.assert_close(network(inputs), scores)
    (gradient,) = torch.autograd.grad(scores[0, chosen], maps)
    by_hand = (gradient.mean((2, 3), keepdim=True) * maps)[0].sum(0).detach()
    torch.testing.assert_close(class_map(model, inputs, chosen), by_hand)


def test_maps_that_are_one_row_are_maps(photo: Image.Image) -> None:
    """Seen through a window as wide as the image; the class map has as many rows as the maps."""
    torch.manual_seed(0)
    model = alive(STACKS[-1], photo)
    column = nn.Sequential(nn.Conv2d(3, 4, (3, 16)), nn.ReLU())
    model.staged.stages = (column, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    model.staged.head = nn.Linear(4, len(CLASSES))
    assert class_map(model, model.inputs([photo]), 0).shape == (14, 1)
