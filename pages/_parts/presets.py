"""Settings to begin with, each a click away."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import streamlit as st

from pages._parts.guards import guarded

Preset = TypeVar("Preset")


def presets(rows: Mapping[str, Preset], load: Callable[[Preset], None], *, title: str = "Try") -> None:
    """A row of names; a click on one hands what belongs to it to `load`, before the page is drawn anew."""
    with st.container(horizontal=True, vertical_alignment="center", gap=12, key="presets"):
        st.caption(title, width="content")
        for name, wanted in rows.items():
            st.button(
                f":primary[{name}]", on_click=guarded(load), args=(wanted,), key=f"preset-{name}", type="tertiary"
            )
