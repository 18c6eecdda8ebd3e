"""Routes and middleware: cookies, live events, images and downloads, each for their owner alone."""

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from zipfile import ZipFile

import pytest
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.conftest import ImageSet
from tlcore.data.dataset import Dataset
from tlcore.jobs.belongings.intake import Intake
from tlcore.jobs.belongings.library import Library
from tlcore.jobs.belongings.owners import Owners, is_owner_id, new_owner_id
from tlcore.jobs.belongings.storage import Storage
from tlcore.jobs.running.runs import Runs
from tlcore.jobs.store import feed
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import runs
from tlcore.serve import cookie, lifespan, live
from tlcore.settings import get_settings
from tlcore.train.events import Step
from tlcore.train.recipe.spec import TrainSpec

ANN, BEN = new_owner_id(), new_owner_id()
T = TypeVar("T")
STEP = Step(epoch=1, step=1, steps=2, loss=1.5, lr=0.1, images_per_second=10.0)


async def _page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(cookie.owner_of(request.cookies) or "nobody")


def client(owner: str | None = None, **options: str) -> TestClient:
    app = Starlette(routes=[*lifespan.routes(), Route("/{path:path}", _page)], middleware=lifespan.middleware())
    cookies = {cookie.COOKIE: owner} if owner else None
    return TestClient(app, cookies=cookies, **options)


