"""Names: one form for one text, nothing that acts, and never two alike."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.data.names import MAX_NAME, clean_name, is_ignored, unique_name


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
        ("x" * 500, "x" * MAX_NAME),
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
    ("path", "ignored"),
    [
        ("ants/1.jpg", False),
        ("__MACOSX/ants/._1.jpg", True),
        ("ants/.DS_Store", True),
        (".git/config", True),
        ("ants/Thumbs.db", True),
        ("ants/DESKTOP.INI", True),
        ("macosx/1.jpg", False),
    ],
)
def test_is_ignored(path: str, ignored: bool) -> None:
    assert is_ignored(path.split("/")) == ignored
