"""What the web server does beside the pages: its routes, what requests pass through, and from start to end."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import AsyncIterator
from typing import Any

import anyio.to_thread
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tlcore.jobs.belongings.library import Library
from tlcore.jobs.store.database import Database
from tlcore.serve.cookie import OwnerCookie
from tlcore.serve.files import image, model_zip
from tlcore.serve.joining import join, join_page
from tlcore.serve.live import hub, live
from tlcore.settings import PROJECT_ROOT, get_settings


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
    from tlcore.jobs.running.supervisor import LocalExecutor, local_devices

    executor = LocalExecutor(local_devices())
    executor.start()
    return executor
