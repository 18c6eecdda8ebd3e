"""Several runs over one another: their curves, and where their settings differ."""

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from pages._parts import components
from pages._parts.js.data import Curve, CurvePoint
from pages._parts.session import owner, services
from pages._parts.training.knobs import OPTIMIZERS
from tlcore.jobs.running.runs import Run
from tlcore.train.events import Epoch, Finished
from tlcore.train.judging.intervals import wilson_interval
from tlcore.train.recipe.effects import Case, idle
from tlcore.train.recipe.spec import STRATEGY_TITLES, TrainSpec

_SETTINGS = {**TrainSpec.words, "optimizer": "optimiser"}
_VALUES: dict[Any, str] = {**STRATEGY_TITLES, **OPTIMIZERS}


def overlaid(runs: list[Run]) -> None:
    """The curves of all of them in one chart."""
    curves: list[Curve] = [
        {"name": _told_apart(run, runs), "epochs": _epochs(services().runs.told(owner(), run.id, Epoch))}
        for run in runs
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


def _epochs(told: Iterable[Epoch]) -> list[CurvePoint]:
    """The epochs that count: a run that was resumed tells some of them twice."""
    last = {epoch.epoch: epoch for epoch in told}
    return [{"epoch": n, "val_loss": last[n].val_loss, "val_accuracy": last[n].val_accuracy} for n in sorted(last)]


def balanced(result: Finished) -> float | None:
    """A finished run's balanced accuracy, where its classes are of different sizes."""
    return result.balance.accuracy if result.balance and result.balance.uneven else None


def reached(runs: list[Run]) -> None:
    """How good each of them is on its validation images, and how sure that is."""
    rows = [{"run": _told_apart(run, runs), **_score(run.result)} for run in runs if not run.is_active and run.result]
    if not rows:
        return
    st.subheader("What they reached", anchor=False)
    st.dataframe(rows, alt="What the runs reached", hide_index=True)
    if any("balanced accuracy" in row for row in rows):
        st.caption(
            "Balanced accuracy is the mean over the classes of the share that is right, so that rare ones count as "
            "much as others. Intervals hold the true value in about 95 of 100 cases."
        )


def _score(result: Finished) -> dict[str, str]:
    score = {
        "accuracy": f"{result.accuracy:.1%}",
        "interval": _between(wilson_interval(result.correct, result.seen)),
        "images": f"{result.correct} of {result.seen}",
    }
    balance = result.balance
    if balance and balance.uneven:
        score |= {"balanced accuracy": f"{balance.accuracy:.1%}", "its interval": _between(balance.interval)}
        score["the largest class alone"] = f"{balance.always:.1%}, balanced {1 / balance.classes:.1%}"
    return score


def _between(interval: Sequence[float]) -> str:
    return f"{interval[0]:.1%} to {interval[1]:.1%}"


def differences(runs: list[Run]) -> None:
    """The settings that are not the same in all of them; one that has no effect in any run is no difference."""
    st.subheader("Where their settings differ", anchor=False)
    specs = [{"image set": run.collection_name, **run.spec.model_dump()} for run in runs]
    in_vain = [idle(Case(run.spec)).keys() for run in runs]
    differing = [
        name for name in specs[0]
        if len({str(spec[name]) for spec in specs}) > 1 and not all(name in without for without in in_vain)
    ]  # fmt: skip
    if not differing:
        st.caption("They have the same settings.")
        return
    rows = []
    for name in differing:
        row = {"setting": _SETTINGS.get(name, name.replace("_", " "))}
        for run, spec, without in zip(runs, specs, in_vain, strict=True):
            row[_told_apart(run, runs)] = "no effect" if name in without else _said(spec[name])
        rows.append(row)
    st.dataframe(rows, alt="Settings that differ", hide_index=True)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else _VALUES.get(value, str(value))
