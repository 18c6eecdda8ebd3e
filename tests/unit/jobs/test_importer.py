"""A model that was taken home comes back as a run that predicts the same."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.conftest import draw
from tests.unit.jobs.conftest import ANN, BEN
from tlcore.errors import BadModelError, NotFoundError
from tlcore.export.bundle import write_bundle
from tlcore.jobs.database import Database
from tlcore.jobs.importer import Importer
from tlcore.jobs.runs import Runs
from tlcore.jobs.storage import Storage
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
    assert (run.state, run.name) == ("done", "shufflenet_v2_x0_5, brought back")
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
