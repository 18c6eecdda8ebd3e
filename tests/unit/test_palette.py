"""Colours: written down in one place, and the same as the theme's where they mean the same."""

import re
import tomllib

import pytest

from tlcore import palette
from tlcore.palette import BLUE, BRIGHT, COLOURS, DARK, LIGHT, ORANGE, Theme, rgb
from tlcore.settings import PROJECT_ROOT

HEX = re.compile(r"#[0-9a-fA-F]{6}\b")
TRIPLE = re.compile(r"\((\d{1,3}), (\d{1,3}), (\d{1,3})\)")


def test_colours_are_written_down_in_one_place() -> None:
    files = [file for folder in ("tlcore", "pages") for file in (PROJECT_ROOT / folder).rglob("*.py")]
    texts = {file: file.read_text("utf-8") for file in files if file.name != "palette.py"}
    assert {file: HEX.findall(text) for file, text in texts.items() if HEX.search(text)} == {}
    known = {rgb(colour) for colour in HEX.findall((PROJECT_ROOT / "tlcore" / "palette.py").read_text("utf-8"))}
    for file, text in texts.items():
        assert {tuple(map(int, triple)) for triple in TRIPLE.findall(text)} & known == set(), file


@pytest.mark.parametrize(("name", "theme", "colours"), [("light", LIGHT, COLOURS), ("dark", DARK, BRIGHT)])
def test_the_theme_has_the_same_colours(name: str, theme: Theme, colours: tuple[str, ...]) -> None:
    written = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"][name]
    assert (written["backgroundColor"], written["textColor"], written["linkColor"]) == (
        theme.paper, theme.ink, theme.link,
    )  # fmt: skip
    assert written["chartCategoricalColors"] == list(colours)
    negative, positive = (written["chartDivergingColors"].index(colour) for colour in (colours[1], colours[0]))
    assert negative < len(written["chartDivergingColors"]) / 2 < positive


def test_the_primary_colour_is_blue() -> None:
    written = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    assert written["light"]["primaryColor"] == BLUE


def test_a_colour_in_numbers() -> None:
    assert rgb(BLUE) == (42, 95, 208)
    assert rgb(ORANGE) == (217, 115, 13)
    assert len(set(palette.TWENTY)) == 20
