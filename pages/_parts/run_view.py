"""One run on a page: its live view, and what its owner may do with it."""

import streamlit as st

from pages._parts import components, nav, spec_form
from pages._parts.beside import beside, twin_of
from pages._parts.guards import guarded, one_sentence
from pages._parts.session import owner, services
from pages._parts.words import plain
from tlcore.jobs.runs import Run

_WORDS = {"queued": "waiting", "running": "training", "done": "finished", "failed": "failed", "cancelled": "cancelled"}


def run_view(run: Run) -> Run:
    """The run's name, its buttons, and its curves; returns the run in the state that is shown."""
    twin = twin_of(run)
    shown = [run.id, twin.id] if twin else [run.id]
    known = {run_id: services().runs.newest_event(owner(), run_id) for run_id in shown}
    # after it: a state between the two would be told to nobody
    run, *others = (services().runs.get(owner(), run_id) for run_id in shown)
    st.subheader(plain(run.name), anchor=False)
    if run.collection_name:
        st.caption(f"on {plain(run.collection_name)}")
    _buttons(run)
    if run.state == "queued":
        _place(run.id)
    components.live_run(run.id, known=known, key=f"live-{run.id}")
    if run.state in {"failed", "cancelled"} and run.message:
        st.warning(plain(run.message), icon=":material/info:")
    beside(run, others[0] if others else None)
    return run


def state_word(run: Run) -> str:
    """The run's state in a word."""
    return "stopping" if run.is_stopping else "stopped" if run.was_stopped else _WORDS[run.state]


def _buttons(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
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
            "Copy settings",
            key="clone",
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
    st.session_state["_cloned"] = True
    st.query_params.pop("run", None)
    if run.collection:
        st.query_params["set"] = run.collection


@st.fragment(run_every=2.0)
@one_sentence()
def _place(run_id: str) -> None:
    place = services().queue.place(run_id)
    if place is None:
        return
    wait = "" if place.seconds is None else f", perhaps {max(1, round(place.seconds))} s"
    st.caption("Next in line." if place.position == 1 else f"Number {place.position} in line{wait}.")
