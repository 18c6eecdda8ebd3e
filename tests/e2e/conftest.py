"""A real server and a real Chromium for the browser tests."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import URLError
from weakref import WeakSet

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, WebSocket, expect, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.conftest import Backbone, ImageSet
from tests.e2e.furnished import Furnished, furnish

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
# Chromium's own chatter with its maker must not disturb tests that also assert silence.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]

WINDOW: ViewportSize = {"width": 1440, "height": 1000}

expect.set_options(timeout=20_000)  # a page's first paint on a busy machine; what is there at once costs nothing


@dataclass
class Server:
    """A running app: its address, its home, its process, and who has been there before."""

    url: str
    home: Path
    process: subprocess.Popen
    furnished: Furnished | None = None

    def log(self) -> str:
        """What the server has written."""
        return (self.home / "server.log").read_text()


# A package's, not a session's: browser, server and worker go on costing time while they wait, and much memory.
@pytest.fixture(scope="package")
def server(
    throwaway_backbone: Backbone, shapes: ImageSet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The app as `make run` starts it, on a free port, with the throwaway backbone as its weights."""
    home, port = tmp_path_factory.mktemp("served-home"), _free_port()
    known = furnish(home, f"http://localhost:{port}", shapes)
    running = replace(start_server(home, throwaway_backbone.folder, port), furnished=known)
    yield running
    stop_server(running)


@pytest.fixture(scope="package")
def furnished(server: Server) -> Furnished:
    """Somebody on that server who has sets and finished runs."""
    assert server.furnished is not None
    return server.furnished


def start_server(home: Path, weights: Path | None, port: int = 0, app: str = "app.py") -> Server:
    """Start the app, or another one, and wait until it answers."""
    port = port or _free_port()
    environment = {**os.environ, "TLCORE_HOME": str(home), "TORCH_HOME": str(home / "torch")}
    environment.pop("TLCORE_WEIGHTS", None)
    if weights is not None:
        environment["TLCORE_WEIGHTS"] = str(weights)
    command = [sys.executable, "-m", "streamlit", "run", app, f"--server.port={port}"]
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    running = Server(f"http://localhost:{port}", home, process)
    _wait_until_healthy(running)
    return running


def stop_server(running: Server) -> None:
    """End the app as Ctrl-C does."""
    running.process.send_signal(signal.SIGTERM)
    try:
        running.process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()


def _wait_until_healthy(running: Server) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert running.process.poll() is None, running.log()
        try:
            urllib.request.urlopen(f"{running.url}/_stcore/health", timeout=2)
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
        else:
            return
    raise AssertionError(f"the server did not start:\n{running.log()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The distribution's Chromium."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here; get it with: sudo apt-get install -y chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Person:
    """Somebody with a browser of their own, who notes what goes wrong in it."""

    context: BrowserContext
    page: Page
    errors: list[str]
    strangers: list[str]

    def open(self, url: str) -> Page:
        """Go to a page and wait until it has been drawn."""
        self.page.goto(url)
        settled(self.page)
        return self.page


def _new_context(chromium: Browser) -> BrowserContext:
    made = chromium.new_context(viewport=WINDOW, accept_downloads=True, permissions=["camera"])
    made.on("page", lambda page: page.on("websocket", lambda socket: _note_runs(page, socket)))
    return made


def _person(context: BrowserContext) -> Person:
    made = Person(context, context.new_page(), [], [])
    made.page.on("pageerror", lambda error: made.errors.append(str(error)))
    made.page.on("request", lambda request: _note_stranger(request.url, made.strangers))
    return made


@pytest.fixture
def person(chromium: Browser) -> Iterator[Callable[[], Person]]:
    """Makes people, each with their own cookies; no page may raise an error or talk to another host."""
    people: list[Person] = []

    def make() -> Person:
        people.append(_person(_new_context(chromium)))
        return people[-1]

    yield make
    for made in people:
        made.context.close()
        assert made.errors == []
        assert made.strangers == []


@pytest.fixture(scope="package")
def regular(chromium: Browser) -> Iterator[Person]:
    """Somebody who stays in one tab, where the next page costs a third of what it does in a new browser."""
    made = _person(_new_context(chromium))
    yield made
    made.context.close()


@pytest.fixture
def visitor(regular: Person) -> Iterator[Person]:
    """Somebody who may have been here before: for tests that begin with a link, and do not depend on what one owns."""
    regular.page.set_viewport_size(WINDOW)
    regular.page.emulate_media(color_scheme="null", reduced_motion="null")
    regular.page.mouse.move(0, 0)
    yield regular
    noticed = [*regular.errors, *regular.strangers]
    regular.errors.clear()
    regular.strangers.clear()
    assert noticed == []


def _note_stranger(url: str, strangers: list[str]) -> None:
    if not url.startswith(("http://localhost:", "data:", "blob:", "about:")):
        strangers.append(url)


def choose_backbone(page: Page, title: str) -> None:
    """Choose a network by typing its title, unless it is the one that is offered first."""
    picker = page.get_by_role("combobox", name=re.compile("backbone"))
    if not picker.input_value().startswith(title):
        picker.click()
        picker.fill(title)
        page.get_by_role("option").first.click()
        settled(page)


def figure(page: Page, name: str) -> str:
    """The value of a figure that stands in a line, by its name."""
    found = page.get_by_test_id("stMarkdown").filter(has_text=re.compile(f"^{re.escape(name)} "))
    return found.first.locator("strong").inner_text()


def choose(page: Page, picker: str, title: str) -> None:
    """Choose what is called so in a list."""
    page.get_by_role("combobox", name=picker).click()
    page.get_by_role("option", name=title, exact=True).click()
    settled(page)


def switch_on(page: Page, label: str) -> None:
    """Switch a toggle on; on a busy machine a click is lost while the expander around it still opens."""
    switch = page.get_by_role("switch", name=label)
    for _ in range(3):
        page.get_by_text(label, exact=True).click()
        settled(page)
        if switch.is_checked():
            return
    expect(switch).to_be_checked()


ANSWER = 1000  # bytes; that a run has ended fits in many fewer, and pictures need not be read for it
asked: WeakSet[Page] = WeakSet()  # pages whose last request to run has not been answered


def _note_runs(page: Page, socket: WebSocket) -> None:
    """Note what a page asks its server to run, and that it has run."""

    def sent(payload: str | bytes) -> None:
        if isinstance(payload, bytes) and BackMsg.FromString(payload).HasField("rerun_script"):
            asked.add(page)

    def received(payload: str | bytes) -> None:
        if isinstance(payload, bytes) and len(payload) < ANSWER:
            answer = ForwardMsg.FromString(payload)
            if answer.HasField("script_finished") and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                asked.discard(page)

    asked.discard(page)  # whatever another connection was asked for
    socket.on("framesent", sent)
    socket.on("framereceived", received)


def settled(page: Page) -> None:
    """Wait until the page's script has run and nothing is under way.

    The page itself says that it is idle until a busy server has begun.
    """
    page.wait_for_timeout(200)  # Streamlit debounces widgets
    deadline = time.monotonic() + 60
    while page in asked and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    page.locator(
        "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
    ).wait_for(state="attached", timeout=60_000)
