"""A small network that learns noise by heart, and what holds it back; trained when the settings change."""

from functools import partial

import streamlit as st

from pages._parts import components
from pages._parts.js.data import FitRun
from pages._parts.link_state import linked
from tlcore.explain import interactive
from tlcore.explain.why import overfitting as why

_PENALTIES = {
    "l1": (
        "L1",
        [0.0, 0.01, 0.03, 0.1, 0.3, 1.0],
        "Every weight shrinks by the same amount a step, down to exactly zero.",
    ),
    "l2": ("L2 (weight decay)", [0.0, 0.1, 0.3, 1.0, 3.0, 10.0], "Every weight shrinks by the same share a step."),
    "dropout": ("Dropout", [0.0, 0.1, 0.2, 0.3, 0.5], "The share of hidden units left out of each step."),
}
_PATIENCE = 100
_COUNTS, _NOISES, _SEEDS = (8, 12, 16, 24, 48, 96), (0.0, 0.1, 0.2, 0.3, 0.5), range(10)
_PLAIN, _HELD = "Not held back", "Held back"


def overfitting() -> None:
    """The training, and its settings beside it; without rules there is only the plain one."""
    outcome, settings = st.columns([2.6, 1], gap="large")
    with settings:
        rules = _rules()
        problem = _problem()
    plain = interactive.fit(problem, why.Rules())
    held = interactive.fit(problem, rules) if rules != why.Rules() else None
    with outcome:
        st.markdown(
            f"A network with two hidden layers of 64 units learns **{problem.points} noisy points** of a curve. It has "
            f"{plain.weights:,} weights, far more than points: it can learn the noise by heart."
        )
        runs = [_run("plain", _PLAIN, plain)] + ([_run("held", _HELD, held)] if held else [])
        points = why.points(problem)
        components.fit({"train": points.train, "val": points.val, "truth": points.truth, "runs": runs}, key="why-fit")
        _numbers({_PLAIN: plain, _HELD: held} if held else {_PLAIN: plain}, problem.noise)


def _rules() -> why.Rules:
    st.markdown("**Hold it back by**")
    values = {
        name: float(linked(f"why-{name}", 0.0, options, partial(st.select_slider, label, options, help=meaning)))
        for name, (label, options, meaning) in _PENALTIES.items()
    }
    stop = partial(
        st.toggle, "Early stopping",
        help=f"Stop when the validation error has not fallen for {_PATIENCE} steps, and go back to its lowest.",
    )  # fmt: skip
    early = linked("why-early", usual=False, options=(False, True), draw=stop)
    return why.Rules(**values, patience=_PATIENCE if early else 0)


def _problem() -> why.Problem:
    st.markdown("**The points**")
    many = partial(st.select_slider, "How many", _COUNTS, help="Points to train on.")
    strength = partial(
        st.select_slider, "Noise", _NOISES,
        help="Its standard deviation; the curve itself goes from about -1.3 to 1.3.",
    )  # fmt: skip
    draw = partial(st.slider, "Seed", 0, _SEEDS[-1], help="Other points, other first weights.")
    count, noise = linked("why-points", 16, _COUNTS, many), linked("why-noise", 0.3, _NOISES, strength)
    return why.Problem(int(count), float(noise), int(linked("why-seed", 0, _SEEDS, draw)))


def _run(name: str, title: str, fit: why.Fit) -> FitRun:
    return {
        "name": name,
        "title": title,
        "steps": [frame.step for frame in fit.frames],
        "train": [round(frame.train, 6) for frame in fit.frames],
        "val": [round(frame.val, 6) for frame in fit.frames],
        "curves": [frame.curve for frame in fit.frames],
        "stopped": fit.stopped,
        "kept": fit.kept,
    }


def _numbers(fits: dict[str, why.Fit], noise: float) -> None:
    rows = []
    for name, fit in fits.items():
        kept = fit.frames[fit.kept]
        rows.append(
            {
                "network": name,
                "steps": kept.step,
                "training error": f"{kept.train:.3f}",
                "validation error": f"{kept.val:.3f}",
                "true error": f"{kept.truth:.3f}",
                "length of weights": f"{fit.norm:.1f}",
                "zero weights": f"{fit.zeros / fit.weights:.0%}",
            }
        )
    st.dataframe(rows, alt="The errors of each training", hide_index=True)
    st.caption(
        f"Errors are means of squares. The noise alone makes {noise**2:.3f} on average: a training error far below "
        "that has learned noise. The true error is that against the curve itself; it is what counts, and is known "
        "because the curve is. The length is that of all weights as one vector: L2 shrinks it, and L1 makes weights "
        "zero. Early stopping chooses its step by the validation points, so their error is no longer an impartial "
        "judge. "
        f"{why.HELD_OUT} validation points, all training points in each of at most {why.STEPS} steps of AdamW."
    )
