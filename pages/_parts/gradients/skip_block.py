"""One switch: a block with and without its shortcut, and what that does to gradients in a network of such blocks."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from pages._parts import components
from pages._parts.gradients.side import ACTIVATIONS
from pages._parts.heading import Figure, figures, look_for
from pages._parts.link_state import linked
from pages._parts.networks.explorer import ungrouped
from pages._parts.segments import segments
from tlcore.explain import interactive
from tlcore.gradients.layers.batches import Images
from tlcore.gradients.layers.flow import Flow
from tlcore.gradients.layers.measured import Setting, block_table
from tlcore.plots.gradients import flow as plots
from tlcore.zoo.nets.configurable import Design, Skip

_DEPTHS, _SCALES = (8, 20, 32, 56), [tenth / 10 for tenth in range(21)]
_IMAGES = Images(count=16)
_POSITIONS: dict[Skip, str] = {"identity": "With shortcuts", "none": "Without shortcuts"}


def block() -> None:
    """The settings in a row, then the measurement, and the block itself beside it."""
    design = _design()
    other = replace(design, skip="none" if design.skip == "identity" else "identity")
    outcome, drawing = st.columns([1.7, 1], gap="large")
    with drawing:
        table = block_table(design)
        components.network(ungrouped(table), key="skip-block", net=f"skip-{design}", opened=[], selected=None)
    with outcome, st.spinner("Measuring …"):
        flows = {one.skip: interactive.gradient_flow(Setting(network=one, images=_IMAGES)) for one in (design, other)}
        _outcome(design, flows)


def _design() -> Design:
    shortcut = partial(
        st.toggle, "Shortcut", help="Adds the block's input to what its convolutions make of it: h(x) = f(x) + x."
    )
    depth = partial(segments, "Layers", _DEPTHS, help="Of the whole network.")
    activation = partial(
        st.selectbox, "Activation", list(ACTIVATIONS), format_func=ACTIVATIONS.__getitem__, width=150,
        help="The function after each layer.",
    )  # fmt: skip
    norm = partial(st.toggle, "BatchNorm", help="Normalises what each convolution gives over the batch.")
    first = partial(
        st.toggle, "Activate first",
        help="Normalisation and activation before each convolution: nothing is left on the way around.",
    )  # fmt: skip
    times = partial(
        st.select_slider, "Shortcut times", _SCALES, width=160,
        help="What the way around is multiplied by: 1 as published.",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        on = linked("shortcut", usual=True, options=(True, False), draw=shortcut)
        values: dict[str, Any] = {
            "skip": "identity" if on else "none",
            "depth": linked("block-depth", 20, _DEPTHS, depth),
            "activation": linked("block-activation", "relu", ACTIVATIONS, activation),
            "batch_norm": linked("block-norm", usual=False, options=(True, False), draw=norm),
            "pre_activation": linked("block-first", usual=False, options=(True, False), draw=first),
        }
        if on:
            values["alpha"] = linked("block-times", 1.0, _SCALES, times)
    return Design(init="default", **values)


def _outcome(design: Design, flows: Mapping[Skip, Flow]) -> None:
    flow, named = flows[design.skip], {words: flows[skip] for skip, words in _POSITIONS.items()}
    meaning = "The gradient at the first layer, as a share of that at the last hidden one."
    figures(Figure(words, f"{one.verdict.ratio:.2g}", meaning) for words, one in named.items())
    st.markdown(f"**{_POSITIONS[design.skip]}.** {flow.verdict.sentence}")
    off = [words for skip, words in _POSITIONS.items() if skip != design.skip]
    st.plotly_chart(plots.layers(named, "grad_norm", pale=off), key="skip-flow", alt=flow.verdict.sentence)
    look_for(_look(design, flows))


def _look(design: Design, flows: Mapping[Skip, Flow]) -> str:
    with_, without = (flows[skip].verdict for skip in _POSITIONS)
    if design.batch_norm:
        return (
            "With BatchNorm, gradients arrive either way, so vanishing gradients are not what shortcuts cure there. "
            "The topic Degradation shows what is."
        )
    if without.word == "vanishing" and with_.word == "healthy":
        times = float(f"{with_.ratio / without.ratio:.2g}")
        return (
            f"{times:,.0f} times as much of the gradient arrives once it can go around each block. "
            "Each block's own layers take most of it; the sum hands all of it on."
        )
    return (
        "The points are the gradients of what each layer hands on, on a logarithmic axis; the paler line is the "
        "network with the switch turned. Compare their slopes: a straight line is a factor that each block takes or "
        "adds."
    )
