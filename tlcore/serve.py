"""The web server's own part beside the pages: owner cookie, live events, images, downloads, lifespan."""

import asyncio
import contextlib
import gc
import html
import json
import logging
import os
import re
import signal
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, MutableMapping
from functools import cache
from http.cookies import SimpleCookie
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tlcore.errors import IncompleteRunError, NotFoundError, TlcoreError
from tlcore.jobs import feed
from tlcore.jobs.database import Database
from tlcore.jobs.feed import FeedItem
from tlcore.jobs.library import Library
from tlcore.jobs.owners import Owners, is_owner_id, new_owner_id
from tlcore.jobs.runs import Runs
from tlcore.jobs.storage import Storage
from tlcore.settings import PROJECT_ROOT, get_settings

COOKIE = "tl_owner"
_COOKIE_SECONDS = 180 * 24 * 3600
_TAIL_SECONDS = 0.2
_PING_SECONDS = 15.0
_SEND_SECONDS = 0.1
_THUMBNAIL_SIDE = 192
_BUNDLING = threading.Lock()  # one zip at a time: a second click waits for the first, and memory holds one model
_STYLE = """
:root { color-scheme: light dark; --paper: #fbfbfd; --ink: #0a101c; --blue: #2a5fd0; }
@media (prefers-color-scheme: dark) { :root { --paper: #10141c; --ink: #e8ebf2; --blue: #8fb2ff; } }
body { background: var(--paper); color: var(--ink); font: 1.1rem/1.5 Inter, system-ui, sans-serif; margin: 0; }
main { max-width: 34rem; margin: 15vh auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; }
a { color: var(--blue); }
button { background: var(--blue); color: var(--paper); border: 0; border-radius: 0.6rem; cursor: pointer;
  font: inherit; font-weight: 600; padding: 0.6rem 1.6rem; }
"""

log = logging.getLogger("tlcore.serve")


def owner_of(cookies: MutableMapping[str, str] | dict[str, str]) -> str | None:
    """The owner whom the cookies name, if they name one in the right form."""
    value = cookies.get(COOKIE, "")
    return value if is_owner_id(value) else None


class OwnerCookie:
    """Gives every visitor who has none an owner cookie with the first page; plain ASGI, so streams stay streams."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, adding the cookie to a page's response where it is missing."""
        if scope["type"] != "http" or not _is_page(scope) or owner_of(Request(scope).cookies):
            await self.app(scope, receive, send)
            return
        cookie = cookie_header(new_owner_id(), secure=_is_secure(scope))

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"set-cookie", cookie.encode())]
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def cookie_header(owner: str, *, secure: bool) -> str:
    """The Set-Cookie value that makes a browser this owner's."""
    cookie: SimpleCookie = SimpleCookie({COOKIE: owner})
    settings: dict[str, Any] = {"path": "/", "httponly": True, "samesite": "Lax", "max-age": str(_COOKIE_SECONDS)}
    cookie[COOKIE].update({**settings, "secure": True} if secure else settings)
    return cookie[COOKIE].OutputString()


class Hub:
    """Fans new events out to whoever watches; one query a tick for everyone, none while nobody watches."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._watchers: dict[str, set[asyncio.Queue[FeedItem | None]]] = defaultdict(set)
        self._last: int | None = None  # the newest event that was handed on; None while nobody watches

    @contextlib.contextmanager
    def watching(self, run_ids: Iterable[str]) -> Any:
        """A queue that receives the events of these runs from now on, and None when the server leaves."""
        queue: asyncio.Queue[FeedItem | None] = asyncio.Queue()
        run_ids = tuple(run_ids)
        for run_id in run_ids:
            self._watchers[run_id].add(queue)
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
                except Exception:  # a locked database for a moment must not end the feed
                    log.exception("could not read events")
            await asyncio.sleep(_TAIL_SECONDS)
        for queue in set().union(*self._watchers.values()):
            queue.put_nowait(None)

    async def _hand_on(self, after: int) -> None:
        for item in await anyio.to_thread.run_sync(feed.since, self._db, after):
            self._last = item.id
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
            if fresh := [item for item in items if item is not None and item.id > after]:
                yield _message(fresh)
            if None in items:
                return


def _message(items: list[FeedItem]) -> bytes:
    data = json.dumps([{"id": item.id, "run": item.run, **item.payload} for item in items], separators=(",", ":"))
    return f"id: {items[-1].id}\ndata: {data}\n\n".encode()


def image(request: Request) -> Response:
    """An image of the owner's, whole or as a thumbnail."""
    owner, blob = owner_of(request.cookies), request.path_params["blob"]
    if owner is None or not Storage(Database()).holds(owner, blob):
        return PlainTextResponse("There is no such image, or it is not yours.", 404)
    store = Storage(Database()).blobs
    headers = {"Cache-Control": "private, max-age=86400, immutable"}
    try:
        if "full" in request.query_params:
            return Response(store.read(blob), media_type="image/webp", headers=headers)
        picture = store.image(blob)
    except NotFoundError as error:
        return PlainTextResponse(str(error), 404)
    picture.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return Response(buffer.getvalue(), media_type="image/jpeg", headers=headers)


