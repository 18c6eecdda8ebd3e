"""Every page against axe-core's rules of WCAG 2 A and AA, in both themes: contrast, names, roles, alternatives."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from pages._parts.nav import paths
from tests.e2e.conftest import Server, settled

pytestmark = pytest.mark.browser
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
VIEWS = ("explore?net=vgg16&view=Layers&open=block1", "explore?net=resnet18&view=Published and measured")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [*paths(), *VIEWS])
def test_a_page_can_be_read_by_everyone(server: Server, chromium: Browser, path: str, scheme: str) -> None:
    context = chromium.new_context(
        viewport={"width": 1440, "height": 2400}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(f"{server.url}/{path}")
    page.locator("h1").first.wait_for()
    settled(page)
    found = Axe().run(page, options=RULES).response["violations"]
    context.close()
    assert [_said(rule, node) for rule in found for node in rule["nodes"]] == []


def _said(rule: dict[str, Any], node: dict[str, Any]) -> str:
    return f"{rule['id']}: {node['html'][:200]}: {node['failureSummary'][:300]}"
