"""What jobs tell reaches the page by itself: who watches asks the server for nothing while nothing happens."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest
from playwright.sync_api import Page, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.e2e.conftest import Person, Server, settled

pytestmark = pytest.mark.browser
WATCHED_MS = 3500


def noted(page: Page) -> list[str]:
    """The reruns that the page asks for from now on, by the fragment that they are of."""
    asked: list[str] = []

    def sent(payload: str | bytes) -> None:
        if isinstance(payload, bytes) and (message := BackMsg.FromString(payload)).HasField("rerun_script"):
            asked.append(message.rerun_script.fragment_id)

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", sent)

    page.on("websocket", listen)
    return asked


@contextmanager
def held(server: Server) -> Iterator[None]:
    """Workers that stand still, so that what waits goes on waiting."""
    children = psutil.Process(server.process.pid).children(recursive=True)
    workers = [child for child in children if "worker" in child.cmdline()]
    assert workers
    for worker in workers:
        worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGCONT)


def test_a_measurement_appears_by_itself_and_its_watcher_asks_for_nothing_meanwhile(
    server: Server, person: Callable[[], Person]
) -> None:
    ann = person()
    asked = noted(ann.page)
    page = ann.open(f"{server.url}/compare?net=lenet5&net=cifar_resnet20")
    for _ in range(2):
        with held(server):
            page.get_by_role("button", name="Measure").click()
            expect(page.locator(".live")).to_contain_text("Next in line")
            settled(page)
            before = len(asked)
            page.wait_for_timeout(WATCHED_MS)
            assert len(asked) == before
        expect(page.get_by_text("Images a second on")).to_be_visible(timeout=120_000)
        expect(page.locator(".live")).to_have_count(0)
        expect(page.locator(".bars .row")).to_have_count(2)
        expect(page.get_by_role("button", name="Measure")).to_be_enabled()
        settled(page)
        before = len(asked)
        page.wait_for_timeout(WATCHED_MS)
        assert len(asked) == before
