"""An upload whose folders can be read in several ways, in a real browser: every choice counts, the third one too."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page, TimeoutError, expect  # noqa: A004 - Playwright's own

from tests.corpus.case import photo, zip_of
from tests.e2e.conftest import Person, Server, settled

pytestmark = pytest.mark.browser


def new_set(person: Person, server: Server, name: str) -> Page:
    """The page of a set that begins with what is given next."""
    page = person.open(f"{server.url}/datasets")
    page.get_by_label("Name of the set").fill(name)
    page.get_by_label("Name of the set").press("Enter")
    settled(page)
    return page


def type_class(page: Page, name: str) -> None:
    """Type the name of a class that is not in the list."""
    picker, offered = (
        page.get_by_role("combobox", name="Class"),
        page.get_by_role("option", name=f"Add: {name}", exact=True),
    )
    for _ in range(3):  # a page that is drawn anew meanwhile closes the list, and forgets what was typed
        picker.click()
        picker.fill(name)
        try:
            return offered.click(timeout=8_000)
        except TimeoutError:
            page.keyboard.press("Escape")
    return offered.click()


def test_folders_are_read_as_one_chooses_again_and_again(
    server: Server, person: Callable[[], Person], tmp_path: Path
) -> None:
    places = list(product(("cats", "dogs"), ("train", "test"), ("monday", "tuesday")))
    zip_of({"/".join((*place, "1.png")): photo(n) for n, place in enumerate(places)})(tmp_path / "pets.zip")
    page = new_set(person(), server, "Pets")
    page.locator("input[type=file]").set_input_files(tmp_path / "pets.zip")
    expect(page.get_by_text("Added 8 images: 4 cats, 4 dogs.")).to_be_visible(timeout=60_000)
    settled(page)
    for words, classes in (("inner", "4 monday, 4 tuesday"), ("outer", "4 cats, 4 dogs")) * 2:
        page.get_by_text(f"The {words} ones:").click()
        expect(page.get_by_text(f"Added 8 images: {classes}.")).to_be_visible()
        settled(page)
    for put_together in (True, False) * 2:
        page.get_by_text("Keep 'train' and 'test' as the split").click()
        expect(page.get_by_text("are put together")).to_be_visible(visible=put_together)
        settled(page)
    page.get_by_role("button", name="Close this report").click()
    expect(page.get_by_text("Added 8 images")).to_be_hidden()


def test_a_typed_letter_is_a_class_of_its_own_by_choice(
    server: Server, person: Callable[[], Person], tmp_path: Path
) -> None:
    page = new_set(person(), server, "Letters")
    for number, (letter, apart) in enumerate((("A", False), ("a", False), ("a", True))):
        page.reload()
        settled(page)
        if number:  # the ways in are folded away once there are images
            page.get_by_text("Add images", exact=True).click()
        page.get_by_text("Files", exact=True).click()
        settled(page)
        type_class(page, letter)
        settled(page)
        if apart:
            page.get_by_text("'a' is another class than 'A'").click()
            settled(page)
        (tmp_path / f"{number}.png").write_bytes(photo(number))
        page.locator("input[type=file]").set_input_files(tmp_path / f"{number}.png")
        expect(page.get_by_text("Added 1 image")).to_be_visible(timeout=60_000)
        settled(page)
        if letter == "a" and not apart:
            expect(page.get_by_text("Images of 'a' went into the class 'A', whose name differs only")).to_be_visible()
    expect(page.get_by_text("3 images in 2 classes")).to_be_visible()
