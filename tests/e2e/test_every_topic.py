"""Every page with all its topics on a phone: nothing is wider, and all that is clicked is reached by keys, too."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from pages._parts.nav import paths
from tests.e2e.conftest import Person, Server, settled

pytestmark = pytest.mark.browser
CHOOSERS = ("Topic", "View", "Look closer", "Block")
"""By these a page shows one thing in place of another."""

EACH = """
const each = function* (root) {
  for (const node of root.querySelectorAll("*")) { yield node; if (node.shadowRoot) yield* each(node.shadowRoot); }
};
const main = document.querySelector("[data-testid=stMainBlockContainer]");
const up = (node) => node.parentElement ?? node.getRootNode().host ?? null;
const said = (node) => `${node.tagName} ${node.getAttribute("class") ?? ""} ${(node.textContent ?? "").slice(0, 40)}`;
"""
WIDE = f"""() => {{ {EACH}
  const within = (node) => {{  // what scrolls inside its own box, or is cut off by it on purpose
    for (let box = up(node); box && box !== main; box = up(box)) {{
      const right = box.getBoundingClientRect().right;
      if (getComputedStyle(box).overflowX !== "visible" && right <= innerWidth + 1) return true;
    }}
    return false;
  }};
  const sticks = (node) => {{
    const box = node.getBoundingClientRect();
    return box.width && box.height && box.right > innerWidth + 1;
  }};
  return [...each(main)].filter((node) => sticks(node) && !within(node)).map(said);
}}"""
# a pad to draw on with a finger has no place to go to by keys
UNREACHED = f"""() => {{ {EACH}
  const reached = (node) => {{
    for (let at = node; at && at !== main; at = up(at)) {{
      const roved = at.getAttribute("role") === "option"; // its list has the focus, or one of its fellows
      if (at.tabIndex >= 0 || at.getAttribute("aria-hidden") === "true" || roved) return true;
    }}
    return false;
  }};
  const ours = (node) => node.getRootNode() instanceof ShadowRoot && !node.matches(".pad");
  const clicked = (node) => ours(node) && (node.onclick || node.onpointerdown);
  return [...each(main)].filter((node) => clicked(node) && !reached(node)).map(said);
}}"""


def views(page: Page) -> Iterator[str]:
    """The page as it opens, and then every other thing that it can be asked to show."""
    yield "at first"
    for chooser in CHOOSERS:
        group = page.get_by_role("radiogroup", name=chooser, exact=True)
        for place in range(1, group.get_by_role("radio").count()):
            option = group.get_by_role("radio").nth(place)
            option.click()
            settled(page)
            yield option.inner_text()


@pytest.mark.parametrize("path", paths())
def test_it_fits_a_phone_and_is_worked_by_keyboard(server: Server, visitor: Person, path: str) -> None:
    page = visitor.page
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.open(f"{server.url}/{path}")
    expect(page.locator("h1").first).to_be_visible()
    for view in views(page):
        page.wait_for_timeout(300)  # charts grow into their place
        assert page.get_by_test_id("stMain").evaluate("node => node.scrollWidth") <= 390, view
        assert page.evaluate(WIDE) == [], view
        assert page.evaluate(UNREACHED) == [], view
