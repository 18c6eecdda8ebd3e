"""One switch: a block with and without its shortcut, and what that does to gradients in a network of such blocks."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from pages._parts import components
from pages._parts.explorer import steps_of
from pages._parts.gradient_side import ACTIVATIONS
from pages._parts.kept import kept
from pages._parts.segments import segments
from tlcore.gradients.batches import Images
from tlcore.gradients.flow import Flow
from tlcore.gradients.measured import Setting, block_table, measured
from tlcore.plots import gradients as plots
from tlcore.zoo.nets.configurable import Design

_DEPTHS, _SCALES = (8, 20, 32, 56), [tenth / 10 for tenth in range(21)]
_IMAGES = Images(count=16)
_POSITIONS = {"identity": "With shortcuts", "none": "Without shortcuts"}


def block() -> None:
    """The block and its switch on the left, the measurement on the right."""
    st.caption(
        "Two convolutions, and a way around them. Turn the way around off and on: the network is built anew with the "
        "same weights, a batch of digits goes through, and the gradients are measured."
    )
    drawing, outcome = st.columns([1, 1.7], gap="large")
    with drawing:
        design = _design()
        other = replace(design, skip="none" if design.skip == "identity" else "identity")
        table = block_table(design)
        steps = [{**step, "name": step["name"].replace(".", " "), "stage": ""} for step in steps_of(table)]
        components.network(steps, key="skip-block", net=f"skip-{design}", opened=[], selected=None)
    with outcome, st.spinner("Measuring …"):
        flows = {one.skip: measured(Setting(network=one, images=_IMAGES)) for one in (design, other)}
        _outcome(design, flows)


def _design() -> Design:
    shortcut = partial(
        st.toggle, "Shortcut", help="Adds the block's input to what its convolutions make of it: h(x) = f(x) + x."
    )
    on = kept("shortcut", usual=True, options=(True, False), draw=shortcut)
    depth = partial(segments, "Layers", _DEPTHS, help="Of the whole network.")
    activation = partial(
        st.selectbox, "Activation", list(ACTIVATIONS), format_func=ACTIVATIONS.__getitem__, help="After each layer."
    )
    values: dict[str, Any] = {
        "skip": "identity" if on else "none",
        "depth": kept("block-depth", 20, _DEPTHS, depth),
        "activation": kept("block-activation", "relu", ACTIVATIONS, activation),
    }
    with st.container(horizontal=True):
        norm = partial(st.toggle, "BatchNorm", help="Normalises what each convolution gives over the batch.")
        values["batch_norm"] = kept("block-norm", usual=False, options=(True, False), draw=norm)
        first = partial(
            st.toggle, "Activate first",
            help="Normalisation and activation before each convolution: nothing is left on the way around.",
        )  # fmt: skip
        values["pre_activation"] = kept("block-first", usual=False, options=(True, False), draw=first)
    if on:
        times = partial(
            st.select_slider, "Shortcut times", _SCALES, help="What the way around is multiplied by: 1 as published."
        )
        values["alpha"] = kept("block-times", 1.0, _SCALES, times)
    return Design(init="default", **values)


def _outcome(design: Design, flows: Mapping[Any, Flow]) -> None:
    flow = flows[design.skip]
    with st.container(horizontal=True):
        for skip, words in _POSITIONS.items():
            st.metric(
                words, f"{flows[skip].verdict.ratio:.2g}", border=True,
                help="The gradient at the first layer, as a share of that at the last hidden one.",
            )  # fmt: skip
    st.markdown(f"**{_POSITIONS[design.skip]}.** {flow.verdict.sentence}")
    span = plots.span_of(flows.values(), "grad_norm")
    figure = plots.layers(flow, "grad_norm", span, longest=len(flow.layers), colour=design.skip == "none")
    st.plotly_chart(figure, key="skip-flow", alt=flow.verdict.sentence)
    st.markdown(f":material/visibility: **What to look for.** {_look(design, flows)}")


def _look(design: Design, flows: Mapping[Any, Flow]) -> str:
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
        "The bars are the gradients of what each layer hands on, on a logarithmic axis, from the first layer to the "
        "last. Turn the switch and compare their slope: a straight line is a factor that each block takes or adds."
    )
