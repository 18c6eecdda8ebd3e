"""Speed here and now: a job that measures networks on this machine, with its progress and its bars."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from pages._parts import components
from pages._parts.guards import one_sentence
from pages._parts.js.data import Bar
from pages._parts.link_state import linked
from pages._parts.session import owner, services
from pages._parts.training import run_jobs
from pages._parts.words import counted, plain
from tlcore.errors import TlcoreError
from tlcore.jobs.kinds.events import SpeedFinished, SpeedMeasured
from tlcore.jobs.kinds.specs import SpeedSpec
from tlcore.jobs.running.runs import Run, Seen
from tlcore.measure.speed import Speed
from tlcore.zoo import architectures

_BATCHES = (1, 4, 8, 16, 32)


def speed(names: Sequence[str]) -> None:
    """Let a person measure these networks; the newest measurement stays in view."""
    st.header("Speed on this machine", anchor=False)
    latest = next(iter(services().runs.of_kind(owner(), "speed")), None)
    active = latest is not None and latest.is_active
    with st.container(horizontal=True, vertical_alignment="bottom"):
        size = partial(
            st.select_slider, "Batch", _BATCHES, width=260,
            help="How many images go through together. A GPU needs many to be busy.",
        )  # fmt: skip
        batch = linked("speed-batch", 8, _BATCHES, size)
        if st.button("Measure", icon=":material/speed:", disabled=active or not names, key="measure"):
            _submit(names, int(batch))
    if latest is None:
        st.caption(
            "How many images a second each of the chosen networks answers here. It takes a few seconds each, longer "
            "for large ones."
        )
    else:
        st.fragment(_measurement)(latest.id, was_active=active)


def _submit(names: Sequence[str], batch: int) -> None:
    try:
        services().runs.submit(owner(), SpeedSpec.of({"networks": tuple(names), "batch_size": batch}))
    except TlcoreError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    st.rerun()


@one_sentence()
def _measurement(run_id: str, *, was_active: bool) -> None:
    seen = services().runs.seen(owner(), run_id)
    run: Run[SpeedSpec, SpeedFinished] = seen.run
    if run.is_active:
        _progress(seen, run)
    elif was_active:  # it has just ended: the button above must hear of it
        st.rerun()
    elif not run_jobs.ended_badly(run) and run.result:
        _outcome(run.result)


def _progress(seen: Seen, run: Run[SpeedSpec, SpeedFinished]) -> None:
    words = {name: f"Measuring {architectures.get(name).title} …" for name in run.spec.networks}
    run_jobs.progress(seen, [seen], words={"": "Runs are trained first …", **words}, rows=[SpeedMeasured])
    if measured := services().runs.told(owner(), run.id, SpeedMeasured):
        _bars([event.speed for event in measured], "speeds-so-far")


def _bars(speeds: Sequence[Speed], key: str) -> None:
    rows: list[Bar] = [
        {"label": architectures.get(speed.network).title, "value": speed.images_per_second, "text": _rate(speed)}
        for speed in speeds
    ]
    components.bars(rows, key=key, high=max(speed.images_per_second for speed in speeds))


def _outcome(measured: SpeedFinished) -> None:
    _bars(measured.speeds, "speeds")
    threads, images = counted(measured.threads, "thread"), counted(measured.batch_size, "image")
    st.caption(
        f"Images a second on {measured.device} with {threads}, in float32, {images} at a time at each network's own "
        "size; the median over batches, and the slowest and fastest one."
    )


def _rate(speed: Speed) -> str:
    return f"{speed.images_per_second:.3g} ({speed.slowest:.3g} to {speed.fastest:.3g})"
