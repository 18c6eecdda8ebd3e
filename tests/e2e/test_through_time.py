"""Through time in a real browser: the unfolded graph by mouse and keyboard, and a network that learns as one looks.

Slow: networks really learn, in the worker and beside it, while a real browser draws every step.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Person, Server, settled

pytestmark = pytest.mark.browser
TEXT = "The quick brown fox jumps over the lazy dog.\n" * 30


def graph(page: Page) -> Locator:
    """The unfolded graph, once it is drawn."""
    found = page.locator(".unfolded[data-at]")
    expect(found).to_be_visible(timeout=60_000)
    return found


def test_the_gradient_is_played_back_and_read_by_keyboard(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/through-time?lag=20&a-radius=0.5")
    unfolded = graph(page)
    expect(unfolded).to_have_attribute("data-at", "20")  # all that was measured is shown at first
    expect(unfolded.locator(".state.reached")).to_have_count(21)
    said = unfolded.locator(".said")

    box = unfolded.get_by_role("group", name="The steps")
    box.focus()
    page.keyboard.press("Home")
    expect(said).to_contain_text("State 1, 20 steps before the end: the gradient's norm is")
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("State 2, 19 steps before the end")
    share = float(re.search(r", ([\d.e-]+) times that at the last state", said.inner_text()).group(1))
    assert 0.4**19 < share < 0.6**19  # a radius of 1/2 halves it at every step
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")  # it scrolls inside its own box
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440

    unfolded.get_by_role("slider").fill("0")
    expect(unfolded.locator(".state.reached")).to_have_count(1)
    unfolded.get_by_role("button", name="One step back in time").click()
    expect(said).to_contain_text("State 20, 1 step before the end")
    unfolded.get_by_role("button", name="Play backwards").click()
    expect(unfolded).to_have_attribute("data-at", "20", timeout=15_000)
    expect(unfolded.get_by_role("button", name="Play backwards")).to_be_visible()


def test_a_preset_and_another_network_are_unfolded(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/through-time")
    graph(page)
    page.get_by_role("button", name="Vanishing and exploding").click()
    expect(page.get_by_text(re.compile("^C exploding "))).to_be_visible(timeout=60_000)
    page.get_by_role("radio", name="C RNN").click()
    expect(page).to_have_url(re.compile("c-radius=3.0.*unfold=2"))
    settled(page)
    unfolded = graph(page)
    unfolded.locator(".column[data-back='1']").hover()
    expect(unfolded.locator(".said")).to_contain_text("State 100, 1 step before the end")


def test_a_network_learns_a_text_and_writes(server: Server, person: Callable[[], Person]) -> None:
    visitor = person()
    link = "view=language&text=own&cell=gru&lm-units=32&lm-steps=3000&temperature=0.1"
    page = visitor.open(f"{server.url}/through-time?{link}")
    page.get_by_role("textbox", name="Your text").fill(TEXT)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Learn", exact=True).click()
    live = page.locator(".live")
    expect(live).to_have_attribute("data-state", "running", timeout=60_000)
    expect(live.get_by_role("group", name="What it wrote")).to_be_visible(timeout=60_000)
    expect(live).to_have_attribute("data-step", re.compile(r"^[1-9]\d{2,}$"), timeout=120_000)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Let it write")).to_be_visible(timeout=60_000)
    expect(live.locator(".pill")).to_have_text("stopped")
    page.get_by_role("textbox", name="Beginning").fill("The lazy")
    page.keyboard.press("Enter")
    settled(page)
    expect(page.get_by_test_id("stCode").filter(has_text=re.compile("^The lazy"))).to_be_visible()
    page.reload()
    expect(page.get_by_text("Let it write")).to_be_visible(timeout=60_000)
    expect(page.locator(".live")).to_have_attribute("data-state", "done")
