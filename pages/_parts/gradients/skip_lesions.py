"""Lesions: blocks taken out of trained networks, and what is left; and the paths through their blocks."""

from functools import partial

import streamlit as st

from pages._parts.guards import one_sentence
from pages._parts.heading import look_for
from pages._parts.link_state import linked
from pages._parts.session import owner, services
from pages._parts.training import run_jobs
from pages._parts.training.run_jobs import Stored, Subject
from pages._parts.words import counted, plain, took
from tlcore.jobs.kinds.events import LesionsFinished, TrialMeasured
from tlcore.jobs.kinds.specs import LesionSpec
from tlcore.jobs.running.runs import Run
from tlcore.plots.gradients import lesions as plots

Measurement = Run[LesionSpec, LesionsFinished]
_IMAGES, _DRAWS = (50, 100, 150, 250, 500, 1000, 5000), (3, 5, 10, 20)
_WORDS = {
    "": "Opening the model …",
    "lesions": "Measuring lesions, {done} of {total} …",
    "paths": "Measuring gradients along paths, {done} of {total} …",
}
_LOOK = (
    "A plain network is a chain: without one of its links nothing downstream is as it was in training. A residual one "
    "is a sum, and without one term most of the sum is still there. Of a block that changes the shape only the branch "
    "is left out (paler bars); without a shortcut it can't be left out at all (crosses)."
)
_AFTER = "After Veit, Wilber & Belongie 2016, *Residual Networks Behave Like Ensembles of Relatively Shallow Networks*."
_PATHS = (
    "Each block can be passed through its branch or by its shortcut, so every block doubles the number of ways from "
    "the image to the answer. For the gradient, a way is drawn at random: the images go forward through the whole "
    "network, and on the way back the drawn blocks are passed through their branches alone, all others by their "
    "shortcuts alone."
)


def lesions(*runs: Subject, meanwhile: dict[str, Stored[LesionSpec, LesionsFinished]] | None = None) -> None:
    """Let a person measure lesions of one or two finished runs' networks; the newest measurements stay in view.

    Before there are any, those of the networks that the project brings along.
    """
    jobs = [next(iter(run_jobs.of_run("lesions", run)), None) for run in runs]
    active = any(job is not None and job.is_active for job in jobs)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = _settings()
        if st.button("Measure lesions", icon=":material/healing:", disabled=active or not runs, key="lesions"):
            done = [run_jobs.submit(LesionSpec.of({**asked, "run": run.id})) for run in runs]
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
    look_for(_LOOK)
    shown = [(run.name, job) for run, job in zip(runs, jobs, strict=True) if job is not None]
    st.fragment(_measurements)(shown, was_active=active)
    st.caption(_AFTER)


def carried(measured: dict[str, Stored[LesionSpec, LesionsFinished]]) -> None:
    """The same of networks that the project brings along, by their names."""
    _beside(measured)


def _beside(measured: dict[str, Stored[LesionSpec, LesionsFinished]]) -> None:
    look_for(_LOOK)
    for place, (column, name) in enumerate(zip(st.columns(len(measured), gap="large"), measured, strict=True)):
        with column:
            st.subheader(name, anchor=False)
            _outcome(measured[name].result, measured[name].id, name, place)
    st.caption(_AFTER)


def _settings() -> dict[str, int]:
    images = partial(
        st.select_slider, "Validation images", _IMAGES, width=220,
        help="At most so many of the run's own. More narrow the intervals and take longer.",
    )  # fmt: skip
    draws = partial(
        st.select_slider, "Draws", _DRAWS, width=160, help="How often blocks are drawn at random for each number."
    )
    return {"images": linked("lesion-images", 150, _IMAGES, images), "draws": linked("lesion-draws", 5, _DRAWS, draws)}


@one_sentence()
def _measurements(shown: list[tuple[str, Measurement]], *, was_active: bool) -> None:
    seen = run_jobs.again(job for _, job in shown)
    if was_active and not any(one.run.is_active for one in seen):  # the button above must hear of it
        st.rerun()
    for place, (column, (name, _), one) in enumerate(zip(st.columns(len(seen), gap="large"), shown, seen, strict=True)):
        job: Measurement = one.run
        with column:
            st.subheader(plain(name), anchor=False)
            if job.is_active:
                run_jobs.progress(one, seen, words=_WORDS, rows=[TrialMeasured])
                _so_far(job)
            elif not run_jobs.ended_badly(job) and job.result:
                _outcome(job.result, job.id, plain(name), place)


