"""Train: data on the left, training in the middle, trying on the right."""

import streamlit as st

from pages._parts import adding, beside, choosing, components, nav
from pages._parts.run_view import run_view
from pages._parts.session import owner, services
from pages._parts.spec_form import spec_form
from pages._parts.trying import try_model
from pages._parts.words import counted, plain
from tlcore.errors import QueueFullError
from tlcore.jobs.library import Collection
from tlcore.jobs.runs import Run
from tlcore.train.spec import TrainSpec


def page() -> None:
    """The three columns."""
    st.title("Train", anchor=False)
    data, train, attempt = st.columns([1, 2.3, 1.15], gap="large")
    with data:
        st.header("1 · Data", anchor=False)
        collection = _data()
    with train:
        st.header("2 · Train", anchor=False)
        run = _train(collection)
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
    names = {c.id: c.name for c in collections}
    current = adding.chosen_collection()
    if current is None:
        adding.show_gone()
    chosen = st.selectbox(
        "Image set",
        list(names),
        index=list(names).index(current.id) if current else None,
        format_func=lambda i: names[i],
        placeholder="Choose an image set",
        help="What the network learns to tell apart.",
    )
    if chosen and (current is None or chosen != current.id):
        adding.open_collection(chosen)
    if current is not None:
        _show_classes(current)
    return current


def _show_classes(collection: Collection) -> None:
    rows = [{"label": c.name, "value": c.count, "dim": not c.enabled} for c in collection.classes]
    if rows:
        components.bars(rows, key=f"train-counts-{collection.id}")
    counts = collection.enabled_counts
    st.caption(f"{counted(sum(counts.values()), 'image')} in {counted(len(counts), 'class', 'classes')}")
    st.page_link(
        nav.page("datasets"), label="Look at and edit the images", icon=":material/photo_library:",
        query_params={"set": collection.id},
    )  # fmt: skip


def _train(collection: Collection | None) -> Run | None:
    """The run in view comes first; the form for another one is folded away below it."""
    run = _chosen_run()
    if run is None:
        _form(collection)
        return None
    run = run_view(run)
    elsewhere = collection is not None and run.collection not in ("", None, collection.id)
    label = f"Train on {plain(collection.name)}" if collection and elsewhere else "Train another"
    if copied := "_cloned" in st.session_state:
        st.caption(":material/arrow_downward: The settings are in the form below.")
    with st.expander(label, icon=":material/add:", expanded=elsewhere or copied):
        _form(collection)
    return run


def _form(collection: Collection | None) -> None:
    spec, blocked = spec_form(collection)
    if collection is None:
        blocked = "Choose an image set first."
    elif collection.missing:
        blocked = collection.missing
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Train", type="primary", icon=":material/play_arrow:", disabled=bool(blocked), key="train")
        with_twin = spec is not None and spec.pretrained and beside.wanted(spec.backbone)
    if pressed:
        assert spec is not None and collection is not None
        _submit(collection, spec, with_twin=with_twin)
    if blocked:
        st.caption(f":material/block: {plain(blocked)}")


def _chosen_run() -> Run | None:
    runs = services().runs.all(owner())
    linked = st.query_params.get("run")
    named = linked or st.session_state.get("_run")
    found = next((run for run in runs if run.id == named), None)
    if linked and found is None:
        choosing.show_gone()
    active = next((run for run in runs if run.is_active), None)
    return found or (beside.main_of(active) if active else None)


def _submit(collection: Collection, spec: TrainSpec, *, with_twin: bool) -> None:
    dataset = services().library.freeze(owner(), collection.id)
    run = services().runs.submit(owner(), spec, dataset, collection=collection.id, collection_name=collection.name)
    st.session_state.pop("_cloned", None)
    st.session_state["_run"] = st.query_params["run"] = run.id
    if with_twin:
        try:
            beside.add_twin(run)
        except QueueFullError as error:  # the run itself is queued all the same
            st.toast(str(error), icon=":material/info:")
    st.rerun()


def _attempt(run: Run | None) -> None:
    if run is None or run.state != "done":
        words = "Your model can be tried here as soon as it is trained."
        st.info(
            words
            if run is None or not run.is_active
            else "Training … the model can be tried when it is done, or stopped."
        )
        return
    try_model(run, compact=True)


page()
