"""Skip connections: every topic by link, a switch that changes what is measured, races by the queue."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts.session import Services
from tests.pages.conftest import OWNER, figures
from tlcore.gradients.events import RaceFinished
from tlcore.gradients.residual.degradation import stored
from tlcore.gradients.residual.identity import Identity, learning
from tlcore.jobs.kinds.specs import RACERS, DegradationSpec, LesionSpec
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.store.database import Database
from tlcore.settings import get_settings

Visit = Callable[..., AppTest]
TOPICS = (
    "One switch", "Learning to do nothing", "Degradation", "Lesions", "Loss surface", "Dense connections",
)  # fmt: skip


def said(page: AppTest) -> str:
    return " ".join(text.value for text in [*page.markdown, *page.caption])


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_opens_by_link(visit: Visit, topic: str) -> None:
    page = visit("skip", skip=topic)
    assert page.segmented_control(key="skip").value == topic
    assert not page.exception
    assert not page.error


def test_the_switch_changes_what_is_measured_and_the_link(visit: Visit) -> None:
    page = visit("skip", **{"block-depth": "8"})
    assert "**With shortcuts.**" in said(page)
    with_, without = (float(value) for _, value in figures(page))
    assert with_ > 10 * without  # PyTorch's start without normalisation
    page.toggle(key="shortcut").set_value(False).run()
    assert "**Without shortcuts.**" in said(page)
    assert [float(value) for _, value in figures(page)] == [with_, without]
    assert page.query_params["shortcut"] == "false"


def test_a_shortcut_that_is_multiplied_by_zero_is_none(visit: Visit) -> None:
    page = visit("skip", **{"block-depth": "8", "block-times": "0.0"})
    with_, without = (value for _, value in figures(page))
    assert with_ == without


def test_both_stacks_are_trained_and_their_errors_said(visit: Visit) -> None:
    page = visit("skip", skip="Learning to do nothing", **{"id-draw": "1"})
    last = list(learning(Identity(seed=1)))[-1]
    assert f"**{last.plain:.1%}** away" in said(page)
    assert f"**{last.residual:.2%}**" in said(page)
    assert page.get("plotly_chart")


def test_the_first_sight_is_the_race_that_is_carried(visit: Visit) -> None:
    page = visit("skip", skip="Degradation")
    wanted = [f"{stored().laps[net][-1].train_error:.1%}" for net in RACERS]
    assert [value for _, value in figures(page)] == wanted
    assert stored().command in said(page)


def test_a_race_is_queued_on_digits_that_are_taken_up_once(visit: Visit, services: Services) -> None:
    page = visit("skip", skip="Degradation", **{"race-epochs": "10", "race-draw": "2"})
    page.button(key="race").click().run()
    (run,) = services.runs.of_kind(OWNER, "degradation")
    assert run.spec == DegradationSpec(epochs=10, seed=2)
    assert [one.source for one in services.library.all(OWNER)] == ["digits"]
    assert page.button(key="race").disabled
    page.button(key=f"stop-{run.id}").click().run()
    page = visit("skip", skip="Degradation")
    page.button(key="race").click().run()
    assert len(services.library.all(OWNER)) == 1


def finished_race(services: Services) -> str:
    """A race as a worker leaves it, told in a few events."""
    collection = services.intake.sample(OWNER, "digits")
    dataset = services.library.freeze(OWNER, collection.id)
    run = services.runs.submit(OWNER, DegradationSpec(), dataset, collection_name="Digits")
    claim = (queue := Queue(Database())).claim("worker")
    assert claim is not None
    carried = stored().finished
    assert isinstance(carried, RaceFinished)
    queue.finish(run.id, claim.run.attempt, "done", result=carried)
    return run.id


def test_the_networks_of_a_race_can_be_lesioned(visit: Visit, services: Services) -> None:
    race = finished_race(services)
    page = visit("skip", skip="Lesions")
    assert page.multiselect(key="of").value == [f"{race}/cifar_plain20", f"{race}/cifar_resnet20"]
    page.button(key="lesions").click().run()
    asked = {run.spec.run for run in services.runs.of_kind(OWNER, "lesions")}
    assert asked == {f"{race}/cifar_plain20", f"{race}/cifar_resnet20"}


@pytest.mark.parametrize(("topic", "button"), [("Lesions", "lesions"), ("Loss surface", "surface")])
def test_until_ones_own_are_measured_those_that_are_carried_stay(
    visit: Visit, services: Services, topic: str, button: str
) -> None:
    finished_race(services)
    page = visit("skip", skip=topic)
    assert [header.value for header in page.subheader] == ["Plain-20", "ResNet-20"]
    assert "Not measured yet" in said(page)
    chosen = page.multiselect(key="of").value
    page.multiselect(key="of").set_value([]).run()
    assert "No network is chosen" in said(page)
    assert page.button(key=button).disabled
    page.multiselect(key="of").set_value(chosen).run()
    page.button(key=button).click().run()
    assert [header.value for header in page.subheader] == ["Plain-20, raced on Digits", "ResNet-20, raced on Digits"]
    assert not page.exception


@pytest.mark.parametrize("topic", ["Lesions", "Loss surface"])
def test_without_a_trained_network_those_that_are_carried_are_shown(visit: Visit, topic: str) -> None:
    page = visit("skip", skip=topic)
    assert [header.value for header in page.subheader] == ["Plain-20", "ResNet-20"]
    assert "to measure networks of your own" in said(page)
    found = stored().probed["cifar_plain20"]
    wanted = {"Lesions": found["lesions"]["trials"][0]["accuracy"], "Loss surface": found["surface"]["losses"][8][8]}
    assert (f"{wanted[topic]:.1%}" if topic == "Lesions" else f"{wanted[topic]:.3g}") in said(page)


def test_what_was_measured_on_a_race_is_deleted_with_it(visit: Visit, services: Services) -> None:
    """Such jobs hold the images of the race's set, and would hold them for ever."""
    race = finished_race(services)
    folder = get_settings().runs / race / "cifar_plain20"
    folder.mkdir(parents=True)
    job = services.runs.submit(OWNER, LesionSpec(run=f"{race}/cifar_plain20"), services.runs.dataset(OWNER, race))
    claim = (queue := Queue(Database())).claim("worker")
    assert claim is not None
    queue.finish(job.id, claim.run.attempt, "failed", message="gone")
    for _ in range(4):
        newer = finished_race(services)
    page = visit("skip", skip="Degradation")
    page.button(key="race").click().run()
    kept = {run.id for run in services.runs.of_kind(OWNER, "degradation")}
    assert race not in kept
    assert newer in kept
    assert services.runs.of_kind(OWNER, "lesions") == ()
    assert not folder.exists()


def test_a_link_to_more_networks_than_are_compared_shows_the_first_two(visit: Visit, services: Services) -> None:
    race = finished_race(services)
    plain, residual = f"{race}/cifar_plain20", f"{race}/cifar_resnet20"
    page = visit("skip", skip="Lesions", of=[residual, residual, plain, f"{race}/cifar_resnet56"])
    assert page.multiselect(key="of").value == [residual, plain]
    assert not page.error
