"""Which run a page is about: the one the link names, or the one that was chosen before, or else the best one."""

from collections.abc import Iterable
from functools import partial

import streamlit as st

from pages._parts import nav
from pages._parts.data_sets import adding
from pages._parts.link_state import linked
from pages._parts.session import owner, services
from pages._parts.training.run_words import run_label
from tlcore.jobs.running.runs import Run

_CHOSEN = "_chosen_run"


def finished_run() -> Run | None:
    """Let the owner choose among the runs that have a model; None, with a way on, when there is none."""
    runs = {run.id: run for run in services().runs.all(owner()) if run.state == "done"}
    named = st.query_params.get("run", "")
    if named and named not in runs:
        show_gone("is not finished, ")
    if not runs:
        st.info("There is no trained model yet.", icon=":material/info:")
        st.page_link(nav.page("train"), label="Train one", icon=":material/model_training:")
        return None
    in_view = _in_view(list(runs.values()))
    best, before = best_of(in_view), st.session_state.get(_CHOSEN)
    first = before if before in {run.id for run in in_view} else best.id
    choice = partial(
        st.selectbox, "Run", list(runs), format_func=lambda i: run_label(runs[i]), placeholder="Choose a run"
    )
    chosen = linked("run", None if named and named not in runs else first, runs, choice, always=True)
    if chosen is None:
        return None
    st.session_state[_CHOSEN] = None if chosen == best.id else chosen  # the next page about a run is about it, too
    return runs[chosen]


def best_of(runs: Iterable[Run]) -> Run:
    """The most accurate on their validation images; of equals one that was not stopped, and of these the newest."""
    return max(runs, key=lambda run: (run.result.accuracy if run.result else 0.0, not run.was_stopped, run.created_at))


def show_gone(or_else: str = "") -> None:
    """Say that the run that a link names can't be shown; `or_else` is one more reason that there may be."""
    st.warning(
        f"The run of this link can't be shown: it {or_else}was deleted, or belongs to another browser.",
        icon=":material/search_off:",
    )


def _in_view(runs: list[Run]) -> list[Run]:
    """The runs of the image set in view, or else of the set that was trained on last."""
    collection = adding.chosen_collection()
    of_set = [run for run in runs if collection is not None and run.collection == collection.id]
    return of_set or [run for run in runs if run.collection == runs[0].collection]
