"""The scripts of the components: what they import is followed, and what can't be joined is refused."""

import re
from pathlib import Path

import pytest

from pages._parts import components
from pages._parts.js import scripts
from tlcore.palette import BLUE, ORANGE


def written(folder: Path, **texts: str) -> Path:
    """Scripts of a folder by their names; returns the one that is called `entry`."""
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "entry.js"


def refusal(entry: Path) -> str:
    with pytest.raises(scripts.ScriptError) as refused:
        scripts.joined(entry)
    return str(refused.value)


def test_each_module_stands_once_and_after_what_it_needs(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        entry='import { two } from "./two.js";\nimport { one } from "./one.js";\n\nexport default () => one + two;\n',
        two='import {\n  one,\n} from "./one.js";\n\nexport const two = one + one;\n',
        one="export const one = 1;\nconst other = 2;\n",
    )
    lines = [line for line in scripts.joined(entry).split("\n") if line]
    assert lines == ["const one = 1;", "const other = 2;", "const two = one + one;", "export default () => one + two;"]


def test_a_circle_is_refused(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        entry='import { a } from "./a.js";\n',
        a='import { b } from "./b.js";\nexport const a = 1;\n',
        b='import { a } from "./a.js";\nexport const b = 1;\n',
    )
    assert refusal(entry) == "Scripts import each other in a circle: a.js → b.js → a.js."


def test_an_unknown_script_is_refused(tmp_path: Path) -> None:
    entry = written(tmp_path, entry='import { a } from "./a.js";\n')
    assert refusal(entry) == f"There is no script {tmp_path / 'a.js'}."


def test_a_name_that_is_not_exported_is_refused(tmp_path: Path) -> None:
    entry = written(tmp_path, entry='import { a, b } from "./a.js";\n', a="export const b = 1;\nconst a = 2;\n")
    assert refusal(entry) == "entry.js imports a, which a.js does not export."


def test_two_modules_with_one_name_are_refused(tmp_path: Path) -> None:
    entry = written(
        tmp_path, entry='import { a } from "./a.js";\nclass Same {}\n', a="export const a = 1;\nconst Same = 2;\n"
    )
    assert refusal(entry) == "a.js and entry.js both declare Same at their top level."


@pytest.mark.parametrize(
    "line",
    [
        'import a from "./a.js";',
        'import * as a from "./a.js";',
        'import "./a.js";',
        'import { a as b } from "./a.js";',
        'export { a } from "./a.js";',
        "export { a };",
    ],
)
def test_other_ways_to_import_and_export_are_refused(tmp_path: Path, line: str) -> None:
    entry = written(tmp_path, entry=f"{line}\n", a="export const a = 1;\n")
    assert refusal(entry) in {
        f"entry.js has a line that joining does not understand: {line}",
        "entry.js imports a as b, which a.js does not export.",
    }


@pytest.mark.parametrize("name", components.ENTRIES)
def test_every_component_registers(name: str) -> None:
    script = scripts.joined(scripts.FOLDER / components.ENTRIES[name])
    assert script.count("export default ") == 1
    assert not re.findall(r"^(?:import|export (?!default))", script, re.MULTILINE)
    assert callable(components.registered(name))


def test_every_script_and_every_style_is_reached_from_a_component() -> None:
    needed = {m.path for entry in components.ENTRIES.values() for m in scripts.modules(scripts.FOLDER / entry)}
    assert needed == set(scripts.FOLDER.rglob("*.js"))
    own = {scripts.FOLDER / components.style_of(name) for name in components.ENTRIES}
    styles = {sheet for one in own for sheet in scripts.sheets(one)}
    assert styles | {scripts.PALETTE} == set(scripts.FOLDER.rglob("*.css"))


def test_a_sheet_stands_after_what_it_imports_and_all_after_the_colours(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text('@import "./shared.css";\n\n.own {\n}\n')
    (tmp_path / "shared.css").write_text(".shared {\n}\n")
    style = scripts.styled(tmp_path / "own.css")
    assert re.findall(r"^(?::host|\.\w+|@)", style, re.MULTILINE) == [":host", ".shared", ".own"]


def test_an_unknown_sheet_and_one_that_imports_further_are_refused(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text('@import "./shared.css";\n')
    with pytest.raises(scripts.ScriptError, match=r"There is no style sheet .*shared\.css"):
        scripts.styled(tmp_path / "own.css")
    (tmp_path / "shared.css").write_text('@import "./own.css";\n')
    with pytest.raises(scripts.ScriptError, match=r"shared\.css is imported, and imports another"):
        scripts.styled(tmp_path / "own.css")


def test_components_have_the_colours_of_the_figures() -> None:
    colours = dict(re.findall(r"--(\w+): (#\w+);", scripts.PALETTE.read_text()))
    assert (colours["blue"], colours["orange"]) == (BLUE, ORANGE)


def test_no_other_file_writes_those_colours() -> None:
    colours = re.compile("|".join(re.findall(r"#\w+", scripts.PALETTE.read_text())), re.IGNORECASE)
    files = [file for kind in ("*.js", "*.css") for file in scripts.FOLDER.rglob(kind) if file != scripts.PALETTE]
    assert [file.name for file in files if colours.search(file.read_text())] == []
