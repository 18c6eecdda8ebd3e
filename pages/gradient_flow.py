"""Gradient flow: two networks over one another, one real backward pass each, layer by layer."""

from functools import partial
from math import isfinite
from typing import Any

import streamlit as st

from pages._parts import gradient_batch, gradient_side
from pages._parts.kept import kept
from pages._parts.presets import presets
from pages._parts.segments import segments
from pages._parts.words import plain
from tlcore.errors import TlcoreError
from tlcore.gradients.batches import Images
from tlcore.gradients.flow import Flow
from tlcore.gradients.measured import Named, Setting, measured
from tlcore.gradients.presets import PRESETS, Preset, Side
from tlcore.plots import gradients as plots

_COLOURS = {"vanishing": "violet", "healthy": "green", "exploding": "red"}
_KNOWN_NETS_SEE = (8, 64)  # at most so many images of so many pixels: they are larger
_ANY = (
    "A straight line on this scale is a factor that every layer takes or adds. Hover over a bar for all that was "
    "measured there, and look at the spread too: what happens to the signal on its way forward often happens to the "
    "gradient on its way back."
)


def page() -> None:
    """Presets, what to measure, and the two networks."""
    st.title("Gradient flow", anchor=False)
    st.caption(
        "A batch of images goes forward, its loss goes back, and each layer's gradient is measured. Both passes are "
        "real; nothing is drawn from a formula."
    )
    presets({preset.title: preset for preset in PRESETS.values()}, _load)
    look = st.container()
    common, column = _common()
    sides = {}
    places = {}
    for name in ("a", "b"):
        controls, places[name] = st.columns([1, 2.3], gap="large")
        with controls:
            st.subheader(name.upper(), anchor=False)
            sides[name] = gradient_side.controls(name, getattr(PRESETS["sigmoid"], name))
    flows = {name: _measured(places[name], side, common) for name, side in sides.items()}
    _draw(places, flows, column)
    look.markdown(f":material/visibility: **What to look for.** {_look(sides)}")
    _told()


def _load(preset: Preset) -> None:
    gradient_side.load("a", preset.a)
    gradient_side.load("b", preset.b)


def _common() -> tuple[dict[str, Any], str]:
    """What holds for both networks: the batch, the step, and which measure is drawn."""
    titles = {name: measure.title for name, measure in plots.MEASURES.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        shown = partial(
            segments, "Show", list(titles), format_func=titles.__getitem__,
            help="Every bar is one layer; hovering shows all of these at once.",
        )  # fmt: skip
        column = str(kept("show", "grad_norm", titles, shown))
        with st.popover("Batch and step", icon=":material/tune:"):
            values = {"images": gradient_batch.batch(), **gradient_batch.step()}
    st.caption(plots.MEASURES[column].meaning)
    return values, column


def _measured(place: Any, side: Side, common: dict[str, Any]) -> Flow | None:
    images, step = dict(common["images"]), {key: value for key, value in common.items() if key != "images"}
    if isinstance(side.network, Named):
        images |= {"count": min(images["count"], _KNOWN_NETS_SEE[0]), "side": _KNOWN_NETS_SEE[1]}
    try:
        with place, st.spinner("Measuring …"):
            wanted = Images(**images, seed=step["seed"])
            return measured(Setting(network=side.network, off=side.off, images=wanted, **step))
    except TlcoreError as error:
        place.error(plain(str(error)), icon=":material/block:")
        return None


def _draw(places: dict[str, Any], flows: dict[str, Flow | None], column: str) -> None:
    found = {name: flow for name, flow in flows.items() if flow is not None}
    if not found:
        return
    span = plots.span_of(found.values(), column)
    longest = max(len(flow.layers) for flow in found.values())
    for name, flow in found.items():
        with places[name]:
            _said(name, flow)
            figure = plots.layers(flow, column, span, longest=longest, colour="ab".index(name))
            st.plotly_chart(figure, key=f"chart-{name}", alt=f"{name.upper()}: {flow.verdict.sentence}")


def _said(name: str, flow: Flow) -> None:
    verdict = flow.verdict
    st.markdown(f"**{name.upper()}** :{_COLOURS[verdict.word]}-badge[{verdict.word}] {verdict.sentence}")
    loss = f"loss {flow.loss:.3g}" if isfinite(flow.loss) else "and the loss is not a number"
    step = f"The step is {flow.optimizer.upper()}'s first, at rate {flow.lr:g}."
    st.caption(
        f"{flow.images} images, {flow.precision}, {loss}. {step}",
        help=f"How this is judged: {verdict.criterion}",
    )


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
