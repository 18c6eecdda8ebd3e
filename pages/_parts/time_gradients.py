"""Gradients through time: three recurrent networks over one another, and the unfolded graph of one of them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import isfinite
from threading import Semaphore
from typing import Any, get_args

import streamlit as st

from pages._parts import components
from pages._parts.kept import kept
from pages._parts.presets import presets
from pages._parts.segments import segments
from pages._parts.words import counted, plain
from tlcore.errors import TlcoreError
from tlcore.gradients.recurrent import Cell, Recurrence, Task, ThroughTime, through_time
from tlcore.gradients.recurrent_presets import PRESETS, Line, Preset, Shared
from tlcore.plots import recurrent as plots
from tlcore.plots.gradients import over_time

NAMES = ("A", "B", "C")
_CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
_TASKS = {"adding": "adding", "copy": "copying"}
_LAGS, _UNITS, _RATES, _SEEDS = (6, 10, 20, 50, 100, 200), (8, 16, 32, 64), (0.01, 0.05, 0.1, 0.5, 1.0), range(1000)
_RADII, _BIASES = (0.0, 0.5, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0), (0.0, 1.0, 2.0, 3.0, 5.0)
_STEPS, _CLIPS = (0, 20, 50, 100, 200, 500), (0.0, 0.1, 1.0, 10.0)
_MOST_WORK = 5_100  # steps of training times steps of time: a few seconds
_COLOURS = {"vanishing": "violet", "healthy": "green", "exploding": "red"}
_TASK_WORDS = {
    "adding": "Of many numbers, two are marked, one in each half; the last output is to be their sum.",
    "copy": "Letters, then blanks, then a sign; from it on the outputs are to be the letters again.",
}
_ANY = (
    "A straight line on this scale is a factor that every step back takes or adds. Where a line has sunk to a "
    "thousandth, the weights hear next to nothing of what was so long ago."
)
_ONE_AT_A_TIME = Semaphore(1)


@st.cache_data(max_entries=512, show_spinner="Measuring …")
def measured(recurrence: Recurrence) -> ThroughTime:
    """One measurement for all who ask; measurements queue up rather than fight for the cores."""
    with _ONE_AT_A_TIME:
        return through_time(recurrence)


def gradients() -> None:
    """Presets, what the three share and in what they differ, the chart, and the unfolded graph."""
    st.caption(
        "A recurrent network reads a sequence step by step. Only its last output counts here; the loss's gradient goes "
        "back through every state. How large it still is, so many steps before the end, is measured by a real backward "
        "pass in double precision."
    )
    presets({preset.title: preset for preset in PRESETS.values()}, _load)
    look = st.container()
    shared = _shared()
    columns = st.columns(3, gap="large")
    lines = [_line(place, column, shared) for place, column in enumerate(columns)]
    look.markdown(f":material/visibility: **What to look for.** {_look(shared, lines)}")
    try:
        found = [measured(line.recurrence(shared)) for line in lines]
    except TlcoreError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    titles = [f"{name} {_CELLS[line.cell]}" for name, line in zip(NAMES, lines, strict=True)]
    _chart(found, titles)
    _graph(found, titles)
    _training(found, titles)
    _told()


def _load(preset: Preset) -> None:
    for key in [key for key in st.query_params if key.startswith(("a-", "b-", "c-"))]:  # of controls not drawn, too
        st.query_params.pop(key)
    state = st.session_state
    state.update({name: getattr(preset.shared, name) for name in vars(preset.shared)})
    for name, line in zip(NAMES, preset.lines, strict=True):
        state.update({f"{name.lower()}-{key}": value for key, value in vars(line).items()})


def _shared() -> Shared:
    """What holds for all three."""
    task = partial(
        segments, "Task", list(_TASKS), format_func=_TASKS.__getitem__,
        help=" ".join(_TASK_WORDS.values()),
    )  # fmt: skip
    lag = partial(st.select_slider, "Lag", _LAGS, help="How many steps lie between the first state and the last one.")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        values = {"task": kept("task", "adding", get_args(Task), task)}
        with st.container(width=280):
            values["lag"] = kept("lag", 100, _LAGS, lag)
        with st.popover("Size and training", icon=":material/tune:"):
            size = partial(st.select_slider, "Units", _UNITS, help="Values in each state; an LSTM has twice as many.")
            values["units"] = kept("units", 32, _UNITS, size)
            rate = partial(st.select_slider, "Rate", _RATES, help="Of gradient descent, where a network is trained.")
            values["lr"] = kept("lr", 0.1, _RATES, rate)
            seed = partial(st.number_input, "Seed", 0, _SEEDS[-1], help="Another seed draws other weights and data.")
            values["seed"] = int(kept("seed", 0, _SEEDS, seed))
    st.caption(_TASK_WORDS[str(values["task"])])
    return Shared(**values)


def _line(place: int, column: Any, shared: Shared) -> Line:
    """The controls of one network."""
    name, usual = NAMES[place].lower(), PRESETS["cells"].lines[place]
    with column:
        cell = partial(
            segments, f"Cell of {NAMES[place]}", list(_CELLS), format_func=_CELLS.__getitem__,
            help="A vanilla RNN with tanh, or one with gates.",
        )  # fmt: skip
        line = Line(cell=kept(f"{name}-cell", usual.cell, get_args(Cell), cell), radius=_radius(name))
        if line.cell == "lstm":
            bias = partial(
                st.select_slider, "Forget bias", _BIASES, format_func="{:g}".format,
                help="Added inside the forget gate (Gers et al. 2000): 0 leaves it half open, 5 almost fully open.",
            )  # fmt: skip
            line = replace(line, forget_bias=float(kept(f"{name}-forget_bias", 0.0, _BIASES, bias)))
        line = replace(line, steps=_steps(name, shared.lag))
        if line.steps:
            limit = partial(
                st.select_slider, "Clip the gradient's norm at", _CLIPS, format_func=_clip_words,
                help="A longer gradient is shortened to this norm before the step (Pascanu et al. 2013).",
            )  # fmt: skip
            line = replace(line, clip=float(kept(f"{name}-clip", 0.0, _CLIPS, limit)))
    return line


def _radius(name: str) -> float:
    radius = partial(
        st.select_slider, "Recurrent radius", _RADII, format_func=lambda value: f"{value:g}" if value else "PyTorch's",
        help="Makes each recurrent matrix that many times an orthogonal one, so that all its eigenvalues have this "
        "size. PyTorch's own start is uniform within 1 / sqrt(units).",
    )  # fmt: skip
    return float(kept(f"{name}-radius", 0.0, _RADII, radius))


def _steps(name: str, lag: int) -> int:
    """How long it is trained; over a longer lag, a step takes longer, so there are fewer of them."""
    key, allowed = f"{name}-steps", tuple(steps for steps in _STEPS if steps * (lag + 1) <= _MOST_WORK)
    if st.session_state.get(key, 0) not in allowed:
        st.session_state[key] = allowed[-1]
    steps = partial(
        st.select_slider, "Trained for", allowed, format_func=lambda count: counted(count, "step"),
        help="Steps of gradient descent on fresh sequences, before the gradient is measured.",
    )  # fmt: skip
    return int(kept(key, 0, allowed, steps))


def _clip_words(value: float) -> str:
    return f"{value:g}" if value else "off"


def _look(shared: Shared, lines: Sequence[Line]) -> str:
    asked = tuple(line.recurrence(shared) for line in lines)
    return next((preset.look for preset in PRESETS.values() if preset.recurrences() == asked), _ANY)


def _chart(found: Sequence[ThroughTime], titles: Sequence[str]) -> None:
    for one, name, column in zip(found, NAMES, st.columns(3, gap="large"), strict=True):
        verdict = one.verdict
        column.markdown(f"**{name}** :{_COLOURS[verdict.word]}-badge[{verdict.word}] {verdict.sentence}")
    st.subheader("How much of the gradient is left", anchor=False)
    said = " ".join(f"{name}: {one.verdict.sentence}" for name, one in zip(titles, found, strict=True))
    st.plotly_chart(over_time(found, titles), key="chart-lag", alt=said)
    st.caption(
        "The norm of the loss's gradient with respect to the state, divided by that at the last state. Zeros are gaps.",
        help=f"How this is judged: {found[0].verdict.criterion}",
    )


def _graph(found: Sequence[ThroughTime], titles: Sequence[str]) -> None:
    st.subheader("Backpropagation through time, unfolded", anchor=False)
    choice = partial(
        segments, "Unfold", list(range(3)), format_func=titles.__getitem__,
        help="The same weights at every step; what is drawn is the measurement of the chart above.",
    )  # fmt: skip
    place = int(kept("unfold", 0, range(3), choice))
    one = found[place]
    components.unfolded(
        {
            "title": titles[place], "inputs": one.shown.inputs, "matter": one.shown.matter, "said": one.shown.said,
            "wanted": one.shown.wanted, "loss": _finite(one.loss), "norms": [_finite(norm) for norm in one.norms],
        },
        key="unfolded",
    )  # fmt: skip


def _training(found: Sequence[ThroughTime], titles: Sequence[str]) -> None:
    if not any(one.training for one in found):
        return
    st.subheader("Before that, it was trained", anchor=False)
    left, right = st.columns(2, gap="large")
    for column, name, words in ((left, "loss", "loss"), (right, "grad_norm", "gradient's norm")):
        with column:
            st.plotly_chart(
                plots.training(found, titles, name, words), key=f"chart-{name}", alt=f"The {words}, by step"
            )
    for one, title in zip(found, titles, strict=True):
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
