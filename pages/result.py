"""Result: how good a model is, how sure that is, and what it got wrong."""

import json

import streamlit as st

from pages._parts.heading import Figure, figures, heading
from pages._parts.results import choosing
from pages._parts.results.lopsided import lopsided
from pages._parts.results.result_images import judged_images
from pages._parts.session import owner, services
from pages._parts.tables import share_columns, with_percents
from pages._parts.training.run_view import take_home
from pages._parts.words import counted, took
from tlcore.data.dataset import Dataset
from tlcore.jobs.running.results import Result, load_result
from tlcore.jobs.running.runs import Run
from tlcore.train.events import Finished

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
    heading("Result", "How good a model is, how sure that is, and what it gets wrong.")
    chooser, measured, home = st.columns([2.4, 1.5, 0.8], vertical_alignment="bottom", gap="medium")
    with chooser:
        run = choosing.finished_run()
    if run is None:
        return
    dataset = services().runs.dataset(owner(), run.id)
    result = load_result(run, dataset)
    with measured:
        part = _part(result)
    with home:
        take_home(run)
    _headline(run, result, part)
    lopsided(result.parts[part].balance)
    judged_images(run, result, part, dataset)
    _classes(result, part)
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
    where = {"test": "test images", "val": "validation images"}[part]
    right = f"{score.correct} of {counted(score.seen, 'image')} are right."
    low, high = score.interval
    figures([
        Figure(f"Accuracy on {score.seen} {where}", f"{score.accuracy:.1%}", right),
        Figure("95 % interval", f"{low:.1%} to {high:.1%}", _INTERVAL[part]),
        *(_training(run.result) if run.result else []),
    ])  # fmt: skip


def _training(outcome: Finished) -> list[Figure]:
    return [
        Figure("Best epoch", f"{outcome.best_epoch} of {outcome.epochs_done}"),
        Figure("Time", took(outcome.seconds), _seconds(outcome.seconds_by_phase)),
    ]


def _seconds(phases: dict[str, float]) -> str:
    return ", ".join(f"{name} {took(seconds)}" for name, seconds in phases.items())


def _classes(result: Result, part: str) -> None:
    st.subheader("Class by class", anchor=False)
    st.caption(
        "Precision: of the images that it put into this class, the share that belong there. Recall: of the images "
        "that belong there, the share that it put into it."
    )
    shares = ("precision", "recall", "F1")
    rows = with_percents(result.parts[part].class_rows, *shares)
    st.dataframe(
        rows, alt="Precision, recall and F1 of each class", hide_index=True, column_config=share_columns(*shares)
    )


def _details(run: Run, dataset: Dataset) -> None:
    settings, split = st.columns(2, gap="large")
    with settings, st.expander("Settings and versions", icon=":material/tune:"):
        st.json({"settings": run.spec.model_dump(), "versions": services().runs.versions(run)}, expanded=2)
    with split, st.expander("The exact split", icon=":material/call_split:"):
        rows = [
            {"class": name, **{part: dataset.class_counts(part)[i] for part in ("train", "val", "test")}}
            for i, name in enumerate(dataset.classes)
        ]
        st.dataframe(rows, alt="Images of each class and part", hide_index=True)
        manifest = json.dumps({"id": dataset.id, **dataset.model_dump()}, ensure_ascii=False, indent=1)
        st.download_button("Manifest (JSON)", manifest, f"dataset-{dataset.id}.json", icon=":material/download:")


page()
