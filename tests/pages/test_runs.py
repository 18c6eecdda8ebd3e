"""The list of runs, and the pages that are about one of them."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from pages._parts import components
from pages._parts.results.choosing import best_of
from pages._parts.session import Services
from pages._parts.words import plain
from tests.conftest import Backbone, ImageSet, finished_with
from tests.pages.conftest import OWNER, count_calls
from tests.pages.test_datasets import png
from tlcore.data.names import clean_name
from tlcore.errors import BadInputError
from tlcore.explain import interactive
from tlcore.jobs.kinds.specs import LesionSpec
from tlcore.jobs.running.results import PartResult, load_result
from tlcore.jobs.running.runs import Runs
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import runs
from tlcore.train.events import Finished
from tlcore.train.judging.balance import Balance
from tlcore.train.recipe.spec import TrainSpec

Visit = Callable[..., AppTest]
SPEC = TrainSpec(backbone="resnet18", strategy="scratch", image_size=64)


@pytest.fixture
def finished(services: Services, shapes: ImageSet) -> str:
    """A run that was stopped at 74 %; its model is not needed here."""
    run = services.runs.submit(OWNER, SPEC, shapes.dataset, collection_name="Shapes")
    services.queue.claim("worker")
    result = finished_with(accuracy=0.74, epochs_done=2, stopped=True)
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


@pytest.mark.parametrize("cell", [None, (0, 1)])
def test_every_run_has_its_own_mistakes(
    visit: Visit, lab_run: str, monkeypatch: pytest.MonkeyPatch, cell: tuple[int, int] | None
) -> None:
    """A gallery of the same key went on showing the images of the run before."""
    shown: list[str] = []

    def gallery(_images: Any, *, key: str, picked: list[int], **_: Any) -> list[int]:
        shown.append(key)
        return picked

    monkeypatch.setattr(components, "gallery", gallery)
    monkeypatch.setattr(components, "confusion_matrix", lambda *_, **__: cell)
    monkeypatch.setattr(PartResult, "in_cell", lambda result, *_: result.mistakes)
    page = visit("result", run=lab_run)
    assert not page.error
    assert shown == [f"images-{lab_run}-test-{cell}"]


def test_a_mistake_is_opened_with_its_probabilities_and_why(
    visit: Visit, services: Services, lab_run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[list[dict[str, Any]]] = []
    monkeypatch.setattr(components, "bars", lambda rows, **_: opened.append(rows))
    result = load_result(services.runs.get(OWNER, lab_run), services.runs.dataset(OWNER, lab_run))
    mistakes = result.parts["test"].mistakes
    assert len(mistakes) > 1
    for place in (0, 1, 0):
        monkeypatch.setattr(components, "gallery", lambda tiles, place=place, **_: [tiles[place]["id"]])
        page = visit("result", run=lab_run)
        wrong = mistakes[place]
        assert any(f"In truth it is **{wrong.label}**" in text.value for text in page.markdown)
        assert opened[-1][0]["label"] == wrong.predicted
        assert opened[-1][0]["value"] == pytest.approx(wrong.probability, abs=1e-4)
    page.toggle(key=f"why-{lab_run}").set_value(True).run()
    assert not page.exception
    assert not page.error
    assert any("how much the last feature maps speak" in caption.value for caption in page.caption)


def test_a_photo_that_is_gone_is_a_sentence(visit: Visit, services: Services, lab_run: str) -> None:
    shutil.rmtree(services.storage.blobs.root)
    page = visit("result", run=lab_run)
    assert not page.exception
    assert any("no longer here" in caption.value for caption in page.caption)
    assert page.dataframe  # all else is there


# Classes of different sizes, and settings without effect

BALANCE = Balance(
    accuracy=0.5, interval=(0.4, 0.9), classes=2, uneven=True, largest="a", always=0.95, few={"b": 1}
)  # fmt: skip
LOPSIDED = finished_with(accuracy=0.95, correct=19, seen=20, epochs_done=2, balance=BALANCE)


def run_of(services: Services, images: ImageSet, result: Finished, **settings: Any) -> str:
    """A finished run with that result."""
    spec = TrainSpec.of({"backbone": "resnet18", "strategy": "scratch", **settings})
    run = services.runs.submit(OWNER, spec, images.dataset, name=str(settings))
    services.queue.claim("worker")
    services.queue.finish(run.id, 1, "done", result=result)
    return run.id


def test_balanced_accuracy_stands_in_the_list_where_classes_are_uneven(
    visit: Visit, services: Services, shapes: ImageSet, finished: str
) -> None:
    assert "balanced" not in visit("runs").dataframe[0].value.columns
    run_of(services, shapes, LOPSIDED)
    rows = visit("runs").dataframe[0].value
    assert rows["balanced"].iloc[0] == 50
    assert rows["balanced"].isna().iloc[1]  # what was kept before it was measured has none


def test_the_best_run_is_the_most_accurate_one_and_of_equals_one_that_ended_by_itself(
    services: Services, shapes: ImageSet, finished: str
) -> None:
    def best() -> str:
        return best_of(services.runs.all(OWNER)).id

    assert best() == finished
    earlier = run_of(services, shapes, finished_with(accuracy=0.74, epochs_done=9))
    run_of(services, shapes, finished_with(accuracy=0.74, epochs_done=3, stopped=True))
    assert best() == earlier
    worse = run_of(services, shapes, finished_with(accuracy=0.35, epochs_done=9))
    assert best() != worse
    better = run_of(services, shapes, finished_with(accuracy=0.95, epochs_done=3, stopped=True))
    assert best() == better


def test_runs_are_compared_by_what_they_reached_and_by_settings_that_matter(
    visit: Visit, services: Services, shapes: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Any] = []
    run_of(services, shapes, LOPSIDED, optimizer="adamw", momentum=0.5, dropout=0.3)
    even = replace(LOPSIDED, balance=replace(BALANCE, uneven=False))
    run_of(services, shapes, even, optimizer="sgd", dropout=0.1)

    def table(rows: Any, **settings: Any) -> dict[str, Any]:
        shown.append(list(rows))
        return {"selection": {"rows": [0, 1]}}

    monkeypatch.setattr(st, "dataframe", table)
    page = visit("runs")
    assert not page.exception
    _, reached, differing = shown
    assert [row["accuracy"] for row in reached] == ["95.0%", "95.0%"]
    assert [row["interval"] for row in reached] == ["76.4% to 99.1%"] * 2  # Wilson's of 19 of 20
    assert [row.get("balanced accuracy") for row in reached] == [None, "50.0%"]
    assert reached[1]["its interval"] == "40.0% to 90.0%"
    assert reached[1]["the largest class alone"] == "95.0%, balanced 50.0%"
    by_setting = {row.pop("setting"): list(row.values()) for row in differing}
    assert by_setting == {"optimiser": ["SGD", "AdamW"], "momentum": ["0.9", "no effect"]}  # dropout had none in either


def test_a_result_says_what_one_accuracy_hides(visit: Visit, lab_run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any("Balanced accuracy" in markdown.value for markdown in visit("result", run=lab_run).markdown)
    found = Balance(0.5, (0.4, 0.9), 2, uneven=True, largest="a_b", always=0.95, few={"rare": 1})
    monkeypatch.setattr(PartResult, "balance", found)
    page = visit("result", run=lab_run)
    (told,) = [markdown.value for markdown in page.markdown if "Balanced accuracy" in markdown.value]
    assert "**Balanced accuracy 50.0%** (95 % interval 40.0% to 90.0%)" in told
    assert "Always saying **a\\_b** would be right for 95.0% of these images, and balanced 50.0%." in told
    assert any("hardly any held-out images of **rare** (1), so its figure is 0" in c.value for c in page.caption)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What every model says from now on: the place of the likeliest class, which a test may change."""
    likeliest = [0]
    monkeypatch.setattr(interactive, "predict", lambda *_: np.roll([[0.7, 0.1, 0.1, 0.1]], likeliest[0]))
    return likeliest


def asked_why(visit: Visit, run: str) -> AppTest:
    """A photo is given, and the model's answer to be explained."""
    page = visit("try_it", run=run)
    page.radio(key="try-3").set_value("Upload").run()
    page.file_uploader(key=f"photos-{run}").upload("1.png", png(1), "image/png").run()
    return page.toggle(key=f"why-{run}").set_value(True).run()


def test_what_is_explained_is_what_the_model_says(
    visit: Visit, lab_run: str, said: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the first photo's class was explained for every photo that followed."""
    monkeypatch.setattr(interactive, "explain", lambda *_: (np.zeros((2, 2, 3), np.uint8), None))
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

    monkeypatch.setattr(interactive, "explain", refuse)
    page = asked_why(visit, lab_run)
    assert ["This network has no feature maps."] in [[e.value for e in column.error] for column in page.columns]
    assert len(page.error) == 1


def test_a_files_name_is_shown_as_it_is_written(visit: Visit, embedded_backbone: Backbone) -> None:
    name = "[win](https:evil.example).png"
    page = visit("try_it")
    page.file_uploader(key="photos-any").upload(name, b"no image", "image/png").run()
    assert [error.value.startswith(f"'{plain(name)}' can't be used") for error in page.error] == [True]
