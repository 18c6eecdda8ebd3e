"""Visitors who open pages over Streamlit's own protocol: thirty browsers here would measure browsers."""

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages._parts.nav import paths
from tlcore.jobs.belongings.owners import new_owner_id
from tlcore.serve.cookie import COOKIE

THINKING = 10.0
"""Seconds from one page to the next, on average; half as long at least."""


@dataclass
class Visits:
    """What visitors saw: for each page that was opened its end by the monotonic clock, its path, and its seconds."""

    taken: list[tuple[float, str, float]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    joined: int = 0

    def between(self, begin: float, end: float) -> list[float]:
        """The seconds of the pages that were open by then, in order of size."""
        return sorted(seconds for at, _, seconds in self.taken if begin <= at < end)


def tour(url: str) -> None:
    """Open every page once, as the first of a class does, who waits for what the others then find."""
    asyncio.run(_tour(url))


@contextmanager
def visiting(url: str, acting: int, idle: int = 0) -> Iterator[Visits]:
    """People on the site for as long as the context lasts; it begins when all have their first page."""
    visits, over = Visits(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_all(url, acting, idle, visits, over)), daemon=True)
    thread.start()
    deadline = time.monotonic() + 120
    while visits.joined < acting + idle and time.monotonic() < deadline and thread.is_alive():
        time.sleep(0.1)
    try:
        yield visits
    finally:
        over.set()
        thread.join(30)


def p95(values: list[float]) -> float:
    """The value that one in twenty exceeds."""
    return values[min(len(values) - 1, int(0.95 * len(values)))] if values else float("nan")


async def _all(url: str, acting: int, idle: int, visits: Visits, over: threading.Event) -> None:
    people = [_person(url, number, visits, over, acts=number < acting) for number in range(acting + idle)]
    await asyncio.gather(*people)


async def _tour(url: str) -> None:
    async with _connected(url) as socket:
        for path in paths():
            await _opened(socket, path, Visits())


def _connected(url: str) -> websockets.connect:
    """A browser that was never here before."""
    address, headers = url.replace("http", "ws") + "/_stcore/stream", {"Cookie": f"{COOKIE}={new_owner_id()}"}
    protocol = [websockets.Subprotocol("streamlit")]
    return websockets.connect(
        address, subprotocols=protocol, max_size=None, additional_headers=headers, open_timeout=60
    )


async def _person(url: str, number: int, visits: Visits, over: threading.Event, *, acts: bool) -> None:
    chance = random.Random(number)  # noqa: S311 - a rhythm, not a secret
    async with _connected(url) as socket:
        await _opened(socket, "", visits)
        visits.joined += 1
        while not over.is_set():
            wait = chance.uniform(0.5, 1.5) * THINKING
            with suppress(TimeoutError):
                await asyncio.wait_for(_read(socket), wait)
            if acts and not over.is_set():
                path, begun = chance.choice(paths()), time.perf_counter()
                await _opened(socket, path, visits)
                visits.taken.append((time.monotonic(), path, time.perf_counter() - begun))


async def _opened(socket: Any, path: str, visits: Visits) -> None:
    asked = BackMsg()
    asked.rerun_script.page_name = path
    await socket.send(asked.SerializeToString())
    while True:
        message = ForwardMsg.FromString(await socket.recv())
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            visits.broken.append(f"/{path}: {message.delta.new_element.exception.message}")
        if kind == "script_finished":
            return


async def _read(socket: Any) -> None:
    """Take in what the server sends by itself."""
    while True:
        await socket.recv()
