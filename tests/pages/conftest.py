"""Pages run by AppTest, through the shell as in the browser; the owner is the tab's own, as without cookies."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from pages._parts import session

PAGES = Path(__file__).resolve().parents[2] / "pages"
OWNER = "pagetestspagetestspagetestspaget"


@pytest.fixture(scope="session", autouse=True)
def _one_look_for_components() -> Iterator[None]:
    """Streamlit reads what every installed package says of itself whenever an AppTest starts: half of a test's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(autouse=True)
def _fresh_services() -> Iterator[None]:
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
