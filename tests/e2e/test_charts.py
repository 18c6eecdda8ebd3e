"""Charts are read without pointing at anything: legends and names lie on nothing, wide or on a phone."""

from typing import Any

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.e2e.conftest import Person, Server
from tlcore.zoo.facts import rated

pytestmark = pytest.mark.browser
WINDOWS: tuple[ViewportSize, ...] = (
    {"width": 1440, "height": 900},
    {"width": 1280, "height": 720},
    {"width": 390, "height": 844},
)
LEGENDS = """charts => charts.filter(chart => chart.checkVisibility()).map(chart => {
  const box = node => { const b = node.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; };
  return {
    frame: box(chart), plot: box(chart.querySelector('.nsewdrag')),
    words: [...chart.querySelectorAll('.legendtext')].map(node => [node.textContent, box(node)]),
    symbols: [...chart.querySelectorAll('.legend .layers')].map(box),
  };
})"""
NAMES = """chart => [...chart.querySelectorAll('.textpoint text')].filter(node => node.textContent.trim())
  .map(node => { const b = node.getBoundingClientRect();
    const { fontWeight } = getComputedStyle(node.querySelector('tspan') ?? node);
    return [node.textContent, [b.left, b.top, b.right, b.bottom], fontWeight]; })"""


def shared(one: list[float], other: list[float]) -> float:
    """How many pixels of height or width two boxes share at the least; a pixel is the roundness of letters."""
    left, top, right, bottom = (
        f(pair) for f, pair in zip((max, max, min, min), zip(one, other, strict=True), strict=True)
    )
    return max(0.0, min(right - left, bottom - top) - 1)


def lies_within(one: list[float], frame: list[float]) -> bool:
    left, top, right, bottom = frame
    return left - 1 <= one[0] and top - 1 <= one[1] and one[2] <= right + 1 and one[3] <= bottom + 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_legends_of_lesions_lie_on_nothing(server: Server, visitor: Person, scheme: Any) -> None:
    page = visitor.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(WINDOWS[0])
    visitor.open(f"{server.url}/skip-connections?skip=Lesions")
    charts = page.locator("[data-testid=stPlotlyChart]")
    expect(charts.nth(7).locator(".legendtext").last).to_be_visible(timeout=60_000)
    for window in WINDOWS:
        page.set_viewport_size(window)
        page.wait_for_timeout(800)  # charts take the new width
        found = charts.evaluate_all(LEGENDS)
        assert len(found) == 8
        for chart in found:
            words = [box for _, box in chart["words"]]
            for place, (text, box) in enumerate(chart["words"]):
                assert lies_within(box, chart["frame"]), (window, text)
                assert box[3] <= chart["plot"][1], (window, text)
                others = [*words[:place], *words[place + 1 :], *chart["symbols"]]
                assert not any(shared(box, other) for other in others), (window, text)
            assert chart["plot"][3] - chart["plot"][1] > 150, window


@pytest.mark.parametrize("width", [390, 768, 1079, 1080, 1280, 1440, 1920])
def test_names_of_the_field_lie_on_no_other_and_chosen_ones_stand_out(
    server: Server, visitor: Person, width: int
) -> None:
    page = visitor.page
    page.set_viewport_size({"width": width, "height": 900})
    visitor.open(f"{server.url}/compare?net=densenet161&net=vgg16")
    fields = page.locator("[class*='-field'] [data-testid=stPlotlyChart]:visible")
    expect(fields.locator(".textpoint text").first).to_be_visible(timeout=60_000)
    assert fields.count() == 1
    page.wait_for_timeout(800)
    found = fields.evaluate(NAMES)
    frame = fields.evaluate(
        "node => { const b = node.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; }"
    )
    for place, (text, box, _) in enumerate(found):
        assert lies_within(box, frame), text
        for other, around, _ in found[:place]:
            assert not shared(box, around), (text, other)
    assert {text for text, _, weight in found if int(weight) >= 600} == {"DenseNet-161", "VGG-16"}
    assert len(found) >= (len(rated()) if width >= 1080 else 30)


def test_the_button_of_a_picture_takes_no_click_from_what_stands_above(server: Server, visitor: Person) -> None:
    page = visitor.page
    visitor.open(f"{server.url}/why-convolution?why=Shifted+input")
    pictures = page.locator("[data-testid=stImage]:visible")
    expect(pictures).to_have_count(3)
    layer = page.get_by_role("combobox", name="Layer")
    for place in range(3):
        pictures.nth(place).hover()
        page.wait_for_timeout(300)
        button = page.get_by_role("button", name="Fullscreen").nth(place).bounding_box()
        below, above = pictures.nth(place).bounding_box(), layer.bounding_box()
        assert button and below and above
        assert above["y"] + above["height"] <= below["y"] <= button["y"]
