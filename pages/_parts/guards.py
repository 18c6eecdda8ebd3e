"""What stands between a person and a traceback, and the warnings about how the server was started."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException

from pages._parts.words import plain
from tlcore.errors import TlcoreError

_WANTED = {
    "runner.postScriptGC": False,
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": False,
}

_UNTOLD = "_untold"
Callback = TypeVar("Callback", bound=Callable[..., None])
log = logging.getLogger("pages")


def _show(sentence: str) -> None:
    st.error(sentence, icon=":material/error:")


def _keep(sentence: str) -> None:
    st.session_state[_UNTOLD] = sentence


@contextmanager
def one_sentence(tell: Callable[[str], None] = _show) -> Iterator[None]:
    """Tell an expected error as its sentence, and an unexpected one as a request to look into the log.

    Fragments and dialogs are drawn anew without the page around them, so each is decorated with a guard of its own.
    """
    try:
        yield
    except (RerunException, StopException):
        raise
    except TlcoreError as error:
        tell(plain(str(error)))
    except Exception:
        log.exception("a page failed")
        tell("Something went wrong on this page. Reload it; if it happens again, the server's log has the details.")


def guarded(callback: Callback) -> Callback:
    """A widget's callback whose error is told above the page that follows, for what it draws itself does not stay."""
    return one_sentence(_keep)(callback)


def tell_kept() -> None:
    """Say, once, what went wrong in a callback."""
    if sentence := st.session_state.pop(_UNTOLD, ""):
        _show(sentence)


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
    """Say that what is done here is out of reach after the tab, but not deleted."""
    st.info(
        "Your browser keeps no cookie for this site, so once this tab is closed or loaded anew, you can't reach your "
        "images and runs any more, though they stay on the server. Delete them before: on the page Home, under "
        "'Your data on this machine'.",
        icon=":material/cookie_off:",
    )
