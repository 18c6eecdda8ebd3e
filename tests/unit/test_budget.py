"""The budgets that keep the code small, and what the project must never name."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tlcore.settings import PROJECT_ROOT

FUNCTION_LINES = 50
FILE_LINES = 400
PAGE_LINES = 150  # what a page picks, calls and draws; the rest is in its parts
# Paths of the machine on which this was written; in two parts, so that this file does not name them either.
MACHINE_PATHS = tuple(f"/{folder}/" for folder in ("work", "root"))


def sources() -> list[Path]:
    """Every Python file of the application."""
    found = [PROJECT_ROOT / "app.py"]
    for package in ("tlcore", "pages"):
        found += sorted((PROJECT_ROOT / package).rglob("*.py"))
    return found


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function from its `def` on, without its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    return lines - ((first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0)


def relative(path: Path) -> str:
    """A file as it is named in the project."""
    return str(path.relative_to(PROJECT_ROOT))


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    too_long = {f.name: length(f) for f in functions(ast.parse(path.read_text())) if length(f) > FUNCTION_LINES}
    assert too_long == {}


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_no_file_is_longer_than_can_be_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", sorted((PROJECT_ROOT / "pages").glob("*.py")), ids=relative)
def test_a_page_fits_on_three_screens(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= PAGE_LINES


def test_most_functions_are_far_shorter() -> None:
    lengths = sorted(length(f) for path in sources() for f in functions(ast.parse(path.read_text())))
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 9 // 10] <= 25


def test_lengths_are_counted_without_docstrings() -> None:
    source = 'def f(\n    a,\n):\n    """One\n\n    more.\n    """\n    return a\n'
    assert [length(f) for f in functions(ast.parse(source))] == [4]
    assert [length(f) for f in functions(ast.parse("async def f(): pass\n"))] == [1]


def tracked() -> list[Path]:
    """The files that git tracks; without git, a source archive has nothing to check."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT_ROOT, capture_output=True, check=False, text=True)
    if done.returncode:
        pytest.skip("this is not a git checkout")
    return [PROJECT_ROOT / name for name in done.stdout.split("\0") if name]


def test_no_tracked_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    naming = [
        relative(path)
        for path in tracked()
        if path.is_file() and any(machine.encode() in path.read_bytes() for machine in MACHINE_PATHS)
    ]
    assert naming == []
