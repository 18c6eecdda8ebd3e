"""Every page against axe-core's rules of WCAG 2 A and AA, in both themes: contrast, names, roles, alternatives."""

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from pages._parts.nav import paths
from tests.e2e.conftest import Person, Server, settled

pytestmark = pytest.mark.browser
THEMES: dict[Literal["light", "dark"], tuple[str, dict[str, Any]]] = {
    "light": ("rgb(251, 251, 253)", {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}),
    "dark": ("rgb(16, 20, 28)", {"type": "rule", "values": ["color-contrast"]}),
}
"""Each theme's background and what to look at in it; in the second one nothing but the colours is new."""
VIEWS = (
    "explore?net=vgg16&view=Layers&open=block1",
    "explore?net=resnet18&view=Published and measured",
    "explore?net=shufflenet_v2_x0_5&view=On an image",
)


@pytest.mark.parametrize("path", [*paths(), *VIEWS])
def test_a_page_can_be_read_by_everyone(server: Server, visitor: Person, path: str) -> None:
    page = visitor.page
    page.set_viewport_size({"width": 1440, "height": 2400})
    visitor.open(f"{server.url}/{path}").locator("h1").first.wait_for()
    for scheme, (background, rules) in THEMES.items():
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)
        settled(page)
        page.wait_for_function("document.fonts.status === 'loaded'")  # a formula is wider in the font before
        found = Axe().run(page, options={"runOnly": rules}).response["violations"]
        assert [f"{scheme}: {_said(rule, node)}" for rule in found for node in rule["nodes"]] == []


def _said(rule: dict[str, Any], node: dict[str, Any]) -> str:
    return f"{rule['id']}: {node['html'][:200]}: {node['failureSummary'][:300]}"


def test_what_the_keyboard_is_on_is_seen_in_the_top_bar(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/runs")
    focused = "() => [document.activeElement.dataset.testid, getComputedStyle(document.activeElement)]"
    ring = f"({focused})().map((one, place) => place ? `${{one.outlineStyle}} ${{one.outlineWidth}}` : one)"
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        where, outline = page.evaluate(ring)
        if where in {"stTopNavLink", "stTopNavSection"}:
            seen.append(outline)
    assert len(seen) >= 9  # six pages and three menus
    assert set(seen) == {"solid 3px"}
