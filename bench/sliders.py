"""How fast the filters page answers a slider: one person in a browser, then thirty at once without one.

`python -m bench.sliders` starts the app. Alone, the time runs in Chromium from a key on the slider to the new picture,
decoded. The thirty speak Streamlit's own protocol over web sockets, for thirty browsers on the server's two cores would
measure browsers: each moves its slider every two seconds, and the time runs until its script has finished.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import websockets
from playwright.sync_api import sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.e2e.conftest import CHROMIUM, FLAGS, settled, start_server, stop_server

MEDIAN_WANTED, P95_WANTED = 0.15, 1.0
_MOVES, _EVERY = 15, 2.0
_WATCH = """() => {
  document.addEventListener('keydown', () => { window.pressed = performance.now(); }, true);
  new MutationObserver((changes) => changes.forEach(({ target }) => {
    if (target.tagName !== 'IMG' || !target.alt.includes('Sobel')) return;
    const pressed = window.pressed;
    target.decode().then(() => { window.taken = performance.now() - pressed; }, () => {});
  })).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['src'] });
}"""


def alone(url: str) -> None:
    """From a key to the picture, in a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{url}/filters")
        page.locator("img[alt*=Sobel]").wait_for()
        settled(page)
        page.evaluate(_WATCH)
        slider = page.get_by_role("slider", name="Noise")
        taken = []
        for _ in range(_MOVES):
            page.evaluate("window.taken = null")
            slider.press("ArrowRight")
            page.wait_for_function("window.taken !== null")
            taken.append(float(page.evaluate("window.taken")) / 1e3)
            settled(page)
        browser.close()
    middle = statistics.median(taken)
    print(f"one person: median {middle:.3f} s, slowest {max(taken):.3f} s {_verdict(middle, MEDIAN_WANTED)}")


async def together(url: str, people: int, seconds: float) -> None:
    """Everybody moves a slider at a time of their own; the first moves, which draw what nobody has, count too."""
    results = await asyncio.gather(*(_person(url, seconds, number) for number in range(people)))
    taken = sorted(value for one in results for value in one)
    p95 = taken[int(0.95 * len(taken))]
    words = f"{people} people, {len(taken)} moves in {seconds:.0f} s: median {statistics.median(taken):.3f} s"
    print(f"{words}, p95 {p95:.3f} s {_verdict(p95, P95_WANTED)}")


async def _person(url: str, seconds: float, number: int) -> list[float]:
    taken: list[float] = []
    chance = random.Random(number)  # noqa: S311 - a rhythm, not a secret
    address = url.replace("http", "ws") + "/_stcore/stream"
    async with websockets.connect(address, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None) as socket:
        first = BackMsg()
        first.rerun_script.page_name = "filters"
        await socket.send(first.SerializeToString())
        slider = await _until_finished(socket)
        assert slider, "the page has no slider for noise"
        await asyncio.sleep(chance.uniform(0, _EVERY))
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            move = BackMsg()
            state = WidgetState(id=slider)
            state.double_array_value.data.append(round(chance.uniform(0, 0.3), 2))
            move.rerun_script.page_name = "filters"
            move.rerun_script.widget_states.widgets.append(state)
            begun = time.perf_counter()
            await socket.send(move.SerializeToString())
            await _until_finished(socket)
            taken.append(time.perf_counter() - begun)
            await asyncio.sleep(max(0.0, _EVERY - taken[-1]))
    return taken


async def _until_finished(socket: Any) -> str:
    """Read messages to the end of the script; returns the id of the slider for noise."""
    slider = ""
    while True:
        message = ForwardMsg()
        message.ParseFromString(await socket.recv())
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.new_element.WhichOneof("type") == "slider":
            found = message.delta.new_element.slider
            slider = found.id if found.label == "Noise" else slider
        if kind == "script_finished":
            return slider


def _verdict(value: float, wanted: float) -> str:
    return f"({'met' if value <= wanted else 'missed'}: at most {wanted:g} s)"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.sliders", description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="sliders-") as folder:
        server = start_server(Path(folder), None)
        try:
            alone(server.url)
            asyncio.run(together(server.url, options.people, options.seconds))
        finally:
            stop_server(server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
