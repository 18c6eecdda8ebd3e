"""What the dark theme needs beside its colours."""

import streamlit as st

_SELECTORS = '[data-tag] *, [data-testid="stBaseButton-primary"]:not(:disabled) *'


def dark_words_on_bright_buttons() -> None:
    """Streamlit writes in white on the primary colour, which must be bright to be read itself on a dark page."""
    if st.context.theme.type == "dark":
        st.html(f"<style>{_SELECTORS} {{ color: #0a101c; }}</style>")
