"""Recommended settings and presets are settings that can be trained with."""

from typing import Any

import pytest

from tlcore.errors import BadSpecError
from tlcore.train.recipe.advice import PRESETS, from_scratch, recommended
from tlcore.train.recipe.spec import STRATEGIES, TrainSpec
from tlcore.zoo import registry


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_builds_with_every_strategy(preset: str, strategy: str) -> None:
    spec = TrainSpec.of({**PRESETS[preset], "backbone": "resnet18", "strategy": strategy})
    assert spec.model_dump().items() >= PRESETS[preset].items()


def test_the_tutorials_preset_is_the_tutorials() -> None:
    """pytorch.org, "Transfer Learning for Computer Vision": SGD 0.001, momentum 0.9, a tenth every 7 of 25 epochs."""
    spec = TrainSpec.of({**PRESETS["PyTorch tutorial"], "backbone": "resnet18", "strategy": "full"})
    assert (spec.optimizer, spec.lr, spec.momentum, spec.weight_decay) == ("sgd", 0.001, 0.9, 0)
    assert (spec.schedule, spec.step_size, spec.step_factor) == ("step", 7, 0.1)
    assert (spec.epochs, spec.batch_size, spec.body_lr_factor) == (25, 4, 1)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", registry.names())
def test_there_is_advice_for_every_network_and_strategy(name: str, strategy: str) -> None:
    spec = recommended({"backbone": name, "strategy": strategy})
    assert (spec.backbone, spec.strategy) == (name, strategy)
    assert spec.epochs > 1


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_is_given_is_kept(strategy: str) -> None:
    given: dict[str, Any] = {"lr": 0.3, "epochs": 40, "optimizer": "sgd", "weight_decay": 0.2, "warmup_epochs": 7}
    spec = recommended({"backbone": "resnet18", "strategy": strategy, **given})
    assert spec.model_dump().items() >= given.items()


@pytest.mark.parametrize(("images", "epochs"), [(20, 100), (160, 100), (400, 40), (1000, 25), (50_000, 25)])
def test_few_images_are_seen_more_often_by_a_frozen_network(images: int, epochs: int) -> None:
    """A thousand steps of sixteen images, in 25 to 100 epochs; fine-tuning, whose steps are dear, is left alone."""
    values = {"backbone": "resnet18", "strategy": "frozen", "batch_size": 16}
    assert recommended(values, images).epochs == epochs
    assert recommended({**values, "epochs": 3}, images).epochs == 3
    assert recommended({**values, "strategy": "full"}, images) == recommended({**values, "strategy": "full"})


@pytest.mark.parametrize(("epochs", "probe"), [(2, 1), (3, 1), (6, 3), (12, 5), (100, 5)])
def test_the_probe_leaves_at_least_half_for_tuning(epochs: int, probe: int) -> None:
    spec = recommended({"backbone": "resnet18", "strategy": "probe-then-tune", "epochs": epochs})
    assert spec.probe_epochs == probe


def test_a_probe_that_is_given_is_kept_or_refused() -> None:
    values = {"backbone": "resnet18", "strategy": "probe-then-tune", "epochs": 4}
    assert recommended({**values, "probe_epochs": 3}).probe_epochs == 3
    with pytest.raises(BadSpecError, match="at most 3 can go to the classifier alone"):
        recommended({**values, "probe_epochs": 4})


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"backbone": "resnet18", "strategy": "magic"},
        {"backbone": "resnet18", "strategy": ["frozen"]},
        {"backbone": "resnet18", "strategy": None},
        {"backbone": "resnet18", "strategy": "probe-then-tune", "epochs": "many"},
        {"backbone": "resnet18", "strategy": "probe-then-tune", "epochs": None},
        {"backbone": "resnet18", "strategy": "probe-then-tune", "epochs": 1},
    ],
)
def test_nonsense_is_a_sentence_here_too(values: dict[str, Any]) -> None:
    with pytest.raises(BadSpecError):
        recommended(values)


@pytest.mark.parametrize("name", registry.names())
def test_from_scratch_trains_on_small_images_unless_told(name: str) -> None:
    network = registry.get(name)
    side = recommended({"backbone": name, "strategy": "scratch"}).image_size or network.preprocessing.crop
    assert network.min_size <= side <= max(96, network.min_size)
    assert recommended({"backbone": name, "strategy": "scratch", "image_size": None}).image_size is None
    assert recommended({"backbone": name, "strategy": "full"}).image_size is None


def test_fine_tuning_trains_on_smaller_views() -> None:
    """Three quarters of the side, in whole steps of the five halvings: Touvron et al. 2019 test 160 at 224."""
    assert recommended({"backbone": "resnet50", "strategy": "full"}).train_size == 160
    assert recommended({"backbone": "resnet50", "strategy": "full", "image_size": 96}).train_size is None
    assert recommended({"backbone": "resnet50", "strategy": "full", "train_size": None}).train_size is None
    assert recommended({"backbone": "resnet50", "strategy": "frozen"}).train_size is None
    assert recommended({"backbone": "inception_v3", "strategy": "full"}).train_size == 224


def test_the_twin_from_scratch_sees_the_same_images_at_a_rate_of_its_own() -> None:
    spec = recommended({"backbone": "resnet18_64", "strategy": "frozen", "flip": False, "seed": 7, "batch_size": 8})
    twin = from_scratch(spec)
    assert (twin.strategy, twin.pretrained) == ("scratch", False)
    assert (twin.backbone, twin.flip, twin.seed, twin.augmentation) == ("resnet18_64", False, 7, spec.augmentation)
    assert twin == recommended({"backbone": "resnet18_64", "strategy": "scratch", "flip": False, "seed": 7})
    chosen = from_scratch(spec.with_changes(image_size=96))
    assert chosen.image_size == 96  # a size that somebody chose is kept


def test_frozen_stages_look_at_images_that_this_machine_manages() -> None:
    asked: list[tuple[str, int]] = []

    def side_for(name: str, views: int) -> int | None:
        asked.append((name, views))
        return 160

    frozen = {"backbone": "resnet18", "strategy": "frozen"}
    assert recommended(frozen, 300, side_for).image_size == 160
    assert recommended({**frozen, "augmentation": "none"}, 300, side_for).image_size == 160
    assert asked == [("resnet18", 1200), ("resnet18", 300)]
    assert recommended({**frozen, "image_size": None}, 300, side_for).image_size is None
    assert recommended({**frozen, "image_size": 96}, 300, side_for).image_size == 96
    assert recommended({**frozen, "strategy": "full"}, 300, side_for).image_size is None
    assert recommended(frozen, None, side_for).image_size is None
    assert len(asked) == 2
