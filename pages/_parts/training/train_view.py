"""What the training page shows: a run, or the form for another one. Its link says which."""

import streamlit as st

from pages._parts.guards import guarded
from pages._parts.results import choosing
from pages._parts.session import owner, services
from pages._parts.training import twin
from tlcore.jobs.belongings.library import Collection
from tlcore.jobs.running.runs import Run

_FORM, _RUN = "form", "_run"
_FILLED = ("backbone", "stack", "strategy", "stages")


def to_form(**filled: str) -> dict[str, str]:
    """What a link to the form says, with what shall be filled in."""
    return {_FORM: "new", **filled}


@guarded
def show_form() -> None:
    """Show the form from now on, whatever run was in view; from within a callback."""
    st.query_params.pop("run", None)
    st.session_state.pop(_RUN, None)
    st.query_params[_FORM] = "new"


@guarded
def show_run(run: Run) -> None:
    """Show a run from now on; what the form said leaves the link."""
    for name in (_FORM, *_FILLED):
        st.query_params.pop(name, None)
    st.session_state[_RUN] = st.query_params["run"] = run.id


def run_in_view(collection: Collection | None) -> Run | None:
    """The run that the link names, or else the one that was in view or works, if it is of this set.

    None where the link asks for the form, or where there is no such run.
    """
    runs = services().runs.all(owner())
    if named := st.query_params.get("run"):
        wanted = next((run for run in runs if run.id == named), None)
        if wanted is None:
            choosing.show_gone()
        else:
            st.session_state[_RUN] = wanted.id
        return wanted
    if any(name in st.query_params for name in (_FORM, *_FILLED)):
        return None
    of_set = [run for run in runs if collection is None or run.collection in {"", collection.id}]
    held = next((run for run in of_set if run.id == st.session_state.get(_RUN)), None)
    active = next((run for run in of_set if run.is_active), None)
    return held or (twin.main_of(active) if active else None)


def latest() -> Run | None:
    """The run that a person would look for: the newest that works, or else the newest; not the twin beside it."""
    runs = services().runs.all(owner())
    newest = next((run for run in runs if run.is_active), next(iter(runs), None))
    return twin.main_of(newest) if newest else None
