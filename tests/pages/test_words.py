"""What people typed, inside Markdown."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts.words import counted, plain
from tests.conftest import Backbone

Visit = Callable[..., AppTest]
LINK = "[win](https://evil.example)"


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


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("explore", {"net": LINK}),
        ("learned", {"net": LINK}),
        ("build", {"stack": f"stack:3x8x8:{LINK}"}),
        ("train", {"stack": f"stack:3x8x8:{LINK}"}),
        ("filters", {"a": "custom", "kernel-a": LINK}),
        ("convolution", {"pixels": LINK}),
    ],
)
def test_what_an_address_holds_is_shown_as_it_is_written(
    throwaway_backbone: Backbone, visit: Visit, page: str, query: dict[str, str]
) -> None:
    """An address that somebody sent could else put a link of theirs, or an image from elsewhere, on the page."""
    shown = visit(page, **query)
    said = " ".join(box.value for box in [*shown.warning, *shown.error])
    assert r"win\](https\:" in said  # a kernel's first bracket is dropped, and a long one's end
    assert "win](" not in said
