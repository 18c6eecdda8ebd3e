"""A finished model: put together again from what was learned and the weights below it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import load_file, save_file

from tests.conftest import Backbone, draw
from tests.unit.train.conftest import Lab, spec_of
from tlcore.errors import BadWeightsError, IncompleteRunError, WeightsMissingError
from tlcore.settings import get_settings
from tlcore.train import trained
from tlcore.train.events import Finished
from tlcore.zoo import registry

SETTINGS: dict[str, dict[str, Any]] = {
    "frozen": {},
    "hidden": {"hidden_units": 8, "dropout": 0.5},
    "last-k": {"strategy": "last-k", "stages": 2},
    "scratch": {"strategy": "scratch"},
    "pooled head, from scratch": {"strategy": "scratch", "backbone": "squeezenet1_1"},
    "one's own, from scratch": {
        "strategy": "scratch",
        "backbone": "stack:3x32x32:c8k3p1-bn-relu-mp2-c8-relu-gap-fl-fc4",
    },
    "mnasnet, from scratch": {"strategy": "scratch", "backbone": "mnasnet0_5"},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_the_loaded_model_predicts_what_the_run_measured(lab: Lab, settings: dict[str, Any]) -> None:
    """From the stored images through the whole path, against the predictions that the run kept."""
    *_, finished = lab.train(spec_of(epochs=1, **settings))
    assert isinstance(finished, Finished)
    folder = lab.folder / "run"
    model, kept = trained.load(folder), trained.load_predictions(folder)
    examples = lab.images.dataset.of("val")
    probabilities = model.predict([lab.images.blobs.image(example.blob) for example in examples])
    assert set(kept) == {"val", "test"}
    assert kept["val"].labels.tolist() == [example.label for example in examples]
    np.testing.assert_allclose(probabilities, kept["val"].probabilities, atol=1e-4)
    assert kept["val"].correct == finished.correct
    assert kept["test"].correct == finished.test_correct


def test_the_card_says_what_the_model_is(lab: Lab, throwaway_backbone: Backbone) -> None:
    spec = spec_of(epochs=1, hidden_units=8)
    lab.train(spec)
    card = trained.load_card(lab.folder / "run")
    assert (card.run_id, card.backbone, card.classes) == ("run-1", spec.backbone, lab.images.dataset.classes)
    assert (card.preprocessing.crop, card.hidden_units, card.dataset) == (32, 8, lab.images.dataset.id)
    assert card.base == trained.zoo_weights.require(throwaway_backbone.name).id
    assert card.spec == spec.model_dump()
    assert card.versions["torch"] == torch.__version__


def test_only_what_was_learned_is_stored(lab: Lab) -> None:
    lab.train(spec_of(epochs=1))
    assert set(load_file(lab.folder / "run" / trained.LEARNED)) == {"fc.weight", "fc.bias"}


def test_a_loaded_model_can_not_be_trained_by_accident(lab: Lab) -> None:
    lab.train(spec_of(epochs=1))
    network = trained.load(lab.folder / "run").staged.network
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert not any(module.training for module in network.modules())


def test_a_prediction_does_not_depend_on_the_other_images(lab: Lab) -> None:
    lab.train(spec_of(epochs=1))
    model, rng = trained.load(lab.folder / "run"), np.random.default_rng(0)
    images = [draw("rings", rng, 80, 50), draw("rows", rng, 33, 90)]
    together = model.predict(images)
    np.testing.assert_array_equal(together, np.concatenate([model.predict([image]) for image in images]))
    np.testing.assert_allclose(together.sum(1), 1, rtol=1e-5)


def test_a_run_without_a_model_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(IncompleteRunError, match="The run has no model yet"):
        trained.load(tmp_path)


def test_other_weights_than_it_was_trained_on_are_refused(
    lab: Lab, throwaway_backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.train(spec_of(epochs=1))
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("TLCORE_WEIGHTS", str(other))
    get_settings.cache_clear()
    with pytest.raises(WeightsMissingError):
        trained.load(lab.folder / "run")
    state = load_file(throwaway_backbone.file)
    save_file({**state, "fc.bias": state["fc.bias"] + 1}, other / throwaway_backbone.file.name)
    with pytest.raises(
        BadWeightsError, match=r"trained on other weights of shufflenet_v2_x0_5 than .*put the old file"
    ):
        trained.load(lab.folder / "run")
    shutil.copy(throwaway_backbone.file, other)
    assert trained.load(lab.folder / "run").card.classes == lab.images.dataset.classes


def test_a_model_from_scratch_needs_no_weights(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.train(spec_of(epochs=1, strategy="scratch"))
    monkeypatch.delenv("TLCORE_WEIGHTS")
    get_settings.cache_clear()
    assert trained.load(lab.folder / "run").card.base == ""


def test_the_card_is_plain_json(lab: Lab) -> None:
    lab.train(spec_of(epochs=1))
    card = json.loads((lab.folder / "run" / trained.CARD).read_text())
    assert card["classes"] == list(lab.images.dataset.classes)


def test_a_pretrained_network_knows_its_own_classes(throwaway_backbone: Backbone) -> None:
    model = trained.pretrained(throwaway_backbone.name)
    assert model.card.classes == throwaway_backbone.classes
    assert model.card.preprocessing == registry.get(throwaway_backbone.name).preprocessing
    small = model.card.model_copy(update={"preprocessing": model.card.preprocessing.at(64)})  # as it was trained
    rng = np.random.default_rng(7)
    images = [draw(name, rng) for name in throwaway_backbone.classes for _ in range(4)]
    probabilities = replace(model, card=small).predict(images)
    assert probabilities.shape == (24, 6)
    assert (probabilities.argmax(1) == np.repeat(np.arange(6), 4)).mean() > 0.6  # by chance a sixth


@pytest.mark.parametrize("name", ["squeezenet1_1", "mnasnet0_5"])
def test_a_network_with_imagenets_classifier_predicts_as_torchvisions_own(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    network = torchvision.models.get_model(name, weights=None).eval()
    save_file(network.state_dict(), tmp_path / f"{name}.safetensors")
    monkeypatch.setenv("TLCORE_WEIGHTS", str(tmp_path))
    get_settings.cache_clear()
    model, photo = trained.pretrained(name), draw("rings", np.random.default_rng(0), 300, 260)
    assert len(model.card.classes) == 1000
    with torch.no_grad():
        expected = network(model.inputs([photo])).softmax(1)
    np.testing.assert_allclose(model.predict([photo]), expected.numpy(), atol=1e-6)
