"""Names: one form for one text, nothing that acts, and never two alike."""

import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.data.names import (
    MAX_NAME,
    clean_name,
    in_natural_order,
    same_but_for_case,
    unique_name,
)


@pytest.mark.parametrize(
    ("given_name", "cleaned"),
    [
        ("ants", "ants"),
        ("  two   words ", "two words"),
        ("a\tb\nc\x00d", "a b c d"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("Ko\u0308ln", "K\u00f6ln"),
        ("o\u200d\u0308", "\u00f6"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("be\udcffs", "bes"),
        ("\u200b \x07", "unnamed"),
        ("", "unnamed"),
        ("x" * 500, "x" * 38 + " … " + "x" * 38),
        (
            "A long name of a class that differs from others of its kind only far behind, in its number 12",
            "A long name of a class that differs … only far behind, in its number 12",
        ),
    ],
)
def test_clean_name(given_name: str, cleaned: str) -> None:
    assert clean_name(given_name) == cleaned


@given(st.text(st.characters(), max_size=120))
def test_a_clean_name_is_one_visible_line_and_stays_as_it_is(name: str) -> None:
    clean = clean_name(name)
    assert clean_name(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert 0 < len(clean) <= MAX_NAME
    assert not {unicodedata.category(character) for character in clean} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    clean.encode()


@given(st.lists(st.sampled_from(["a.jpg", "a (2).jpg", "a", "b.tar.gz", "a (2)"]), max_size=12))
def test_names_are_never_given_twice(names: list[str]) -> None:
    taken: list[str] = []
    for name in names:
        taken.append(unique_name(name, taken))
    assert len(set(taken)) == len(names)


def test_unique_name_numbers_before_the_extension() -> None:
    assert unique_name("ant.jpg", []) == "ant.jpg"
    assert unique_name("ant.jpg", ["ant.jpg"]) == "ant (2).jpg"
    assert unique_name("ant.jpg", ["ant.jpg", "ant (2).jpg"]) == "ant (3).jpg"
    assert unique_name("ant", ["ant"]) == "ant (2)"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Cats", "cATS", True),
        ("ÄRGER", "ärger", True),
        ("Straße", "STRAẞE", True),
        ("Straße", "Strasse", False),
        ("Maße", "Masse", False),
        ("résumé", "resume", False),
        ("ﬁg", "fig", False),
        ("A", "a", True),
    ],
)
def test_only_case_is_overlooked(one: str, other: str, same: bool) -> None:
    assert (same_but_for_case(one) == same_but_for_case(other)) == same


@pytest.mark.parametrize(
    "in_order",
    [
        ["1", "2", "10", "20", "100"],
        ["class 9", "class 010", "class 10", "class 11"],
        ["-1", "0", "1"],
        ["0.25 mm", "0.5 mm", "1 mm", "1.5 mm", "10 mm"],
        ["v1.2.9", "v1.2.10"],
        ["apple", "Äpple", "Banana", "cherry"],
        ["A", "a", "B", "b"],
        ["Zebra", "zebra 2", "zebra 10", "zebra 10 b"],
        ["", "a"],
    ],
)
def test_the_order_is_that_of_people(in_order: list[str]) -> None:
    assert list(in_natural_order(reversed(in_order))) == in_order


@given(st.lists(st.text(max_size=12), max_size=8), st.randoms())
def test_the_order_hangs_on_the_names_alone(names: list[str], random: Random) -> None:
    shuffled = random.sample(names, len(names))
    assert in_natural_order(shuffled) == in_natural_order(names)


@given(st.lists(st.integers(0, 10**6), max_size=12))
def test_numbers_stand_by_their_value(numbers: list[int]) -> None:
    assert list(in_natural_order(f"class {n}" for n in numbers)) == [f"class {n}" for n in sorted(numbers)]
