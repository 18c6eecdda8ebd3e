"""One run on a page: its live view, and what its owner may do with it."""

import streamlit as st

from pages._parts import components, nav
from pages._parts.guards import guarded
from pages._parts.session import owner, services
from pages._parts.training import run_jobs, spec_form, train_view
from pages._parts.training.twin import beside, twin_of
from pages._parts.words import plain
from tlcore.jobs.running.runs import Run


def run_view(run: Run) -> Run:
    """The run's name, its buttons, and its curves; returns the run in the state that is shown."""
    twin = twin_of(run)
    seen = [services().runs.seen(owner(), one.id) for one in ([run, twin] if twin else [run])]
    known = {one.run.id: one.newest for one in seen}
    run, *others = (one.run for one in seen)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.subheader(plain(run.name), anchor=False, width="content")
        if run.collection_name:
            st.caption(f"on {plain(run.collection_name)}", width="content")
    _buttons(run)
    components.live_run(
        run.id,
        known=known,
        key=f"live-{run.id}",
        beside=twin.id if twin else None,
        pretrained=run.spec.pretrained,
        place=run_jobs.place_of(run),
    )
    if run.state in {"failed", "cancelled"} and run.message:
        st.warning(plain(run.message), icon=":material/info:")
    beside(run, others[0] if others else None)
    return run


def _buttons(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if run.is_active:
            text = "Stopping …" if run.is_stopping else "Stop" if run.state == "running" else "Cancel"
            help_ = "Ends at the next batch; the best model so far is kept."
            if st.button(text, key="stop", icon=":material/stop:", disabled=run.is_stopping, help=help_):
                services().runs.stop(owner(), run.id)
                st.rerun()
        elif _can_go_on(run) and st.button(
            "Go on", key="resume", icon=":material/play_arrow:", help="From its last checkpoint."
        ):
            services().runs.resume(owner(), run.id)
            st.rerun()
        st.button(
            "Train another", key="another", icon=":material/add:", on_click=train_view.show_form,
            help="Opens the form for another run.",
        )  # fmt: skip
        st.button(
            "Copy settings",
            key="clone",
            type="tertiary",
            icon=":material/content_copy:",
            on_click=_clone,
            args=(run,),
            help="Puts this run's settings into the form, to change and train again.",
        )
        if run.state == "done":
            take_home(run)
            st.page_link(nav.page("result"), label="Result", icon=":material/fact_check:", query_params={"run": run.id})
            st.page_link(
                nav.page("explore"), label="Look inside", icon=":material/account_tree:", query_params={"run": run.id}
            )


def take_home(run: Run) -> None:
    """The button that downloads the run's model."""
    st.link_button(
        "Take it home",
        f"/api/runs/{run.id}/model.zip",
        icon=":material/download:",
        help="A zip with the weights, the labels and a script for anywhere with torch and torchvision: "
        "`python predict.py photo.jpg`.",
    )


def _can_go_on(run: Run) -> bool:
    return run.was_stopped or run.state in {"cancelled", "failed"}


@guarded
def _clone(run: Run) -> None:
    spec_form.load_spec(run.spec)
    st.session_state["_cloned"] = run.name
    train_view.show_form()
    if run.collection:
        st.query_params["set"] = run.collection
