"""A model that was taken home comes back as a run that predicts the same."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.conftest import draw
from tests.unit.jobs.conftest import ANN, BEN
from tlcore.errors import BadModelError, NotFoundError
from tlcore.export.bundle import write_bundle
from tlcore.jobs.belongings.storage import Storage
from tlcore.jobs.running.importer import Importer
from tlcore.jobs.running.runs import Runs
from tlcore.jobs.store.database import Database
from tlcore.settings import get_settings
from tlcore.train import trained
from tlcore.train.trained import ModelCard, TrainedModel
from tlcore.zoo import registry
from tlcore.zoo.staged import HeadShape, with_new_head


@pytest.fixture
def importer(database: Database, storage: Storage) -> Importer:
    return Importer(database, storage)


def test_it_predicts_as_before(importer: Importer, runs: Runs, tmp_path: Path) -> None:
    torch.manual_seed(0)
    staged = with_new_head("shufflenet_v2_x0_5", HeadShape(2, hidden=8), None)
    staged.network.eval()
    prep = registry.get("shufflenet_v2_x0_5").preprocessing.at(64)
    card = ModelCard(
        run_id="old", backbone="shufflenet_v2_x0_5", classes=("ä", "b"), preprocessing=prep, hidden_units=8
    )
    model = TrainedModel(card, staged)
    run = importer.bring_back(ANN, write_bundle(model, tmp_path / "model.zip"))
    assert (run.state, run.name) == ("done", "ShuffleNetV2 x0.5, brought back, for ä and b")
    again = trained.load(get_settings().runs / run.id)
    assert (again.card.classes, again.card.run_id) == (("ä", "b"), run.id)
    photo = draw("rings", np.random.default_rng(0))
    np.testing.assert_array_equal(again.predict([photo]), model.predict([photo]))
    with pytest.raises(NotFoundError):
        runs.get(BEN, run.id)


def test_anything_else_is_refused_and_leaves_nothing(importer: Importer, runs: Runs, tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(BadModelError):
        importer.bring_back(ANN, path)
    assert runs.all(ANN) == ()
    assert not list(get_settings().runs.glob("*"))


def test_a_model_of_many_classes_is_named_by_the_first_of_them(importer: Importer, tmp_path: Path) -> None:
    staged = with_new_head("shufflenet_v2_x0_5", HeadShape(20), None)
    classes = tuple(f"kind {number}" for number in range(20))
    prep = registry.get("shufflenet_v2_x0_5").preprocessing.at(64)
    card = ModelCard(run_id="old", backbone="shufflenet_v2_x0_5", classes=classes, preprocessing=prep)
    run = importer.bring_back(ANN, write_bundle(TrainedModel(card, staged), tmp_path / "model.zip"))
    assert run.name.endswith("for kind 0, kind 1, kind 2 and 17 more")
