"""Two people on one server: neither sees the other; and runs outlive tabs, workers and the server itself."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Backbone
from tests.e2e.conftest import Person, Server, choose_backbone, settled, start_server, stop_server

pytestmark = pytest.mark.browser


def begin_training(page: Page, strategy: str = "(from scratch)") -> str:
    """Train on the digits with clicks alone; returns the run's id from the address bar."""
    page.get_by_role("button", name="Handwritten digits").click()
    expect(page.get_by_text("500 images in 10 classes")).to_be_visible(timeout=60_000)
    settled(page)
    choose_backbone(page, "ShuffleNetV2 x0.5")
    page.get_by_text(strategy).click()
    settled(page)
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url("**run=*", timeout=30_000)
    settled(page)
    return page.url.split("run=")[1].split("&")[0]


def worker_pids(server: Server) -> list[int]:
    """The processes that train for this server."""
    children = psutil.Process(server.process.pid).children(recursive=True)
    return [child.pid for child in children if "worker" in child.cmdline()]


def test_isolation_closed_tab_and_killed_worker(server: Server, person: Callable[[], Person]) -> None:
    ann, ben = person(), person()
    page = ann.open(f"{server.url}/train")
    run = begin_training(page)
    expect(page.locator(".live .pill")).to_have_text("training", timeout=60_000)

    other = ben.open(f"{server.url}/train?run={run}")
    expect(other.locator(".live")).to_have_count(0)
    ben.open(f"{server.url}/runs")
    expect(other.get_by_text("Every run that you train is listed here.")).to_be_visible()
    blob = page.locator(".live .wrong img").first
    expect(blob).to_be_attached(timeout=120_000)
    address = blob.get_attribute("src") or ""
    assert ann.context.request.get(f"{server.url}{address}").status == 200
    assert ben.context.request.get(f"{server.url}{address}").status == 404
    assert ben.context.request.get(f"{server.url}/api/runs/{run}/model.zip").status == 404
    assert ben.context.request.get(f"{server.url}/api/live?run={run}").status == 204

    page.close()
    for pid in worker_pids(server):
        os.kill(pid, signal.SIGKILL)
    again = ann.page = ann.context.new_page()
    ann.open(f"{server.url}/train?run={run}")
    expect(again.locator(".live .notice")).to_contain_text("goes on from its last checkpoint", timeout=60_000)
    expect(again.locator(".live .pill")).to_have_text("training", timeout=120_000)  # a worker loads torch first
    again.get_by_role("button", name="Stop", exact=True).click()
    expect(again.locator(".live .pill")).to_have_text("stopped", timeout=60_000)


def test_a_restarted_server_loses_nothing(
    throwaway_backbone: Backbone, person: Callable[[], Person], tmp_path: Path
) -> None:
    server = start_server(tmp_path, throwaway_backbone.folder)
    try:
        ann = person()
        page = ann.open(f"{server.url}/train")
        begin_training(page)
        expect(page.locator(".live")).to_have_attribute("data-epochs", "1", timeout=120_000)
        begun = time.monotonic()
        stop_server(server)
        assert time.monotonic() - begun < 20  # the open tab's live stream must not hold the server up
        server = start_server(tmp_path, throwaway_backbone.folder, int(server.url.rsplit(":", 1)[1]))
        page.reload()
        settled(page)
        expect(page.locator(".live .pill")).to_have_text("training", timeout=60_000)
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator(".live .pill")).to_have_text("stopped", timeout=60_000)
    finally:
        stop_server(server)


def test_a_second_device_joins_by_code(server: Server, person: Callable[[], Person]) -> None:
    laptop, phone = person(), person()
    page = laptop.open(f"{server.url}/datasets")
    page.get_by_role("button", name="Handwritten digits").click()
    expect(page.get_by_role("heading", name="Handwritten digits")).to_be_visible(timeout=60_000)
    settled(page)
    laptop.open(server.url)
    page.get_by_text("Continue on another device").click()
    page.get_by_role("button", name="Make a code").click()
    settled(page)
    code = page.locator("[data-testid=stCode]").inner_text().strip()
    phone.page.goto(f"{server.url}/join/{code}")
    phone.page.get_by_role("button", name="Join").click()
    phone.page.wait_for_url(f"{server.url}/")
    phone.open(f"{server.url}/datasets")
    expect(phone.page.get_by_role("heading", name="Handwritten digits")).to_be_visible()
    stranger = person()
    headers = {"Origin": server.url}
    assert stranger.context.request.post(f"{server.url}/join/{code}", headers=headers).status == 404
