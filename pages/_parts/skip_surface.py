"""The loss around trained networks: a slice along two random directions, from above and as a relief."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from pages._parts import run_jobs
from pages._parts.guards import one_sentence
from pages._parts.kept import kept
from pages._parts.run_jobs import Stored, Subject
from pages._parts.segments import segments
from pages._parts.words import counted, plain
from tlcore.jobs.asked import SurfaceSpec
from tlcore.jobs.runs import Run
from tlcore.plots import surface as plots

_SIDES, _SPANS = (9, 17, 25, 33, 49), (0.25, 0.5, 1.0, 1.5, 2.0)
_IMAGES, _SEEDS = (32, 64, 128, 256, 512, 1024), range(1000)
_VIEWS = ("From above", "As a relief")
_HOW = (
    "Two random directions are drawn in the space of all weights. Each filter of a direction is made as long as the "
    "network's own filter, so that a step of 1 means the same for networks with large and with small weights; biases "
    "and normalisation stay as they are. Another seed draws other directions, and a slice along two of many thousand "
    "directions never shows all."
)


def surfaces(*runs: Subject, meanwhile: dict[str, Stored] | None = None) -> None:
    """Let a person measure the loss around one or two finished runs' networks, on one scale of colours.

    Before it is measured, that around the networks that the project brings along.
    """
    _introduce()
    asked = _settings()
    jobs = {run.id: _chosen(run, asked) for run in runs}
    active = any(job is not None and job.is_active for run in runs for job in run_jobs.of_run("surface", run)[:1])
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        chosen = _view()
        if st.button("Measure the surface", icon=":material/landscape:", disabled=active or not runs, key="surface"):
            done = [run_jobs.submit(SurfaceSpec.of({**asked, "run": run.id}), run) for run in runs]
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
        st.caption("These settings are not measured yet; below is what was measured last.")
    st.fragment(_measurements, run_every=1.0 if active else None)(shown, chosen, was_active=active)


def carried(measured: dict[str, Stored]) -> None:
    """The same of networks that the project brings along, by their names."""
    _introduce()
    _beside(measured, _view())


def _beside(measured: dict[str, Stored], view: str) -> None:
    scale = plots.scale_of(job.result["losses"] for job in measured.values())
    for column, name in zip(st.columns(len(measured), gap="large"), measured, strict=True):
        with column:
            st.subheader(name, anchor=False)
            job = measured[name]
            _draw(job, job.result["steps"], job.result["losses"], scale, view)


def _introduce() -> None:
    st.header("The loss around the network", anchor=False)
    st.caption(
        "How the training loss changes when all weights are moved away from what training found. After Li et al. 2018, "
        "*Visualizing the Loss Landscape of Neural Nets*.",
        help=_HOW,
    )


def _view() -> str:
    view = partial(segments, "View", _VIEWS, help="The same losses, drawn in two ways.")
    return str(kept("surface-view", _VIEWS[0], _VIEWS, view))


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
        values["side"] = kept("surface-side", 17, _SIDES, side)
    with two:
        values["span"] = kept("surface-span", 1.0, _SPANS, span)
    with three:
        values["images"] = kept("surface-images", 64, _IMAGES, images)
    with four:
        values["seed"] = kept("surface-seed", 0, _SEEDS, seed)
    return values


def _chosen(run: Subject, asked: Mapping[str, Any]) -> Run[Any] | None:
    """What is under way, or was measured with these settings, or else what was measured last."""
    jobs = run_jobs.of_run("surface", run)
    active = next((job for job in jobs if job.is_active), None)
    return active or next((job for job in jobs if not _differs(job, asked)), None) or next(iter(jobs), None)


def _differs(job: Run[Any], asked: Mapping[str, Any]) -> bool:
    return any(getattr(job.spec, name) != value for name, value in asked.items())


@one_sentence()
def _measurements(shown: list[tuple[str, Run[Any]]], view: str, *, was_active: bool) -> None:
    jobs = run_jobs.again([job for _, job in shown])
    if was_active and not any(job.is_active for job in jobs):  # the button above must hear of it
        st.rerun()
    found = {job.id: _surface(job) for job in jobs}
    scale = plots.scale_of(losses for _, losses in (known for known in found.values() if known is not None))
    for column, (name, _), job in zip(st.columns(len(jobs), gap="large"), shown, jobs, strict=True):
        with column:
            st.subheader(plain(name), anchor=False)
            if job.is_active:
                _progress(job)
            elif run_jobs.ended_badly(job):
                continue
            if (known := found[job.id]) is not None:
                _draw(job, *known, scale, view)


def _surface(job: Run[Any]) -> tuple[tuple[float, ...], tuple[tuple[float | None, ...], ...]] | None:
    """The grid of a job and what is known of it."""
    if job.state == "done":
        found: dict[str, Any] = job.result or {}
        return found["steps"], found["losses"]
    points = [point for event in run_jobs.told(job, "points") for point in event["points"]]
    if not points:
        return None
    from tlcore.gradients.surface import surface_of

    made = surface_of(job.spec.side, job.spec.span, points)
    return made.steps, made.losses


def _progress(job: Run[Any]) -> None:
    steps = run_jobs.told(job, "points")
    done, total = (steps[-1]["done"], steps[-1]["total"]) if steps else (0, 1)
    words = f"{done} of {total} places …" if steps else "Opening the model …"
    run_jobs.progress(job, done, total, words)


def _draw(job: Run[Any] | Stored, steps: Any, losses: Any, scale: tuple[float, float], view: str) -> None:
    middle = len(steps) // 2
    centre = losses[middle][middle]
    known = [loss for row in losses for loss in row if loss is not None]
    said = f"The loss is {centre:.3g} at the network, and from {min(known):.3g} to {max(known):.3g} around it."
    draw = plots.from_above if view == _VIEWS[0] else plots.relief
    st.plotly_chart(draw(steps, losses, scale), key=f"surface-{job.id}-{view}", alt=said)
    st.markdown(said)
    spec: Any = job.spec
    found = job.result or {}
    if not found:
        return
    rest = " It was stopped there; what is missing is filled in from what is around it." if found["stopped"] else ""
    st.caption(
        f"{found['done']:,} of {spec.side}×{spec.side} places up to {spec.span:g} away, "
        f"{counted(found['images'], 'training image')}, {found['parameters']:,} weights moved, seed {spec.seed}; in "
        f"{found['seconds']:.0f} s on {found['device']}.{rest}"
    )
