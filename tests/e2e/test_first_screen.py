"""What stands in the first screen: the thing itself, on a projector and on a small laptop, without scrolling."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.conftest import Person, Server

pytestmark = pytest.mark.browser
PROJECTOR: ViewportSize = {"width": 1440, "height": 900}
LAPTOP: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 390, "height": 844}
CHART = "[data-testid=stPlotlyChart]"


@dataclass(frozen=True)
class Thing:
    """What must be seen whole in the first screen of a page, and what of it at least on a small laptop."""

    link: str
    projector: str
    laptop: str


def both(link: str, thing: str) -> Thing:
    return Thing(link, thing, thing)


THINGS = (
    both("", ".mini .pad"),
    Thing("explore", ".network [data-id='g:layer4']", ".network [data-id='g:layer3']"),
    both("explore?net=googlenet&view=Layers", ".layers tfoot"),
    Thing("explore?net=resnet18_64&view=On an image", ".spot .frame", ".spot .box"),
    Thing("compare", "[data-testid=stTable]", "[data-testid=stTable] tr:nth-child(5)"),
    Thing("blocks", ".network .node.merge", ".network .node.conv"),
    both("sizes", ".windows canvas"),
    both("build", "[data-testid=stDataFrame]"),
    both("filters", "[data-testid=stButtonGroup]:has-text('Histograms')"),
    both("convolution", ".convolve .said"),
    both("learned-kernels", ".st-key-learned-nearest .bars"),
    Thing("why-convolution", ".st-key-why-matrices", ".st-key-why-matrices .subplot"),
    both("why-convolution?why=Shifted input", "img[alt='Where the two differ']"),
    Thing("why-convolution?why=Activations", ".st-key-why-values", ".st-key-why-curve"),
    both("why-convolution?why=Dropout", ".st-key-why-answers"),
    both("why-convolution?why=Overfitting", ".fit .bar"),
    both("gradient-flow", ".st-key-chart"),
    both("skip-connections", ".st-key-skip-flow"),
    both("skip-connections?skip=Learning to do nothing", CHART),
    both("skip-connections?skip=Degradation", ".charts"),
    both("skip-connections?skip=Lesions", CHART),
    both("skip-connections?skip=Loss surface", CHART),
    both("skip-connections?skip=Dense connections", CHART),
    both("through-time", ".st-key-chart-lag"),
    both("through-time?view=language", "[data-testid=stCode]"),
)


def bottom(page: Page, selector: str) -> float:
    """Where the thing ends, in pixels from the window's top, once it is drawn."""
    thing = page.locator(selector).first
    expect(thing).to_be_visible(timeout=60_000)
    page.wait_for_timeout(400)  # charts grow into their place
    box = thing.bounding_box()
    assert box is not None
    assert box["y"] > 0
    return box["y"] + box["height"]


@pytest.mark.parametrize("window", [PROJECTOR, LAPTOP, PHONE], ids=lambda window: str(window["width"]))
def test_home_has_one_obvious_way_in(server: Server, visitor: Person, window: ViewportSize) -> None:
    """And a pad that is wide enough to draw on."""
    page = visitor.page
    page.set_viewport_size(window)
    visitor.open(f"{server.url}/")
    ways = page.locator("[data-testid=stBaseButton-primary]")
    expect(ways).to_have_count(1)
    assert bottom(page, "[data-testid=stBaseButton-primary]") <= window["height"] / 2
    expect(page.get_by_text("softmax regression on 64 pixels")).to_be_visible()
    expect(page.get_by_text("convolution and transfer, which the lab is about, it leaves out")).to_be_visible()
    pad = page.locator(".mini .pad").bounding_box()
    assert pad is not None
    assert min(pad["width"], pad["height"]) >= 210


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.link)
def test_the_thing_itself_stands_in_the_first_screen(server: Server, visitor: Person, thing: Thing) -> None:
    page = visitor.page
    page.set_viewport_size(PROJECTOR)
    visitor.open(f"{server.url}/{thing.link}")
    assert bottom(page, thing.projector) <= PROJECTOR["height"]
    purpose = page.locator(".st-key-heading [data-testid=stCaptionContainer] p")
    line = purpose.evaluate("node => parseFloat(getComputedStyle(node).lineHeight)")
    for window in (PROJECTOR, LAPTOP):
        page.set_viewport_size(window)
        assert purpose.evaluate("node => node.getBoundingClientRect().height") < 1.5 * line  # one line
    assert bottom(page, thing.laptop) <= LAPTOP["height"]
