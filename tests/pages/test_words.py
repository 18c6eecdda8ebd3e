"""What people typed, inside Markdown."""

import pytest

from pages._parts.words import counted, plain


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("ants", "ants"),
        ("größe, ☃ (2)", "größe, ☃ (2)"),
        ("**bold** _i_ `c`", r"\*\*bold\*\* \_i\_ \`c\`"),
        ("[a](b) <b> $x$ :smile:", r"\[a\](b) \<b\> \$x\$ \:smile\:"),
        ("# one", r"\# one"),
        ("- one", r"\- one"),
        ("1. one", r"1\. one"),
        ("1.5 cm", r"1\.5 cm"),
        ("a\\b", r"a\\b"),
    ],
)
def test_marks_are_escaped(typed: str, written: str) -> None:
    assert plain(typed) == written


def test_numbers_agree_with_their_words() -> None:
    assert [counted(n, "image") for n in (0, 1, 2, 1200)] == ["0 images", "1 image", "2 images", "1,200 images"]
    assert counted(2, "class", "classes") == "2 classes"
