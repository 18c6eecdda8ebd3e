"""Measuring by a description: on images of a sample set or of one's own; and the presets."""

import pytest
import torch

from tests.conftest import BACKBONE, Backbone, ImageSet
from tlcore.errors import BadInputError, UnknownNameError, WeightsMissingError
from tlcore.gradients.layers.batches import Images, in_turn, load
from tlcore.gradients.layers.measured import Named, Setting, build, measured
from tlcore.gradients.layers.presets import PRESETS
from tlcore.gradients.layers.switches import switches
from tlcore.settings import get_settings
from tlcore.zoo import weights
from tlcore.zoo.nets.configurable import Design

FEW = Images(count=4, side=16)
SMALL = Design(depth=8, width=4)


def test_the_seed_decides_the_weights_and_nothing_else_is_drawn() -> None:
    before = torch.random.get_rng_state()
    one, same, other = (measured(Setting(network=SMALL, images=FEW, seed=seed)) for seed in (0, 0, 1))
    assert one == same
    assert one != other
    assert torch.equal(before, torch.random.get_rng_state())


def test_double_precision_agrees_with_single_where_both_can_tell() -> None:
    single, double = (measured(Setting(network=SMALL, images=FEW, double=double)) for double in (False, True))
    assert (single.precision, double.precision) == ("float32", "float64")
    assert single.verdict.ratio == pytest.approx(double.verdict.ratio, rel=1e-3)


def test_a_switch_is_part_of_the_setting() -> None:
    names = ("stages.1.0:shortcut", "stages.0.0:block")
    whole, cut = (measured(Setting(network=SMALL, images=FEW, off=off)) for off in ((), names))
    assert {row.name for row in whole.layers} - {row.name for row in cut.layers} == {
        "stages.0.0.conv1", "stages.0.0.conv2"
    }  # fmt: skip
    assert whole.verdict.ratio != cut.verdict.ratio


def test_a_well_known_network_gets_a_classifier_for_the_batch() -> None:
    found = measured(Setting(network=Named("mobilenet_v2"), images=Images(count=8, side=32)))
    assert len(found.layers) == 53
    assert found.layers[-1].name == "classifier.1"
    assert build(Named("mobilenet_v2"), 7, 0).classifier[1].out_features == 7


def test_pretrained_weights_are_those_of_their_file(throwaway_backbone: Backbone) -> None:
    found = measured(Setting(network=Named(BACKBONE, pretrained=True), images=Images(count=4, side=32)))
    state = weights.load(weights.require(BACKBONE))
    for layer in found.layers[:-1]:  # the classifier is a new one
        assert layer.weight_norm == pytest.approx(state[f"{layer.name}.weight"].norm().item(), rel=1e-4)


def test_when_no_way_is_left_it_is_said() -> None:
    off = tuple(s for s in switches(build(Named("googlenet"), 2, 0)) if s.startswith("inception5b"))
    with pytest.raises(BadInputError, match="reaches only the last one"):
        measured(Setting(network=Named("googlenet"), images=Images(count=2, side=32), off=off))


def test_images_of_ones_own_are_measured(shapes: ImageSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(get_settings()), "blobs", property(lambda _self: shapes.blobs.root))
    by_class: list[list[str]] = [[], [], [], []]
    for example in shapes.dataset.of("train"):
        by_class[example.label].append(example.blob)
    chosen = in_turn(by_class, 10)
    assert [label for _, label in chosen] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    batch = load(Images(blobs=chosen, side=24))
    assert batch.images.shape == (10, 3, 24, 24)
    assert batch.classes == 4
    found = measured(Setting(network=SMALL, images=Images(blobs=chosen, side=24)))
    assert found.images == 10


@pytest.mark.parametrize(
    ("values", "error", "sentence"),
    [
        ({"images": Images(sample="cats")}, UnknownNameError, "no sample set 'cats'"),
        ({"network": Named("resnet19")}, UnknownNameError, "no network named 'resnet19'"),
        ({"network": Named("resnet18", pretrained=True)}, WeightsMissingError, "not on this machine"),
    ],
)
def test_bad_input_is_a_sentence(values: dict[str, object], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        measured(Setting(**values))  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [{"count": 1}, {"count": 1000}, {"side": 8}])
def test_an_impossible_batch_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(BadInputError):
        Images(**values)


def test_an_impossible_seed_is_refused() -> None:
    with pytest.raises(BadInputError, match="not -1"):
        Setting(seed=-1)


VERDICTS = {
    "sigmoid": ("vanishing", "healthy"),
    "he": ("vanishing", "healthy"),
    "large": ("exploding", "vanishing"),
    "plain56": ("vanishing", "exploding"),
    "resnet56": ("exploding", "healthy"),
    "order": ("vanishing", "healthy"),
    "resnet18": ("healthy", "healthy"),
}


def test_every_preset_tells_its_story() -> None:
    found = {}
    for name, preset in PRESETS.items():
        images = Images(count=8, side=32 if name == "resnet18" else 16)
        settings = (Setting(network=side.network, off=side.off, images=images) for side in (preset.a, preset.b))
        found[name] = tuple(measured(setting).verdict.word for setting in settings)
    assert found == VERDICTS