def in_time(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: where a browser test ran before, this one has a loop that goes on."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(asyncio.wait_for(work, 20))).result()


def test_a_new_visitor_gets_an_http_only_cookie_with_the_page() -> None:
    browser = client()
    header = browser.get("/train").headers["set-cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Secure" not in header
    assert is_owner_id(browser.cookies[cookie.COOKIE])
    again = browser.get("/")
    assert "set-cookie" not in again.headers
    assert again.text == browser.cookies[cookie.COOKIE]


def test_over_https_the_cookie_is_secure() -> None:
    assert "Secure" in client(base_url="https://lab.test").get("/").headers["set-cookie"]
    assert "Secure" in client().get("/", headers={"x-forwarded-proto": "https"}).headers["set-cookie"]


@pytest.mark.parametrize("path", ["/_stcore/health", "/static/x.js", "/media/x", "/api/image/x"])
def test_assets_and_routes_set_no_cookie(path: str) -> None:
    assert "set-cookie" not in client().get(path).headers


def test_a_tampered_cookie_is_replaced() -> None:
    assert "set-cookie" in client("' OR 1=1 --").get("/").headers


@pytest.fixture
def run(shapes: ImageSet) -> str:
    spec = TrainSpec(backbone="shufflenet_v2_x0_5", strategy="scratch")
    return Runs(Database()).submit(ANN, spec, shapes.dataset).id


def test_images_are_served_to_their_owner_alone(image_folder: Path) -> None:
    database = Database()
    library = Library(database)
    made = library.create(ANN, "Shapes")
    Intake(library, Storage(database)).archive(ANN, made.id, image_folder)
    blob = library.freeze(ANN, made.id).examples[0].blob
    thumbnail = client(ANN).get(f"/api/image/{blob}")
    assert thumbnail.headers["content-type"] == "image/jpeg"
    assert thumbnail.headers["cache-control"].startswith("private")
    assert client(ANN).get(f"/api/image/{blob}?full").headers["content-type"] == "image/webp"
    for stranger in (client(BEN), client()):
        assert stranger.get(f"/api/image/{blob}").status_code == 404
    assert client(ANN).get("/api/image/passwd").status_code == 404


def test_a_model_that_is_not_there_or_not_yours_is_a_sentence(run: str) -> None:
    assert client(BEN).get(f"/api/runs/{run}/model.zip").status_code == 404
    mine = client(ANN).get(f"/api/runs/{run}/model.zip")
    assert (mine.status_code, mine.text) == (404, "The run has no model yet.")


def test_another_owners_live_events_are_refused(run: str) -> None:
    for stranger in (client(BEN), client()):
        assert stranger.get(f"/api/live?run={run}").status_code == 204
    assert client(ANN).get("/api/live?run=unknown").status_code == 204


def test_the_stream_replays_history_and_goes_on(run: str) -> None:
    database = Database()

    async def watch() -> list[list[dict]]:
        hub = live.Hub(database)
        live.hub.cache_clear()
        original, live.hub = live.hub, lambda: hub
        tail = asyncio.create_task(hub.tail())
        try:
            stream = live._stream(database, [run], 0)
            batches = []
            async for chunk in stream:
                text = chunk.decode()
                if "data: " not in text:
                    continue
                told = [event for event in json.loads(text.split("data: ")[1]) if event["event"] != "place"]
                if not told:
                    continue
                batches.append(told)
                if len(batches) == 1:
                    with database.writing() as connection:
                        feed.append(connection, run, 1, replace(STEP, loss=0.5))
                else:
                    break
            return batches
        finally:
            tail.cancel()
            live.hub = original

    first, second = in_time(watch())
    assert [event["event"] for event in first] == ["state"]
    assert [event.get("loss") for event in second] == [0.5]
    assert second[0]["id"] > first[-1]["id"]
    assert {event["run"] for event in [*first, *second]} == {run}


def test_whoever_watches_a_waiting_run_hears_where_it_stands_when_that_changes(run: str, shapes: ImageSet) -> None:
    database = Database()
    runs = Runs(database)
    first, second = run, runs.submit(ANN, TrainSpec(backbone="resnet18"), shapes.dataset).id
    hub = live.Hub(database)

    async def heard() -> list[tuple[str, str]]:
        """The first run is taken off the queue as soon as the place of both is known."""
        tail, found = asyncio.create_task(hub.tail()), []
        with hub.watching([first, second]) as queue:
            await hub.follow()
            while len(found) < 3:
                item = await queue.get()
                if item.payload["event"] == "place":
                    found.append((item.run, item.payload["words"]))
                if len(found) == 2 and item.run == second:
                    runs.stop(ANN, first)
        tail.cancel()
        return found

    before = [item.id for item in feed.replay(database, [first, second])]
    told = in_time(heard())
    assert told == [(first, "Next in line."), (second, "Number 2 in line."), (second, "Next in line.")]
    assert len(feed.replay(database, [first, second])) == len(before) + 1  # what was said of places is not stored


def test_streams_end_when_the_server_leaves(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = live.Hub(Database())
    monkeypatch.setattr(live, "hub", lambda: hub)
    told = False

    async def watch() -> int:
        nonlocal told
        tail = asyncio.create_task(hub.tail(lambda: told))
        chunks = 0
        async for _ in live._stream(Database(), [run], 0):
            chunks += 1
            told = True
        await tail
        return chunks

    assert in_time(watch()) == 2  # the retry interval and the history


def test_reconnecting_replays_only_what_was_missed(run: str) -> None:
    database = Database()
    newest = Runs(database).seen(ANN, run).newest
    with database.writing() as connection:
        feed.append(connection, run, 1, replace(STEP, loss=0.25))
    assert [item.payload["loss"] for item in feed.replay(database, [run], newest)] == [0.25]


HERE = {"origin": "http://testserver"}


def test_joining_by_code_makes_the_browser_its_owner() -> None:
    code = Owners(Database()).new_code(ANN)
    phone = client()
    answer = phone.post(f"/join/{code}", headers=HERE, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert phone.get("/").text == ANN
    spent = client().post(f"/join/{code}", headers=HERE)
    assert spent.status_code == 404
    assert "not valid any more" in spent.text
    assert '<a href="/">' in spent.text  # a way back


def test_looking_at_a_joining_link_changes_nothing() -> None:
    """A chat that previews a link opens it, and so does whoever is sent there by another site."""
    code = Owners(Database()).new_code(ANN)
    ben = client(BEN)
    page = ben.get(f"/join/{code}", headers={"referer": "http://elsewhere.test/"})
    assert page.status_code == 200
    assert "those that were made here stay behind" in page.text
    assert '<form method="post">' in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert ben.get("/").text == BEN
    assert Owners(Database()).redeem(code) == ANN


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://elsewhere.test"},
        {"origin": "http://testserver.elsewhere.test"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "https://elsewhere.test", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
    ids=str,
)
def test_another_site_can_not_make_a_browser_join(headers: dict[str, str]) -> None:
    """Over plain HTTP browsers send no Sec-Fetch-Site, so the form's origin must be this server."""
    code = Owners(Database()).new_code(ANN)
    refused = client(BEN).post(f"/join/{code}", headers=headers, follow_redirects=False)
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers
    assert Owners(Database()).redeem(code) == ANN


def test_behind_a_proxy_that_renames_the_host_the_browser_vouches_for_the_form() -> None:
    code = Owners(Database()).new_code(ANN)
    headers = {"origin": "https://lab.test", "sec-fetch-site": "same-origin"}
    assert client().post(f"/join/{code}", headers=headers, follow_redirects=False).status_code == 303


def test_a_finished_model_is_downloaded_under_its_run_id(trained_run: tuple[str, Dataset]) -> None:
    run_id, _ = trained_run
    answer = client(ANN).get(f"/api/runs/{run_id}/model.zip")
    assert answer.status_code == 200
    assert run_id in answer.headers["content-disposition"]
    assert answer.content.startswith(b"PK")


def test_two_clicks_at_once_give_two_whole_zips(trained_run: tuple[str, Dataset]) -> None:
    run_id, _ = trained_run
    with ThreadPoolExecutor(2) as pool:
        clicks = [pool.submit(client(ANN).get, f"/api/runs/{run_id}/model.zip") for _ in range(2)]
    for answer in (click.result() for click in clicks):
        assert answer.status_code == 200
        with ZipFile(BytesIO(answer.content)) as archive:
            assert archive.testzip() is None


def test_a_zip_takes_none_of_its_owners_room_and_goes_with_the_run(trained_run: tuple[str, Dataset]) -> None:
    run_id, _ = trained_run
    storage = Storage(Database())
    before = storage.used(ANN)
    client(ANN).get(f"/api/runs/{run_id}/model.zip")
    assert storage.used(ANN) == before
    storage.delete_run_files(run_id)
    assert not list(get_settings().home.rglob("*.zip"))


def test_a_run_that_goes_on_gives_no_model(trained_run: tuple[str, Dataset]) -> None:
    """Its folder still holds the model that it was stopped with."""
    run_id, _ = trained_run
    with Database().writing() as connection:
        connection.execute(update(runs).values(state="running", finished_at=None))
    answer = client(ANN).get(f"/api/runs/{run_id}/model.zip")
    assert (answer.status_code, answer.text) == (404, "The run has no model yet.")


@pytest.fixture
def trained_run(shapes: ImageSet, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Dataset]:
    """A run of Ann's that a worker has finished."""
    import shutil

    from tlcore.jobs.running.queue import Queue
    from tlcore.jobs.running.worker import Worker
    from tlcore.train.device import Device

    shutil.copytree(shapes.blobs.root, get_settings().blobs)
    spec = TrainSpec(backbone="shufflenet_v2_x0_5", strategy="scratch", epochs=1, image_size=32, augmentation="none")
    database = Database()
    submitted = Runs(database).submit(ANN, spec, shapes.dataset)
    worker = Worker("w1", Device("cpu", bf16=False, title="CPU"), threads=1)
    claim = Queue(database).claim("w1")
    assert claim is not None
    assert worker.execute(claim)
    finished = Runs(database).get(ANN, submitted.id)
    assert finished.state == "done", finished.message
    return submitted.id, shapes.dataset
