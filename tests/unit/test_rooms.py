"""The house: its rooms are small, and nothing in it goes round in a circle."""

import ast
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tlcore.settings import PROJECT_ROOT

TLCORE, PARTS = PROJECT_ROOT / "tlcore", PROJECT_ROOT / "pages" / "_parts"
SUFFIXES = {".py", ".toml", ".js", ".css", ".ts"}
FILES, PARTS_FILES, TOP_FILES = 12, 15, 14
LARGER = {"tlcore/data/samples/rendered", "tlcore/zoo/facts", "tlcore/jobs/store/migrations/versions"}
"""A painter a set, the facts of a family, a change of the schema: rooms that grow by files of one kind."""


def modules() -> dict[str, Path]:
    """Every module of the application by its name."""
    files = [file for package in ("tlcore", "pages") for file in (PROJECT_ROOT / package).rglob("*.py")]
    return {
        ".".join(file.relative_to(PROJECT_ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files
    }


def imported(tree: ast.AST, known: dict[str, Path]) -> Iterator[str]:
    """The modules that a module imports, late ones too, but for those that only its types name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in known else str(node.module) for name in names)
        else:
            yield from imported(node, known)


def graph(known: dict[str, Path]) -> dict[str, set[str]]:
    """Who imports whom."""
    return {
        name: {other for other in imported(ast.parse(file.read_text()), known) if other in known} - {name}
        for name, file in known.items()
    }


def test_no_imports_make_a_circle() -> None:
    TopologicalSorter(graph(modules())).prepare()


def test_a_circle_is_found(tmp_path: Path) -> None:
    for name, text in {"one": "def late() -> None:\n    from two import x\n", "two": "import one\n"}.items():
        (tmp_path / f"{name}.py").write_text(text)
    with pytest.raises(CycleError):
        TopologicalSorter(graph({name: tmp_path / f"{name}.py" for name in ("one", "two")})).prepare()


def sizes(root: Path) -> Counter[str]:
    """How many modules, scripts, sheets and tables each folder holds, but for the file that only says what it is."""
    kept = [file for file in root.rglob("*") if file.suffix in SUFFIXES and file.name != "__init__.py"]
    return Counter(str(file.parent.relative_to(PROJECT_ROOT)) for file in kept)


def test_rooms_are_small() -> None:
    assert {folder: size for folder, size in sizes(TLCORE).items() if size > FILES and folder not in LARGER} == {}
    parts = sizes(PARTS)
    assert parts.pop("pages/_parts") <= TOP_FILES
    assert {folder: size for folder, size in parts.items() if size > PARTS_FILES} == {}


def test_no_room_hides_a_module_that_something_imports() -> None:
    """Streamlit puts the folder of the shell first on the path, where a folder's name would stand for a library's."""
    rooms = {folder.name for folder in PARTS.iterdir() if folder.is_dir()} | {file.stem for file in PARTS.glob("*.py")}
    names = {
        name.partition(".")[0] for file in modules().values() for name in imported(ast.parse(file.read_text()), {})
    }
    assert rooms & names == set()
