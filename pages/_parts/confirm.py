"""Ask before something is deleted for good."""

from collections.abc import Callable

import streamlit as st

from pages._parts import guards


def ask_to_delete(what: str, delete: Callable[[], None]) -> None:
    """Open a dialog that names what would go; only its own button deletes, and the page is drawn anew after it."""

    @st.dialog("Delete?", icon=":material/delete:")
    @guards.one_sentence()
    def dialog() -> None:
        st.write(f"{what} There is no way back.")
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Keep", key="confirm-keep"):
                st.rerun()
            on_click = guards.guarded(delete)
            if st.button("Delete", key="confirm-delete", type="primary", icon=":material/delete:", on_click=on_click):
                st.rerun()

    dialog()
