"""The home page: what is kept of a visitor, and the way to delete all of it."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from pages._parts.session import Services
from tests.pages.conftest import OWNER
from tlcore.jobs.belongings.owners import new_owner_id
from tlcore.jobs.kinds.specs import DegradationSpec

Visit = Callable[..., AppTest]
DELETE = "Delete everything of mine"


def shown(page: AppTest) -> str:
    return " ".join(str(element.value) for element in (*page.markdown, *page.info))


def delete_button(page: AppTest) -> object:
    return next(button for button in page.button if button.label == DELETE)


def test_a_new_visitor_has_nothing_to_delete(visit: Visit) -> None:
    page = visit("home")
    assert "Nothing of yours is kept here." in shown(page)
    assert DELETE not in [button.label for button in page.button]


def test_everything_of_mine_and_nothing_of_others_is_deleted(
    visit: Visit, services: Services, image_folder: Path
) -> None:
    other = new_owner_id()
    for owner in (OWNER, other):
        made = services.library.create(owner, "Shapes")
        services.intake.archive(owner, made.id, image_folder)
    page = visit("home")
    assert "96 images, 1 image set and 0 runs" in shown(page)
    assert delete_button(page).disabled
    page.checkbox(key="sure-to-delete").check().run()
    delete_button(page).click().run()
    assert "Nothing of yours is kept here." in shown(page)
    assert not page.exception
    assert services.library.all(OWNER) == ()
    assert [c.image_count for c in services.library.all(other)] == [96]


def test_what_works_is_stopped_first_and_what_waits_goes_with_the_rest(
    visit: Visit, services: Services, image_folder: Path
) -> None:
    made = services.library.create(OWNER, "Shapes")
    services.intake.archive(OWNER, made.id, image_folder)
    race = DegradationSpec(networks=("cifar_plain20",))
    services.runs.submit(OWNER, race, services.library.freeze(OWNER, made.id))
    services.library.delete(OWNER, made.id)
    page = visit("home")
    assert "96 images, 0 image sets and 1 run" in shown(page)
    assert delete_button(page).disabled
    services.queue.claim("worker")
    page.run()
    assert "Stop what still works before you delete everything" in shown(page)
    assert "Race of Plain-20" in shown(page)
    assert DELETE not in [button.label for button in page.button]


def test_without_a_cookie_one_is_told_that_images_stay_out_of_reach(visit: Visit) -> None:
    """Nothing is deleted when a tab is closed, so nothing may say so."""
    told = shown(visit("home"))
    assert "you can't reach your images and runs any more, though they stay on the server" in told
    assert "Delete them before: on the page Home" in told
