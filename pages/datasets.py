"""Data sets: bring images, look at them, put them in order."""

import streamlit as st

from pages._parts import adding, components, nav, truth
from pages._parts.session import owner, services
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
            st.info(
                "Take a sample set on the left, or name a new set and bring your own images.", icon=":material/west:"
            )
        else:
            _editor(collection)


def _sets(chosen: Collection | None) -> None:
    with st.form("new", clear_on_submit=True):
        name = st.text_input("A new set", placeholder="My birds", max_chars=80)
        if st.form_submit_button("Make an empty set", icon=":material/add:", width="stretch"):
            adding.open_collection(services().library.create(owner(), name).id)
    st.caption("or take a sample set")
    adding.sample_buttons(key="sample")
    adding.online_sets()
    collections = services().library.all(owner())
    if collections:
        st.subheader("Your sets", anchor=False)
    for collection in collections:
        label = f"{collection.name}  \n{collection.image_count} images, {len(collection.classes)} classes"
        open_now = chosen is not None and collection.id == chosen.id
        if st.button(label, key=f"open-{collection.id}", width="stretch", type="primary" if open_now else "secondary"):
            adding.open_collection(collection.id)
    if collections:
        used, limit = services().storage.used(owner()), services().storage.limit
        st.progress(min(1.0, used / limit), f"{used / 1e6:.0f} of {limit / 1e6:.0f} MB used")


def _editor(collection: Collection) -> None:
    _title(collection)
    adding.show_note()
    if collection.missing:
        st.info(collection.missing, icon=":material/add_photo_alternate:")
    with st.expander("Add images", expanded=collection.image_count == 0, icon=":material/upload:"):
        adding.add_images(collection)
    if collection.classes:
        _classes(collection)
        _images(collection)


def _title(collection: Collection) -> None:
    head, train, more = st.columns([4, 1.6, 0.8], vertical_alignment="center")
    head.subheader(collection.name, anchor=False)
    if train.button("Train on it", type="primary", icon=":material/model_training:", disabled=bool(collection.missing)):
        st.switch_page(nav.page("train"), query_params={"set": collection.id})
    with more.popover("", icon=":material/more_vert:", help="Rename or delete this set"):
        name = st.text_input("Name", collection.name, max_chars=80, key=f"name-{collection.id}")
        if st.button("Rename", width="stretch") and name != collection.name:
            services().library.rename(owner(), collection.id, name)
            st.rerun()
        st.caption("Deleting removes the images at once, but for those that a run of yours was trained on.")
        if st.button("Delete this set", icon=":material/delete:", width="stretch"):
            services().storage.collect(services().library.delete(owner(), collection.id))
            st.query_params.pop("set", None)
            st.rerun()


def _classes(collection: Collection) -> None:
    counts, edit = st.columns([1.3, 1], gap="medium")
    with counts:
        components.bars(
            [{"label": c.name, "value": c.count, "dim": not c.enabled} for c in collection.classes],
            key=f"counts-{collection.id}",
        )
        st.caption(_balance(collection))
    with edit, st.popover("Rename, switch off or delete classes", icon=":material/edit:", width="stretch"):
        for info in collection.classes:
            _edit_class(info)


def _balance(collection: Collection) -> str:
    counts = list(collection.enabled_counts.values())
    if len(counts) < 2 or not min(counts):
        return f"{sum(counts)} images in {len(counts)} classes"
    ratio = max(counts) / min(counts)
    word = "balanced" if ratio <= 1.5 else "somewhat unbalanced" if ratio <= 3 else "unbalanced: consider class weights"
    return f"{sum(counts)} images in {len(counts)} classes; the largest is {ratio:.1f} times the smallest ({word})"


def _edit_class(info: ClassInfo) -> None:
    name, use, gone = st.columns([3, 1.2, 0.8], vertical_alignment="bottom")
    new = name.text_input("Class", info.name, max_chars=80, key=f"class-{info.id}", label_visibility="collapsed")
    if new.strip() != info.name:
        services().library.rename_class(owner(), info.id, new)
        st.rerun()
    if (
        use.toggle("Use", info.enabled, key=f"use-{info.id}", help="Off keeps the images but leaves them out")
        != info.enabled
    ):
        services().library.enable_class(owner(), info.id, enabled=not info.enabled)
        st.rerun()
    if gone.button("", icon=":material/delete:", key=f"delete-{info.id}", help=f"Delete '{info.name}' and its images"):
        services().storage.collect(services().library.delete_class(owner(), info.id))
        st.rerun()


def _images(collection: Collection) -> None:
    by_name = {f"{c.name} ({c.count})": c for c in collection.classes}
    shown = st.pills("Look into a class", list(by_name), default=next(iter(by_name)), key=f"look-{collection.id}")
    info = by_name.get(str(shown)) or collection.classes[0]
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
    elif gone.button("Delete", icon=":material/delete:", width="stretch"):
        services().storage.collect(services().library.delete_images(owner(), picked))
    else:
        return
    st.session_state["_gallery"] = st.session_state.get("_gallery", 0) + 1
    st.rerun()


page()
