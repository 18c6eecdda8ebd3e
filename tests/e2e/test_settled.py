"""The browser tests' own wait."""

import signal
from threading import Timer

import pytest

from tests.e2e.conftest import Person, Server, settled

pytestmark = pytest.mark.browser


def test_a_server_too_busy_to_begin_is_waited_for(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/explore?net=alexnet")
    page.get_by_role("button", name="Input size").click()
    server.process.send_signal(signal.SIGSTOP)
    busy = Timer(1.5, server.process.send_signal, [signal.SIGCONT])
    busy.start()
    try:
        page.get_by_role("spinbutton", name="Rows").fill("320")
        page.get_by_role("spinbutton", name="Rows").press("Enter")
        settled(page)
        assert "rows=320" in page.url
    finally:
        busy.join()
