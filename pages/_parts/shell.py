"""The shell around every page: configuration, navigation, warnings. Runs first in every session and rerun."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from pages._parts import contrast, guards, nav, session  # noqa: E402


def main() -> None:
    """Draw the navigation and the chosen page."""
    st.set_page_config(page_title="Transfer Lab", page_icon=str(ROOT / "assets" / "favicon.png"), layout="wide")
    page = st.navigation(nav.pages(), position="top")
    contrast.dark_words_on_bright_buttons()
    guards.warn_about_settings()
    if not session.has_cookie():
        guards.note_missing_cookie()
    guards.tell_kept()
    with guards.one_sentence():
        page.run()


main()
