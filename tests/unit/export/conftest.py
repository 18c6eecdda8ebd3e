"""Models to export, put together without training them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from tests.conftest import BACKBONE_CLASSES, draw_set
from tlcore.data.pixels.decode import training_window
from tlcore.data.pixels.transforms import evaluation_view
from tlcore.train.trained import ModelCard, TrainedModel, environment
from tlcore.zoo import registry
from tlcore.zoo.network import Preprocessing
from tlcore.zoo.staged import HeadShape, StagedNetwork, with_new_head

LABELS = ("ant", "bee", "größe, ☃")

MakeModel = Callable[..., TrainedModel]


@pytest.fixture(scope="session")
def make_model() -> MakeModel:
    """A model with random weights whose predictions depend on the image."""
    return small_model


def small_model(backbone: str = "shufflenet_v2_x0_5", hidden: int = 0, crop: int = 64) -> TrainedModel:
    torch.manual_seed(0)
    staged = with_new_head(backbone, HeadShape(len(LABELS), hidden), None)
    prep = registry.get(backbone).preprocessing.at(crop)
    _fit_to_images(staged, prep)
    staged.network.eval().requires_grad_(requires_grad=False)
    card = ModelCard(
        run_id="0123456789abcdef",
        backbone=backbone,
        classes=LABELS,
        preprocessing=prep,
        hidden_units=hidden,
        spec={"backbone": backbone, "lr": 0.1},
        versions=environment(),
    )
    return TrainedModel(card, staged)


def _fit_to_images(staged: StagedNetwork, prep: Preprocessing) -> None:
    """Give batch normalisation the statistics of images, and the last layer logits that spread."""
    images = [image for _, _, image in draw_set(BACKBONE_CLASSES, each=4, seed=2)]
    batch = evaluation_view(torch.from_numpy(np.stack([training_window(image, prep) for image in images])), prep)
    for module in staged.network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over all batches
            module.reset_running_stats()
    with torch.no_grad():
        for _ in range(3):
            staged.network.train()(batch)
        logits = staged.network.eval()(batch)
        last = staged.head if isinstance(staged.head, nn.Linear) else staged.head[-1]
        last.weight.mul_(2 / logits.std(0).unsqueeze(1))
        last.bias.sub_(staged(batch).mean(0))
