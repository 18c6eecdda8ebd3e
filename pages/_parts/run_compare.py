"""Several runs over one another: their curves, and where their settings differ."""

from typing import Any

import streamlit as st

from pages._parts import components
from pages._parts.knobs import OPTIMIZERS
from pages._parts.session import owner, services
from tlcore.jobs.runs import Run
from tlcore.train.spec import STRATEGY_TITLES, TrainSpec

_SETTINGS = {**TrainSpec.words, "optimizer": "optimiser"}
_VALUES: dict[Any, str] = {**STRATEGY_TITLES, **OPTIMIZERS}


def overlaid(runs: list[Run]) -> None:
    """The curves of all of them in one chart."""
    histories = [services().runs.history(owner(), run.id) for run in runs]
    curves = [
        {"name": _told_apart(run, runs), "epochs": _epochs(history)}
        for run, history in zip(runs, histories, strict=True)
    ]
    components.compare_runs([curve for curve in curves if curve["epochs"]], key="compare")


def _told_apart(run: Run, runs: list[Run]) -> str:
    """The run's name; its image set and the start of its id too where names alone do not tell runs apart."""
    alike = [other for other in runs if other.name == run.name]
    if len(alike) == 1:
        return run.name
    named = f"{run.name} on {run.collection_name}" if run.collection_name else run.name
    same_set = sum(other.collection_name == run.collection_name for other in alike) > 1
    return f"{named} · {run.id[:4]}" if same_set else named


def _epochs(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The epochs that count: a run that was resumed tells some of them twice."""
    told = {event["epoch"]: event for event in history if event["event"] == "epoch"}
    return [{k: told[e][k] for k in ("epoch", "val_loss", "val_accuracy")} for e in sorted(told)]


def differences(runs: list[Run]) -> None:
    """The settings that are not the same in all of them."""
    st.subheader("Where their settings differ", anchor=False)
    specs = [{"image set": run.collection_name, **run.spec.model_dump()} for run in runs]
    differing = [name for name in specs[0] if len({str(spec[name]) for spec in specs}) > 1]
    if not differing:
        st.caption("They have the same settings.")
        return
    columns = {_told_apart(run, runs): spec for run, spec in zip(runs, specs, strict=True)}
    st.dataframe(
        [
            {"setting": _SETTINGS.get(name, name.replace("_", " ")), **{r: _said(s[name]) for r, s in columns.items()}}
            for name in differing
        ],
        hide_index=True,
    )


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else _VALUES.get(value, str(value))
