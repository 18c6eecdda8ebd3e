"""The truth strip shows what training and predicting really do."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.conftest import draw
from tlcore.data.pixels.decode import center_crop, resized, stored_bytes
from tlcore.train.preprocessing_steps import truth_steps
from tlcore.train.recipe.plan import preprocessing
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import registry


@pytest.fixture
def photo() -> Image.Image:
    return draw("checks", np.random.default_rng(1), 300, 260)


def test_the_crop_is_the_evaluation_crop(photo: Image.Image) -> None:
    steps = truth_steps(stored_bytes(photo), "resnet18", "standard").steps
    prep = registry.get("resnet18").preprocessing
    shown = Image.open(BytesIO(steps[2].png))
    assert shown.tobytes() == center_crop(resized(photo, prep), prep.crop).tobytes()
    assert [step.title.split(":")[0] for step in steps] == ["upright, RGB", "resized", "cropped", "normalised"]
    assert "300 x 260" in steps[0].title
    assert "224 x 224" in steps[2].title


def test_another_size_is_prepared_as_training_at_that_size_does(photo: Image.Image) -> None:
    steps = truth_steps(stored_bytes(photo), "resnet18", "standard", size=96).steps
    prep = preprocessing(TrainSpec(backbone="resnet18", image_size=96))
    shown = Image.open(BytesIO(steps[2].png))
    assert shown.tobytes() == center_crop(resized(photo, prep), prep.crop).tobytes()
    assert "96 x 96" in steps[2].title


def test_eight_views_differ_and_are_the_same_at_every_call(photo: Image.Image) -> None:
    first, second = (truth_steps(stored_bytes(photo), "resnet18", "strong").views for _ in range(2))
    assert first == second
    row = np.asarray(Image.open(BytesIO(first)))
    views = np.split(row, 8, axis=1)
    assert len({view.tobytes() for view in views}) == 8
