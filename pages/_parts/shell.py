"""The shell around every page: configuration, navigation, warnings. Runs first in every session and rerun."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from pages._parts import guards, session  # noqa: E402

PAGES = ROOT / "pages"


def main() -> None:
    """Draw the navigation and the chosen page."""
    st.set_page_config(page_title="Transfer Lab", page_icon=":material/model_training:", layout="wide")
    page = st.navigation(
        [
            st.Page(PAGES / "home.py", title="Home", icon=":material/home:", default=True),
            st.Page(PAGES / "datasets.py", title="Data sets", icon=":material/photo_library:", url_path="datasets"),
            st.Page(PAGES / "train.py", title="Train", icon=":material/model_training:", url_path="train"),
            st.Page(PAGES / "runs.py", title="Runs", icon=":material/stacked_line_chart:", url_path="runs"),
            st.Page(PAGES / "result.py", title="Result", icon=":material/fact_check:", url_path="result"),
            st.Page(PAGES / "try_it.py", title="Try", icon=":material/center_focus_strong:", url_path="try"),
        ],
        position="top",
    )
    guards.warn_about_settings()
    if not session.has_cookie():
        guards.note_missing_cookie()
    with guards.one_sentence():
        page.run()


main()
