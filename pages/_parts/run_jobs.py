"""Jobs on a finished run: the newest ones, asking for another, and how far one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages._parts.session import owner, services
from pages._parts.words import plain
from tlcore.errors import NotFoundError, TlcoreError
from tlcore.jobs.runs import Run
from tlcore.specs import Spec

_KEPT = 6
"""How many measurements of a kind stay with a run."""
_ON_RUNS = ("lesions", "surface")


@dataclass(frozen=True)
class Subject:
    """A trained network: a finished run's, by the run's id, or one of several of a run, by `run/name`."""

    id: str
    name: str


@dataclass(frozen=True)
class Stored:
    """A measurement that the project carries, drawn as a job that is done."""

    id: str
    spec: Spec
    result: dict[str, Any]
    state: str = "done"


def meanwhile(chosen: Sequence[Subject]) -> None:
    """Why what follows was measured on other networks than those of one's own."""
    why = "Not measured yet" if chosen else "No network is chosen"
    st.info(f"{why}. Meanwhile: two networks of the race that came with Transfer Lab.", icon=":material/flag:")


def of_run(kind: str, run: Subject) -> list[Run[Any]]:
    """The jobs of a kind on a run, the newest first; those that were cancelled before they began are left out."""
    jobs = services().runs.of_kind(owner(), kind)
    return [job for job in jobs if job.spec.run == run.id and (job.started_at or job.state != "cancelled")]


def submit(spec: Spec, run: Subject) -> bool:
    """Queue a job on a run and its images; equal ones and those beyond the newest few are forgotten."""
    runs = services().runs
    try:
        older = [job for job in of_run(spec.kind, run) if not job.is_active]
        dataset = runs.dataset(owner(), run.id.partition("/")[0])
        if not dataset.examples:
            raise NotFoundError("This model came without its images, so there is nothing here to measure it on.")
        runs.submit(owner(), spec, dataset)
        kept = [job for job in older if job.spec != spec and job.state == "done"][: _KEPT - 1]
        for job in older:
            if job not in kept:
                forget(job.id)
    except TlcoreError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return False
    return True


def forget(run_id: str) -> None:
    """Delete a run that is over, readable or not, with what it made and what was measured on it."""
    runs, storage = services().runs, services().storage
    for kind in _ON_RUNS:
        for job in runs.of_kind(owner(), kind):
            if job.spec.run.partition("/")[0] == run_id and not job.is_active:
                forget(job.id)
    storage.collect(runs.delete(owner(), run_id))
    storage.delete_run_files(run_id)


def told(job: Run[Any], name: str) -> list[dict[str, Any]]:
    """The events of that name since the job last began."""
    history = services().runs.history(owner(), job.id)
    begun = [at for at, event in enumerate(history) if event["event"] == "state" and event["state"] == "running"]
    return [event for event in history[begun[-1] if begun else 0 :] if event["event"] == name]


def progress(job: Run[Any], done: int, total: int, words: str) -> None:
    """How far a job is, with a button to stop it, after which what there is stays."""
    waiting = job.state == "queued"
    st.progress(done / max(total, 1), "Waiting for its turn: runs are trained first …" if waiting else words)
    if job.is_stopping:
        st.caption("Stopping …")
    elif st.button("Stop", key=f"stop-{job.id}", icon=":material/stop:", help="What is measured by then stays."):
        services().runs.stop(owner(), job.id)


def ended_badly(job: Run[Any]) -> bool:
    """Say why a job has no result; False where it has one."""
    if job.state == "done":
        return False
    st.warning(plain(job.message or "The measurement was stopped."), icon=":material/block:")
    return True


def again(jobs: Sequence[Run[Any]]) -> list[Run[Any]]:
    """The same jobs as they are now."""
    return [services().runs.get(owner(), job.id) for job in jobs]
