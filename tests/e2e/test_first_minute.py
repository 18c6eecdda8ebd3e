"""A clean clone without a connection: a sample set, one press, and transfer is seen to beat training from scratch.

Slow: ResNet-18 is really trained, with its weights and without, in an app of its own that has nothing loaded yet.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Person, Server, settled, start_server, stop_server
from tlcore.zoo.cards import embedded

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not embedded(), reason="the project carries no weights yet"),
]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """The app with no other weights than its own."""
    server = start_server(tmp_path, None)
    yield server
    stop_server(server)


def test_transfer_beats_scratch_side_by_side(fresh: Server, person: Callable[[], Person]) -> None:
    page = person().open(f"{fresh.url}/train")
    page.get_by_role("button", name="Road signs in weather").click()
    picker = page.get_by_role("combobox", name=re.compile("backbone"))
    offered = "EfficientNet-Lite0 · 4.7 M parameters · ready, built in"
    expect(picker).to_have_value(offered, timeout=60_000)
    settled(page)
    page.get_by_role("button", name="Train", exact=True).click()
    race = page.locator(".live[data-states]")
    expect(race).to_have_attribute("data-states", "done running", timeout=120_000)
    expect(race.locator(".verdict")).to_contain_text("points ahead of from scratch", timeout=120_000)
    assert float(race.get_attribute("data-ahead") or 0) > 5
    page.get_by_role("button", name="Stop the run from scratch").click()
    expect(race).not_to_have_attribute("data-states", "done running", timeout=60_000)
    expect(page.get_by_role("button", name=re.compile("Stop"))).to_have_count(0, timeout=60_000)
    expect(race.locator("[data-run] small").last).to_contain_text(re.compile("stopped|cancelled"))
