"""Which run a page is about: the one the link names, or else the newest finished one."""

import streamlit as st

from pages._parts import beside, nav
from pages._parts.run_view import state_word
from pages._parts.session import owner, services
from tlcore.jobs.runs import Run


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
    chosen = st.selectbox(
        "Run",
        list(runs),
        index=list(runs).index(named) if named in runs else None if named else _first(runs),
        format_func=lambda i: run_label(runs[i]),
        placeholder="Choose a run",
    )
    if chosen is None:
        return None
    if chosen != named:
        st.query_params["run"] = chosen
    return runs[chosen]


def _first(runs: dict[str, Run]) -> int:
    """The newest one; not the one from scratch that was trained beside it."""
    newest = next(iter(runs.values()))
    return list(runs).index(main.id) if (main := beside.main_of(newest)).id in runs else 0


def show_gone(or_else: str = "") -> None:
    """Say that the run that a link names can't be shown; `or_else` is one more reason that there may be."""
    st.warning(
        f"The run of this link can't be shown: it {or_else}was deleted, or belongs to another browser.",
        icon=":material/search_off:",
    )


def run_label(run: Run) -> str:
    """A run in one line."""
    result = run.result or {}
    score = f" · {result['accuracy']:.1%} on validation images" if "accuracy" in result else ""
    where = f" · {run.collection_name}" if run.collection_name else ""
    return f"{run.name}{where} · {state_word(run)}{score}"
