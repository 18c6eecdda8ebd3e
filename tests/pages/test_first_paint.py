"""Every page shows something useful at once, without upload, download, weights or GPU."""

from collections.abc import Callable
from itertools import permutations
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


@pytest.mark.parametrize("number", ["²", "9" * 5000, "-1", "1e9"])
@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("explore", {"rows": "", "step": ""}),
        ("explore", {"view": "On an image", "step": ""}),
        ("sizes", {"input": "", "kernel": ""}),
        ("blocks", {"maps": "", "channels": ""}),
        ("filters", {"closer": "Along a row", "row": "", "column": ""}),
        ("convolution", {"side": "", "seed": ""}),
        ("learned", {"filter": ""}),
    ],
)
def test_what_is_no_number_in_the_link_is_no_error(
    visit: Callable[..., AppTest], name: str, query: dict[str, str], number: str
) -> None:
    page = visit(name, **{key: value or number for key, value in query.items()})
    assert not page.exception
    assert not page.error


@pytest.mark.parametrize(
    ("one", "other"),
    list(permutations([("explore", "Layers"), ("filters", "absolute"), ("through_time", "language")], 2)),
)
def test_pages_that_call_different_things_a_view_do_not_meet(
    visit: Callable[..., AppTest], one: tuple[str, str], other: tuple[str, str]
) -> None:
    page = visit(one[0], view=one[1])
    page.query_params.clear()
    page.switch_page(f"../{other[0]}.py").run()
    assert not page.exception
    assert not page.error


@pytest.mark.parametrize("name", TITLES)
def test_an_unknown_run_or_set_in_the_link_is_no_error(visit: Callable[..., AppTest], name: str) -> None:
    page = visit(name, run="nosuchrun", set="nosuchset")
    assert not page.exception
    assert not page.error
