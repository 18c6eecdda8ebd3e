"""The classes of a set: how many images each has, and renaming, switching off and deleting them."""

from functools import partial

import streamlit as st

from pages._parts import components
from pages._parts.confirm import ask_to_delete
from pages._parts.guards import guarded
from pages._parts.session import owner, services
from pages._parts.words import counted, plain
from tlcore.data.names import clean_name
from tlcore.errors import TlcoreError
from tlcore.jobs.belongings.library import ClassInfo, Collection


def classes(collection: Collection) -> None:
    """A bar a class, and an editor of them."""
    counts, edit = st.columns([1.3, 1], gap="medium")
    with counts:
        components.bars(
            [{"label": c.name, "value": c.count, "dim": not c.enabled} for c in collection.classes],
            key=f"counts-{collection.id}",
        )
        st.caption(_balance(collection))
    editor = f"classes-{collection.id}"
    with (
        edit,
        st.popover(
            "Rename, switch off or delete classes",
            icon=":material/edit:",
            width="stretch",
            key=editor,
            on_change="rerun",
        ),
    ):
        doomed = [info for info in collection.classes if _edit_class(info, editor)]
    for info in doomed:
        ask_to_delete(
            f"The class **{plain(info.name)}** with its {counted(info.count, 'image')}.", partial(_delete_class, info)
        )


def _delete_class(info: ClassInfo) -> None:
    services().library.delete_class(owner(), info.id)


def _balance(collection: Collection) -> str:
    counts = list(collection.enabled_counts.values())
    held = f"{counted(sum(counts), 'image')} in {counted(len(counts), 'class', 'classes')}"
    if len(counts) < 2 or not min(counts):
        return held
    ratio = max(counts) / min(counts)
    if ratio < 1.05:
        return f"{held}, all classes equally large"
    word = "balanced" if ratio <= 1.5 else "somewhat unbalanced" if ratio <= 3 else "unbalanced: consider class weights"
    return f"{held}; the largest is {ratio:.1f} times the smallest ({word})"


def _edit_class(info: ClassInfo, editor: str) -> bool:
    """One row of the editor; returns whether its class shall be deleted."""
    with st.container(horizontal=True, vertical_alignment="center"):
        new = st.text_input("Class", info.name, max_chars=80, key=f"class-{info.id}", label_visibility="collapsed")
        on = st.toggle("Use", info.enabled, key=f"use-{info.id}", help="Off keeps the images but leaves them out")
        help_ = f"Delete '{plain(info.name)}' and its images"
        key = f"delete-{info.id}"
        doomed = st.button("", icon=":material/delete:", key=key, help=help_, on_click=close, args=(editor,))
    if clean_name(new, "") != info.name:  # what would be stored, or this would rename at every rerun
        try:
            services().library.rename_class(owner(), info.id, new)
            st.rerun()
        except TlcoreError as error:
            st.error(plain(str(error)))
    if on != info.enabled:
        services().library.enable_class(owner(), info.id, enabled=not info.enabled)
        st.rerun()
    return doomed


@guarded
def close(popover: str) -> None:
    """A dialog opens below an open popover, and on a phone out of sight."""
    st.session_state[popover] = False
