"""What the scripts are told of events and of their data is what the classes of Python say."""

import inspect
import re
from dataclasses import dataclass
from typing import ClassVar, NotRequired, TypedDict

import pytest

from pages._parts import components
from pages._parts.js import data, scripts
from tests.js.declare import PATH, Declarations, declared
from tlcore.events import Event


def test_the_declarations_are_those_of_the_classes() -> None:
    assert PATH.read_text() == declared(), "run: make types"


class Inner(TypedDict):
    """One of several."""

    place: tuple[int, float]
    note: NotRequired[str | None]


@dataclass(frozen=True, kw_only=True)
class Happened(Event):
    """Something, told with what follows from it.

    More of it.
    """

    name: ClassVar[str] = "happened"
    formerly: ClassVar[tuple[str, ...]] = ("befell",)
    derived: ClassVar[tuple[str, ...]] = ("half",)
    seen: tuple[Inner, ...]
    counts: dict[str, list[int | None]]

    @property
    def half(self) -> float:
        return len(self.seen) / 2


def test_an_event_is_declared_with_its_tags_and_what_is_told_beside_its_fields() -> None:
    made = Declarations()
    made.name(Happened)
    assert made.texts["Happened"].split("\n") == [
        "/** Something, told with what follows from it. */",
        "export interface Happened {",
        '  event: "happened" | "befell";',
        "  seen: Inner[];",
        "  counts: Record<string, (number | null)[]>;",
        "  half: number;",
        "}",
    ]
    assert made.texts["Inner"].split("\n")[2:-1] == ["  place: [number, number];", "  note?: string | null;"]


def test_what_can_not_be_declared_is_refused() -> None:
    with pytest.raises(TypeError, match="no way to declare"):
        Declarations().type(complex)


def test_two_classes_of_one_name_are_refused() -> None:
    made = Declarations()
    made.name(Inner)
    with pytest.raises(ValueError, match="Two classes are called Inner"):
        made.name(TypedDict("Inner", {"other": int}))


@pytest.mark.parametrize("name", components.ENTRIES)
def test_every_entry_says_which_data_it_is_given(name: str) -> None:
    entry = (scripts.FOLDER / components.ENTRIES[name]).read_text()
    given = entry.partition("@param {Mount<")[2].partition(">}")[0]
    assert hasattr(data, given)


def test_every_state_that_a_script_sets_is_read_by_its_component() -> None:
    """Streamlit drops what has no callback without a word."""
    python = inspect.getsource(components)
    read = set(re.findall(r"on_(\w+)_change=", python))
    scripts_of_all = "\n".join(file.read_text() for file in scripts.FOLDER.rglob("*.js"))
    sent = set(re.findall(r"(?:send|setStateValue|trigger)\(\s*\"(\w+)\"", scripts_of_all))
    assert sent == read
