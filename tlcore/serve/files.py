"""Images and models, served to their owner alone."""

import os
import threading
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from tlcore.data.pixels.thumbnails import thumbnail
from tlcore.errors import IncompleteRunError, NotFoundError, TlcoreError
from tlcore.jobs.belongings.storage import Storage
from tlcore.jobs.running.runs import Runs
from tlcore.jobs.store.database import Database
from tlcore.serve.cookie import owner_of
from tlcore.settings import get_settings

_BUNDLING = threading.Lock()  # one zip at a time: a second click waits for the first, and memory holds one model


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
    return Response(thumbnail(picture), media_type="image/jpeg", headers=headers)


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
