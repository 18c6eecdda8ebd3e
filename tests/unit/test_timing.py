"""What tests cost is counted where it arises: a browser's with the test that drives it, not with the last of all."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests import timing


@contextmanager
def busy() -> Iterator[None]:
    """While another process has used more than a fifth of a second, and still runs."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as loop:
        until = time.monotonic() + 20
        try:
            while timing._of_running() < 0.3 and time.monotonic() < until:
                time.sleep(0.05)
            yield
        finally:  # or the end of the block would wait for it for ever
            loop.kill()


def test_what_a_running_process_has_used_is_counted() -> None:
    with busy():
        assert timing._of_running() >= 0.2


def test_what_the_last_test_waits_for_is_not_its_own(request: pytest.FixtureRequest) -> None:
    """What a shared process has used before the last test begins is known when it begins."""
    item: pytest.Item = request.node
    with busy():
        item.stash[timing._LAST] = False
        others = timing.processor_seconds(item)
        item.stash[timing._LAST] = True
        assert timing.processor_seconds(item) - others >= 0.2
