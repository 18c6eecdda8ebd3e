"""A run beside its twin: the same network on the same images, with and without pretrained weights."""

import streamlit as st

from pages._parts import cached, components
from pages._parts.guards import guarded
from pages._parts.session import owner, services
from pages._parts.words import counted
from tlcore.jobs.running.runs import Run
from tlcore.train.recipe.advice import from_scratch
from tlcore.train.recipe.spec import STRATEGY_TITLES
from tlcore.zoo import registry

_WANTED, _ASKED = "with-twin", "_twin_asked"
HELP = (
    "The same network on the same images, from random weights and with settings that suit those: about what the "
    "pretrained ones are worth."
)


def wanted(backbone: str) -> bool:
    """Let a person choose to train the twin too; at first it is on for a built-in network, which takes seconds."""
    if not st.session_state.get(_ASKED):  # what a person switched stays as it is, whatever network comes next
        st.session_state[_WANTED] = backbone in cached.built_in()
    return st.toggle(
        "and from scratch, to compare", key=_WANTED, persist_state="session", on_change=_note_answer, help=HELP
    )


@guarded
def _note_answer() -> None:
    st.session_state[_ASKED] = True


def add_twin(run: Run) -> None:
    """Queue the same network on the same images, from random weights; it gives way to what people wait for first."""
    services().runs.submit_on_run(owner(), from_scratch(run.spec), run.id, beside=True)


def twin_of(run: Run) -> Run | None:
    """The run that was asked for beside this one, or beside which this one was; of several the newest."""
    runs = services().runs.all(owner())
    if run.beside:
        return next((other for other in runs if other.id == run.beside), None)
    return next(
        (other for other in runs if other.beside == run.id and other.state not in {"failed", "cancelled"}), None
    )


def main_of(run: Run) -> Run:
    """The run itself, or the one beside which it is trained."""
    return (twin_of(run) or run) if run.beside else run


def beside(run: Run, twin: Run | None) -> None:
    """Both runs, live over one another; or a way to train the one that is missing."""
    if twin is not None:
        transfer, scratch = (run, twin) if run.spec.pretrained else (twin, run)
        st.subheader("With and without pretrained weights", anchor=False)
        names = {transfer.id: STRATEGY_TITLES[transfer.spec.strategy], scratch.id: "From scratch"}
        components.race(names, key=f"race-{transfer.id}-{scratch.id}")
        st.caption(
            f"Each with settings of its own: {_said(transfer)} beside {_said(scratch)}. Accuracies: the best so far."
        )
        _stop(twin)
        return
    possible = run.spec.pretrained and run.collection  # not for a model that was brought back
    if possible and st.button("Train it from scratch too", key="add-twin", icon=":material/compare_arrows:", help=HELP):
        add_twin(run)
        st.rerun()


def _stop(twin: Run) -> None:
    """The page's own button stops the run that it shows; this one its twin."""
    which = "with pretrained weights" if twin.spec.pretrained else "from scratch"
    text = "Stopping …" if twin.is_stopping else f"Stop the run {which}"
    if twin.is_active and st.button(text, key="stop-twin", icon=":material/stop:", disabled=twin.is_stopping):
        services().runs.stop(owner(), twin.id)
        st.rerun()


def _said(run: Run) -> str:
    spec = run.spec
    pixels = spec.image_size or registry.get(spec.backbone).preprocessing.crop
    return (
        f"{counted(spec.epochs, 'epoch')} at rate {spec.lr:g} in batches of {spec.batch_size}, {pixels} pixels a side"
    )
