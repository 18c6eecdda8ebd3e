"""Pages run by AppTest, through the shell as in the browser; the owner is the tab's own, as without cookies."""

import gc
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from pages._parts import session
from tests.conftest import BACKBONE, Backbone, ImageSet
from tlcore.data.ingest.reading import ingest_path
from tlcore.data.ingest.report import IngestReport
from tlcore.data.pixels.blobs import BlobStore
from tlcore.errors import BadInputError
from tlcore.settings import get_settings
from tlcore.train.device import Device
from tlcore.train.events import Finished
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.run import RunContext, train

PAGES = Path(__file__).resolve().parents[2] / "pages"
OWNER = "pagetestspagetestspagetestspaget"
_FIGURE = re.compile(r":small\[(.+?)\] \*\*(.+?)\*\*")


def figures(page: AppTest) -> list[tuple[str, str]]:
    """The figures that stand in a line, by their names, in the order of the page."""
    return [(found[1], found[2]) for text in page.markdown if (found := _FIGURE.match(text.value))]


def count_calls(monkeypatch: pytest.MonkeyPatch, store: type, method: str) -> list[str]:
    """The last argument of every call of a method; a second call is refused, so that no page calls it for ever."""
    asked: list[str] = []
    real = getattr(store, method)

    def once(*given: str) -> None:
        asked.append(given[-1])
        if len(asked) > 1:
            raise BadInputError("This was asked for already.")
        real(*given)

    monkeypatch.setattr(store, method, once)
    return asked


@pytest.fixture(scope="session", autouse=True)
def _one_look_for_components() -> Iterator[None]:
    """Streamlit reads what every installed package says of itself whenever an AppTest starts: half of a test's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="module", autouse=True)
def _few_objects_to_look_through() -> None:
    """Streamlit collects garbage after every run of a script; the app keeps what it has loaded out of that, too."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _fresh_services(reads_here: None, migrated: None) -> Iterator[None]:
    """Each test's home is another one, so what the process keeps must be made anew."""
    session.services.cache_clear()
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    session.services.cache_clear()


@pytest.fixture
def services() -> session.Services:
    """The services that the pages of this test use."""
    return session.services()


@pytest.fixture
def visit() -> Callable[..., AppTest]:
    """Open a page as OWNER, with query parameters."""

    def open_page(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(PAGES / "_parts" / "shell.py"), default_timeout=60)
        app.session_state["_tab_owner"] = OWNER
        for key, value in query.items():
            app.query_params[key] = value
        if name != "home":
            app.run()
            app.switch_page(f"../{name}.py")
        return app.run()

    return open_page


@pytest.fixture(scope="session")
def _read_shapes(image_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[IngestReport, BlobStore]:
    """The images of `image_folder` as an upload reads them, once for all tests that need a set with images."""
    blobs = BlobStore(tmp_path_factory.mktemp("read-shapes"))
    return ingest_path(image_folder, blobs), blobs


@pytest.fixture
def put_shapes(services: session.Services, _read_shapes: tuple[IngestReport, BlobStore]) -> Callable[[str], None]:
    """Put the images of `image_folder` into one of OWNER's sets."""
    report, blobs = _read_shapes

    def adopt() -> None:
        shutil.copytree(blobs.root, services.storage.blobs.root, dirs_exist_ok=True)

    return lambda collection: services.library.add(OWNER, collection, report, adopt)


@pytest.fixture
def lab_run(services: session.Services, throwaway_backbone: Backbone, shapes: ImageSet) -> str:
    """A finished run of one quick epoch."""
    shutil.copytree(shapes.blobs.root, services.storage.blobs.root, dirs_exist_ok=True)
    spec = TrainSpec(backbone=BACKBONE, epochs=1, image_size=32, views=1, augmentation="none", precision="float32")
    run = services.runs.submit(OWNER, spec, shapes.dataset, collection_name="Shapes")
    services.queue.claim("worker")
    home = get_settings()
    device = Device("cpu", bf16=False, title="CPU")
    context = RunContext(run.id, device, shapes.blobs, home.cache, home.runs / run.id, threads=1, checkpoints=False)
    *_, finished = train(spec, shapes.dataset, context)
    assert isinstance(finished, Finished)
    services.queue.finish(run.id, 1, "done", result=finished)
    return run.id
