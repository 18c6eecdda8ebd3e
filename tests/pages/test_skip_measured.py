"""The parts of the page on skip connections that measure trained networks, from the button to the figures."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from torchvision.models import densenet121

from pages._parts import cached
from pages._parts.session import Services
from tests.conftest import ImageSet, finished_with
from tests.pages.conftest import OWNER
from tlcore.jobs.kinds.events import PointsMeasured
from tlcore.jobs.kinds.specs import LesionSpec, SurfaceSpec
from tlcore.jobs.running import runs as runs_module
from tlcore.jobs.running.worker import Worker
from tlcore.settings import get_settings
from tlcore.train import trained
from tlcore.train.device import Device
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.run import RunContext, train

CPU = Device("cpu", bf16=False, title="CPU")
SCRIPT = """
import streamlit as st
from pages._parts.gradients import skip_dense, skip_lesions, skip_surface
from pages._parts.training.run_jobs import Subject

draw = {"lesions": skip_lesions.lesions, "surfaces": skip_surface.surfaces, "dense": skip_dense.dense}
draw[st.session_state["part"]](*(Subject(run, "Mine") for run in st.session_state["runs"]))
"""
Part = Callable[..., AppTest]


@pytest.fixture
def part() -> Part:
    """Draw one part for these runs, with query parameters."""

    def draw(name: str, *runs: str, **query: str) -> AppTest:
        app = AppTest.from_string(SCRIPT, default_timeout=60)
        app.session_state["_tab_owner"], app.session_state["part"], app.session_state["runs"] = OWNER, name, runs
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return draw


@pytest.fixture
def finished(services: Services, shapes: ImageSet) -> Callable[[str], str]:
    """Train a network for an epoch; its decoded images stay in the cache, where the worker finds them."""

    def run(backbone: str) -> str:
        spec = TrainSpec(backbone=backbone, strategy="scratch", epochs=1, augmentation="none", precision="float32")
        row = services.runs.submit(OWNER, spec, shapes.dataset)
        services.queue.claim("worker")
        home = get_settings()
        context = RunContext(row.id, CPU, shapes.blobs, home.cache, home.runs / row.id, threads=1, checkpoints=False)
        list(train(spec, shapes.dataset, context))
        services.queue.finish(row.id, 1, "done", result=finished_with())
        return row.id

    return run


def work(services: Services) -> None:
    """Let a worker do what waits."""
    worker = Worker("w1", CPU, threads=1)
    while (claim := services.queue.claim("w1")) is not None:
        worker.execute(claim)


def figures(page: AppTest) -> list[Any]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def words(page: AppTest) -> str:
    return " ".join(text.value for text in (*page.markdown, *page.caption))


def test_lesions_from_the_button_to_the_figures(part: Part, services: Services, finished: Callable[[str], str]) -> None:
    runs = (finished("cifar_resnet20"), finished("cifar_plain20"))
    page = part("lesions", *runs, **{"lesion-draws": "3", "lesion-images": "50"})
    assert not page.exception
    page.button(key="lesions").click().run()
    jobs = services.runs.of_kind(OWNER, "lesions")
    assert {job.spec.run for job in jobs} == set(runs)
    assert {(job.spec.draws, job.spec.images) for job in jobs} == {(3, 50)}
    assert page.button(key="lesions").disabled
    assert not page.exception
    work(services)
    page = part("lesions", *runs)
    assert not page.exception
    assert not page.error
    assert not page.button(key="lesions").disabled
    assert "2\\^9 = 512 paths" in words(page)
    assert "A plain network has **one path**, through all of its 20 layers" in words(page)
    assert len(figures(page)) == 5 + 3
    result = next(job.result for job in services.runs.of_kind(OWNER, "lesions") if job.spec.run == runs[0])
    bars = figures(page)[0]["data"][0]["y"]
    assert bars == [t.accuracy for t in result.trials if t.dropped and t.group == "each"][:3] + bars[3:]


def test_a_measurement_that_waits_can_be_stopped(
    part: Part, services: Services, finished: Callable[[str], str]
) -> None:
    run = finished("cifar_resnet20")
    page = part("surfaces", run)
    page.button(key="surface").click().run()
    (job,) = services.runs.of_kind(OWNER, "surface")
    assert job.spec == SurfaceSpec(run=run)
    page.button(key=f"stop-{job.id}").click().run()
    assert services.runs.get(OWNER, job.id).state == "cancelled"
    page = part("surfaces", run)
    assert not page.exception
    assert not page.button(key="surface").disabled


def test_a_surface_is_kept_by_its_settings(part: Part, services: Services, finished: Callable[[str], str]) -> None:
    run = finished("cifar_resnet20")
    dataset = services.runs.dataset(OWNER, run)
    for seed in (1, 2):
        services.runs.submit(OWNER, SurfaceSpec(run=run, side=9, images=32, seed=seed), dataset)
        work(services)
    asked = {"surface-side": "9", "surface-images": "32"}
    shown = {}
    for seed in ("1", "2"):
        page = part("surfaces", run, **asked, **{"surface-seed": seed})
        assert not page.exception
        assert f"seed {seed}; in" in words(page)
        assert "not measured yet" not in words(page)
        shown[seed] = figures(page)[0]["data"][0]["z"]
    assert shown["1"] != shown["2"]
    assert shown["1"][4][4] == pytest.approx(shown["2"][4][4])  # the network itself
    page = part("surfaces", run, **asked, **{"surface-seed": "3", "surface-view": "as a relief"})
    assert "not measured yet" in words(page)
    assert figures(page)[0]["data"][0]["type"] == "surface"
    page = part("surfaces", run, **asked, **{"surface-seed": "2"})
    page.button(key="surface").click().run()  # the same again takes the old one's place
    work(services)
    assert [job.spec.seed for job in services.runs.of_kind(OWNER, "surface")] == [2, 1]


def test_what_a_surface_knows_so_far_is_drawn(part: Part, services: Services, finished: Callable[[str], str]) -> None:
    run = finished("cifar_resnet20")
    services.runs.submit(OWNER, SurfaceSpec(run=run, side=9), services.runs.dataset(OWNER, run))
    claim = services.queue.claim("w1")
    assert claim is not None
    told = PointsMeasured(points=((4, 4, 0.5), (0, 0, 5.0)), done=2, total=81, images=64)
    services.queue.beat(claim.run.id, claim.run.attempt, [told])
    page = part("surfaces", run)
    assert not page.exception
    drawn = figures(page)[0]["data"][0]["z"]
    assert (drawn[0][0], drawn[1][1]) == (pytest.approx(0.69897), None)
    assert "The loss is 0.5 at the network, and from 0.5 to 5 around it." in words(page)


def test_a_model_without_its_images_and_one_that_is_gone_are_sentences(
    part: Part, services: Services, finished: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished("cifar_resnet20")
    whole = services.runs.dataset(OWNER, run)
    monkeypatch.setattr(runs_module, "dataset_of", lambda *_: whole.model_copy(update={"examples": ()}))
    page = part("lesions", run)
    page.button(key="lesions").click().run()
    assert not page.exception
    assert ["came without its images" in error.value for error in page.error] == [True]
    monkeypatch.undo()
    (get_settings().runs / run / trained.CARD).unlink()
    services.runs.submit(OWNER, LesionSpec(run=run), whole)
    work(services)
    page = part("lesions", run)
    assert not page.exception
    assert ["no longer here" in warning.value for warning in page.warning] == [True]


@pytest.mark.parametrize("query", [{}, {"dense-net": "densenet169"}, {"dense-net": "own", "dense-depth": "22"}])
def test_dense_networks_are_drawn_and_said_to_be_random(part: Part, query: dict[str, str]) -> None:
    page = part("dense", **query)
    assert not page.exception
    drawn = figures(page)
    assert words(page).count("-badge[random weights: nothing learned]") == len(drawn)
    assert len(drawn) == (3 if query.get("dense-net") == "own" else 4)
    assert all(figure["layout"]["annotations"][0]["text"] == "random weights" for figure in drawn)
    layers, connections = (page.dataframe[0].value[name] for name in ("layers", "connections"))
    assert (layers * (layers + 1) // 2 == connections).all()
    assert f"**{connections.sum():,} connections**" in words(page)


def test_a_dense_network_that_was_trained_here_is_shown_as_it_learned(
    part: Part, services: Services, shapes: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the run's model is stands in for a training of minutes."""
    spec = TrainSpec(backbone="densenet121", strategy="scratch", epochs=1)
    run = services.runs.submit(OWNER, spec, shapes.dataset)
    services.queue.claim("worker")
    services.queue.finish(run.id, 1, "done", result=finished_with())
    network = densenet121()
    monkeypatch.setattr(cached, "model_of", lambda _: SimpleNamespace(staged=SimpleNamespace(network=network)))
    page = part("dense", **{"dense-net": run.id})
    assert not page.exception
    assert not page.info  # nothing is random
    drawn = figures(page)[1]["data"][0]["z"]
    expected = network.features.denseblock2.denselayer1.conv1.weight.detach().abs().mean()
    assert drawn[0][0] == pytest.approx(float(expected))
    assert not part("dense", **{"dense-net": "deleted"}).exception
