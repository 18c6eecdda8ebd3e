"""What stands between a person and a traceback, and the warnings about how the server was started."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException

from tlcore.errors import TlcoreError

_WANTED = {
    "runner.postScriptGC": False,
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": False,
}

log = logging.getLogger("pages")


@contextmanager
def one_sentence() -> Iterator[None]:
    """Show an expected error as its sentence, and an unexpected one as a request to look into the log."""
    try:
        yield
    except (RerunException, StopException):
        raise
    except TlcoreError as error:
        st.error(str(error), icon=":material/error:")
    except Exception:
        log.exception("a page failed")
        st.error(
            "Something went wrong on this page. Reload it; if it happens again, the server's log has the details.",
            icon=":material/error:",
        )


def warn_about_settings() -> None:
    """Say when the server runs without the settings that it was measured with."""
    wrong = [name for name, value in _WANTED.items() if st.get_option(name) != value]
    watching = wrong == ["server.fileWatcherType"]  # what `make dev` turns on
    if wrong and not watching:
        st.warning(
            f"The server was started without Transfer Lab's settings ({', '.join(wrong)}), so it is slow with many "
            "people. Start it from the project's folder with `make run`.",
            icon=":material/warning:",
        )


def note_missing_cookie() -> None:
    """Say that what is done here ends with the tab."""
    st.info(
        "Your browser keeps no cookie for this site, so your images and runs end with this tab.",
        icon=":material/cookie_off:",
    )
