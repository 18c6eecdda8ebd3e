"""Tables are drawn on a canvas, which says nothing to a screen reader but its name; so each has one."""

import ast
from pathlib import Path

import pytest

import pages

ROOT = Path(pages.__file__).parent
DRAWN = {"dataframe", "data_editor"}


def tables(path: Path) -> list[ast.Call]:
    """The calls that draw a table."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in DRAWN]


WITH_TABLES = sorted(path for path in ROOT.rglob("*.py") if tables(path))


def test_there_are_tables() -> None:
    assert len(WITH_TABLES) > 10


@pytest.mark.parametrize("path", WITH_TABLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_table_has_a_name(path: Path) -> None:
    unnamed = [call.lineno for call in tables(path) if "alt" not in {keyword.arg for keyword in call.keywords}]
    assert unnamed == []
