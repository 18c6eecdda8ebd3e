"""Live events: one tail of the store in a process, fanned out to whoever watches."""

import asyncio
import contextlib
import json
import logging
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from functools import cache
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import (
    Response,
    StreamingResponse,
)

from tlcore.events import InLine, StateChanged
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.store import feed
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.feed import FeedItem
from tlcore.serve.cookie import owner_of

_TAIL_SECONDS = 0.2
_PING_SECONDS = 15.0
_SEND_SECONDS = 0.1
_PLACES_SECONDS = 5.0  # between two looks at who waits where, while no state changes
log = logging.getLogger("tlcore.serve")


class Hub:
    """Fans new events out to whoever watches; one query a tick for everyone, none while nobody watches.

    Where a waiting run stands is told to those who watch it when that changes.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._queue = Queue(database)
        self._places: dict[str, str] = {}  # as they were told last, in words
        self._looked = 0.0  # at the places; 0 where that is due
        self._watchers: dict[str, set[asyncio.Queue[FeedItem | None]]] = defaultdict(set)
        self._last: int | None = None  # the newest event that was handed on; None while nobody watches

    @contextlib.contextmanager
    def watching(self, run_ids: Iterable[str]) -> Any:
        """A queue that receives the events of these runs from now on, and None when the server leaves."""
        queue: asyncio.Queue[FeedItem | None] = asyncio.Queue()
        run_ids = tuple(run_ids)
        for run_id in run_ids:
            self._watchers[run_id].add(queue)
            self._places.pop(run_id, None)
        self._looked = 0.0
        try:
            yield queue
        finally:
            for run_id in run_ids:
                self._watchers[run_id].discard(queue)
                if not self._watchers[run_id]:
                    del self._watchers[run_id]

    async def follow(self) -> None:
        """Fix where the tail begins; whoever watches reads the history after this, so that nothing falls between."""
        if self._last is None:
            newest = await anyio.to_thread.run_sync(feed.last_id, self._db)
            self._last = newest if self._last is None else self._last

    async def tail(self, is_leaving: Callable[[], bool] = lambda: False) -> None:
        """Read new events and hand them on, until the server is leaving."""
        while not is_leaving():
            if not self._watchers:
                self._last = None
            elif self._last is not None:
                try:
                    await self._hand_on(self._last)
                    await self._tell_places(self._last)
                except Exception:  # a locked database for a moment must not end the feed
                    log.exception("could not read events")
            await asyncio.sleep(_TAIL_SECONDS)
        for queue in set().union(*self._watchers.values()):
            queue.put_nowait(None)

    async def _hand_on(self, after: int) -> None:
        for item in await anyio.to_thread.run_sync(feed.since, self._db, after):
            self._last = item.id
            self._put(item)
            if item.payload["event"] == StateChanged.name:
                self._looked = 0.0

    async def _tell_places(self, after: int) -> None:
        if time.monotonic() - self._looked < _PLACES_SECONDS:
            return
        self._looked = time.monotonic()
        waiting = await anyio.to_thread.run_sync(self._queue.places, frozenset(self._watchers))
        places = {run_id: place.words for run_id, place in waiting.items()}
        for run_id, words in places.items():
            if self._places.get(run_id) != words:
                self._put(FeedItem(after, run_id, InLine(words=words).to_json()))
        self._places = places

    def _put(self, item: FeedItem) -> None:
        for queue in self._watchers.get(item.run, ()):
            queue.put_nowait(item)


@cache
def hub() -> Hub:
    """The hub of this process."""
    return Hub(Database())


async def live(request: Request) -> Response:
    """Server-sent events of one or more runs of the owner: their history first, then what happens."""
    database = Database()
    owner = owner_of(request.cookies)
    wanted = request.query_params.getlist("run")[:20]
    mine = await anyio.to_thread.run_sync(feed.owned, database, owner, wanted) if owner else frozenset()
    if not mine:
        return Response(status_code=204)  # tells EventSource not to try again
    after = request.headers.get("last-event-id") or request.query_params.get("after", "0")
    stream = _stream(database, sorted(mine), int(after) if re.fullmatch(r"\d{1,18}", after, re.ASCII) else 0)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _stream(database: Database, run_ids: list[str], after: int) -> AsyncIterator[bytes]:
    with hub().watching(run_ids) as queue:
        await hub().follow()
        past = await anyio.to_thread.run_sync(feed.replay, database, run_ids, after)
        yield b"retry: 2000\n\n"
        if past:
            after = past[-1].id
            yield _message(past)
        while True:
            try:
                items = [await asyncio.wait_for(queue.get(), _PING_SECONDS)]
            except TimeoutError:
                yield b": ping\n\n"
                continue
            await asyncio.sleep(_SEND_SECONDS)
            while not queue.empty():
                items.append(queue.get_nowait())
            if fresh := [item for item in items if item is not None and (item.id > after or _is_place(item))]:
                yield _message(fresh)
            if None in items:
                return


def _is_place(item: FeedItem) -> bool:
    """Whether it is no stored event, and has the id of one that came before it."""
    return item.payload["event"] == InLine.name


def _message(items: list[FeedItem]) -> bytes:
    data = json.dumps([{"id": item.id, "run": item.run, **item.payload} for item in items], separators=(",", ":"))
    return f"id: {items[-1].id}\ndata: {data}\n\n".encode()
