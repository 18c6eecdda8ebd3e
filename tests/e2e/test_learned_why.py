"""Learned filters and the reasons for convolution in a real browser: choosing, replacing, playing, and links."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Person, Server, figure, settled
from tlcore.explain.why.overfitting import STEPS, Problem, Rules, fit

pytestmark = pytest.mark.browser


def test_a_filter_is_chosen_by_click_and_by_keyboard(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/learned-kernels")
    tiles = page.locator(".tiles button")
    expect(tiles).to_have_count(64)  # of the network that the project carries
    tiles.nth(12).click()
    settled(page)
    expect(page.get_by_role("heading", name=re.compile("^Filter 12 and its nearest kernel"))).to_be_visible()
    assert "filter=12" in page.url
    page.keyboard.press("ArrowRight")
    settled(page)
    expect(page.locator(".tiles button[aria-selected=true]")).to_have_attribute("data-index", "13")
    expect(page.get_by_role("heading", name=re.compile("^Filter 13 "))).to_be_visible()
    page.get_by_text("Most like a kernel first").click()
    settled(page)
    expect(page.locator(".tiles button[aria-selected=true]")).to_have_attribute("data-index", "13")
    page.reload()
    settled(page)
    expect(page.get_by_role("heading", name=re.compile("^Filter 13 "))).to_be_visible()
    expect(page.locator(".tiles button").first).not_to_have_attribute("data-index", "0")


def test_a_filter_is_replaced_and_the_network_asked_again(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/learned-kernels?learned-by=Zeros")
    one = float(figure(page, "Probability moved").rstrip("%"))
    page.get_by_text("All filters", exact=True).click()
    settled(page)
    every = float(figure(page, "Probability moved").rstrip("%"))
    assert every > one
    assert "learned-which=All" in page.url
    page.get_by_text("Replace each filter in turn").click()
    settled(page)
    expect(page.get_by_text("matters most")).to_be_visible(timeout=60_000)
    page.reload()
    settled(page)
    expect(page.get_by_text("matters most")).to_be_visible(timeout=60_000)
    assert float(figure(page, "Probability moved").rstrip("%")) == every


def test_a_training_is_played_and_can_be_held(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/why-convolution?why=Overfitting")
    player = page.locator(".fit")
    expect(player).to_have_attribute("data-at", f"{STEPS // 10}", timeout=30_000)  # it plays by itself, to the end
    last = fit(Problem(), Rules()).frames[-1]
    expect(player.locator(".said")).to_contain_text(f"step {STEPS}, training error {last.train:.3f}")
    player.get_by_role("button", name="Play the training").click()
    expect(player).to_have_attribute("data-at", re.compile(r"^([1-9]|[1-6]\d)$"))
    player.get_by_role("button", name="Pause").click()
    held = player.get_attribute("data-at")
    page.wait_for_timeout(300)
    assert player.get_attribute("data-at") == held
    player.get_by_role("slider").fill("7")
    expect(player.locator(".said")).to_contain_text("step 70,")
    expect(player.locator("path.held")).to_have_count(0)

    page.get_by_text("Early stopping", exact=True).click()
    settled(page)
    assert "why-early=true" in page.url
    stopped = fit(Problem(), Rules(patience=100))
    expect(player.locator(".said")).to_contain_text(
        f"stopped, back to step {stopped.frames[stopped.kept].step}", timeout=30_000
    )
    expect(player.locator("circle.ring.held")).to_be_attached()


def test_a_shift_under_a_stride_is_a_number_and_a_picture(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/why-convolution?why=Shifted+input&why-shift=2")
    expect(page.get_by_text("Difference: 0.000")).to_be_visible()
    page.get_by_role("slider", name="Shift").press("ArrowRight")
    settled(page)
    expect(page.get_by_text("Difference: 0.000")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"^Difference: \d"))).to_be_visible()
    assert "why-shift=3" in page.url


@pytest.mark.parametrize("topic", ["Connections and weights", "Activations", "Dropout"])
def test_topics_fit_a_phone(server: Server, visitor: Person, topic: str) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    page = visitor.open(f"{server.url}/why-convolution?why={topic.replace(' ', '+')}")
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=30_000)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("node => node.scrollWidth") <= 390
