"""Every picture says in words what it shows, also where no other test opens the page."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.pages.conftest import PAGES

DRAWING = {"image", "plotly_chart", "line_chart", "bar_chart", "pyplot"}


def pictures(file: Path) -> Iterator[ast.Call]:
    calls = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
    yield from (call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in DRAWING)


def test_every_picture_has_an_alternative_in_words() -> None:
    files = sorted(PAGES.rglob("*.py"))
    drawn = [(file, call) for file in files for call in pictures(file)]
    assert len(drawn) > 30
    assert [
        f"{file.name}:{call.lineno}" for file, call in drawn if "alt" not in {word.arg for word in call.keywords}
    ] == []


def test_every_progress_bar_has_a_name() -> None:
    scripts = "\n".join(file.read_text() for file in sorted(PAGES.rglob("*.js")))
    bars = re.findall(r"{[^{}]*progressbar[^{}]*}", scripts)
    assert bars
    assert all('"aria-label": name' in bar for bar in bars)
    named = re.findall(r"new ProgressBar\(([^)]*)\)", scripts)
    assert len(named) > 1
    assert all(re.fullmatch(r'"[\w ]+"', name) for name in named)
