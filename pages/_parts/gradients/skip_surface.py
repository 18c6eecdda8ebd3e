"""The loss around trained networks: a slice along two random directions, from above and as a relief."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from pages._parts.guards import one_sentence
from pages._parts.link_state import linked
from pages._parts.segments import segments
from pages._parts.session import owner, services
from pages._parts.training import run_jobs
from pages._parts.training.run_jobs import Stored, Subject
from pages._parts.words import counted, plain, took
from tlcore.jobs.kinds.events import PointsMeasured, SurfaceFinished
from tlcore.jobs.kinds.specs import SurfaceSpec
from tlcore.jobs.running.runs import Run
from tlcore.plots.gradients import surface as plots

Measurement = Run[SurfaceSpec, SurfaceFinished]
Carried = Stored[SurfaceSpec, SurfaceFinished]
_SIDES, _SPANS = (9, 17, 25, 33, 49), (0.25, 0.5, 1.0, 1.5, 2.0)
_IMAGES, _SEEDS = (32, 64, 128, 256, 512, 1024), range(1000)
_WORDS = {"": "Opening the model …", "points": "{done} of {total} places …"}
_VIEWS = ("From above", "As a relief")
_HOW = (
    "Two random directions are drawn in the space of all weights. Each filter of a direction is made as long as the "
    "network's own filter, so that a step of 1 means the same for networks with large and with small weights; biases "
    "and normalisation stay as they are. Another seed draws other directions, and a slice along two of many thousand "
    "directions never shows all."
)


def surfaces(*runs: Subject, meanwhile: dict[str, Carried] | None = None) -> None:
    """Let a person measure the loss around one or two finished runs' networks, on one scale of colours.

    Before it is measured, that around the networks that the project brings along.
    """
    asked = _settings()
    jobs = {run.id: _chosen(run, asked) for run in runs}
    active = any(job is not None and job.is_active for run in runs for job in run_jobs.of_run("surface", run)[:1])
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        chosen = _view()
        if st.button("Measure the surface", icon=":material/landscape:", disabled=active or not runs, key="surface"):
            done = [run_jobs.submit(SurfaceSpec.of({**asked, "run": run.id})) for run in runs]
            if all(done):
                st.rerun()
    shown = [(run.name, job) for run in runs if (job := jobs[run.id]) is not None]
    if not shown:
        st.caption(
            "There is a coarse picture after seconds, and a fine one within about a minute for each network. Finer "
            "grids, more images and deeper networks take longer."
        )
        if meanwhile:
            run_jobs.meanwhile(runs)
            _beside(meanwhile, chosen)
        return
    if any(_differs(job, asked) for _, job in shown):
        st.caption("These settings are not measured yet; what is shown was measured last.")
    st.fragment(_measurements)(shown, chosen, was_active=active)
    _told()


def carried(measured: dict[str, Carried]) -> None:
    """The same of networks that the project brings along, by their names."""
    _beside(measured, _view())


def _beside(measured: dict[str, Carried], view: str) -> None:
    scale = plots.scale_of(job.result.losses for job in measured.values())
    for column, name in zip(st.columns(len(measured), gap="large"), measured, strict=True):
        with column:
            st.subheader(name, anchor=False)
            job = measured[name]
            _draw(job, job.result.steps, job.result.losses, scale, view)
    _told()


def _told() -> None:
    st.caption(f"After Li et al. 2018, *Visualizing the Loss Landscape of Neural Nets*. {_HOW}")


def _view() -> str:
    view = partial(segments, "View", _VIEWS, label_visibility="collapsed")
    return str(linked("surface-view", _VIEWS[0], _VIEWS, view))


def _settings() -> dict[str, Any]:
    side = partial(st.select_slider, "Places a side", _SIDES, help="The grid's. Time grows with its square.")
    span = partial(st.select_slider, "Reach", _SPANS, help="1 moves every filter by its own length.")
    images = partial(
        st.select_slider, "Training images", _IMAGES, help="At most so many of the run's own. Time grows with them."
    )
    seed = partial(st.number_input, "Seed", 0, _SEEDS[-1], help="Another seed draws other directions.")
    one, two, three, four = st.columns(4, vertical_alignment="bottom")
    values = {}
    with one:
        values["side"] = linked("surface-side", 17, _SIDES, side)
    with two:
        values["span"] = linked("surface-span", 1.0, _SPANS, span)
    with three:
        values["images"] = linked("surface-images", 64, _IMAGES, images)
    with four:
        values["seed"] = linked("surface-seed", 0, _SEEDS, seed)
    return values


def _chosen(run: Subject, asked: Mapping[str, Any]) -> Measurement | None:
    """What is under way, or was measured with these settings, or else what was measured last."""
    jobs = run_jobs.of_run("surface", run)
    active = next((job for job in jobs if job.is_active), None)
    return active or next((job for job in jobs if not _differs(job, asked)), None) or next(iter(jobs), None)


def _differs(job: Measurement, asked: Mapping[str, Any]) -> bool:
    return any(getattr(job.spec, name) != value for name, value in asked.items())


@one_sentence()
def _measurements(shown: list[tuple[str, Measurement]], view: str, *, was_active: bool) -> None:
    seen = run_jobs.again(job for _, job in shown)
    jobs: list[Measurement] = [one.run for one in seen]
    if was_active and not any(job.is_active for job in jobs):  # the button above must hear of it
        st.rerun()
    grids = {job.id: _surface(job) for job in jobs}
    scale = plots.scale_of(losses for _, losses in (known for known in grids.values() if known is not None))
    for place, (column, job) in enumerate(zip(st.columns(len(jobs), gap="large"), jobs, strict=True)):
        name, _ = shown[place]
        with column:
            st.subheader(plain(name), anchor=False)
            if job.is_active:
                run_jobs.progress(seen[place], seen, words=_WORDS, rows=[PointsMeasured])
            elif run_jobs.ended_badly(job):
                continue
            if (known := grids[job.id]) is not None:
                _draw(job, *known, scale, view)


def _surface(job: Measurement) -> tuple[tuple[float, ...], tuple[tuple[float | None, ...], ...]] | None:
    """The grid of a job and what is known of it."""
    if job.state == "done" and job.result:
        return job.result.steps, job.result.losses
    told = services().runs.told(owner(), job.id, PointsMeasured)
    points = [point for event in told for point in event.points]
    if not points:
        return None
    from tlcore.gradients.residual.surface import surface_of

    made = surface_of(job.spec.side, job.spec.span, points)
    return made.steps, made.losses


def _draw(
    job: Measurement | Carried, steps: Sequence[float], losses: plots.Grid, scale: tuple[float, float], view: str
) -> None:
    middle = len(steps) // 2
    centre = losses[middle][middle]
    known = [loss for row in losses for loss in row if loss is not None]
    said = f"The loss is {centre:.3g} at the network, and from {min(known):.3g} to {max(known):.3g} around it."
    draw = plots.from_above if view == _VIEWS[0] else plots.relief
    st.plotly_chart(draw(steps, losses, scale), key=f"surface-{job.id}-{view}", alt=said)
    st.markdown(said)
    spec, result = job.spec, job.result
    if result is None:
        return
    rest = " It was stopped there; what is missing is filled in from what is around it." if result.stopped else ""
    st.caption(
        f"{result.done:,} of {spec.side}×{spec.side} places up to {spec.span:g} away, "
        f"{counted(result.images, 'training image')}, {result.parameters:,} weights moved, seed {spec.seed}; in "
        f"{took(result.seconds)} on {result.device}.{rest}"
    )
