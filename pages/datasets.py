"""Data sets: bring images, look at them, put them in order."""

from functools import partial

import streamlit as st

from pages._parts import adding, components, nav, truth
from pages._parts.confirm import ask_to_delete
from pages._parts.session import owner, services
from pages._parts.words import counted, plain
from tlcore.errors import TlcoreError
from tlcore.jobs.library import ClassInfo, Collection


def page() -> None:
    """Choose or make a set on the left, its images on the right."""
    st.title("Data sets", anchor=False)
    left, right = st.columns([1, 2.4], gap="large")
    collection = adding.chosen_collection()
    with left:
        _sets(collection)
    with right:
        if collection is None:
            adding.show_note()
            adding.show_gone()
            st.info(
                "Take a sample set on the left, or name a new set and bring your own images.", icon=":material/west:"
            )
        else:
            _editor(collection)


def _sets(chosen: Collection | None) -> None:
    collections = services().library.all(owner())
    if collections:
        st.subheader("Your sets", anchor=False)
    for collection in collections:
        held = f"{counted(collection.image_count, 'image')}, {counted(len(collection.classes), 'class', 'classes')}"
        open_now = chosen is not None and collection.id == chosen.id
        if st.button(
            f"{plain(collection.name)}  \n{held}",
            key=f"open-{collection.id}",
            width="stretch",
            type="primary" if open_now else "secondary",
        ):
            adding.open_collection(collection.id)
    if collections:
        used, limit = services().storage.used(owner()), services().storage.limit
        st.progress(min(1.0, used / limit), f"{used / 1e6:.0f} of {limit / 1e6:.0f} MB used")
        st.subheader("More sets", anchor=False)
    with st.form("new", clear_on_submit=True):
        name = st.text_input("A new set", placeholder="My birds", max_chars=80)
        if st.form_submit_button("Make an empty set", icon=":material/add:", width="stretch"):
            adding.open_collection(services().library.create(owner(), name).id)
    st.caption("or take a sample set")
    adding.sample_buttons(key="sample")
    adding.online_sets()


def _editor(collection: Collection) -> None:
    _title(collection)
    adding.show_note()
    if collection.missing:
        st.info(collection.missing, icon=":material/add_photo_alternate:")
    _conflicts(collection)
    with st.expander("Add images", expanded=collection.image_count == 0, icon=":material/upload:"):
        adding.add_images(collection)
    if collection.classes:
        _classes(collection)
        _images(collection)


def _conflicts(collection: Collection) -> None:
    """Images that were put into two classes: nothing can learn both."""
    torn = services().library.torn(owner(), collection.id)
    if not torn:
        return
    places = [" and ".join(f"'{plain(place)}'" for place in image) for image in torn[:5]]
    more = f", and {len(torn) - 5} more" if len(torn) > 5 else ""
    what = "The same image is" if len(torn) == 1 else f"{len(torn)} images are"
    st.warning(f"{what} in more than one class: {'; '.join(places)}{more}.", icon=":material/call_split:")


def _title(collection: Collection) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(collection.name), anchor=False, width="stretch")
        if st.button(
            "Train on it", type="primary", icon=":material/model_training:", disabled=bool(collection.missing)
        ):
            st.switch_page(nav.page("train"), query_params={"set": collection.id})
        more = f"more-{collection.id}"
        with st.popover("", icon=":material/more_vert:", help="Rename or delete this set", key=more, on_change="rerun"):
            name = st.text_input("Name", collection.name, max_chars=80, key=f"name-{collection.id}")
            if st.button("Rename", width="stretch") and name != collection.name:
                services().library.rename(owner(), collection.id, name)
                st.rerun()
            st.caption("Deleting removes the images at once, but for those that a run of yours was trained on.")
            doomed = st.button(
                "Delete this set", icon=":material/delete:", width="stretch", on_click=_close, args=(more,)
            )
    if doomed:
        held = counted(collection.image_count, "image")
        ask_to_delete(f"The set **{plain(collection.name)}** with its {held}.", partial(_delete_set, collection))


def _delete_set(collection: Collection) -> None:
    services().storage.collect(services().library.delete(owner(), collection.id))
    adding.forget_choice()


def _classes(collection: Collection) -> None:
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
    services().storage.collect(services().library.delete_class(owner(), info.id))


def _balance(collection: Collection) -> str:
    counts = list(collection.enabled_counts.values())
    held = f"{counted(sum(counts), 'image')} in {counted(len(counts), 'class', 'classes')}"
    if len(counts) < 2 or not min(counts):
        return held
    ratio = max(counts) / min(counts)
    if ratio < 1.05:
        return f"{held}, all of the same size"
    word = "balanced" if ratio <= 1.5 else "somewhat unbalanced" if ratio <= 3 else "unbalanced: consider class weights"
    return f"{held}; the largest is {ratio:.1f} times the smallest ({word})"


def _edit_class(info: ClassInfo, editor: str) -> bool:
    """One row of the editor; returns whether its class shall be deleted."""
    with st.container(horizontal=True, vertical_alignment="center"):
        new = st.text_input("Class", info.name, max_chars=80, key=f"class-{info.id}", label_visibility="collapsed")
        on = st.toggle("Use", info.enabled, key=f"use-{info.id}", help="Off keeps the images but leaves them out")
        help_ = f"Delete '{plain(info.name)}' and its images"
        key = f"delete-{info.id}"
        doomed = st.button("", icon=":material/delete:", key=key, help=help_, on_click=_close, args=(editor,))
    if new.strip() != info.name:
        try:
            services().library.rename_class(owner(), info.id, new)
            st.rerun()
        except TlcoreError as error:
            st.error(str(error))
    if on != info.enabled:
        services().library.enable_class(owner(), info.id, enabled=not info.enabled)
        st.rerun()
    return doomed


def _close(popover: str) -> None:
    """A dialog opens below an open popover, and on a phone out of sight."""
    st.session_state[popover] = False


def _images(collection: Collection) -> None:
    by_id = {c.id: c for c in collection.classes}
    shown = st.pills(
        "Look into a class",
        list(by_id),
        default=next(iter(by_id)),
        format_func=lambda i: f"{plain(by_id[i].name)} ({by_id[i].count})",
        key=f"look-{collection.id}",
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
        truth.strip(blob, flip=collection.flip)


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
    services().storage.collect(services().library.delete_images(owner(), picked))
    _unpick()


def _unpick() -> None:
    """A gallery of another name starts with nothing picked."""
    st.session_state["_gallery"] = st.session_state.get("_gallery", 0) + 1


page()
