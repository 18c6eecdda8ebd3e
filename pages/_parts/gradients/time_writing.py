"""What a network that has learned a text writes, at a temperature, with a seed and a beginning of one's own."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages._parts import components
from pages._parts.js.data import Bar
from pages._parts.link_state import linked, linked_text
from pages._parts.words import plain
from tlcore.errors import TlcoreError
from tlcore.explain import interactive
from tlcore.jobs.kinds.events import LessonFinished
from tlcore.jobs.kinds.specs import LanguageSpec
from tlcore.jobs.running.runs import Run
from tlcore.settings import get_settings

if TYPE_CHECKING:
    from tlcore.gradients.through_time.language import Writer

_TEMPERATURES, _SEEDS, _COUNTS = [tenth / 10 for tenth in range(1, 21)], 1000, (100, 300, 600, 1000)
_SHOWN, _LONGEST = 8, 200
_SIGNS = {"\n": "line end", " ": "space", "\t": "tab"}


@st.cache_resource(max_entries=8, show_spinner="Loading the network …")
def _writer(run_id: str, finished_at: float) -> "Writer":  # noqa: ARG001 - tells attempts at a run apart
    from tlcore.gradients.through_time import language

    return language.load(get_settings().runs / run_id)


def writing(run: Run[LanguageSpec, LessonFinished]) -> None:
    """The controls, the text, and how likely each next character is; the caller got the run through its owner."""
    st.subheader("Let it write", anchor=False)
    first = partial(
        st.text_input, "Beginning", max_chars=_LONGEST, placeholder="The",
        help="What it reads before it writes; left empty, it begins as after a line end.",
    )  # fmt: skip
    beginning = linked_text("beginning", first, _LONGEST)
    temperature, seed, count = _controls()
    try:
        writer = _writer(run.id, run.finished_at or 0.0)
        written, chances = interactive.written(writer, beginning, count, temperature, seed)
    except TlcoreError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    text, bars = st.columns([2, 1], gap="medium")
    text.code(beginning + written, language=None, wrap_lines=True)
    with bars:
        st.markdown("**The first character that it adds**")
        likely = sorted(chances.items(), key=lambda pair: -pair[1])[:_SHOWN]
        rows: list[Bar] = [
            {"label": _SIGNS.get(sign, sign), "value": chance, "text": f"{chance:.1%}"} for sign, chance in likely
        ]
        components.bars(rows, key="chances", high=1.0)
    st.caption(
        "Every character is drawn by its probability, the softmax of the network's outputs divided by the temperature. "
        "At 1 it is the network's own opinion. Below, the likely ones win and it repeats itself; above, it makes up "
        "words."
    )


def _controls() -> tuple[float, int, int]:
    heat = partial(
        st.select_slider,
        "Temperature",
        _TEMPERATURES,
        help=f"{_TEMPERATURES[0]:g} takes nearly always the likeliest, {_TEMPERATURES[-1]:g} almost any.",
    )
    seed = partial(st.number_input, "Seed", 0, _SEEDS - 1, help="Another seed draws other characters.")
    count = partial(st.select_slider, "Characters", _COUNTS, help="How many it writes.")
    left, middle, right = st.columns([2, 1, 1.4], gap="medium")
    with left:
        temperature = float(linked("temperature", 0.7, _TEMPERATURES, heat))
    with middle:
        drawn = int(linked("draw", 0, range(_SEEDS), seed))
    with right:
        return temperature, drawn, int(linked("characters", 300, _COUNTS, count))
