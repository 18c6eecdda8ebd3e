"""A learned filter replaced by a hand-made kernel, by noise or by nothing, and the network asked again."""

from functools import partial

import numpy as np
import streamlit as st

from pages._parts.heading import Figure, figures
from pages._parts.link_state import linked
from pages._parts.segments import segments
from pages._parts.words import plain
from tlcore.explain import interactive, kernels
from tlcore.explain.kernels import FirstLayer
from tlcore.explain.looking import Look
from tlcore.filters.bank import bank
from tlcore.plots import kernels as plots

_TURNS = "learned-turns"
_SCOPES, _SEEDS = ("This filter", "All filters"), range(10)


def replace_and_predict(layer: FirstLayer, index: int, view: Look) -> None:
    """What takes the filter's place, and beside it what changes."""
    st.subheader("Replace it, and predict again", anchor=False)
    choice, outcome = st.columns([1, 2.2], gap="large")
    with choice:
        kind, whole, seed = _replacement()
        if kind not in {"noise", "zero"}:
            st.caption("Kernels of the bank see only grey: what a filter knew of colour is gone.")
    chosen = range(len(layer.weight)) if whole else (index,)
    filters = {i: kernels.substitute(layer, i, kind, seed) for i in chosen}
    change = interactive.filters_replaced(view, filters)
    with outcome:
        before, after = change.leading
        first, second = float(change.before.max()), float(change.after[int(np.argmax(change.before))])
        figures([
            Figure(
                "Probability moved", f"{change.total_variation:.1%}",
                "The total variation between the answers: half of the sum of all classes' differences.",
            ),
            Figure(plain(before), f"{first:.1%} → {second:.1%}", "The leading class before, and now."),
            Figure("Leads now", "the same class" if after == before else plain(after)),
        ])  # fmt: skip
        st.plotly_chart(plots.change(change.rows()), key="learned-change", alt="The likeliest classes before and after")
        _in_turn(layer, index, view, kind, seed)


def _replacement() -> tuple[str, bool, int]:
    """What takes the filter's place, whether that of all filters, and the seed of the noise."""
    titles = {**kernels.OWN_KINDS, **{name: kernel.title for name, kernel in bank().items()}}
    choice = partial(
        st.selectbox, "Replace it by", list(titles), format_func=titles.__getitem__,
        help="As long as the learned filter, as a vector, and with the sign that is nearer to it.",
    )  # fmt: skip
    kind = str(linked("learned-by", "sobel_x", titles, choice, titles=titles))
    which = partial(
        segments, "Which", _SCOPES,
        help="All: each by its own nearest kernel or noise, or every one by the same kernel.",
    )  # fmt: skip
    scope, seed = linked("learned-which", _SCOPES[0], _SCOPES, which), 0
    if kind == "noise":
        draw = partial(st.slider, "Seed", 0, _SEEDS[-1], help="Ten different draws of noise.")
        seed = int(linked("learned-draw", 0, _SEEDS, draw))
    return kind, scope == _SCOPES[1], seed


def _in_turn(layer: FirstLayer, index: int, view: Look, kind: str, seed: int) -> None:
    each = partial(
        st.toggle, "Replace each filter in turn",
        help="Predicts once for every filter of the layer, which takes a while for a large network.",
    )  # fmt: skip
    if not linked("learned-turn", usual=False, options=(False, True), draw=each):
        return
    moved = _each_replaced(layer, view, kind, seed)
    st.plotly_chart(plots.each(moved, index), key="learned-each", alt="Probability moved, a bar a filter")
    most = max(range(len(moved)), key=moved.__getitem__)
    st.caption(
        f"Each bar replaces one filter and leaves the others. For this image filter {most} matters most: "
        f"{moved[most]:.1%} of the probability moves."
    )


def _each_replaced(layer: FirstLayer, view: Look, kind: str, seed: int) -> list[float]:
    """What this browser asked for last is remembered, for choosing another filter changes nothing here."""
    question = (layer.weight.tobytes(), view.photo.tobytes(), kind, seed)
    asked, moved = st.session_state.get(_TURNS, (None, []))
    if asked != question:
        filters = [kernels.substitute(layer, i, kind, seed) for i in range(len(layer.weight))]
        with st.spinner("Predicting …"):
            moved = interactive.each_filter_replaced(view, filters)
        st.session_state[_TURNS] = (question, moved)
    return moved
