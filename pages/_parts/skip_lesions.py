"""Lesions: blocks taken out of trained networks, and what is left; and the paths through their blocks."""

from functools import partial
from typing import Any

import streamlit as st

from pages._parts import run_jobs
from pages._parts.guards import one_sentence
from pages._parts.kept import kept
from pages._parts.run_jobs import Stored, Subject
from pages._parts.words import counted, plain
from tlcore.jobs.asked import LesionSpec
from tlcore.jobs.runs import Run
from tlcore.plots import lesions as plots

_IMAGES, _DRAWS = (50, 100, 150, 250, 500, 1000, 5000), (3, 5, 10, 20)
_LOOK = (
    "A plain network is a chain: without one of its links nothing downstream is as it was in training. A residual one "
    "is a sum, and without one term most of the sum is still there. Paler bars are blocks that change the shape, of "
    "which only the branch is left out: see whether they are missed more than others."
)
_PATHS = (
    "Each block can be passed through its branch or by its shortcut, so every block doubles the number of ways from "
    "the image to the answer. For the gradient, a way is drawn at random: the images go forward through the whole "
    "network, and on the way back the drawn blocks are passed through their branches alone, all others by their "
    "shortcuts alone."
)


def lesions(*runs: Subject, meanwhile: dict[str, Stored] | None = None) -> None:
    """Let a person measure lesions of one or two finished runs' networks; the newest measurements stay in view.

    Before there are any, those of the networks that the project brings along.
    """
    _introduce()
    jobs = [next(iter(run_jobs.of_run("lesions", run)), None) for run in runs]
    active = any(job is not None and job.is_active for job in jobs)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = _settings()
        if st.button("Measure lesions", icon=":material/healing:", disabled=active or not runs, key="lesions"):
            done = [run_jobs.submit(LesionSpec.of({**asked, "run": run.id}), run) for run in runs]
            if all(done):
                st.rerun()
    if not any(jobs):
        st.caption(
            "Networks on small images take seconds to a minute each, after whatever else waits in the queue; those on "
            "large images take longer."
        )
        if meanwhile:
            run_jobs.meanwhile(runs)
            _beside(meanwhile)
        return
    st.markdown(f":material/visibility: **What to look for.** {_LOOK}")
    shown = [(run.name, job) for run, job in zip(runs, jobs, strict=True) if job is not None]
    st.fragment(_measurements, run_every=1.0 if active else None)(shown, was_active=active)


def carried(measured: dict[str, Stored]) -> None:
    """The same of networks that the project brings along, by their names."""
    _introduce()
    _beside(measured)


def _beside(measured: dict[str, Stored]) -> None:
    st.markdown(f":material/visibility: **What to look for.** {_LOOK}")
    for place, (column, name) in enumerate(zip(st.columns(len(measured), gap="large"), measured, strict=True)):
        with column:
            st.subheader(name, anchor=False)
            _outcome(measured[name], place)


def _introduce() -> None:
    st.header("Lesions", anchor=False)
    st.caption(
        "Take a block out of a trained network, train nothing anew, and count what it still gets right. After Veit, "
        "Wilber & Belongie 2016, *Residual Networks Behave Like Ensembles of Relatively Shallow Networks*."
    )


def _settings() -> dict[str, int]:
    images = partial(
        st.select_slider, "Validation images", _IMAGES, width=220,
        help="At most so many of the run's own. More narrow the intervals and take longer.",
    )  # fmt: skip
    draws = partial(
        st.select_slider, "Draws", _DRAWS, width=160, help="How often blocks are drawn at random for each number."
    )
    return {"images": kept("lesion-images", 150, _IMAGES, images), "draws": kept("lesion-draws", 5, _DRAWS, draws)}


@one_sentence()
def _measurements(shown: list[tuple[str, Run[Any]]], *, was_active: bool) -> None:
    jobs = run_jobs.again([job for _, job in shown])
    if was_active and not any(job.is_active for job in jobs):  # the button above must hear of it
        st.rerun()
    for place, (column, (name, _), job) in enumerate(zip(st.columns(len(jobs), gap="large"), shown, jobs, strict=True)):
        with column:
            st.subheader(plain(name), anchor=False)
            if job.is_active:
                _so_far(job)
            elif not run_jobs.ended_badly(job):
                _outcome(job, place)


