"""The list of runs, and the pages that are about one of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from pages._parts import cached, components
from pages._parts.session import Services
from pages._parts.words import plain
from tests.conftest import Backbone, ImageSet
from tests.pages.conftest import OWNER, count_calls
from tests.pages.test_datasets import png
from tlcore.data.names import clean_name
from tlcore.errors import BadInputError
from tlcore.jobs.asked import LesionSpec
from tlcore.jobs.database import Database
from tlcore.jobs.runs import Runs
from tlcore.jobs.tables import runs
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


def test_a_run_that_this_version_can_not_read_is_told_of_and_can_go(
    visit: Visit, services: Services, finished: str
) -> None:
    kept = services.runs.submit(OWNER, SPEC)
    services.runs.stop(OWNER, kept.id)
    with Database().writing() as connection:
        renamed = {**SPEC.model_dump(mode="json"), "renamed": 1}
        connection.execute(update(runs).where(runs.c.id == finished).values(spec=renamed))
    measured = services.runs.submit(OWNER, LesionSpec.of({"run": finished}))
    services.runs.stop(OWNER, measured.id)
    page = visit("runs")
    assert len(page.dataframe[0].value) == 1
    assert "ResNet-18, from scratch" in page.warning[0].value
    page.button(key="delete-unreadable").click().run()
    page.button(key="confirm-delete").click().run()
    assert not page.warning
    assert not page.exception
    assert services.runs.unreadable(OWNER) == {}
    assert services.runs.of_kind(OWNER, "lesions") == ()
    assert [run.id for run in services.runs.all(OWNER)] == [kept.id]


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


def tick(monkeypatch: pytest.MonkeyPatch, *rows: int) -> list[str]:
    """AppTest can't tick rows of a table, so these are ticked in every one; returns the tables' keys."""
    keys: list[str] = []

    def table(*_rows: Any, key: str, **_settings: Any) -> dict[str, Any]:
        keys.append(key)
        return {"selection": {"rows": list(rows)}}

    monkeypatch.setattr(st, "dataframe", table)
    return keys


@pytest.mark.parametrize("typed", ["Red  ant", "My run ", "Red\u200dant"])
def test_a_run_is_renamed_once_though_its_name_is_tidied(
    visit: Visit, services: Services, finished: str, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    tick(monkeypatch, 0)
    asked = count_calls(monkeypatch, Runs, "rename")
    page = visit("runs")
    page.text_input(key=f"run-name-{finished}").set_value(typed).run()
    page.run()
    assert asked == [typed]
    assert services.runs.get(OWNER, finished).name == clean_name(typed)


def test_ticks_do_not_pass_to_another_run(
    visit: Visit, services: Services, shapes: ImageSet, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tick is a row's number: when a newer run came, "Delete 1 run" once meant that one."""
    keys = tick(monkeypatch)
    page = visit("runs")
    services.runs.rename(OWNER, finished, "Another name")
    page.run()
    assert len(set(keys)) == 1  # the same runs keep their ticks, whatever becomes of them
    services.runs.submit(OWNER, SPEC, shapes.dataset)
    page.run()
    assert len(set(keys)) == 2


def test_every_run_has_its_own_mistakes(visit: Visit, lab_run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gallery of the same key went on showing the images of the run before."""
    shown: list[str] = []
    monkeypatch.setattr(components, "gallery", lambda _images, *, key, **_: shown.append(key))
    monkeypatch.setattr(components, "confusion_matrix", lambda *_, **__: (0, 1))
    page = visit("result", run=lab_run)
    assert not page.error
    assert set(shown) == {f"cell-{lab_run}-test-(0, 1)", f"wrong-{lab_run}-test"}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What every model says from now on: the place of the likeliest class, which a test may change."""
    likeliest = [0]
    monkeypatch.setattr(cached, "predict", lambda *_: np.roll([[0.7, 0.1, 0.1, 0.1]], likeliest[0]))
    return likeliest


def asked_why(visit: Visit, run: str) -> AppTest:
    """A photo is given, and the model's answer to be explained."""
    page = visit("try_it", run=run)
    page.radio(key=f"try-{run}").set_value("Upload").run()
    page.file_uploader(key=f"photos-{run}").upload("1.png", png(1), "image/png").run()
    return page.toggle(key=f"why-{run}").set_value(True).run()


def test_what_is_explained_is_what_the_model_says(
    visit: Visit, lab_run: str, said: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the first photo's class was explained for every photo that followed."""
    monkeypatch.setattr(cached, "explain", lambda *_: (np.zeros((2, 2, 3), np.uint8), None))
    page = asked_why(visit, lab_run)
    for said[0] in (0, 2, 1):
        page.run()
        chosen = next(box.value for box in page.selectbox if box.label == "For which class")
        assert chosen in [header.value for header in page.subheader]


def test_a_network_without_maps_says_so_where_they_were_asked_for(
    visit: Visit, lab_run: str, said: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise BadInputError("This network has no feature maps.")

    monkeypatch.setattr(cached, "explain", refuse)
    page = asked_why(visit, lab_run)
    assert ["This network has no feature maps."] in [[e.value for e in column.error] for column in page.columns]
    assert len(page.error) == 1


def test_a_files_name_is_shown_as_it_is_written(visit: Visit, embedded_backbone: Backbone) -> None:
    name = "[win](https:evil.example).png"
    page = visit("try_it")
    page.file_uploader(key="photos-any").upload(name, b"no image", "image/png").run()
    assert [error.value.startswith(f"'{plain(name)}' can't be used") for error in page.error] == [True]
