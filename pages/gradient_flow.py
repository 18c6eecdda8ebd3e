"""Gradient flow: two networks over one another in one chart, one real backward pass each, layer by layer."""

from functools import partial
from math import isfinite
from typing import Any

import streamlit as st

from pages._parts.gradients import batch as gradient_batch
from pages._parts.gradients import side as gradient_side
from pages._parts.gradients.verdict import judged
from pages._parts.heading import heading, look_for
from pages._parts.link_state import linked
from pages._parts.presets import presets
from pages._parts.segments import segments
from pages._parts.words import plain
from tlcore.errors import TlcoreError
from tlcore.explain import interactive
from tlcore.gradients.layers.batches import Images
from tlcore.gradients.layers.flow import Flow
from tlcore.gradients.layers.measured import Named, Setting
from tlcore.gradients.layers.presets import PRESETS, Preset, Side
from tlcore.plots.gradients import flow as plots

_NAMES = {"a": ":blue[**A**]", "b": ":orange[**B**]"}
"""Both networks, in the colours that they have in the chart."""
_KNOWN_NETS_SEE = (8, 64)  # at most so many images of so many pixels: they are larger
_ANY = (
    "A straight line on this scale is a factor that every layer takes or adds. Point at a layer, or tap it, for all "
    "that was measured there, and look at the spread too: what happens to the signal on its way forward often happens "
    "to the gradient on its way back."
)


def page() -> None:
    """Presets and what is drawn, the chart, and the two networks."""
    heading(
        "Gradient flow",
        "How strongly the loss still reaches each layer, its gradient: one real pass back through two networks.",
    )
    presets({preset.title: preset for preset in PRESETS.values()}, _load)
    common, column = _common()
    outcome = st.container()
    sides = {}
    for place, name in zip(st.columns(2, gap="large"), _NAMES, strict=True):
        with place:
            sides[name] = gradient_side.controls(name, _NAMES[name], getattr(PRESETS["sigmoid"], name))
    with outcome:
        flows = {name: _measured(name, side, common) for name, side in sides.items()}
        _draw(flows, column)
        look_for(_look(sides))
    _told()


def _load(preset: Preset) -> None:
    gradient_side.load("a", preset.a)
    gradient_side.load("b", preset.b)


def _common() -> tuple[dict[str, Any], str]:
    """What holds for both networks: the batch, the step, and which measure is drawn."""
    titles = {name: measure.title for name, measure in plots.MEASURES.items()}
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = partial(
            segments, "Show", list(titles), format_func=titles.__getitem__, label_visibility="collapsed",
        )  # fmt: skip
        column = str(linked("show", "grad_norm", titles, shown))
        with st.popover("Batch and step", icon=":material/tune:"):
            values = {"images": gradient_batch.batch(), **gradient_batch.step()}
    return values, column


def _measured(name: str, side: Side, common: dict[str, Any]) -> Flow | None:
    """The passes of one side; None, with a sentence, where nothing can be measured."""
    images, step = dict(common["images"]), {key: value for key, value in common.items() if key != "images"}
    if isinstance(side.network, Named):
        images |= {"count": min(images["count"], _KNOWN_NETS_SEE[0]), "side": _KNOWN_NETS_SEE[1]}
    try:
        with st.spinner("Measuring …"):
            wanted = Images(**images, seed=step["seed"])
            return interactive.gradient_flow(Setting(network=side.network, off=side.off, images=wanted, **step))
    except TlcoreError as error:
        st.error(f"{name.upper()}: {plain(str(error))}", icon=":material/block:")
        return None


def _draw(flows: dict[str, Flow | None], column: str) -> None:
    """Both in one chart, the verdict on each in a line, and how they were measured."""
    known = {name: flow for name, flow in flows.items() if flow is not None}
    if not known:
        return
    said = " ".join(f"{name.upper()}: {flow.verdict.sentence}" for name, flow in known.items())
    figure = plots.layers({name.upper(): flow for name, flow in flows.items()}, column)
    st.plotly_chart(figure, key="chart", alt=said)
    with st.container(gap="xxsmall"):
        for name, flow in known.items():
            st.markdown(judged(_NAMES[name], flow.verdict))
    one = next(iter(known.values()))
    passes = "; ".join(f"{name.upper()}: {_pass_words(flow)}" for name, flow in known.items())
    st.caption(
        f"{plots.MEASURES[column].meaning} {passes}. The step is {one.optimizer.upper()}'s first, at rate {one.lr:g}.",
        help=f"How this is judged: {one.verdict.criterion}",
    )


def _pass_words(flow: Flow) -> str:
    loss = f"loss {flow.loss:.3g}" if isfinite(flow.loss) else "and the loss is not a number"
    return f"{flow.images} images, {flow.precision}, {loss}"


def _look(sides: dict[str, Side]) -> str:
    return next((p.look for p in PRESETS.values() if (p.a, p.b) == (sides["a"], sides["b"])), _ANY)


def _told() -> None:
    """What is often told of shortcuts, and what is measured."""
    with st.expander("Did shortcuts solve the vanishing gradient?", icon=":material/help:"):
        st.markdown(
            "It is often told so, and the measurements here say otherwise. In plain networks with BatchNorm gradients "
            "do not vanish; with rectifiers they grow towards the first layers. The paper that brought these shortcuts "
            "says of its plain networks that their difficulty is *unlikely to be caused by vanishing gradients* (He et "
            "al. 2015, section 4.1). What shortcuts cured is degradation: the deeper plain network had the higher "
            "**training** error. Where gradients do vanish, as with sigmoids and no normalisation, a shortcut whose "
            "sum goes through the next sigmoid does not rescue them, and one whose sum is left alone does."
        )


page()
