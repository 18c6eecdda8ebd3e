"""Speed here and now: a job that measures networks on this machine, with its progress and its bars."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._parts import components
from pages._parts.guards import one_sentence
from pages._parts.run_jobs import forget
from pages._parts.session import owner, services
from pages._parts.words import counted, plain
from tlcore.errors import TlcoreError
from tlcore.jobs.asked import SpeedSpec
from tlcore.jobs.runs import Run
from tlcore.zoo import architectures

_BATCHES = (1, 4, 8, 16, 32)


def speed(names: Sequence[str]) -> None:
    """Let a person measure these networks; the newest measurement stays in view."""
    st.header("Speed on this machine", anchor=False)
    latest = next(iter(services().runs.of_kind(owner(), "speed")), None)
    active = latest is not None and latest.is_active
    with st.container(horizontal=True, vertical_alignment="bottom"):
        batch = st.select_slider(
            "Batch", _BATCHES, 8, key="speed-batch", bind="query-params", width=260,
            help="How many images go through together. A GPU needs many to be busy.",
        )  # fmt: skip
        if st.button("Measure", icon=":material/speed:", disabled=active or not names, key="measure"):
            _submit(names, int(batch))
    if latest is None:
        st.caption(
            "How many images a second each of the chosen networks answers here. It takes a few seconds each, longer "
            "for large ones."
        )
    else:
        st.fragment(_measurement, run_every=1.0 if active else None)(latest.id, was_active=active)


def _submit(names: Sequence[str], batch: int) -> None:
    runs = services().runs
    try:
        runs.submit(owner(), SpeedSpec.of({"networks": tuple(names), "batch_size": batch}))
    except TlcoreError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    for old in runs.of_kind(owner(), "speed")[1:]:
        if not old.is_active:
            forget(old.id)
    st.rerun()


@one_sentence()
def _measurement(run_id: str, *, was_active: bool) -> None:
    run = services().runs.get(owner(), run_id)
    if run.is_active:
        _progress(run)
    elif was_active:  # it has just ended: the button above must hear of it
        st.rerun()
    elif run.state == "done":
        _outcome(run)
    else:
        st.warning(plain(run.message or "The measurement was stopped."), icon=":material/block:")


def _progress(run: Run[SpeedSpec]) -> None:
    history = services().runs.history(owner(), run.id)
    told = [event for event in history if event["event"] == "progress"]
    done, name = (told[-1]["done"], told[-1]["phase"]) if told else (0, "")
    words = f"Measuring {architectures.get(name).title} …" if name else "Waiting for its turn: runs are trained first …"
    st.progress(done / len(run.spec.networks), words)
    if measured := [event["speed"] for event in history if event["event"] == "measured"]:
        _bars(measured, "speeds-so-far")
    if run.is_stopping:
        st.caption("Stopping …")
    elif st.button("Stop", key="stop-speed", icon=":material/stop:"):
        services().runs.stop(owner(), run.id)


def _bars(speeds: list[dict[str, Any]], key: str) -> None:
    rows = [
        {"label": architectures.get(s["network"]).title, "value": s["images_per_second"], "text": _rate(s)}
        for s in speeds
    ]
    components.bars(rows, key=key, high=max(row["value"] for row in rows))


def _outcome(run: Run[SpeedSpec]) -> None:
    found: dict[str, Any] = run.result or {}
    _bars(found["speeds"], "speeds")
    threads, images = counted(found["threads"], "thread"), counted(found["batch_size"], "image")
    st.caption(
        f"Images a second on {found['device']} with {threads}, in float32, {images} at a time at each network's own "
        "size; the median over batches, and the slowest and fastest one."
    )


def _rate(speed: dict[str, Any]) -> str:
    return f"{speed['images_per_second']:.3g} ({speed['slowest']:.3g} to {speed['fastest']:.3g})"
