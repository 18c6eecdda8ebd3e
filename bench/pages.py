"""How long pages take to appear, how much they send, and how long layer tables take.

`python -m bench.pages` starts the app with a home of its own and visits every page in Chromium, each time in a new tab,
after one visit that warms the server and the browser. A page has appeared when its heading stands; it is done when its
script is. The rival is Streamlit with a page of nothing but a heading, whose time no page can go below. Pages that home
links to are also opened from there, in the same tab.

Layer tables are measured one after the other in one process; the rival is one pass under torch's own `FlopCounterMode`,
which counts operations and nothing else.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from playwright.sync_api import Browser, WebSocket, expect, sync_playwright
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
    """A line a page: medians, and the largest number of bytes; then what it takes to go there from home."""
    with TemporaryDirectory(prefix="pages-") as folder, sync_playwright() as playwright:
        empty = Path(folder) / "empty.py"
        empty.write_text("import streamlit as st\n\nst.title('Empty')\n")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        print(f"{'page':44} appears   done     sent")
        for app, visited in ((str(empty), ("",)), ("app.py", (*paths(), *LINKS))):
            server = start_server(Path(folder), None, app=app)
            try:
                for path in visited:
                    _line("nothing but a heading" if app != "app.py" else f"/{path}", browser, server.url, path, times)
                if app == "app.py":
                    from_home(browser, server.url, times)
            finally:
                stop_server(server)
        browser.close()


def _line(name: str, browser: Browser, url: str, path: str, times: int) -> None:
    found = list(visits(browser, f"{url}/{path}", times))
    appeared, done = (statistics.median(visit[i] for visit in found) for i in (0, 1))
    print(f"{name:44} {appeared:5.2f} s {done:5.2f} s {max(v[2] for v in found) / 1e3:6.0f} kB", flush=True)


def from_home(browser: Browser, url: str, times: int) -> None:
    """Seconds from a click on home to the other page's heading, the first time left out."""
    page = browser.new_page(viewport={"width": 1440, "height": 1600})
    page.goto(url)
    links = page.get_by_test_id("stMain").get_by_role("link")
    links.last.wait_for()
    for place, words in enumerate(links.all_inner_texts()):
        title, taken = words.strip().splitlines()[-1], []
        for _ in range(times + 1):
            page.goto(url)
            links.last.wait_for()
            settled(page)
            begun = time.perf_counter()
            links.nth(place).click()
            expect(page.locator("h1").first).not_to_have_text("Transfer Lab")
            taken.append(time.perf_counter() - begun)
        print(f"from home to {title:31} {statistics.median(taken[1:]):5.2f} s", flush=True)
    page.close()


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
    parser.add_argument("--no-tables", action="store_true")
    options = parser.parse_args()
    if not options.no_tables:
        tables()
    pages(options.visits)
    return 0


if __name__ == "__main__":
    sys.exit(main())
