"""The ways to the trainer from elsewhere: each opens the form on top, filled in, whatever run is there; and twice."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Person, settled
from tests.e2e.furnished import Furnished

pytestmark = pytest.mark.browser
FIRST_SCREEN = 700  # pixels


@pytest.fixture
def page(person: Callable[[], Person], furnished: Furnished) -> Page:
    """Somebody with sets and runs, who has just looked at one of these runs."""
    opened = furnished.visited_by(person()).open(f"{furnished.url}/train?run={furnished.runs[0]}")
    expect(opened.get_by_role("heading", name="Run 1")).to_be_visible()
    return opened


def offered(page: Page) -> str:
    """The network that the form offers, which must stand in the first screen."""
    settled(page)
    button = page.get_by_role("button", name="Train", exact=True)
    expect(button).to_be_visible()
    picker = page.locator(".st-key-backbone").get_by_role("combobox")
    box = picker.bounding_box()
    assert box is not None
    assert box["y"] < FIRST_SCREEN
    return picker.input_value()


def test_a_network_of_the_explorer_is_filled_in(page: Page, furnished: Furnished) -> None:
    for name, title in (("squeezenet1_1", "SqueezeNet 1.1"), ("mnasnet0_5", "MNASNet"), ("resnet18", "ResNet-18")):
        page.goto(f"{furnished.url}/explore?net={name}")
        settled(page)
        page.get_by_role("link", name="Train this on my images").click()
        assert offered(page).startswith(title)


def test_a_network_of_ones_own_is_filled_in(page: Page, furnished: Furnished) -> None:
    for stack in ("stack:3x32x32:c8k3p1-relu-mp2-fl-fc10", "stack:3x16x16:fl-fc32-relu-fc10"):
        page.goto(f"{furnished.url}/build?stack={stack}")
        settled(page)
        page.get_by_role("link", name=re.compile("Train it")).click()
        assert "from scratch" in offered(page)
        expect(page.get_by_role("radio", name=re.compile("from scratch"))).to_be_checked()


def test_a_set_is_filled_in(page: Page, furnished: Furnished) -> None:
    for name in ("More patterns", "Patterns", "More patterns"):
        page.goto(f"{furnished.url}/datasets")
        settled(page)
        page.get_by_role("button", name=re.compile(f"^{name}")).click()
        settled(page)
        page.get_by_role("button", name="Train on it").click()
        offered(page)
        assert page.locator(".st-key-set").get_by_role("combobox").input_value() == name


def test_another_run_is_a_click_away_at_the_top_of_a_run(page: Page) -> None:
    for _ in range(2):
        button = page.get_by_role("button", name="Train another")
        box = button.bounding_box()
        assert box is not None
        assert box["y"] < FIRST_SCREEN / 2
        button.click()
        offered(page)
        page.get_by_role("button", name=re.compile("^Back to Run")).click()
        settled(page)
        expect(page.get_by_role("heading", name=re.compile("^Run"))).to_be_visible()
