"""Every page shows something useful at once, without upload, download, weights or GPU."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

TITLES = {
    "home": "Transfer Lab",
    "datasets": "Data sets",
    "explore": "Explore",
    "compare": "Compare",
    "convolution": "Convolution, step by step",
    "blocks": "Building blocks",
    "build": "Build",
    "sizes": "Output sizes",
    "filters": "Filters",
    "gradient_flow": "Gradient flow",
    "skip": "Skip connections",
    "through_time": "Through time",
    "learned": "Hand-made and learned",
    "why": "Why convolution",
    "train": "Train",
    "result": "Result",
    "try_it": "Try",
    "runs": "Runs",
}


def test_no_page_is_left_out() -> None:
    pages = Path(__file__).parents[2] / "pages"
    assert set(TITLES) == {file.stem for file in pages.glob("[a-z]*.py")}


@pytest.mark.parametrize("name", TITLES)
def test_first_paint(visit: Callable[..., AppTest], name: str) -> None:
    page = visit(name)
    assert [title.value for title in page.title] == [TITLES[name]]
    assert not page.exception
    assert not page.error
    assert page.button or page.markdown or page.info


@pytest.mark.parametrize("name", TITLES)
def test_an_unknown_run_or_set_in_the_link_is_no_error(visit: Callable[..., AppTest], name: str) -> None:
    page = visit(name, run="nosuchrun", set="nosuchset")
    assert not page.exception
    assert not page.error
