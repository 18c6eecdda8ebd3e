"""What the dark theme needs beside its colours."""

import streamlit as st

_WORDS = '[data-tag] *, [data-testid="stBaseButton-primary"]:not(:disabled) *'
_OUTSIDE = '[data-testid="stDialog"], [data-testid="stPopoverBody"]'


def dark_words_on_bright_buttons() -> None:
    """Streamlit writes in white on the primary colour, which must be bright to be read itself on a dark page.

    The browser chooses by the theme that it shows, for the server learns of another one only with the next rerun; but
    dialogs and popovers stand outside the element that says which theme that is.
    """
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.html(
        f"<style>{_WORDS} {{ color: light-dark(#ffffff, #0a101c); }} {_OUTSIDE} {{ color-scheme: {theme}; }}</style>"
    )
