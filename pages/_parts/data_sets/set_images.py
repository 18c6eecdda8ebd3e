"""The images of a set, class by class: look at them, pick some, move or delete those."""

from functools import partial

import streamlit as st

from pages._parts import components
from pages._parts.confirm import ask_to_delete
from pages._parts.data_sets import preprocessing_strip
from pages._parts.session import owner, services
from pages._parts.words import counted, plain
from tlcore.jobs.belongings.library import ClassInfo, Collection


def gallery(collection: Collection) -> None:
    """The images of one class, of which some can be picked, and what a network sees of one."""
    by_id = {c.id: c for c in collection.classes}
    shown = st.pills(
        "Look into a class",
        list(by_id),
        default=next(iter(by_id)),
        format_func=lambda i: f"{plain(by_id[i].name)} ({by_id[i].count})",
        key=f"look-{collection.id}",
        wrap=True,
    )
    info = by_id.get(shown or 0) or collection.classes[0]
    images = services().library.images(owner(), info.id)
    turn = st.session_state.get("_gallery", 0)
    picked = components.gallery(
        [{"id": i.id, "blob": i.blob, "title": f"{i.name}, {i.width} x {i.height}"} for i in images],
        key=f"gallery-{info.id}-{turn}",
        picked=[],
    )
    _actions(collection, info, picked)
    blob = next((i.blob for i in images if i.id in picked), images[0].blob if images else None)
    if blob:
        preprocessing_strip.strip(blob, flip=collection.flip)


def _actions(collection: Collection, info: ClassInfo, picked: list[int]) -> None:
    if not picked:
        st.caption("Click images to pick them; picked ones can be moved or deleted.")
        return
    others = {c.name: c.id for c in collection.classes if c.id != info.id}
    say, where, gone = st.columns([1.2, 2, 1], vertical_alignment="bottom")
    say.markdown(f"**{len(picked)} picked**")
    target = where.selectbox(
        "Move to", list(others), index=None, placeholder="Move to another class", key=f"to-{info.id}"
    )
    if target:
        services().library.move_images(owner(), picked, others[target])
        _unpick()
        st.rerun()
    elif gone.button("Delete", icon=":material/delete:", width="stretch"):
        ask_to_delete(f"{counted(len(picked), 'image')} of **{plain(info.name)}**.", partial(_delete_images, picked))


def _delete_images(picked: list[int]) -> None:
    services().library.delete_images(owner(), picked)
    _unpick()


def _unpick() -> None:
    """A gallery of another name starts with nothing picked."""
    st.session_state["_gallery"] = st.session_state.get("_gallery", 0) + 1
