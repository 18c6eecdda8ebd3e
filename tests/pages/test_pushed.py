"""What jobs tell is pushed to the pages that show it; none asks for it again and again."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts import components
from pages._parts.session import Services
from tests.pages.conftest import OWNER, PAGES
from tlcore.jobs.kinds.events import SpeedFinished, SpeedMeasured
from tlcore.jobs.kinds.specs import SpeedSpec
from tlcore.measure.speed import Speed

Visit = Callable[..., AppTest]
SELDOM = 5.0
SPEED = Speed("lenet5", 90.0, 80.0, 100.0, 3, (1, 32, 32))


def clocks(source: str) -> Iterator[ast.expr]:
    """What is given as `run_every` in a module."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call):
            yield from (word.value for word in call.keywords if word.arg == "run_every")


def is_seldom(clock: ast.expr) -> bool:
    return isinstance(clock, ast.Constant) and (clock.value is None or float(clock.value) >= SELDOM)


@pytest.mark.parametrize("file", sorted(PAGES.rglob("*.py")), ids=lambda file: str(file.relative_to(PAGES)))
def test_no_page_asks_every_second(file: Path) -> None:
    assert all(is_seldom(clock) for clock in clocks(file.read_text("utf-8")))


def test_one_that_asks_often_is_found() -> None:
    for clock in ("1.0", "1.0 if active else None"):
        (found,) = clocks(f"st.fragment(part, run_every={clock})(run)")
        assert not is_seldom(found)
    (found,) = clocks("@st.fragment(run_every=5.0)\ndef part(): ...")
    assert is_seldom(found)


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the component that follows jobs is told, each time that the page is drawn."""
    told: list[dict[str, Any]] = []

    def progress(job: components.Doing, *, known: int, watched: list[str], key: str) -> None:
        told.append({"run": job.run, "rows": job.rows, "place": job.place, "known": known, "watched": watched})

    monkeypatch.setattr(components, "progress", progress)
    return told


def test_a_measurement_is_followed_until_it_is_over(
    visit: Visit, services: Services, followed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The component asks for the page when there is a row, and when the state changes; then this is what it draws."""
    bars: list[list[dict[str, Any]]] = []
    monkeypatch.setattr(components, "bars", lambda rows, **_: bars.append(rows))
    run = services.runs.submit(OWNER, SpeedSpec(networks=("lenet5", "vgg16")))
    page = visit("compare")
    assert followed[-1] == {
        "run": run.id, "rows": ("measured",), "place": services.queue.place(run.id).words, "watched": [run.id],
        "known": services.runs.seen(OWNER, run.id).newest,
    }  # fmt: skip
    assert bars == []
    services.queue.claim("w1")
    services.queue.beat(run.id, 1, [SpeedMeasured(speed=SPEED)])
    page.run()
    assert followed[-1]["known"] == services.runs.seen(OWNER, run.id).newest
    assert (followed[-1]["place"], [row["value"] for row in bars[-1]]) == ("", [90.0])
    result = SpeedFinished(speeds=(SPEED, SPEED), batch_size=8, device="cpu", threads=2, stopped=False)
    services.queue.finish(run.id, 1, "done", result=result)
    drawn = len(followed)
    page.run()
    assert (len(followed), [row["value"] for row in bars[-1]]) == (drawn, [90.0, 90.0])
    assert not page.button(key="measure").disabled
    assert not page.exception
