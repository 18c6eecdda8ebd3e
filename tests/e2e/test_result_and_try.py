"""Result and Try: which run they begin with, a mistake that is opened, and several photos at once; each twice."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import draw_set
from tests.e2e.conftest import Person, settled
from tests.e2e.furnished import Furnished

pytestmark = pytest.mark.browser


@pytest.fixture
def page(person: Callable[[], Person], furnished: Furnished) -> Page:
    """Somebody with sets and runs, whose set of patterns is in view."""
    return furnished.visited_by(person()).open(f"{furnished.url}/datasets?set={furnished.sets[0]}")


def shown_run(page: Page) -> str:
    settled(page)
    return page.locator(".st-key-run").get_by_role("combobox").input_value().split(" ·")[0]


def choose_run(page: Page, name: str) -> None:
    page.locator(".st-key-run").get_by_role("combobox").click()
    page.get_by_role("option", name=name).click()
    settled(page)


def go(page: Page, name: str) -> None:
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
    settled(page)


def test_they_begin_with_the_best_run_and_keep_what_one_chose(page: Page) -> None:
    for _ in range(2):
        go(page, "Result")
        assert shown_run(page) == "Run 2"
        go(page, "Try")
        assert shown_run(page) == "Run 2"
    choose_run(page, "Run 1")
    for name in ("Result", "Try", "Result"):
        go(page, name)
        assert shown_run(page) == "Run 1"


def test_a_mistake_opens_with_its_probabilities_and_why(page: Page) -> None:
    go(page, "Result")
    tiles = page.locator(".gallery button")
    assert tiles.count() > 2
    for place in (1, 2, 0):
        tiles.nth(place).click()
        settled(page)
        said, truth = tiles.nth(place).locator("span").inner_text().split("\n")
        expect(page.locator(".bars .row.lead .name")).to_have_text(said.removeprefix("said ").rsplit(" ", 1)[0])
        expect(page.get_by_text(f"In truth it is {truth.removeprefix('is ')}")).to_be_visible()
    page.get_by_text("Why?").click()
    settled(page)
    expect(page.get_by_text("what speaks for")).to_be_visible()


def test_a_cell_of_the_matrix_shows_its_images_and_gives_the_mistakes_back(page: Page) -> None:
    go(page, "Result")
    cells = page.locator(".matrix button:not([disabled])")
    for place in (0, 1):
        count = int(cells.nth(place).inner_text())
        cells.nth(place).click()
        expect(page.get_by_text("that the model called")).to_be_visible()
        settled(page)
        assert page.locator(".gallery button").count() == count
        expect(page.get_by_text("In truth it is")).to_be_visible()
    cells.nth(1).click()
    expect(page.get_by_role("heading", name="Its most confident mistakes")).to_be_visible()


def test_several_photos_are_pictures_each_with_its_answer_and_its_why(page: Page, tmp_path: Path) -> None:
    files = []
    for _, name, image in draw_set(("rings", "checks", "rows"), each=1, seed=7):
        image.save(tmp_path / name)
        files.append(tmp_path / name)
    go(page, "Try")
    page.get_by_text("Upload", exact=True).first.click()
    settled(page)
    page.locator("input[type=file]").first.set_input_files(files)
    tiles = page.locator(".gallery button")
    expect(tiles).to_have_count(len(files))
    settled(page)
    page.get_by_text("Why?").click()
    settled(page)
    for place in (2, 0, 1):
        tiles.nth(place).click()
        settled(page)
        expect(page.get_by_role("paragraph").filter(has_text=files[place].name)).to_be_visible()
        answer = tiles.nth(place).locator("span").inner_text().rsplit(" ", 1)[0]
        expect(page.locator(".bars .row.lead .name")).to_have_text(answer)
        expect(page.get_by_text(f"what speaks for '{answer}'")).to_be_visible()
    assert tiles.first.locator("img").evaluate("image => image.naturalWidth") > 0