def _so_far(job: Run[Any]) -> None:
    steps = run_jobs.told(job, "progress")
    done, total = (steps[-1]["done"], steps[-1]["total"]) if steps else (0, 1)
    words = "gradients along paths" if steps and steps[-1]["phase"] == "paths" else "lesions"
    run_jobs.progress(job, done, total, f"Measuring {words}, {done} of {total} …" if steps else "Opening the model …")
    trials = [event["trial"] for event in run_jobs.told(job, "trial")]
    if whole := plots.whole_of(trials):
        hurt = [row for row in trials if row["group"] == "each"]
        st.caption(
            f"The whole network: {whole['accuracy']:.1%} of {counted(whole['seen'], 'image')}. "
            + (f"Without one block, so far {min(row['accuracy'] for row in hurt):.1%} at worst." if hurt else "")
        )


def _outcome(job: Run[Any] | Stored, colour: int) -> None:
    found: dict[str, Any] = job.result or {}
    trials, blocks, classes = found["trials"], found["blocks"], found["classes"]
    _alone(job, found, colour)
    groups = {row["group"] for row in trials}
    if "drops" in groups:
        st.markdown("**Several left out at once**")
        figure = plots.together(trials, classes, colour)
        st.plotly_chart(figure, key=f"drops-{job.id}", alt="Accuracy by the number of blocks left out")
    if "shuffles" in groups:
        st.markdown("**In another order**")
        figure = plots.exchanged(trials, classes, colour)
        st.plotly_chart(figure, key=f"shuffles-{job.id}", alt="Accuracy by how much of the blocks' order is left")
        st.caption("Pairs of equally shaped blocks change places, each with its weights.")
    _paths(job, found)
    seen = counted(trials[0]["seen"], "validation image")
    threads = counted(found["threads"], "thread")
    st.caption(
        f"{seen}, {len(blocks)} blocks, in {found['seconds']:.0f} s on {found['device']} with {threads}."
        + (" It was stopped before its end." if found["stopped"] else "")
    )


def _alone(job: Run[Any] | Stored, found: dict[str, Any], colour: int) -> None:
    st.markdown("**One block left out**")
    whole = plots.whole_of(found["trials"])
    each = [row for row in found["trials"] if row["group"] == "each"]
    if whole is None or not each:
        return
    worst, mean = min(each, key=lambda row: row["accuracy"]), sum(row["accuracy"] for row in each) / len(each)
    number = next(block["number"] for block in found["blocks"] if block["path"] == worst["dropped"][0])
    said = (
        f"Whole, it gets {whole['accuracy']:.1%} right; without one block {mean:.1%} on average, and "
        f"{worst['accuracy']:.1%} without block {number}."
    )
    st.markdown(said)
    figure = plots.alone(found["trials"], found["blocks"], found["classes"], colour)
    st.plotly_chart(figure, key=f"alone-{job.id}", alt=said)


def _paths(job: Run[Any] | Stored, found: dict[str, Any]) -> None:
    paths, gradients = found["paths"], found["gradients"]
    st.markdown("**Paths**", help=_PATHS)
    if paths["paths"] == 1:
        st.markdown(f"A plain network has **one path**, through all of its {paths['depth']} layers.")
        return
    (low, high), (short, long) = paths["most_blocks"], paths["most_layers"]
    said = (
        f"{paths['blocks']} blocks make 2^{paths['blocks']} = {paths['paths']:,} paths. The middle "
        f"{paths['share']:.0%} of them pass {low} to {high} branches, and have {short} to {long} of the "
        f"{paths['depth']} layers."
    )
    st.markdown(said.replace("^", "\\^"))
    carriers = plots.gradient_carriers(paths, gradients)
    figure = plots.path_shares(paths, gradients)
    st.plotly_chart(figure, key=f"paths-{job.id}", alt=said)
    if not gradients:
        return
    if carriers is not None:
        st.markdown(
            f"The middle {paths['share']:.0%} of the gradient comes back through **{carriers[0]} to {carriers[1]}** "
            f"branches: the number of paths of a length, times the mean gradient along one."
        )
    figure = plots.path_gradients(gradients)
    st.plotly_chart(
        figure, key=f"along-{job.id}", alt="The gradient along single paths, by how many branches they pass"
    )
    most = max(row["paths"] for row in gradients)
    st.caption(
        f"Norm of the gradient at {counted(found['path_images'], 'image')}, along up to {most} random paths of each "
        "length, with the standard error. Measured on the network as it predicts."
    )
