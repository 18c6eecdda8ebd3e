"""Train: data on the left, training in the middle, trying on the right."""

from functools import partial

import streamlit as st

from pages._parts import components, nav
from pages._parts.data_sets import adding
from pages._parts.heading import heading
from pages._parts.js.data import Bar
from pages._parts.link_state import forget, linked
from pages._parts.results.trying import try_model
from pages._parts.session import owner, services
from pages._parts.training import spec_form, train_view, twin
from pages._parts.training.run_view import run_view
from pages._parts.training.run_words import state_word
from pages._parts.words import counted, plain
from tlcore.errors import QueueFullError
from tlcore.jobs.belongings.library import Collection
from tlcore.jobs.running.runs import Run
from tlcore.train.recipe.spec import TrainSpec


def page() -> None:
    """The three columns."""
    heading("Train", "Show a network your images, watch it learn them, and try it on a new photo.")
    data, train, attempt = st.columns([1, 2.3, 1.15], gap="large")
    with data:
        st.header("1 · Data", anchor=False)
        collection = _data()
    with train:
        st.header("2 · Train", anchor=False)
        run = train_view.run_in_view(collection)
        if run is None:
            _form(collection)
        else:
            run = run_view(run)
    with attempt:
        st.header("3 · Try", anchor=False)
        _attempt(run)


def _data() -> Collection | None:
    collections = services().library.all(owner())
    if not collections:
        st.write("Take a sample set, or bring your own images.")
        adding.sample_buttons(key="train-sample")
        st.page_link(nav.page("datasets"), label="Bring your own images", icon=":material/upload:")
        return None
    current = adding.chosen_collection()
    if current is None:
        adding.show_gone()
    names = {c.id: c.name for c in collections}
    choice = partial(
        st.selectbox, "Image set", list(names), format_func=names.__getitem__, placeholder="Choose an image set",
        help="What the network learns to tell apart.",
    )  # fmt: skip
    chosen = linked("set", current.id if current else None, names, choice, always=True)
    if chosen and (current is None or chosen != current.id):
        forget("run")  # the run of another set
        adding.open_collection(chosen)
    if current is not None:
        _show_classes(current)
    return current


def _show_classes(collection: Collection) -> None:
    rows: list[Bar] = [{"label": c.name, "value": c.count, "dim": not c.enabled} for c in collection.classes]
    if rows:
        components.bars(rows, key=f"train-counts-{collection.id}")
    counts = collection.enabled_counts
    st.caption(f"{counted(sum(counts.values()), 'image')} in {counted(len(counts), 'class', 'classes')}")
    st.page_link(
        nav.page("datasets"), label="Edit the images", icon=":material/photo_library:",
        query_params={"set": collection.id},
    )  # fmt: skip


def _form(collection: Collection | None) -> None:
    _way_back()
    chosen, action = spec_form.pickers(), st.container()
    spec, blocked = spec_form.settings(chosen, collection)
    if collection is None:
        blocked = "Choose an image set first."
    elif collection.missing:
        blocked = collection.missing
    with action, st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Train", type="primary", icon=":material/play_arrow:", disabled=bool(blocked), key="train")
        with_twin = spec is not None and spec.pretrained and twin.wanted(spec.backbone)
    if pressed:
        assert spec is not None and collection is not None
        _submit(collection, spec, with_twin=with_twin)
    if blocked:
        action.caption(f":material/block: {plain(blocked)}")


def _way_back() -> None:
    """What is being trained meanwhile, or was last, is a click away."""
    latest = train_view.latest()
    if latest is not None:
        st.button(
            f"Back to {plain(latest.name)}, {state_word(latest)}", icon=":material/arrow_back:", type="tertiary",
            on_click=train_view.show_run, args=(latest,), key="back",
        )  # fmt: skip
    if copied := st.session_state.get("_cloned"):
        st.caption(f":material/content_copy: The settings of {plain(copied)} are filled in.")


def _submit(collection: Collection, spec: TrainSpec, *, with_twin: bool) -> None:
    run = services().runs.submit_on_collection(owner(), spec, collection.id)
    st.session_state.pop("_cloned", None)
    train_view.show_run(run)
    if with_twin:
        try:
            twin.add_twin(run)
        except QueueFullError as error:  # the run itself is queued all the same
            st.toast(str(error), icon=":material/info:")
    st.rerun()


def _attempt(run: Run | None) -> None:
    if run is None or not run.is_active:
        if run is not None and run.state == "done":
            try_model(run, compact=True)
        else:
            st.info("Your model can be tried here as soon as it is trained.")
    elif run.state == "queued":
        st.info("The run is waiting for its turn. Its model can be tried here when it is trained.")
    else:
        st.info("Training … the model can be tried when it is done, or stopped.")


page()
