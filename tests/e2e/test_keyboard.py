"""Whatever of the components takes the keyboard's focus is seen to have it."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Person, Server
from tests.e2e.test_every_topic import EACH

pytestmark = pytest.mark.browser
SHOWN = (
    ("explore", ".network"),
    ("explore?net=vgg16&view=Layers&open=block1", ".layers"),
    ("explore?net=resnet18_64&view=On an image", ".spot"),
    ("sizes", ".windows"),
    ("filters?compare=wipe", ".wipe"),
    ("convolution", ".convolve"),
    ("learned-kernels", ".tiles"),
    ("why-convolution?why=Overfitting", ".fit"),
    ("skip-connections?skip=Degradation", ".charts"),
    ("through-time", ".unfolded"),
)
"""A page of each component that takes the focus, and what it is drawn in."""

# The looks of a node and of what is around and in it, by which a focus is seen.
UNSEEN = f"""(selector) => {{ {EACH}
  const looks = (node) => {{
    const style = getComputedStyle(node);
    const line = style.outlineStyle === "none" ? "" : style.outline;
    return [line, style.boxShadow, style.stroke, style.strokeWidth, style.borderColor].join("|");
  }};
  const around = (node) => [node, node.parentElement, ...node.children].filter(Boolean).map(looks).join();
  const root = [...each(main)].find((node) => node.matches(selector));
  const takes = (node) => node.tabIndex >= 0 && !node.disabled && node.getClientRects().length;
  const takers = [...root.querySelectorAll("*")].filter(takes);
  const unseen = takers.filter((node) => {{
    node.blur();
    const before = around(node);
    node.focus();
    const seen = around(node) !== before;
    node.blur();
    return !seen;
  }});
  return [takers.length, unseen.map(said)];
}}"""


@pytest.mark.parametrize(("link", "component"), SHOWN)
def test_a_focus_is_visible(server: Server, visitor: Person, link: str, component: str) -> None:
    visitor.page.set_viewport_size({"width": 1440, "height": 900})
    page = visitor.open(f"{server.url}/{link}")
    expect(page.locator(component).first).to_be_visible(timeout=60_000)
    page.wait_for_timeout(300)
    page.keyboard.press("Tab")  # from here on the browser takes a focus for one of the keyboard
    takers, unseen = page.evaluate(UNSEEN, component)
    assert takers > 0
    assert unseen == []


def test_a_chart_is_read_and_zoomed_by_keyboard(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/skip-connections?skip=Degradation")
    chart, tip = page.locator(".chart").first, page.locator(".chart-box .tip").first
    chart.focus()
    page.keyboard.press("ArrowLeft")
    expect(tip).to_contain_text("epoch 39")
    page.keyboard.press("ArrowLeft")
    expect(tip).to_contain_text("epoch 38")
    before = chart.locator(".tick").all_inner_texts()
    page.keyboard.press("+")
    expect(tip).to_contain_text("epoch 38")
    assert chart.locator(".tick").all_inner_texts() != before
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    assert chart.locator(".tick").all_inner_texts() == before
