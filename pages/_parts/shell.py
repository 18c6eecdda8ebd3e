"""The shell around every page: configuration, looks, navigation, warnings. Runs first in every session and rerun."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from pages._parts import guards, link_state, nav, session  # noqa: E402
from tlcore.palette import DARK, LIGHT, WHITE  # noqa: E402

_WORDS = '[data-tag] *, [data-testid="stBaseButton-primary"]:not(:disabled) *'
_OUTSIDE = '[data-testid="stDialog"], [data-testid="stPopoverBody"]'
_FOCUSED = "a:focus-visible, button:focus-visible, summary:focus-visible"
_RING = f"outline: 3px solid light-dark({LIGHT.link}, {DARK.link}) !important; outline-offset: 1px"
# Elements stand closer than Streamlit's 1rem, so that the thing itself is in the first screen, and so do the lines into
# which they break on a phone. A preset is a word in a line rather than a button of 2.5rem; where images are dropped,
# there is something to aim at; and where one taps, Plotly's tools would always lie over the legend. A picture's
# button lies on the picture; 44 pixels higher it would take the clicks on what stands above. A chart laid
# out for one width has a twin for the other: the keys of the two begin with `when-wide-` and `when-narrow-`.
_ROOM = """
:is([data-testid="stMainBlockContainer"], [data-testid="stColumn"]) > [data-testid="stVerticalBlock"] { gap: 0.6rem; }
[data-testid="stMain"] [data-testid="stHorizontalBlock"] { row-gap: 0.6rem; }
:is(.stVerticalBlock, .stHorizontalBlock):is(.st-key-heading, .st-key-presets) { row-gap: 0.1rem; }
[class*="st-key-preset-"] button { min-height: 1.75rem; padding-block: 0; }
.st-key-drop [data-testid="stFileUploaderDropzone"] {
    min-height: 15rem; flex-direction: column; justify-content: center; align-items: center;
}
.st-key-drop [data-testid="stFileUploaderDropzone"] > * { flex: none; }
:not([data-testid="stDataFrame"]) > [data-testid="stElementToolbar"] { top: 0 !important; }
@media (hover: none) { [data-testid="stPlotlyChart"] .modebar-container { display: none; } }
@media (max-width: 1079px) { [class*="st-key-when-wide-"] { display: none; } }
@media (min-width: 1080px) { [class*="st-key-when-narrow-"] { display: none; } }
"""


def main() -> None:
    """Draw the navigation and the chosen page."""
    st.set_page_config(page_title="Transfer Lab", page_icon=str(ROOT / "assets" / "favicon.png"), layout="wide")
    page = st.navigation(nav.pages(), position="top")
    link_state.arrive(page.url_path)
    _style()
    guards.warn_about_settings()
    if not session.has_cookie():
        guards.note_missing_cookie()
    guards.tell_kept()
    with guards.one_sentence():
        page.run()


def _style() -> None:
    """Write dark words on bright buttons, draw a ring around what the keyboard is on, and make room.

    Streamlit writes in white on the primary colour, which must be bright to be read itself on a dark page. The browser
    chooses by the theme that it shows, for the server learns of another one only with the next rerun; but dialogs and
    popovers stand outside the element that says which theme that is.
    """
    theme = "dark" if st.context.theme.type == "dark" else "light"
    rules = (
        f"{_WORDS} {{ color: light-dark({WHITE}, {LIGHT.ink}); }}",
        f"{_OUTSIDE} {{ color-scheme: {theme}; }}",
        f"{_FOCUSED} {{ {_RING}; }}",
        _ROOM,
    )
    st.html(f"<style>{' '.join(rules)}</style>")


main()
