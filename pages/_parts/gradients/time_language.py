"""A network that writes: a text and a network are chosen, it learns in the queue, and then one lets it write."""

from functools import partial
from typing import Any

import streamlit as st

from pages._parts import components
from pages._parts.gradients import time_writing
from pages._parts.heading import look_for
from pages._parts.link_state import linked
from pages._parts.segments import segments
from pages._parts.session import owner, services
from pages._parts.words import plain
from tlcore.errors import TlcoreError
from tlcore.gradients.through_time import texts
from tlcore.jobs.kinds.events import LessonFinished
from tlcore.jobs.kinds.registry import KINDS
from tlcore.jobs.kinds.specs import LanguageSpec
from tlcore.jobs.running.runs import Run

_CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
_TEXTS = {"built-in": "About networks", "own": "Your own"}
_UNITS, _RATES, _STEPS = (16, 32, 64, 128, 256), (0.0005, 0.001, 0.002, 0.005, 0.01, 0.05), (300, 1000, 3000)
_SEEDS, _CLIP = range(1000), 1.0


def language() -> None:
    """How the learning goes, and beside it what is learned and by what."""
    outcome, settings = st.columns([2.4, 1], gap="large")
    runs = services().runs.of_kind(owner(), "language")
    with settings:
        text, reason = _text()
        values = _network()
        active = next((run for run in runs if run.is_active), None)
        _button({**values, "text": text}, reason or ("One network is learning already." if active else ""))
    with outcome:
        if runs:
            _outcome(_chosen(runs))
        else:
            _invitation(text)


def _text() -> tuple[str, str]:
    """The text, empty for the built-in one, and why it can't be learned, if so."""
    choice = partial(
        segments, "Text", list(_TEXTS), format_func=_TEXTS.__getitem__,
        help="What this project says of the networks that it knows, or what you paste.",
    )  # fmt: skip
    text, reason = "", ""
    if linked("text", "built-in", _TEXTS, choice) == "own":
        text = str(
            st.text_area(
                "Your text", key="own-text", height=180, max_chars=texts.LENGTHS[1], persist_state="session",
                placeholder="Paste a text here.", help="It is kept with the network, for you alone.",
            ) or ""
        )  # fmt: skip
        try:
            text = texts.checked(text)
        except TlcoreError as error:
            reason = str(error)
            if text:
                st.warning(plain(reason), icon=":material/block:")
    if not reason:
        with st.popover("Read it", icon=":material/article:"):
            _counted(text)
    return text, reason


def _counted(text: str) -> None:
    shown = text or texts.built_in()
    bits = texts.baselines(shown)
    st.caption(
        f"{len(shown):,} characters, {bits.characters} different. Bits per character that need no network: "
        f"**{bits.uniform:.2f}** when all are equally likely, **{bits.unigram:.2f}** for someone who knows how "
        f"often each occurs, **{bits.bigram:.2f}** for someone who also knows what follows each.",
        help="Entropies, counted on this very text. Whoever needs fewer bits than the last one remembers more than one "
        "character. In a short text with many different characters, most pairs are rare, and the last one is too low.",
    )
    st.text(shown[:2000] + (" …" if len(shown) > 2000 else ""))


def _network() -> dict[str, Any]:
    cell = partial(
        segments, "Cell", list(_CELLS), format_func=_CELLS.__getitem__,
        help="A vanilla RNN with tanh, or one with gates.",
    )  # fmt: skip
    units = partial(st.select_slider, "Units", _UNITS, help="Values in its state: its memory.")
    rate = partial(st.select_slider, "Rate", _RATES, format_func="{:g}".format, help="Of Adam's steps.")
    clip = partial(
        st.toggle, "Clip the gradient",
        help=f"A gradient whose norm is above {_CLIP:g} is shortened to that. Adam divides by the gradient's usual "
        "size anyway, so clipping matters only for single steps whose gradient is far longer than usual.",
    )  # fmt: skip
    steps = partial(
        st.select_slider, "Steps", _STEPS, format_func="{:,}".format,
        help="How often it learns from a piece of the text. The time that is left stands with the curves.",
    )  # fmt: skip
    seed = partial(st.number_input, "Seed", 0, _SEEDS[-1], help="Another seed draws other weights.")
    values: dict[str, Any] = {
        "cell": linked("cell", "lstm", _CELLS, cell),
        "units": linked("lm-units", 128, _UNITS, units),
        "steps": linked("lm-steps", 1000, _STEPS, steps),
    }
    with st.popover("Rate, clipping and seed", icon=":material/tune:"):
        values["lr"] = linked("lm-rate", 0.005, _RATES, rate)
        values["clip"] = _CLIP if linked("clip", usual=True, options=(True, False), draw=clip) else 0.0
        values["seed"] = int(linked("lm-seed", 0, _SEEDS, seed))
    return values


def _button(values: dict[str, Any], reason: str) -> None:
    words = reason or "It learns in the queue, after what was asked for before; the newest networks are kept."
    if st.button("Learn", key="learn", icon=":material/school:", type="primary", disabled=bool(reason), help=words):
        _submit(values)


def _submit(values: dict[str, Any]) -> None:
    try:
        submitted = services().runs.submit(owner(), LanguageSpec.of(values))
    except TlcoreError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    st.session_state["network"] = submitted.id
    st.rerun()


def _invitation(text: str) -> None:
    st.info(
        "Nothing has been learned here yet. Press *Learn*: within seconds the first words appear, and the loss falls "
        "below what counting pairs of characters can reach.",
        icon=":material/school:",
    )
    st.markdown("**The beginning of the text**")
    st.code((text or texts.built_in())[:600] + " …", language=None, wrap_lines=True)


def _chosen(runs: tuple[Run[LanguageSpec, LessonFinished], ...]) -> Run[LanguageSpec, LessonFinished]:
    """One of the networks that are kept; the newest, unless another is wanted."""
    by_id = {run.id: run for run in runs}
    if st.session_state.get("network") not in by_id:
        st.session_state["network"] = runs[0].id
    if len(runs) == 1:
        return runs[0]
    return by_id[
        st.selectbox(
            "Network", list(by_id), format_func=lambda one: _described(by_id[one]), key="network",
            help=f"The newest {KINDS['language'].kept} are kept.",
        )
    ]  # fmt: skip


def _described(run: Run[LanguageSpec, LessonFinished]) -> str:
    spec = run.spec
    clip = "clipped" if spec.clip else "not clipped"
    told = f", {run.result.held_out:.2f} bits" if run.state == "done" and run.result else f", {run.state}"
    return f"{run.name}: {spec.units} units, rate {spec.lr:g}, {clip}, seed {spec.seed}{told}"


def _outcome(run: Run[LanguageSpec, LessonFinished]) -> None:
    seen = services().runs.seen(owner(), run.id)
    run = seen.run
    components.writing(run.id, known=seen.newest, key=f"writing-{run.id}")
    if run.is_active:
        words = "Stopping …" if run.is_stopping else "Stop"
        if st.button(
            words, key="stop-learning", icon=":material/stop:", disabled=run.is_stopping,
            help="Ends after a step; what was learned is kept.",
        ):  # fmt: skip
            services().runs.stop(owner(), run.id)
            st.rerun()
    elif run.state == "done":
        look_for(
            "Where the blue line falls below *what follows on each*, the network remembers more than one character. "
            "Where the orange line goes on falling and the blue one no longer does, it learns the text by heart; the "
            "network as it was best on the held-out text is kept."
        )
        time_writing.writing(run)
    else:
        st.warning(plain(run.message or "It was stopped before it began to learn."), icon=":material/block:")
