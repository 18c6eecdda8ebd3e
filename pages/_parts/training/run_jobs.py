"""Jobs on a finished run: the newest ones, asking for another, and how far one is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import streamlit as st

from pages._parts import components
from pages._parts.components import Doing
from pages._parts.session import owner, services
from pages._parts.words import plain
from tlcore.errors import TlcoreError
from tlcore.events import Event
from tlcore.jobs.kinds.registry import R, S
from tlcore.jobs.kinds.specs import OnRunSpec
from tlcore.jobs.running.runs import Run, Seen


@dataclass(frozen=True)
class Subject:
    """A trained network: a finished run's, by the run's id, or one of several of a run, by `run/name`."""

    id: str
    name: str


@dataclass(frozen=True)
class Stored(Generic[S, R]):
    """A measurement that the project carries, drawn as a job that is done."""

    id: str
    spec: S
    result: R


def meanwhile(chosen: Sequence[Subject]) -> None:
    """Why what follows was measured on other networks than those of one's own."""
    why = "Not measured yet" if chosen else "No network is chosen"
    st.caption(f":material/flag: {why}. Meanwhile: two networks of the race that came with Transfer Lab.")


def of_run(kind: str, run: Subject) -> list[Run[Any, Any]]:
    """The jobs of a kind on a run, the newest first; those that were cancelled before they began are left out."""
    jobs = services().runs.of_kind(owner(), kind)
    return [job for job in jobs if job.spec.run == run.id and (job.started_at or job.state != "cancelled")]


def submit(spec: OnRunSpec) -> bool:
    """Queue a job on a run and its images; says why where that can't be."""
    try:
        services().runs.submit_on_run(owner(), spec, spec.run.partition("/")[0])
    except TlcoreError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return False
    return True


def place_of(run: Run[Any, Any]) -> str:
    """Where a run that waits stands, in words."""
    place = services().queue.place(run.id) if run.state == "queued" else None
    return place.words if place else ""


def progress(
    seen: Seen, watched: Iterable[Seen], *, words: dict[str, str], rows: Sequence[type[Event]],
    doing: str = "measuring", racers: int = 1,
) -> None:  # fmt: skip
    """How far a job is, pushed as it happens, with a button to stop it, after which what there is stays."""
    job = seen.run
    told = Doing(
        run=job.id, doing=doing, words=words, rows=tuple(row.name for row in rows), place=place_of(job), racers=racers
    )
    components.progress(told, known=seen.newest, watched=[one.run.id for one in watched], key=f"progress-{job.id}")
    if job.is_stopping:
        st.caption("Stopping …")
    elif st.button("Stop", key=f"stop-{job.id}", icon=":material/stop:", help="What is measured by then stays."):
        services().runs.stop(owner(), job.id)


def ended_badly(job: Run[Any, Any]) -> bool:
    """Say why a job has no result; False where it has one."""
    if job.state == "done" and job.result:
        return False
    why = "It was kept by another version and can't be read." if job.state == "done" else "The measurement was stopped."
    st.warning(plain(job.message or why), icon=":material/block:")
    return True


def again(jobs: Iterable[Run[Any, Any]]) -> list[Seen]:
    """The same jobs as they are now; the page hears of what they tell after that."""
    return [services().runs.seen(owner(), job.id) for job in jobs]
