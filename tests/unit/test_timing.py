"""What tests cost is counted where it arises: a browser's with the test that drives it, not with the last of all."""

import subprocess
import sys
import time

from tests import timing


def test_what_a_running_process_has_used_is_counted() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as loop:
        until = time.monotonic() + 20
        while timing._of_running() < 0.2 and time.monotonic() < until:
            time.sleep(0.05)
        found = timing._of_running()
        loop.kill()
    assert found >= 0.2
