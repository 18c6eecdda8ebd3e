"""The filters page in a real browser: a kernel of one's own, images of every kind, the wipe, a row, a slider."""

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.conftest import draw
from tests.e2e.conftest import Person, Server, choose, settled
from tlcore.filters import show
from tlcore.filters.pictures import picture_of
from tlcore.filters.written import read_kernel

pytestmark = pytest.mark.browser


def response(page: Page, title: str) -> Locator:
    """The picture of a filter's response."""
    return page.get_by_role("img", name=title, exact=True)


def pixels(page: Page, title: str) -> np.ndarray:
    """The response's picture as the browser got it."""
    source = response(page, title).get_attribute("src") or ""
    data = page.request.get(source if source.startswith("http") else page.url.split("/filters")[0] + source).body()
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


def expected(kernel: str) -> np.ndarray:
    """The same picture, computed here."""
    image = show.as_tensor(picture_of("camera"), grey=True, longest=512)
    data = show.picture(show.respond(image, read_kernel(kernel)), "signed")
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


def write_cell(page: Page, row: int, column: int, text: str) -> None:
    """Type a number into the first kernel's table of three columns, which is drawn on a canvas."""
    table = page.locator(".st-key-cells-a-0 [data-testid=stDataFrame]")
    table.scroll_into_view_if_needed()
    area = table.bounding_box()
    assert area
    high, wide = area["height"] / 4, area["width"] / 3  # a row of titles and three of numbers
    table.dblclick(position={"x": (column + 0.5) * wide, "y": (row + 1.5) * high})
    field = page.locator("input.gdg-input")
    field.fill(text)
    field.press("Enter")
    expect(field).to_have_count(0)
    settled(page)


def upload(page: Page, path: Path) -> None:
    """Give this file, in place of the one before."""
    if page.get_by_role("button", name="Remove").count():
        page.get_by_role("button", name="Remove").click()
        settled(page)
    page.locator("input[type=file]").set_input_files(path)
    settled(page)


