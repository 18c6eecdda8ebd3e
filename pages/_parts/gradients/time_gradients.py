"""Gradients through time: three recurrent networks over one another, and the unfolded graph of one of them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import isfinite
from typing import get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._parts import components
from pages._parts.gradients.verdict import judged
from pages._parts.heading import look_for
from pages._parts.link_state import choose, linked
from pages._parts.presets import presets
from pages._parts.segments import segments
from pages._parts.words import counted, plain
from tlcore.errors import TlcoreError
from tlcore.explain import interactive
from tlcore.gradients.through_time.recurrent import Cell, Task, ThroughTime
from tlcore.gradients.through_time.recurrent_presets import PRESETS, Line, Preset, Shared
from tlcore.plots.gradients import recurrent as plots
from tlcore.plots.gradients.flow import over_time

NAMES = ("A", "B", "C")
_CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
_TASKS = {"adding": "adding", "copy": "copying"}
_LAGS, _UNITS, _RATES, _SEEDS = (6, 10, 20, 50, 100, 200), (8, 16, 32, 64), (0.01, 0.05, 0.1, 0.5, 1.0), range(1000)
_RADII, _BIASES = (0.0, 0.5, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0), (0.0, 1.0, 2.0, 3.0, 5.0)
_STEPS, _CLIPS = (0, 20, 50, 100, 200, 500), (0.0, 0.1, 1.0, 10.0)
_MOST_WORK = 5_100  # steps of training times steps of time: a few seconds
_TASK_WORDS = {
    "adding": "Of many numbers, two are marked, one in each half; the last output is to be their sum.",
    "copy": "Letters, then blanks, then a sign; from it on the outputs are to be the letters again.",
}
_ANY = (
    "A straight line on this scale is a factor that every step back takes or adds. Where a line has sunk to a "
    "thousandth, the weights hear next to nothing of what was so long ago."
)


def gradients() -> None:
    """Presets and what the three share, the chart, in what they differ, and the unfolded graph."""
    presets({preset.title: preset for preset in PRESETS.values()}, _load)
    shared = _shared()
    outcome = st.container()
    lines = [_line(place, column, shared) for place, column in enumerate(st.columns(3, gap="large"))]
    try:
        with outcome, st.spinner("Measuring …"):
            flows = [interactive.through_time(line.recurrence(shared)) for line in lines]
    except TlcoreError as error:
        outcome.error(plain(str(error)), icon=":material/block:")
        return
    titles = [f"{name} {_CELLS[line.cell]}" for name, line in zip(NAMES, lines, strict=True)]
    with outcome:
        _chart(flows, titles)
        look_for(_look(shared, lines))
    _graph(flows, titles)
    _training(flows, titles)
    _told()


def _load(preset: Preset) -> None:
    for key in [key for key in st.query_params if key.startswith(("a-", "b-", "c-"))]:  # of controls not drawn, too
        st.query_params.pop(key)
    choose(vars(preset.shared))
    for name, line in zip(NAMES, preset.lines, strict=True):
        choose({f"{name.lower()}-{key}": value for key, value in vars(line).items()})


def _shared() -> Shared:
    """What holds for all three."""
    task = partial(
        segments, "Task", list(_TASKS), format_func=_TASKS.__getitem__,
        help=" ".join(_TASK_WORDS.values()),
    )  # fmt: skip
    lag = partial(
        st.select_slider, "Lag", _LAGS, width=220, help="How many steps lie between the first state and the last one."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        values = {"task": linked("task", "adding", get_args(Task), task), "lag": linked("lag", 100, _LAGS, lag)}
        with st.popover("Size and training", icon=":material/tune:"):
            size = partial(st.select_slider, "Units", _UNITS, help="Values in each state; an LSTM has twice as many.")
            values["units"] = linked("units", 32, _UNITS, size)
            rate = partial(st.select_slider, "Rate", _RATES, help="Of gradient descent, where a network is trained.")
            values["lr"] = linked("lr", 0.1, _RATES, rate)
            seed = partial(st.number_input, "Seed", 0, _SEEDS[-1], help="Another seed draws other weights and data.")
            values["seed"] = int(linked("seed", 0, _SEEDS, seed))
    return Shared(**values)


def _line(place: int, column: DeltaGenerator, shared: Shared) -> Line:
    """The controls of one network."""
    name, usual = NAMES[place].lower(), PRESETS["cells"].lines[place]
    with column:
        cell = partial(
            segments, f"Cell of {NAMES[place]}", list(_CELLS), format_func=_CELLS.__getitem__,
            help="A vanilla RNN with tanh, or one with gates.",
        )  # fmt: skip
        line = Line(cell=linked(f"{name}-cell", usual.cell, get_args(Cell), cell), radius=_radius(name))
        if line.cell == "lstm":
            bias = partial(
                st.select_slider, "Forget bias", _BIASES, format_func="{:g}".format,
                help="Added inside the forget gate (Gers et al. 2000): 0 leaves it half open, 5 almost fully open.",
            )  # fmt: skip
            line = replace(line, forget_bias=float(linked(f"{name}-forget_bias", 0.0, _BIASES, bias)))
        line = replace(line, steps=_steps(name, shared.lag))
        if line.steps:
            limit = partial(
                st.select_slider, "Clip the gradient's norm at", _CLIPS, format_func=_clip_words,
                help="A longer gradient is shortened to this norm before the step (Pascanu et al. 2013).",
            )  # fmt: skip
            line = replace(line, clip=float(linked(f"{name}-clip", 0.0, _CLIPS, limit)))
    return line


def _radius(name: str) -> float:
    radius = partial(
        st.select_slider, "Recurrent radius", _RADII, format_func=lambda value: f"{value:g}" if value else "PyTorch's",
        help="Makes each recurrent matrix that many times an orthogonal one, so that all its eigenvalues have this "
        "size. PyTorch's own start is uniform within 1 / sqrt(units).",
    )  # fmt: skip
    return float(linked(f"{name}-radius", 0.0, _RADII, radius))


def _steps(name: str, lag: int) -> int:
    """How long it is trained; over a longer lag, a step takes longer, so there are fewer of them."""
    key, allowed = f"{name}-steps", tuple(steps for steps in _STEPS if steps * (lag + 1) <= _MOST_WORK)
    if st.session_state.get(key, 0) not in allowed:
        st.session_state[key] = allowed[-1]
    steps = partial(
        st.select_slider, "Trained for", allowed, format_func=lambda count: counted(count, "step"),
        help="Steps of gradient descent on fresh sequences, before the gradient is measured.",
    )  # fmt: skip
    return int(linked(key, 0, allowed, steps))


def _clip_words(value: float) -> str:
    return f"{value:g}" if value else "off"


def _look(shared: Shared, lines: Sequence[Line]) -> str:
    asked = tuple(line.recurrence(shared) for line in lines)
    return next((preset.look for preset in PRESETS.values() if preset.recurrences() == asked), _ANY)


def _chart(flows: Sequence[ThroughTime], titles: Sequence[str]) -> None:
    said = " ".join(f"{name}: {one.verdict.sentence}" for name, one in zip(titles, flows, strict=True))
    st.plotly_chart(over_time(flows, titles), key="chart-lag", alt=said)
    with st.container(gap="xxsmall"):
        for one, name in zip(flows, NAMES, strict=True):
            st.markdown(judged(f"**{name}**", one.verdict))
    task = _TASK_WORDS[flows[0].recurrence.task]
    st.caption(
        "How much of the gradient is left: the norm of the loss's gradient with respect to the state, divided by that "
        f"at the last state, in double precision. Zeros are gaps. The task: {task}",
        help=f"How this is judged: {flows[0].verdict.criterion}",
    )


def _graph(flows: Sequence[ThroughTime], titles: Sequence[str]) -> None:
    st.subheader("Backpropagation through time, unfolded", anchor=False)
    choice = partial(
        segments, "Unfold", list(range(3)), format_func=titles.__getitem__,
        help="The same weights at every step; what is drawn is what the chart shows.",
    )  # fmt: skip
    place = int(linked("unfold", 0, range(3), choice))
    one = flows[place]
    components.unfolded(
        {
            "title": titles[place], "inputs": list(one.shown.inputs), "matter": list(one.shown.matter),
            "said": one.shown.said, "wanted": one.shown.wanted, "loss": _finite(one.loss),
            "norms": [_finite(norm) for norm in one.norms],
        },
        key="unfolded",
    )  # fmt: skip


def _training(flows: Sequence[ThroughTime], titles: Sequence[str]) -> None:
    if not any(one.training for one in flows):
        return
    st.subheader("Before that, it was trained", anchor=False)
    left, right = st.columns(2, gap="large")
    for column, name, words in ((left, "loss", "loss"), (right, "grad_norm", "gradient's norm")):
        with column:
            st.plotly_chart(
                plots.training(flows, titles, name, words), key=f"chart-{name}", alt=f"The {words}, by step"
            )
    for one, title in zip(flows, titles, strict=True):
        if one.training:
            st.caption(f"{title}: {_trained_words(one)}")


def _trained_words(one: ThroughTime) -> str:
    norms, limit = [step.grad_norm for step in one.training], one.recurrence.clip
    longest = max(norms) if all(isfinite(norm) for norm in norms) else float("inf")
    clipped = sum(step.clipped_norm < step.grad_norm for step in one.training)
    told = f"loss {one.training[0].loss:.3g} in the first step and {one.training[-1].loss:.3g} in the last; "
    told += (
        f"the longest gradient {longest:.3g}, before any clipping."
        if isfinite(longest)
        else "gradients outgrew float64."
    )
    return told + (f" {counted(clipped, 'step')} of {len(norms)} clipped to {limit:g}." if limit else "")


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _told() -> None:
    """What is often told of LSTMs and clipping, and what is measured."""
    with st.expander("Does an LSTM solve it? Does clipping?", icon=":material/help:"):
        st.markdown(
            "An LSTM does not keep a gradient because it has gates, but because its cell is handed on by a "
            "multiplication with the forget gate alone: the factor a step is that gate. Half open, it vanishes like "
            "any other. Clipping shortens a gradient that is too long and leaves its direction; it does nothing for "
            "one that has vanished. And a gradient that arrives is no proof of learning: it only says that the "
            "weights hear of what was long ago."
        )
