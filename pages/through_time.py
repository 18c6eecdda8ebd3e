"""Through time: gradients on their way back through a recurrent network, and a network that learns to write."""

from functools import partial

import streamlit as st

from pages._parts import time_gradients, time_language
from pages._parts.kept import kept
from pages._parts.segments import segments

_VIEWS = {
    "gradients": ("Gradients", time_gradients.gradients),
    "language": ("A network that writes", time_language.language),
}


def page() -> None:
    """Choose a view; the link keeps it."""
    st.title("Through time", anchor=False)
    choice = partial(
        segments, "View", list(_VIEWS), format_func=lambda name: _VIEWS[name][0],
        label_visibility="collapsed", help="What recurrent networks lose on the way back, or learn of a text.",
    )  # fmt: skip
    _VIEWS[str(kept("view", "gradients", _VIEWS, choice))][1]()


page()