def test_editing_a_preset_makes_it_a_kernel_of_ones_own(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/filters?a=sobel_x")
    page.wait_for_function("[...document.images].every((image) => image.complete)")  # they move what lies below
    write_cell(page, 0, 0, "5")
    expect(page.get_by_role("combobox", name="First filter")).to_have_value("A kernel of your own")
    expect(response(page, "A kernel of your own")).to_be_visible()
    kernel = "5 0 1;-2 0 2;-1 0 1"
    np.testing.assert_array_equal(pixels(page, "A kernel of your own"), expected(kernel))
    assert "a=custom" in page.url

    write_cell(page, 1, 0, "7")  # the table is still the same
    kernel = "5 0 1;7 0 2;-1 0 1"
    np.testing.assert_array_equal(pixels(page, "A kernel of your own"), expected(kernel))

    page.reload()  # the link keeps it
    settled(page)
    expect(page.get_by_role("textbox", name="As a line of text").first).to_have_value(kernel)
    np.testing.assert_array_equal(pixels(page, "A kernel of your own"), expected(kernel))


def test_a_kernel_that_is_none_is_a_sentence_and_is_mended(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/filters?a=sobel_x")
    line = page.get_by_role("textbox", name="As a line of text").first
    for text, sentence in (("1 2;3", "different lengths"), ("1 inf", "infinite or not a number"), (";", "is empty")):
        line.fill(text)
        line.press("Enter")
        settled(page)
        expect(page.get_by_role("alert").get_by_text(sentence)).to_be_visible()
    line.fill("0 -1;1 0")
    line.press("Enter")
    settled(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    np.testing.assert_array_equal(pixels(page, "A kernel of your own"), expected("0 -1;1 0"))
    rows = page.get_by_role("spinbutton", name="Rows").first
    rows.fill("15")
    rows.press("Enter")
    settled(page)
    expect(response(page, "A kernel of your own")).to_be_visible()
    expect(page.get_by_role("textbox", name="As a line of text").first).to_have_value(re.compile("(;.*){14}"))


def test_images_of_every_kind_are_filtered_or_refused_in_a_sentence(
    server: Server, visitor: Person, tmp_path: Path
) -> None:
    page = visitor.open(f"{server.url}/filters")
    choose(page, "Image", "A photo of yours")
    rng = np.random.default_rng(0)
    large = draw("rings", rng, 600, 400).resize((6000, 4000))
    files = {
        "24-megapixels.jpg": (large, (512, 342)),
        "one-pixel.png": (Image.new("RGB", (1, 1), "red"), (1, 1)),
        "print.jpg": (draw("rows", rng, 320, 200).convert("CMYK"), (320, 200)),
    }
    for name, (image, size) in files.items():
        image.save(tmp_path / name)
        upload(page, tmp_path / name)
        shown = response(page, "Sobel gradient")
        expect(shown).to_be_visible(timeout=60_000)
        page.wait_for_function(
            "([name, size]) => { const i = [...document.images].find((i) => i.alt === name);"
            " return i && i.naturalWidth === size[0] && i.naturalHeight === size[1]; }",
            arg=["Sobel gradient", list(size)],
        )
        expect(page.get_by_role("alert")).to_have_count(0)
    (tmp_path / "broken.png").write_bytes((tmp_path / "print.jpg").read_bytes()[:500])
    upload(page, tmp_path / "broken.png")
    expect(page.get_by_text("The image can't be used")).to_be_visible()
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_the_wipe_is_drawn_and_worked_by_keyboard(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/filters")
    page.get_by_text("wipe", exact=True).click()
    settled(page)
    assert "compare=wipe" in page.url
    line = page.get_by_role("slider", name="Wipe between Sobel gradient and Laplacian, 4 neighbours")
    upper = page.locator(".wipe img").nth(1)
    expect(upper).to_have_attribute("style", re.compile(r"inset\(0px 50% 0px 0px\)"))
    line.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(upper).to_have_attribute("style", re.compile(r"inset\(0px 48% 0px 0px\)"))
    page.keyboard.press("End")
    expect(line).to_have_attribute("aria-valuetext", re.compile("on the left 100 %"))
    area = line.bounding_box()
    assert area
    page.mouse.click(area["x"] + area["width"] / 4, area["y"] + area["height"] / 2)
    expect(upper).to_have_attribute("style", re.compile(r"inset\(0px 7[45](\.5)?% 0px 0px\)"))

    page.get_by_role("slider", name="Noise").focus()  # another picture leaves the line where it is
    page.keyboard.press("ArrowRight")
    settled(page)
    expect(upper).to_have_attribute("style", re.compile(r"inset\(0px 7[45](\.5)?% 0px 0px\)"))


def test_a_slider_changes_both_responses(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/filters")
    before = [response(page, name).get_attribute("src") for name in ("Sobel gradient", "Laplacian, 4 neighbours")]
    page.get_by_role("slider", name="Noise").focus()
    page.keyboard.press("ArrowRight")
    for name, source in zip(("Sobel gradient", "Laplacian, 4 neighbours"), before, strict=True):
        expect(response(page, name)).not_to_have_attribute("src", source or "")
    settled(page)
    assert "noise=0.01" in page.url
    expect(page.get_by_text("Noise of 0.01 became").first).to_be_visible()


def test_a_row_is_chosen_by_click_and_by_keyboard(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/filters?closer=Along a row")
    frame = page.locator(".spot .frame")
    frame.scroll_into_view_if_needed()
    area = frame.bounding_box()
    assert area
    frame.click(position={"x": area["width"] / 2, "y": area["height"] / 4})
    settled(page)
    expect(page.get_by_text(re.compile("row 12[78] of 512"))).to_be_visible()
    frame.focus()
    row = int(re.findall(r"row=(\d+)", page.url)[0])
    page.keyboard.press("ArrowDown")
    settled(page)
    expect(page.get_by_text(f"row {row + 1} of 512")).to_be_visible()
    assert f"row={row + 1}" in page.url
    page.reload()
    settled(page)
    expect(page.get_by_text(f"row {row + 1} of 512")).to_be_visible()