def _so_far(job: Measurement) -> None:
    trials = [event.trial for event in services().runs.told(owner(), job.id, TrialMeasured)]
    if whole := plots.whole_of(trials):
        hurt = [row for row in trials if row.group == "each"]
        st.caption(
            f"The whole network: {whole.accuracy:.1%} of {counted(whole.seen, 'image')}. "
            + (f"Without one block, so far {min(row.accuracy for row in hurt):.1%} at worst." if hurt else "")
        )


def _outcome(measured: LesionsFinished, key: str, name: str, colour: int) -> None:
    """What was measured of the network of that name, which stands above each of its figures."""
    trials, blocks, classes = measured.trials, measured.blocks, measured.classes
    _alone(measured, key, name, colour)
    groups = {row.group for row in trials}
    if "drops" in groups:
        st.markdown(f"**{name}: several left out at once**")
        figure = plots.together(trials, classes, colour)
        st.plotly_chart(figure, key=f"drops-{key}", alt="Accuracy by the number of blocks left out")
    if "shuffles" in groups:
        st.markdown(f"**{name}: in another order**")
        figure = plots.exchanged(trials, classes, colour)
        st.plotly_chart(figure, key=f"shuffles-{key}", alt="Accuracy by how much of the blocks' order is left")
        st.caption(
            "Pairs of equally shaped blocks change places, each with its weights; Kendall's rank correlation says how "
            "much of the order that leaves."
        )
    _paths(measured, key, name, colour)
    seen = counted(trials[0].seen, "validation image")
    threads = counted(measured.threads, "thread")
    st.caption(
        f"{seen}, {len(blocks)} blocks, in {took(measured.seconds)} on {measured.device} with {threads}."
        + (" It was stopped before its end." if measured.stopped else "")
    )


def _alone(measured: LesionsFinished, key: str, name: str, colour: int) -> None:
    st.markdown(f"**{name}: one block left out**")
    whole = plots.whole_of(measured.trials)
    each = [row for row in measured.trials if row.group == "each"]
    if whole is None or not each:
        return
    worst, mean = min(each, key=lambda row: row.accuracy), sum(row.accuracy for row in each) / len(each)
    number = next(block.number for block in measured.blocks if block.path == worst.dropped[0])
    said = (
        f"Whole, it gets {whole.accuracy:.1%} right; without one block {mean:.1%} on average, and "
        f"{worst.accuracy:.1%} without block {number}."
    )
    st.markdown(said)
    figure = plots.alone(measured.trials, measured.blocks, measured.classes, colour)
    st.plotly_chart(figure, key=f"alone-{key}", alt=said)


def _paths(measured: LesionsFinished, key: str, name: str, colour: int) -> None:
    paths, gradients = measured.paths, measured.gradients
    st.markdown(f"**{name}: paths**", help=_PATHS)
    if paths.paths == 1:
        st.markdown(f"A plain network has **one path**, through all of its {paths.depth} layers.")
        return
    (low, high), (short, long) = paths.most_blocks, paths.most_layers
    said = (
        f"{paths.blocks} blocks make 2^{paths.blocks} = {paths.paths:,} paths. The middle "
        f"{paths.share:.0%} of them pass {low} to {high} branches, and have {short} to {long} of the "
        f"{paths.depth} layers."
    )
    st.markdown(said.replace("^", "\\^"))
    carriers = plots.gradient_carriers(paths, gradients)
    figure = plots.path_shares(paths, gradients, colour)
    st.plotly_chart(figure, key=f"paths-{key}", alt=said)
    if not gradients:
        return
    if carriers is not None:
        st.markdown(
            f"The middle {paths.share:.0%} of the gradient comes back through **{carriers[0]} to {carriers[1]}** "
            f"branches: the number of paths of a length, times the mean gradient along one."
        )
    figure = plots.path_gradients(gradients, colour)
    st.plotly_chart(figure, key=f"along-{key}", alt="The gradient along single paths, by how many branches they pass")
    most = max(row.paths for row in gradients)
    st.caption(
        f"Norm of the gradient at {counted(measured.path_images, 'image')}, along up to {most} random paths of each "
        "length, with the standard error. Measured on the network as it predicts."
    )
