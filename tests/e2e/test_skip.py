"""Skip connections in a real browser: the switch, two stacks that learn, a race, and lesions of what it trained."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Person, Server, settled

pytestmark = pytest.mark.browser


def test_the_switch_takes_the_gradient_away(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/skip-connections?block-depth=8")
    expect(page.get_by_text("With shortcuts.", exact=True)).to_be_visible(timeout=60_000)
    expect(page.locator(".network .edge.skip")).to_have_count(2)  # to the identity, and on to the sum
    page.get_by_text("Shortcut", exact=True).click()
    expect(page.get_by_text("Without shortcuts.", exact=True)).to_be_visible(timeout=60_000)
    expect(page.locator(".network .edge.skip")).to_have_count(0)
    expect(page).to_have_url(re.compile("shortcut=false"))
    page.get_by_text("Learning to do nothing").click()
    expect(page.get_by_text("After 200 steps the plain stack is")).to_be_visible(timeout=60_000)


def test_a_race_is_followed_stopped_and_its_networks_are_cut(server: Server, person: Callable[[], Person]) -> None:
    page = person().open(
        f"{server.url}/skip-connections?skip=Degradation&race-epochs=80&lesion-images=50&lesion-draws=3"
    )
    expect(page.get_by_text("A race that came with Transfer Lab")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Race", exact=True).click()
    expect(page.get_by_text(re.compile("^[1-9] of 80 epochs"))).to_be_visible(timeout=120_000)
    expect(page.locator(".chart-box")).to_have_count(2)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("images to learn")).to_be_visible(timeout=120_000)
    settled(page)

    page.get_by_text("Lesions", exact=True).click()
    page.get_by_role("button", name="Measure lesions").click()
    expect(page.get_by_text("One block left out")).to_have_count(2, timeout=240_000)
    expect(page.get_by_text("Plain-20, raced on").first).to_be_visible()
