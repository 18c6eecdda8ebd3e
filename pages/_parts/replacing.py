"""A learned filter replaced by a hand-made kernel, by noise or by nothing, and the network asked again."""

from typing import Any

import numpy as np
import streamlit as st

from pages._parts import cached
from pages._parts.segments import segments
from pages._parts.words import plain
from tlcore.explain import kernels
from tlcore.explain.kernels import FirstLayer
from tlcore.filters.bank import bank
from tlcore.plots import kernels as plots

_TURNS = "learned-turns"


def replace_and_predict(layer: FirstLayer, index: int, view: Any) -> None:
    """What takes the filter's place on the left, what changes on the right."""
    st.subheader("Replace it, and predict again", anchor=False)
    choice, outcome = st.columns([1, 2.2], gap="large")
    with choice:
        kind, whole, seed = _replacement()
        if kind not in {"noise", "zero"}:
            st.caption("Kernels of the bank see only grey: what a filter knew of colour is gone.")
    chosen = range(len(layer.weight)) if whole else (index,)
    filters = {i: kernels.substitute(layer, i, kind, seed) for i in chosen}
    found = cached.filters_replaced(view, filters)
    with outcome:
        before, after = found.leading
        first, second = float(found.before.max()), float(found.after[int(np.argmax(found.before))])
        with st.container(horizontal=True):
            st.metric(
                "Probability moved", f"{found.total_variation:.1%}", border=True,
                help="The total variation between the answers: half of the sum of all classes' differences.",
            )  # fmt: skip
            st.metric(
                plain(before), f"{first:.1%} → {second:.1%}", border=True, help="The leading class before, and now."
            )
            st.metric("Leads now", "the same class" if after == before else plain(after), border=True)
        st.plotly_chart(plots.change(found.rows()), key="learned-change", alt="The likeliest classes before and after")
        _in_turn(layer, index, view, kind, seed)


def _replacement() -> tuple[str, bool, int]:
    """What takes the filter's place, whether that of all filters, and the seed of the noise."""
    titles = {**kernels.OWN_KINDS, **{name: kernel.title for name, kernel in bank().items()}}
    by_title = {title: name for name, title in titles.items()}
    title = st.selectbox(
        "Replace it by", list(by_title), list(titles).index("sobel_x"), key="learned-by", bind="query-params",
        help="As long as the learned filter, as a vector, and with the sign that is nearer to it.",
    )  # fmt: skip
    kind = by_title[str(title)]
    scope = segments(
        "Which", ("This filter", "All filters"), default="This filter", key="learned-which",
        bind="query-params", help="All: each by its own nearest kernel or noise, or every one by the same kernel.",
    )  # fmt: skip
    seed = 0
    if kind == "noise":
        seed = st.slider("Seed", 0, 9, 0, key="learned-draw", bind="query-params", help="Ten different draws of noise.")
    return kind, scope == "All filters", int(seed)


def _in_turn(layer: FirstLayer, index: int, view: Any, kind: str, seed: int) -> None:
    wanted = st.toggle(
        "Replace each filter in turn", key="learned-turn", bind="query-params",
        help="Predicts once for every filter of the layer, which takes a while for a large network.",
    )  # fmt: skip
    if not wanted:
        return
    moved = _each_replaced(layer, view, kind, seed)
    st.plotly_chart(plots.each(moved, index), key="learned-each", alt="Probability moved, a bar a filter")
    most = max(range(len(moved)), key=moved.__getitem__)
    st.caption(
        f"Each bar replaces one filter and leaves the others. For this image filter {most} matters most: "
        f"{moved[most]:.1%} of the probability moves."
    )


def _each_replaced(layer: FirstLayer, view: Any, kind: str, seed: int) -> list[float]:
    """What this browser asked for last is remembered, for choosing another filter changes nothing here."""
    question = (layer.weight.tobytes(), view.photo.tobytes(), kind, seed)
    asked, moved = st.session_state.get(_TURNS, (None, []))
    if asked != question:
        filters = [kernels.substitute(layer, i, kind, seed) for i in range(len(layer.weight))]
        with st.spinner("Predicting …"):
            moved = cached.each_filter_replaced(view, filters)
        st.session_state[_TURNS] = (question, moved)
    return moved
