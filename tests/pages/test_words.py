"""What people typed, inside Markdown."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts.words import counted, plain
from tests.conftest import Backbone
from tlcore.settings import PROJECT_ROOT

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


PLACES = re.compile(r"(?<!brighter) on the (left|right)\b|\b(left|right)-hand|\bhover(ing)?\b", re.IGNORECASE)
"""What lies beside something on a projector lies below it on a phone, where one taps rather than hovers.

An image has a left side everywhere, on which it may be brighter.
"""


def shown_strings(file: Path) -> Iterator[str]:
    """Every string of a module but its docstrings."""
    tree = ast.parse(file.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and docs(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def docs(node: ast.AST) -> bool:
    return ast.get_docstring(node) is not None  # type: ignore[arg-type]


@pytest.mark.parametrize("folder", ["pages", "tlcore"])
def test_no_sentence_says_where_a_thing_stands_on_a_wide_window_alone(folder: str) -> None:
    found = {
        f"{file.name}: {text}"
        for file in (PROJECT_ROOT / folder).rglob("*.py")
        for text in shown_strings(file)
        if PLACES.search(text) and " " in text and "{" not in text  # not an option of a library, nor a rule of style
    }
    assert found == set()
