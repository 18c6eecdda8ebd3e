"""Every picker of every page takes choices in a row; pages are walked, so that a new picker is among them.

A picker that loses its second choice is found with two; `make test-all` makes three.

Slow: it is nearly all of the app, drawn anew for each choice in a real browser.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, TimeoutError  # noqa: A004 - Playwright's own

from pages._parts.nav import paths
from tests.e2e.conftest import Person, Server, settled
from tests.e2e.furnished import Furnished

pytestmark = pytest.mark.browser

PICKERS = "[role=combobox], [role=radiogroup]"
OPTIONS = "[role=radio], [data-testid=stRadioOption]"
# Asked for all at once: asking one after the other whether it is seen took a third of the browser's time.
NAMES = """all => all.map(one => {
    const box = one.getBoundingClientRect();
    const seen = box.width > 0 && box.height > 0 && one.checkVisibility({ visibilityProperty: true });
    const works = !one.matches(":disabled") && !one.closest("[aria-disabled=true]");
    if (!seen || !works || one.closest("[data-testid=stMultiSelect]")) return null;
    const keyed = one.closest("[class*=st-key-]");
    return keyed?.className.match(/st-key-(\\S+)/)?.[1] ?? String(one.getAttribute("aria-label"));
})"""
POPOVERS = "[data-testid=stPopover] button:visible"


def is_list(picker: Locator) -> bool:
    """Whether its options are in a list that opens."""
    return picker.get_attribute("role") == "combobox"


def options(page: Page, picker: Locator) -> Locator:
    """What can be chosen; a list is opened for it."""
    if not is_list(picker):
        return picker.locator(OPTIONS)
    found = page.get_by_role("option")
    for _ in range(3):  # a page that is drawn anew meanwhile closes it
        if picker.get_attribute("aria-expanded") != "true":
            picker.click()
        try:
            found.first.wait_for(timeout=5_000)
        except TimeoutError:
            continue
        return found
    return found


def is_topic(picker: Locator) -> bool:
    """Whether it says what the page shows, as pickers without a label do; each choice may bring others."""
    group = picker.locator("xpath=ancestor::*[@data-testid='stButtonGroup']")
    return bool(group.count()) and not group.get_by_test_id("stWidgetLabel").is_visible()


def chosen(picker: Locator) -> str:
    """What the picker shows as chosen."""
    if is_list(picker):
        return picker.input_value()
    return picker.locator("[aria-checked=true], [data-testid=stRadioOption][data-selected=true]").inner_text()


def unfold(page: Page) -> None:
    """Open what is folded away."""
    folded = page.locator("[data-testid=stExpander] details:not([open]) > summary")
    for _ in range(folded.count()):
        folded.first.click()
    settled(page)


def pickers(page: Page) -> dict[str, Locator]:
    """Those that can be seen and worked now, by name; several choices of one are no picker of one."""
    found: dict[str, Locator] = {}
    every = page.locator(PICKERS)
    for place, name in enumerate(every.evaluate_all(NAMES)):
        if name:
            found.setdefault(re.sub(r"[0-9a-f]{16}", "RUN", name), every.nth(place))
    return found


def wanted(page: Page, name: str) -> Locator | None:
    """The picker of that name, wherever it is: on the page, or in what opens over it."""
    if name in (found := pickers(page)):
        return found[name]
    for button in page.locator(POPOVERS).all():
        button.click()
        if name in (found := pickers(page)):
            return found[name]
        page.keyboard.press("Escape")
    return None


def everywhere(page: Page) -> list[str]:
    """The names of all pickers of the page as it is now, those of popovers too."""
    unfold(page)
    names = list(pickers(page))
    for button in page.locator(POPOVERS).all():
        button.click()
        names += pickers(page)
        page.keyboard.press("Escape")
    return list(dict.fromkeys(names))


def walk(page: Page, choices: int) -> dict[str, int]:
    """Choose in every picker of a page, and in those that a choice brings; returns how often in each."""
    done: dict[str, int] = {}
    waiting = [(page.url, name) for name in everywhere(page)]
    while waiting:
        address, name = waiting.pop(0)
        if name in done:
            continue
        if page.url != address:
            page.goto(address)
            settled(page)
            unfold(page)
        if (picker := wanted(page, name)) is None:
            continue
        look, topic = (everywhere, True) if is_topic(picker) else (pickers, False)
        done[name] = 0
        for place in places(page, name, choices, topic=topic):
            choose(page, name, place)
            done[name] += 1
            waiting += [(page.url, other) for other in look(page) if other not in done]
    return done


def places(page: Page, name: str, choices: int, *, topic: bool) -> list[int]:
    """Which options are chosen, one after the other: each time another one than before; of topics, each."""
    picker = wanted(page, name)
    assert picker is not None
    count = options(page, picker).count()
    page.keyboard.press("Escape")
    if count < 2:
        return []
    return [*range(1, count), 0] if topic and count > 2 else [1, 2 % count, 1 if count == 2 else 0][:choices]


def choose(page: Page, name: str, place: int) -> None:
    """Choose an option; the picker must still be there afterwards, and show it."""
    picker = wanted(page, name)
    assert picker is not None
    option = options(page, picker).nth(place)
    title = option.inner_text()
    option.click()
    settled(page)
    after = wanted(page, name)
    assert after is not None, f"{name} is gone after '{title}' was chosen: {page.url}"
    assert chosen(after) == title, f"{name} lost the choice of '{title}': {page.url}"


@pytest.mark.parametrize("choices", [2, pytest.param(3, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("path", [path or "home" for path in paths()])
def test_every_picker_takes_every_choice(
    server: Server, person: Callable[[], Person], furnished: Furnished, path: str, choices: int
) -> None:
    page = furnished.visited_by(person()).open(f"{server.url}/{'' if path == 'home' else path}")
    done = walk(page, choices)
    print(path, done)
    assert not page.get_by_text("Something went wrong").count()
    if path in {"result", "try"}:
        assert done["run"] == choices <= len(furnished.runs)
