"""Convolution step by step in a real browser: every number against PyTorch's, hovering, playing, changing, pinning."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.conftest import Person, Server, settled
from tlcore.filters import steps
from tlcore.filters.steps import Layer

pytestmark = pytest.mark.browser

SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {"kernel": "sobel_x"},
    "stride 2": {"stride": 2, "kernel": "laplacian8"},
    "padding 1": {"padding": 1, "kernel": "kirsch_n"},
    "dilation 2": {"dilation": 2, "side": 9, "kernel": "sharpen"},
    "even kernel, stride 3": {"kernel": "roberts_a", "stride": 3, "picture": "noise"},
    "fractions": {"kernel": "box", "padding": 2},
    "three channels, two filters": {"channels": 3, "filters": 2, "kernel": "random", "padding": 1, "seed": 5},
    "two groups": {"channels": 4, "filters": 2, "groups": 2, "kernel": "random", "picture": "noise", "stride": 2},
    "depthwise": {"channels": 3, "filters": 3, "groups": 3, "picture": "lines", "kernel": "prewitt_y"},
    "depthwise, two filters each": {"channels": 2, "filters": 4, "groups": 2, "kernel": "random", "dilation": 2},
    "learned": {"channels": 3, "filters": 2, "kernel": "learned", "padding": 3, "stride": 2, "side": 7},
    "transposed": {"kind": "transposed", "side": 4, "stride": 2, "kernel": "random", "picture": "corner"},
    "transposed, cut": {
        "kind": "transposed", "side": 5, "stride": 3, "padding": 2, "dilation": 2, "kernel": "sobel_y",
    },
    "transposed, two groups": {
        "kind": "transposed", "side": 4, "channels": 2, "filters": 4, "groups": 2, "stride": 2, "padding": 1,
        "kernel": "random",
    },
    "max": {"kind": "max", "size": 2, "stride": 2, "channels": 2},
    "max, padded with holes": {"kind": "max", "size": 3, "stride": 2, "padding": 1, "dilation": 2},
    "average": {"kind": "average", "size": 3, "stride": 2, "padding": 1},
    "sum": {"kind": "sum", "size": 2, "stride": 3, "channels": 3, "picture": "noise"},
}  # fmt: skip


def layer_of(given: dict[str, Any]) -> Layer:
    """The layer that a link describes."""
    kind, inputs = given.get("kind", "convolution"), given.get("channels", 1)
    pools = kind in steps.POOLING
    kernel = given.get("size") or steps.kernel_side(given.get("kernel", "sobel_x")) or 3
    return Layer(
        kind=kind, inputs=inputs, outputs=inputs if pools else given.get("filters", 1), kernel=kernel,
        stride=given.get("stride", 1), padding=given.get("padding", 0), dilation=given.get("dilation", 1),
        groups=given.get("groups", 1),
    )  # fmt: skip


def by_torch(given: dict[str, Any], pixels: str = "", weights: str = "") -> np.ndarray:
    """What PyTorch gives on the numbers that a link describes."""
    layer, seed = layer_of(given), given.get("seed", 0)
    image = steps.edited(
        steps.picture(given.get("picture", "digit3"), layer.inputs, given.get("side", 8), seed), pixels
    )
    kernel = steps.kernels(given.get("kernel", "sobel_x"), layer, seed)
    return steps.run(image, None if kernel is None else steps.edited(kernel, weights), layer).numpy()


def link(server: Server, given: dict[str, Any]) -> str:
    return f"{server.url}/convolution?" + "&".join(f"{name}={value}" for name, value in given.items())


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def listed(page: Page) -> np.ndarray:
    """Every output that the browser computed, from the table under the picture."""
    details = page.locator(".convolve details")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    expect(details.locator("td").first).to_be_visible()
    maps = details.locator("table").evaluate_all(
        "tables => tables.map(t => [...t.rows].map(r => [...r.cells].map(c => c.textContent)))"
    )
    return np.array([[[number(cell) for cell in row] for row in rows] for rows in maps])


def written(page: Page) -> float:
    """The sum that is written out, worked out again from its terms; it must come to what is written behind it."""
    said = page.locator(".convolve .said")
    result = number(said.locator("strong").inner_text().removeprefix("= "))
    total = 0.0
    for line in said.locator(".line").all_inner_texts():
        text = re.sub(r"\d+ zeros", "0", re.sub(r"^channel \d+: ", "", line).split(" = ")[0])
        total += eval(text.replace("−", "-").replace("·", "*"), {"max": lambda *all_: max(all_)})
    assert total == pytest.approx(result, abs=6e-4)
    return result


def centre(panel: Locator, row: int, column: int, cells: int) -> dict[str, float]:
    """The middle of a cell of a panel with one map and no ring."""
    box = panel.bounding_box()
    assert box is not None
    side = (box["width"] - 2) / cells
    return {"x": 1 + (column + 0.5) * side, "y": 1 + (row + 0.5) * side}


@pytest.mark.usefixtures("carried")
@pytest.mark.parametrize("name", SETTINGS)
def test_every_output_of_the_browser_is_pytorchs(server: Server, visitor: Person, name: str) -> None:
    given = SETTINGS[name]
    reader = visitor.open(link(server, given))
    expected = by_torch(given)
    expect(reader.locator(".convolve .panel.o .head")).to_have_text(
        f"Output {' × '.join(map(str, expected.shape))}", timeout=20_000
    )
    np.testing.assert_allclose(listed(reader), expected, atol=6e-5)
    unread = int((steps.feeds(layer_of(given), given.get("side", 8)) == 0).sum())
    assert reader.locator(".convolve").get_attribute("data-unread") == str(unread)
    flat = expected.reshape(-1)
    reader.get_by_role("button", name="Step", exact=True).click()
    for _ in range(3):  # the sums written out, at three places in a row
        at = [int(part) for part in (reader.locator(".convolve").get_attribute("data-at") or "").split(".")]
        assert written(reader) == pytest.approx(flat[np.ravel_multi_index(at, expected.shape)], abs=6e-5)
        reader.get_by_role("button", name="Step", exact=True).click()


def test_every_preset_begins_with_a_sum_that_says_something(server: Server, visitor: Person) -> None:
    """Its terms are not all zero, as Sobel x overlooks the line in the middle of the depthwise preset."""
    page = visitor.open(link(server, {}))
    expect(page.locator(".convolve .said strong")).to_be_visible()
    presets = page.locator("[class*='st-key-preset-'] button").all_inner_texts()
    assert "Depthwise" in presets
    for name in ("Depthwise", *presets, "Depthwise"):
        page.get_by_role("button", name=name, exact=True).click()
        settled(page)
        said = page.locator(".convolve .said")
        expect(said.locator("strong")).to_be_visible()
        terms = re.findall(r"[\d.]+·\(?−?[\d.]+\)?|[\d.]+", " ".join(said.locator(".line").all_inner_texts()))
        assert any(all(number(part.strip("()")) for part in term.split("·")) for term in terms), name


def test_hovering_lights_and_writes_without_asking_the_server(server: Server, visitor: Person) -> None:
    frames: list[Any] = []

    def note(frame: Any) -> None:
        frames.append(frame)

    visitor.page.on("websocket", lambda socket: socket.on("framesent", note))
    page = visitor.open(link(server, {}))
    root, output = page.locator(".convolve"), page.locator(".convolve .panel.o canvas")
    expected = by_torch({})[0]
    output.scroll_into_view_if_needed()
    asked = len(frames)
    for row, column in ((0, 0), (2, 5), (5, 3)):
        output.hover(position=centre(output, row, column, 6))
        expect(root).to_have_attribute("data-at", f"0.{row}.{column}")
        assert written(page) == expected[row, column]
    image = page.locator(".convolve .panel.i canvas")
    fed = steps.feeds(Layer(), 8)[0]
    for row, column in ((0, 0), (3, 4), (7, 1)):
        image.hover(position=centre(image, row, column, 8))
        expect(page.locator(".convolve .said")).to_contain_text(f"It feeds {int(fed[row, column])} of the 36 outputs.")
    kernel = page.locator(".convolve .panel.w canvas")
    kernel.hover(position={"x": 30, "y": 30})
    expect(page.locator(".convolve .said")).to_contain_text("It is used 36 times: once for every output of filter 0.")
    assert len(frames) == asked


def test_a_click_pins_and_the_link_keeps_it(server: Server, visitor: Person) -> None:
    page = visitor.open(link(server, {"stride": 2}))
    image = page.locator(".convolve .panel.i canvas")
    image.click(position=centre(image, 7, 7, 8))
    expect(page.locator(".convolve .said")).to_contain_text("No window reads it.")
    expect(page.locator(".convolve .legend")).to_have_text("Hatched: 15 of 64 pixels are read by no window.")
    page.wait_for_url(re.compile("pin=i0.7.7"))
    output = page.locator(".convolve .panel.o canvas")
    output.hover(position={"x": 10, "y": 10})  # what is pinned stays
    expect(page.locator(".convolve")).to_have_attribute("data-at", "0.7.7")
    page.reload()
    settled(page)
    expect(page.locator(".convolve")).to_have_attribute("data-at", "0.7.7")
    page.get_by_role("button", name="Unpin").click()
    page.wait_for_function("!location.search.includes('pin')")


def test_values_are_changed_and_changed_back(server: Server, visitor: Person) -> None:
    given = {"picture": "impulse", "kernel": "laplacian4"}
    page = visitor.open(link(server, given))
    image = page.locator(".convolve .panel.i canvas")
    image.click(position=centre(image, 1, 2, 8))
    field = page.get_by_role("spinbutton", name="Value")
    field.fill("7")
    field.press("Enter")
    kernel = page.locator(".convolve .panel.w canvas")
    kernel.click(position=centre(kernel, 0, 0, 3))
    page.get_by_role("button", name="One less").or_(page.get_by_title("One less")).first.click()
    np.testing.assert_array_equal(listed(page), by_torch(given, "10_7", "0_-1"))
    page.wait_for_url(re.compile("weights=0_-1"))
    assert parse_qs(urlsplit(page.url).query)["pixels"] == ["10_7"]
    page.reload()
    settled(page)
    np.testing.assert_array_equal(listed(page), by_torch(given, "10_7", "0_-1"))
    page.get_by_text("The same in PyTorch").click()
    expect(page.get_by_text("torch.nn.functional.conv2d")).to_be_visible()
    page.get_by_role("button", name="Undo changes").click()
    np.testing.assert_array_equal(listed(page), by_torch(given))
    page.wait_for_function("!location.search.includes('weights') && !location.search.includes('pixels')")


def test_everything_is_worked_by_keyboard(server: Server, visitor: Person) -> None:
    page = visitor.open(link(server, {"channels": 2, "filters": 2, "kernel": "random"}))
    root, said = page.locator(".convolve"), page.locator(".convolve .said")
    page.locator(".convolve .panel.o canvas").focus()
    for _ in range(5):
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowLeft")
    expect(root).to_have_attribute("data-at", "0.0.0")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("PageDown")
    expect(root).to_have_attribute("data-at", "1.1.1")
    assert said.get_attribute("role") == "status"
    assert said.get_attribute("aria-live") == "polite"
    assert written(page) == by_torch({"channels": 2, "filters": 2, "kernel": "random"})[1, 1, 1]
    page.keyboard.press("Enter")
    expect(root).to_have_attribute("data-pinned", "true")
    page.keyboard.press("Escape")
    expect(root).to_have_attribute("data-pinned", "false")
    page.locator(".convolve .panel.i canvas").focus()
    page.keyboard.press("ArrowUp")
    before = said.inner_text()
    page.keyboard.press("9")
    expect(said).to_contain_text("= 9")
    page.keyboard.press("-")
    expect(said).to_contain_text("= 8")
    assert said.inner_text() != before


def test_it_plays_pauses_and_steps(server: Server, visitor: Person) -> None:
    page = visitor.open(link(server, {"side": 4}))
    root, play = page.locator(".convolve"), page.get_by_role("button", name="Play")
    page.get_by_role("slider", name="Speed").fill("4")
    page.locator(".convolve .panel.o canvas").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    expect(root).to_have_attribute("data-playing", "true")
    expect(root).to_have_attribute("data-playing", "false", timeout=10_000)  # the last output ends it
    expect(root).to_have_attribute("data-at", "0.1.1")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(root).to_have_attribute("data-at", "0.1.0")
    page.get_by_role("slider", name="Speed").fill("0")
    play.click()
    page.get_by_role("button", name="Pause").click()
    expect(root).to_have_attribute("data-playing", "false")
    expect(root).to_have_attribute("data-at", "0.1.0")


def glides(context: BrowserContext, url: str) -> int:
    """How many frames the window glides through while one step is made."""
    context.add_init_script(
        "const real = requestAnimationFrame; window.glides = 0;"
        "window.requestAnimationFrame = f => { if (`${f}`.includes('this.draw')) window.glides++; return real(f); };"
    )
    page = context.new_page()
    page.goto(url)
    settled(page)
    page.get_by_role("button", name="Step", exact=True).click()
    page.wait_for_timeout(400)
    return int(page.evaluate("window.glides"))


def test_less_motion_is_respected(server: Server, chromium: Browser) -> None:
    found = []
    for motion in ("no-preference", "reduce"):
        context = chromium.new_context(reduced_motion=motion)  # type: ignore[arg-type]
        found.append(glides(context, link(server, {})))
        context.close()
    assert found[0] > 1
    assert found[1] == 0


def test_it_is_sharp_and_works_by_touch_on_a_phone(server: Server, chromium: Browser) -> None:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=3, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(link(server, {"padding": 1}))
    settled(page)
    output = page.locator(".convolve .panel.o canvas")
    output.scroll_into_view_if_needed()
    sizes = output.evaluate("c => [c.width, c.getBoundingClientRect().width]")
    assert sizes[0] == pytest.approx(3 * sizes[1], abs=2)
    output.tap(position=centre(output, 0, 7, 8))
    expect(page.locator(".convolve")).to_have_attribute("data-at", "0.0.7")
    expect(page.locator(".convolve")).to_have_attribute("data-pinned", "true")
    assert written(page) == by_torch({"padding": 1})[0, 0, 7]
    expect(page.locator(".convolve .said")).to_contain_text("5 of the 9 are padding, which is 0.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_a_preset_starts_anew(server: Server, visitor: Person) -> None:
    page = visitor.open(link(server, {"pixels": "0_9", "pin": "i0.0.0"}))
    expect(page.locator(".convolve .said")).to_contain_text("= 9")
    page.get_by_role("button", name="Max pooling").first.click()
    settled(page)
    expect(page.locator(".convolve")).to_have_attribute("data-pinned", "false")
    np.testing.assert_array_equal(listed(page), by_torch({"kind": "max", "size": 2, "stride": 2}))
    assert "pixels" not in page.url


def test_colours_follow_the_theme(server: Server, visitor: Person) -> None:
    """The middle of an empty cell is the page's background, in light and in dark."""
    found = {}
    for scheme in ("light", "dark"):
        visitor.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page = visitor.open(link(server, {"picture": "empty"}))
        canvas = page.locator(".convolve .panel.i canvas")
        expect(canvas).to_be_visible()
        found[scheme] = tuple(canvas.evaluate("c => [...c.getContext('2d').getImageData(5, 5, 1, 1).data].slice(0, 3)"))
    assert found == {"light": (251, 251, 253), "dark": (16, 20, 28)}
