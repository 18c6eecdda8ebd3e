"""The list of runs, and the pages that are about one of them."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts.session import Services
from tests.conftest import Backbone, ImageSet
from tests.pages.conftest import OWNER
from tlcore.train.spec import TrainSpec

Visit = Callable[..., AppTest]
SPEC = TrainSpec(backbone="resnet18", strategy="scratch", image_size=64)


@pytest.fixture
def finished(services: Services, shapes: ImageSet) -> str:
    """A run that was stopped at 74 %; its model is not needed here."""
    run = services.runs.submit(OWNER, SPEC, shapes.dataset, collection_name="Shapes")
    services.queue.claim("worker")
    result = {"accuracy": 0.74, "epochs_done": 2, "stopped": True}
    services.queue.finish(run.id, 1, "done", result=result)
    return run.id


def test_a_run_is_named_in_words(visit: Visit, finished: str) -> None:
    row = visit("runs").dataframe[0].value.iloc[0]
    assert (row["run"], row["image set"], row["state"]) == ("ResNet-18, from scratch", "Shapes", "stopped")
    assert (row["accuracy"], row["epochs"]) == (74, 2)


def test_a_run_that_goes_on_shows_no_old_figures(visit: Visit, services: Services, finished: str) -> None:
    services.runs.resume(OWNER, finished)
    row = visit("runs").dataframe[0].value.iloc[0]
    assert row["state"] == "waiting"
    assert row[["accuracy", "epochs"]].isna().all()


@pytest.mark.parametrize("name", ["result", "try_it"])
def test_no_other_run_stands_in_for_one_that_is_gone(visit: Visit, finished: str, name: str) -> None:
    page = visit(name, run="deleted")
    assert ["was deleted" in warning.value for warning in page.warning] == [True]
    assert page.selectbox[0].value is None
    assert page.query_params["run"] == "deleted"
    assert not page.metric
    assert not page.exception


def test_until_there_is_a_model_the_built_in_network_answers(visit: Visit, embedded_backbone: Backbone) -> None:
    page = visit("try_it")
    assert any("ask ShuffleNetV2" in caption.value for caption in page.caption)
    assert [radio.label for radio in page.radio] == ["Try it on"]
    assert not page.exception
