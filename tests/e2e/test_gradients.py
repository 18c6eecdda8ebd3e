"""Gradient flow in a real browser: a link, a shortcut that is switched off, a preset, and hovering over a bar."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Person, Server, settled

pytestmark = pytest.mark.browser


def said(page: Page, side: str) -> str:
    """The verdict on A or B, once it is there."""
    told = page.get_by_text(re.compile(rf"^{side} (vanishing|healthy|exploding) ")).first
    expect(told).to_be_visible(timeout=60_000)
    return told.inner_text()


def drawn(page: Page, layers: int) -> None:
    """Wait until the chart has a point a layer of both networks, and has come to rest."""
    expect(page.locator(".st-key-chart .scatterlayer .point")).to_have_count(layers)
    page.wait_for_timeout(500)


def test_a_link_opens_and_a_shortcut_is_switched_off(server: Server, visitor: Person) -> None:
    link = "a-depth=14&a-activation=relu&a-init=he&a-skip=identity&a-batch_norm=true&b-net=resnet18&images=8"
    visitor.page.set_viewport_size({"width": 1440, "height": 1700})  # a list closes when the page scrolls beneath it
    page = visitor.open(f"{server.url}/gradient-flow?{link}")
    with_shortcuts, resnet = said(page, "A"), said(page, "B")
    assert "conv1" in resnet
    page.get_by_test_id("stButtonGroup").filter(has_text="identity").first.get_by_role("radio", name="none").click()
    expect(page).to_have_url(re.compile(r"a-depth=14(?!.*a-skip)"))  # no shortcut is usual, so the link is shorter
    settled(page)
    assert said(page, "A") != with_shortcuts
    assert said(page, "B") == resnet

    drawn(page, 14 + 21)
    page.get_by_role("combobox", name="Switched off").nth(1).fill("layer1.0")
    page.get_by_role("option", name="layer1.0 without its shortcut").click()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("b-off=layer1.0"))
    settled(page)
    cut = said(page, "B")
    assert cut != resnet
    page.reload()
    settled(page)
    assert said(page, "B") == cut


def test_a_preset_is_hovered_over(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/gradient-flow?images=8")
    assert said(page, "A").startswith("A vanishing")
    page.get_by_role("button", name="Too large, too small").click()
    expect(page.get_by_text(re.compile("^A exploding "))).to_be_visible(timeout=60_000)
    expect(page.get_by_text(re.compile("^B vanishing "))).to_be_visible()
    settled(page)
    drawn(page, 30 + 30)
    page.locator(".st-key-chart .nsewdrag").first.hover(position={"x": 12, "y": 120})
    told = page.locator(".st-key-chart .hoverlayer .hovertext")
    expect(told).to_have_count(2)  # both networks' first layers, in one chart
    for tip in told.all():
        expect(tip).to_contain_text("stem.0, layer 1")
        expect(tip).to_contain_text("of its weights")
