"""Data sets: bring images, look at them, put them in order."""

from functools import partial

import streamlit as st

from pages._parts import nav
from pages._parts.confirm import ask_to_delete
from pages._parts.data_sets import adding
from pages._parts.data_sets.set_classes import classes, close
from pages._parts.data_sets.set_images import gallery
from pages._parts.heading import heading
from pages._parts.session import owner, services
from pages._parts.training import train_view
from pages._parts.words import counted, plain
from tlcore.jobs.belongings.library import Collection


def page() -> None:
    """Choose or make a set on the left, its images on the right."""
    heading("Data sets", "Images sorted into classes: your own, or a set that is built in.")
    left, right = st.columns([1, 2.4], gap="large")
    collection = adding.chosen_collection()
    with left:
        _sets(collection)
    with right:
        if collection is None:
            adding.show_note()
            adding.show_gone()
            st.subheader("Bring your own images", anchor=False)
            adding.add_images(None)
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
        if chosen is not None and st.button("New set", key="new-set", icon=":material/add:", width="stretch"):
            adding.open_collection(adding.NEW)
        used, limit = services().storage.used(owner()), services().storage.limit
        st.progress(min(1.0, used / limit), f"{used / 1e6:.0f} of {limit / 1e6:.0f} MB used")
    st.subheader("Sample sets", anchor=False)
    adding.sample_buttons(key="sample")
    adding.online_sets()


def _editor(collection: Collection) -> None:
    _title(collection)
    adding.show_note()
    if collection.missing:
        st.info(plain(collection.missing), icon=":material/add_photo_alternate:")
    _conflicts(collection)
    with st.expander("Add images", expanded=collection.image_count == 0, icon=":material/upload:"):
        adding.add_images(collection)
    if collection.classes:
        classes(collection)
        gallery(collection)


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
            st.switch_page(nav.page("train"), query_params=train_view.to_form(set=collection.id))
        more = f"more-{collection.id}"
        with st.popover("", icon=":material/more_vert:", help="Rename or delete this set", key=more, on_change="rerun"):
            name = st.text_input("Name", collection.name, max_chars=80, key=f"name-{collection.id}")
            if st.button("Rename", width="stretch") and name != collection.name:
                services().library.rename(owner(), collection.id, name)
                st.rerun()
            st.caption("Deleting removes the images at once, but for those that a run of yours was trained on.")
            doomed = st.button(
                "Delete this set", icon=":material/delete:", width="stretch", on_click=close, args=(more,)
            )
    if doomed:
        held = counted(collection.image_count, "image")
        ask_to_delete(f"The set **{plain(collection.name)}** with its {held}.", partial(_delete_set, collection))


def _delete_set(collection: Collection) -> None:
    services().library.delete(owner(), collection.id)
    adding.forget_choice()


page()