def model_zip(request: Request) -> Response:
    """A finished model of the owner's, as the zip that goes home."""
    settings = get_settings()
    try:
        run = Runs(Database()).get(owner_of(request.cookies) or "", request.path_params["run"])
        if run.state != "done":  # a run that goes on still has the model that it was stopped with
            raise IncompleteRunError
        target = _bundled(settings.runs / run.id, settings.scratch / f"{run.id}-{run.finished_at or 0:.0f}")
    except TlcoreError as error:
        return PlainTextResponse(str(error), 404)
    headers = {"Cache-Control": "no-store"}
    return FileResponse(target, filename=target.name, media_type="application/zip", headers=headers)


def _bundled(folder: Path, place: Path) -> Path:
    """The zip of the model in a run's folder, written unless it lies in `place`; an hour unused, it is tidied away."""
    from tlcore.export.bundle import bundle_name, write_bundle
    from tlcore.train import trained

    target = place / bundle_name(trained.load_card(folder))
    with _BUNDLING:
        place.mkdir(parents=True, exist_ok=True)
        os.utime(place)
        if not target.is_file():
            write_bundle(trained.load(folder), target)
    return target


def join_page(_request: Request) -> Response:
    """Ask before joining: whoever follows a link, or looks at where it leads, spends no code."""
    return _page_of(
        "Continue on this device",
        "This browser will show the images and runs of the device that made the code, "
        "and those that were made here stay behind.",
        '<form method="post"><button>Join</button></form>',
    )


def join(request: Request) -> Response:
    """Make this browser the owner that a one-time code stands for, and go to the start page."""
    if not _is_own_form(request):
        return _said("Press Join on Transfer Lab's own page; other sites may not send you here.", 403)
    try:
        owner = Owners(Database()).redeem(request.path_params["code"])
    except NotFoundError as error:
        return _said(str(error), 404)
    response = RedirectResponse("/", status_code=303)
    response.headers.append("set-cookie", cookie_header(owner, secure=_is_secure(request.scope)))
    return response


def _is_own_form(request: Request) -> bool:
    """Whether a page of this server sent the form. Browsers tell Sec-Fetch-Site only to HTTPS and localhost."""
    if request.headers.get("sec-fetch-site") == "same-origin":
        return True
    return request.headers.get("origin", "").partition("://")[2] == request.headers.get("host")


def _said(sentence: str, status: int) -> Response:
    """A sentence on a page of its own, with the way back."""
    return _page_of("Transfer Lab", sentence, '<a href="/">Back to Transfer Lab</a>', status)


def _page_of(heading: str, sentence: str, way_on: str, status: int = 200) -> Response:
    """A page without Streamlit; no other site may put its buttons into a frame."""
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Transfer Lab</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<main><h1>{html.escape(heading)}</h1><p>{html.escape(sentence)}</p>{way_on}</main>"
    )
    return HTMLResponse(
        page, status, {"Content-Security-Policy": "frame-ancestors 'none'", "Cache-Control": "no-store"}
    )


def routes() -> list[Any]:
    """The routes beside Streamlit's own."""
    return [
        Route("/api/live", live),
        Route("/api/image/{blob}", image),
        Route("/api/runs/{run}/model.zip", model_zip),
        Route("/join/{code}", join_page),
        Route("/join/{code}", join, methods=["POST"]),
        Mount("/assets/fonts", StaticFiles(directory=PROJECT_ROOT / "assets" / "fonts")),
    ]


def middleware() -> list[Middleware]:
    """What every request passes through."""
    return [Middleware(OwnerCookie)]


@contextlib.asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[dict[str, Any]]:
    """Preload what pages need, start the workers and the feed; on the way out, let the workers give back their runs."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = get_settings()
    await anyio.to_thread.run_sync(_preload)
    executor = None
    if settings.workers == "supervised":
        executor = await anyio.to_thread.run_sync(_start_workers)
    tail = asyncio.create_task(hub().tail(_is_leaving))
    gc.collect()
    gc.freeze()
    try:
        yield {}
    finally:
        tail.cancel()
        if executor is not None:
            await anyio.to_thread.run_sync(executor.shutdown)


def _is_leaving() -> bool:
    """Whether the web server was told to end: it waits for open streams first, and these never end by themselves."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)  # uvicorn's handler is a method of its server
    return bool(getattr(server, "should_exit", False))


def _preload() -> None:
    """Import torch before the first visitor comes, and open the database once."""
    import torch

    import tlcore.train.trained  # noqa: F401

    torch.set_num_threads(1)
    Library(Database())


def _start_workers() -> Any:
    from tlcore.jobs.supervisor import LocalExecutor, local_devices

    executor = LocalExecutor(local_devices())
    executor.start()
    return executor


def _is_page(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["method"] == "GET" and not path.startswith(
        ("/_stcore/", "/static/", "/media/", "/component/", "/api/", "/assets/", "/join/")
    )


def _is_secure(scope: Scope) -> bool:
    forwarded = dict(scope["headers"]).get(b"x-forwarded-proto", b"").decode()
    return "https" in {scope.get("scheme"), forwarded}
