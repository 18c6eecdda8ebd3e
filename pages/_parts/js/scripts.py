"""One script of a component's modules, for Streamlit takes a single string: their `import` lines are followed here.

A module names what it takes from others in lines such as `import { el, html } from "../shared/dom.js";`, and what it
gives by `export` before a declaration. Joined, all of them are one scope, so no two may declare the same name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).parent
PALETTE = FOLDER / "palette.css"
_IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";\n', re.MULTILINE)
_OTHER_IMPORT = re.compile(r"^import\b.*$", re.MULTILINE)
_DECLARED = re.compile(r"^(export )?(?:const|let|class|function\*?|async function) (\w+)", re.MULTILINE)
_OTHER_EXPORT = re.compile(r"^export (?!default\b|const\b|let\b|class\b|function\b|async function\b).*$", re.MULTILINE)
_SHEET = re.compile(r'^@import "([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default\b)", re.MULTILINE)


class ScriptError(Exception):
    """A component's modules can't be joined."""


@dataclass(frozen=True)
class Module:
    """A script, and what it says of others."""

    path: Path

    @cached_property
    def text(self) -> str:
        """The file as it is written."""
        try:
            return self.path.read_text()
        except FileNotFoundError:
            raise ScriptError(f"There is no script {self.path}.") from None

    @property
    def body(self) -> str:
        """The script without its import and export words, but with the one default export of an entry."""
        return _EXPORT.sub("", _IMPORT.sub("", self.text))

    @property
    def imports(self) -> Iterator[tuple["Module", list[str]]]:
        """The modules that it names, each with what it takes of it."""
        for names, place in _IMPORT.findall(self.text):
            yield (
                Module((self.path.parent / place).resolve()),
                [name.strip() for name in names.split(",") if name.strip()],
            )

    @property
    def declares(self) -> set[str]:
        """All names of its top level."""
        return {name for _, name in _DECLARED.findall(self.text)}

    @property
    def exports(self) -> set[str]:
        """The names that others may take."""
        return {name for exported, name in _DECLARED.findall(self.text) if exported}

    def check(self) -> None:
        """Refuse what joining does not understand."""
        for line in _OTHER_IMPORT.findall(_IMPORT.sub("", self.text)) + _OTHER_EXPORT.findall(self.text):
            raise ScriptError(f"{self.path.name} has a line that joining does not understand: {line}")
        for other, names in self.imports:
            if missing := sorted(set(names) - other.exports):
                raise ScriptError(
                    f"{self.path.name} imports {', '.join(missing)}, which {other.path.name} does not export."
                )


def modules(entry: Path) -> list[Module]:
    """The modules of a script in the order in which they must stand, the entry last."""
    ordered: list[Module] = []
    _follow(Module(entry.resolve()), [], ordered)
    return ordered


def _follow(module: Module, way: list[Module], ordered: list[Module]) -> None:
    if module in way:
        circle = [*way[way.index(module) :], module]
        raise ScriptError(f"Scripts import each other in a circle: {' → '.join(one.path.name for one in circle)}.")
    if module in ordered:
        return
    module.check()
    for other, _ in module.imports:
        _follow(other, [*way, module], ordered)
    ordered.append(module)


def joined(entry: Path) -> str:
    """The script of a component, with all that it imports."""
    needed = modules(entry)
    owners: dict[str, Module] = {}
    for module in needed:
        for name in sorted(module.declares):
            if (other := owners.setdefault(name, module)) is not module:
                raise ScriptError(f"{other.path.name} and {module.path.name} both declare {name} at their top level.")
    return "\n".join(module.body for module in needed)


def sheets(sheet: Path) -> list[Path]:
    """A style sheet after those that it imports, which import none themselves."""
    try:
        others = [(sheet.parent / place).resolve() for place in _SHEET.findall(sheet.read_text())]
        if nested := [other for other in others if _SHEET.search(other.read_text())]:
            raise ScriptError(f"{nested[0].name} is imported, and imports another sheet itself.")
    except FileNotFoundError as error:
        raise ScriptError(f"There is no style sheet {error.filename}.") from None
    return [*others, sheet]


def styled(sheet: Path) -> str:
    """The style of a component, with the colours that all share and the sheets that its own one imports before it."""
    return "\n".join(_SHEET.sub("", path.read_text()) for path in [PALETTE, *sheets(sheet)])
