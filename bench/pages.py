"""How long pages take to appear, how much they send, and how long layer tables take.

`python -m bench.pages` starts the app with a home of its own and visits every page in Chromium, each time in a new tab,
after one visit that warms the server and the browser. A page has appeared when its heading stands; it is done when its
script is. Layer tables are measured one after the other in one process; the rival is one pass under torch's own
`FlopCounterMode`, which counts operations and nothing else.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from playwright.sync_api import Browser, WebSocket, sync_playwright
from torch.utils.flop_counter import FlopCounterMode

from pages._parts.nav import paths
from tests.e2e.conftest import CHROMIUM, FLAGS, settled, start_server, stop_server
from tlcore.measure.networks import input_shape, measure
from tlcore.zoo import architectures

LINKS = ("explore?net=resnet152", "explore?net=inception_v4", "explore?net=resnet152&view=Layers&open=layer3")


def visits(browser: Browser, url: str, times: int) -> Iterator[tuple[float, float, int]]:
    """Seconds to the heading, seconds to the end, and bytes over the socket; the first visit is not counted."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    for number in range(times + 1):
        page = context.new_page()
        received: list[int] = []

        def count(socket: WebSocket, into: list[int] = received) -> None:
            socket.on("framereceived", lambda frame: into.append(len(frame)))

        page.on("websocket", count)
        begun = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.locator("h1").first.wait_for()
        appeared = time.perf_counter() - begun
        settled(page)
        done = time.perf_counter() - begun
        page.close()
        if number:
            yield appeared, done, sum(received)
    context.close()


def pages(times: int) -> None:
    """A line a page: medians, and the largest number of bytes."""
    with TemporaryDirectory(prefix="pages-") as folder, sync_playwright() as playwright:
        server = start_server(Path(folder), None)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            print(f"{'page':44} appears   done     sent")
            for path in (*paths(), *LINKS):
                found = list(visits(browser, f"{server.url}/{path}", times))
                appeared, done = (statistics.median(visit[i] for visit in found) for i in (0, 1))
                print(
                    f"/{path:43} {appeared:5.2f} s {done:5.2f} s {max(v[2] for v in found) / 1e3:6.0f} kB", flush=True
                )
        finally:
            browser.close()
            stop_server(server)


def tables() -> None:
    """The slowest tables, the cached one, and the whole against torch's counter."""
    cold, rival, cached = {}, {}, []
    measure("lenet5")  # what every first table in a process waits for
    for name in architectures.names():
        cold[name] = _seconds(lambda name=name: measure(name))
        cached.append(_seconds(lambda name=name: measure(name)))
        rival[name] = _seconds(lambda name=name: _counted(name))
    slowest = sorted(cold, key=cold.__getitem__)[-3:]
    print(f"layer table, cold: median {statistics.median(cold.values()):.2f} s, slowest", end=" ")
    print(", ".join(f"{name} {cold[name]:.2f} s" for name in reversed(slowest)))
    print(f"layer table, cached: at most {max(cached) * 1e3:.2f} ms")
    ratio = sum(cold.values()) / sum(rival.values())
    print(f"all {len(cold)} tables take {ratio:.2f} times as long as torch's flop counter on the same networks")


def _counted(name: str) -> None:
    row = architectures.get(name)
    network = row.build("meta").eval()
    shapes = [(1, *input_shape(name)), *row.more_inputs]
    with FlopCounterMode(display=False):
        network(*(torch.zeros(shape, device="meta") for shape in shapes))


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.pages", description=__doc__)
    parser.add_argument("--visits", type=int, default=5)
    options = parser.parse_args()
    tables()
    pages(options.visits)
    return 0


if __name__ == "__main__":
    sys.exit(main())
