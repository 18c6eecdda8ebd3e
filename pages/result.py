"""Result: how good a model is, how sure that is, and what it got wrong."""

import json

import streamlit as st

from pages._parts import choosing, components
from pages._parts.run_view import take_home
from pages._parts.session import owner, services
from pages._parts.tables import share_columns, with_percents
from pages._parts.words import counted, plain
from tlcore.data.dataset import Dataset
from tlcore.jobs.results import Result, load_result
from tlcore.jobs.runs import Run

_SHOWN = 24
_WILSON = (
    "Wilson's interval: if this were repeated with other images, about 95 of 100 such intervals would hold the true "
    "accuracy."
)
_INTERVAL = {
    "test": _WILSON,
    "val": f"{_WILSON} The best epoch was chosen on these very images, so it is a little too favourable.",
}


def page() -> None:
    """Pick a run, then look at it from every side."""
    st.title("Result", anchor=False)
    run = choosing.finished_run()
    if run is None:
        return
    dataset = services().runs.dataset(owner(), run.id)
    result = load_result(run, dataset)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        part = _part(result)
        take_home(run)
    _headline(run, result, part)
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        _confusion(result, part, dataset)
    with right:
        _classes(result, part)
    _mistakes(result, part)
    _details(run, dataset)


def _part(result: Result) -> str:
    if "test" not in result.parts:
        return "val"
    return str(
        st.radio(
            "Measured on",
            ["test", "val"],
            format_func=lambda part: {"test": "held-out test images", "val": "validation images"}[part],
            horizontal=True,
            help="The best epoch was chosen on the validation images, so the test images give the fairer figure.",
        )
    )


def _headline(run: Run, result: Result, part: str) -> None:
    score = result.parts[part]
    outcome = run.result or {}
    accuracy, interval, epoch, seconds = st.columns(4)
    where = {"test": "test images", "val": "validation images"}[part]
    help_ = f"{score.correct} of {counted(score.seen, 'image')} are right."
    accuracy.metric(f"Accuracy on {score.seen} {where}", f"{score.accuracy:.1%}", border=True, help=help_)
    interval.metric(
        "95 % interval",
        f"{score.interval[0]:.1%} to {score.interval[1]:.1%}",
        border=True,
        help=_INTERVAL[part],
    )
    epoch.metric("Best epoch", f"{outcome['best_epoch']} of {outcome['epochs_done']}", border=True)
    seconds.metric("Time", f"{outcome['seconds']:.1f} s", border=True, help=_seconds(outcome["seconds_by_phase"]))


def _seconds(phases: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in phases.items())


def _confusion(result: Result, part: str, dataset: Dataset) -> None:
    st.subheader("What it took for what", anchor=False)
    st.caption("Rows are what images are, columns what the model said. Click a cell to see its images.")
    score = result.parts[part]
    cell = components.confusion_matrix(list(dataset.classes), score.confusion, key=f"matrix-{result.run_id}-{part}")
    if cell is None:
        return
    images = score.in_cell(*cell)
    said, truth = dataset.classes[cell[1]], dataset.classes[cell[0]]
    st.markdown(f"{counted(len(images), 'image')} of **{plain(truth)}** that the model called **{plain(said)}**:")
    components.gallery([image.as_tile() for image in images[:200]], key=f"cell-{result.run_id}-{part}-{cell}", side=84)


def _classes(result: Result, part: str) -> None:
    st.subheader("Class by class", anchor=False)
    st.caption(
        "Precision: of the images that it put into this class, the share that belong there. Recall: of the images "
        "that belong there, the share that it put into it."
    )
    shares = ("precision", "recall", "F1")
    rows = with_percents(result.parts[part].class_rows, *shares)
    st.dataframe(rows, hide_index=True, column_config=share_columns(*shares))


def _mistakes(result: Result, part: str) -> None:
    wrong = result.parts[part].mistakes
    st.subheader("Its most confident mistakes", anchor=False)
    if not wrong:
        st.success("It made none.", icon=":material/check:")
        return
    st.caption("Look for a pattern: wrong labels, odd pictures, or a background that gives the class away.")
    components.gallery([image.as_tile() for image in wrong[:_SHOWN]], key=f"wrong-{result.run_id}-{part}", side=112)


def _details(run: Run, dataset: Dataset) -> None:
    settings, split = st.columns(2, gap="large")
    with settings, st.expander("Settings and versions", icon=":material/tune:"):
        st.json({"settings": run.spec.model_dump(), "versions": services().runs.versions(run)}, expanded=2)
    with split, st.expander("The exact split", icon=":material/call_split:"):
        rows = [
            {"class": name, **{part: dataset.class_counts(part)[i] for part in ("train", "val", "test")}}
            for i, name in enumerate(dataset.classes)
        ]
        st.dataframe(rows, hide_index=True)
        manifest = json.dumps({"id": dataset.id, **dataset.model_dump()}, ensure_ascii=False, indent=1)
        st.download_button("Manifest (JSON)", manifest, f"dataset-{dataset.id}.json", icon=":material/download:")


page()
