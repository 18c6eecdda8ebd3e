"""The budgets that keep the code small, and what the project must never name."""

import ast
import re
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


SCRIPTS = sorted((PROJECT_ROOT / "pages").rglob("*.js"))
_OPENS = re.compile(r"(?:=>|\)) [{([]$|=>$|\bfunction\b.*\{$")
_NO_FUNCTION = re.compile(r"(?:\} )?(?:if|else|for|while|switch|catch)\b|class\b")


def indent(line: str) -> int:
    """How far in a line begins."""
    return len(line) - len(line.lstrip())


def script_functions(script: str) -> Iterator[tuple[str, int]]:
    """The first line and the length of every function of a script that Biome has formatted.

    Then what belongs to a line stands further in, up to one that begins with what closes it.
    """
    numbered = [(n, line) for n, line in enumerate(script.split("\n")) if line.strip()]
    numbers, lines = [n for n, _ in numbered], [line for _, line in numbered]
    for last, line in enumerate(lines):
        if not _OPENS.search(line):
            continue
        depth = indent(line)
        first = last
        while lines[first].lstrip()[0] in ")}]" or indent(lines[first]) > depth:  # a signature of several lines
            first -= 1
        if _NO_FUNCTION.match(lines[first].lstrip()):
            continue
        end = last
        while end + 1 < len(lines) and indent(lines[end + 1]) > depth:
            end += 1
        if end + 1 < len(lines) and lines[end + 1].lstrip()[0] in ")}]":
            end += 1
        yield lines[first].strip(), numbers[end] - numbers[first] + 1


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_no_function_of_a_script_is_longer_than_a_screen(path: Path) -> None:
    assert {name: lines for name, lines in script_functions(path.read_text()) if lines > FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_no_script_is_longer_than_can_be_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES


def test_most_functions_of_scripts_are_far_shorter() -> None:
    lengths = sorted(lines for path in SCRIPTS for _, lines in script_functions(path.read_text()))
    assert len(lengths) > 300
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 9 // 10] <= 25


def test_functions_of_scripts_are_found_however_they_are_written() -> None:
    script = """\
export const one = (a) => {
  if (a) {
    return 1;
  }
};

const two = ({
  a,
  b,
}) => {
  return a + b;
};

const three = (a) =>
  a + 1;

class Four {
  five(a) {
    for (const b of a) {
      b();
    }
  }
}

export default function (a) {
  return a;
}
"""
    assert [length for _, length in script_functions(script)] == [5, 6, 2, 5, 3]


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
