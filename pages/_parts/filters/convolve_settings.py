"""The settings of the one layer of "Convolution, step by step", each in the link unless it is the usual one."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar, cast

import streamlit as st

from pages._parts.guards import guarded
from pages._parts.link_state import choose, forget, linked, linked_number
from pages._parts.segments import segments
from tlcore.filters import steps
from tlcore.filters.steps import KINDS, PICTURES, Kind, Layer

_USUAL: dict[str, Any] = {
    "kind": "convolution", "picture": "digit3", "side": 8, "channels": 1, "filters": 1, "groups": 1,
    "kernel": "sobel_x", "size": 3, "stride": 1, "padding": 0, "dilation": 1, "seed": 0,
}  # fmt: skip
_SEEDS = 1000
Name = TypeVar("Name", bound=str)


def load(values: dict[str, Any]) -> None:
    """Set everything as it is at first, but for `values`, and forget what was changed by hand."""
    choose({**_USUAL, **values})
    st.session_state["conv-turn"] = st.session_state.get("conv-turn", 0) + 1
    for name in ("pin", "pixels", "weights"):
        st.query_params.pop(name, None)


def _choice(name: str, label: str, options: list[int], meaning: str, titles: Mapping[int, str] | None = None) -> int:
    """One of a few values, kept in the link; nothing is asked where only one is possible."""
    words = {one: str(one) for one in options} | dict(titles or {})
    if len(options) == 1:
        forget(name)
        return options[0]
    draw = partial(segments, label, options, format_func=words.__getitem__, help=meaning)
    return int(linked(name, _USUAL[name], options, draw, nearest=True))


def _listed(name: str, label: str, titles: Mapping[Name, str], meaning: str) -> str:
    """One of many values, kept in the link."""
    draw = partial(st.selectbox, label, list(titles), format_func=titles.__getitem__, help=meaning)
    return str(linked(name, _USUAL[name] if _USUAL[name] in titles else next(iter(titles)), titles, draw))


def kind() -> Kind:
    """Choose what a window makes of its pixels: a convolution, a transposed one, or a kind of pooling."""
    return cast("Kind", _listed("kind", "Layer", KINDS, "What a window makes of the pixels that it reads."))


def image_and_maps(kind: Kind) -> tuple[str, int, Layer]:
    """Choose the image, its side, and a layer of that kind with channels, filters and groups."""
    picture = _listed("picture", "Image", PICTURES, "Click a pixel to change its value.")
    side = _choice("side", "Rows and columns", [4, 5, 6, 7, 8, 9, 12], "Pixels along each side of the image.")
    some = list(range(1, steps.CHANNELS + 1))
    inputs = _choice("channels", "Input channels", some, "Maps that lie on one another; a colour photo has three.")
    if kind in steps.POOLING:
        return picture, side, Layer(kind=kind, inputs=inputs, outputs=inputs)
    outputs = _choice("filters", "Filters", some, "Each gives one channel of the output.")
    groups = _choice(
        "groups", "Groups", [g for g in some if not inputs % g and not outputs % g],
        "A filter reads only the channels of its group. As many groups as channels is depthwise.",
        {inputs: f"{inputs} · depthwise"} if inputs > 1 else None,
    )  # fmt: skip
    return picture, side, Layer(kind=kind, inputs=inputs, outputs=outputs, groups=groups)


def kernel(layer: Layer) -> tuple[str, Layer]:
    """Choose the kernel, empty for pooling; the layer gets its size."""
    name, fixed = "", None
    if not layer.pools:
        titles = steps.kernel_choices(layer.inputs)
        name = _listed(
            "kernel",
            "Kernel",
            titles,
            "Click a weight to change it. Each further filter is this kernel, turned by another quarter.",
        )
        fixed = steps.kernel_side(name)
    if fixed is None:
        fixed = _choice("size", "Kernel size", [1, 2, 3, 4, 5], "Rows and columns of a window.")
    return name, replace(layer, kernel=fixed)


def window(layer: Layer, side: int) -> Layer:
    """Stride, padding and dilation, each offered only where the layer then gives an output that can be drawn."""
    most = layer.kernel // 2 if layer.pools else min(4, layer.kernel)
    paddings = steps.possible(layer, side, "padding", range(most + 1))
    around = "Rings cut off the output." if layer.kind == "transposed" else "Rings of zeros around the image."
    layer = replace(layer, padding=_choice("padding", "Padding", paddings, around))
    if layer.kind not in {"average", "sum"}:
        holes = steps.possible(layer, side, "dilation", range(1, 4))
        layer = replace(layer, dilation=_choice("dilation", "Dilation", holes, "Pixels from one tap to the next."))
    strides = steps.possible(layer, side, "stride", range(1, 5))
    return replace(layer, stride=_choice("stride", "Stride", strides, "Pixels from one window to the next."))


def random_seed(picture: str, kernel: str) -> int:
    """The seed of what is drawn at random; where something is, a button draws it anew."""
    seed = linked_number("seed") or 0
    if picture == "noise" or kernel == "random":
        st.button(
            "Other random numbers", icon=":material/casino:", on_click=_reseed, args=(seed,),
            help="Draws the random image or weights anew.",
        )  # fmt: skip
    return seed


@guarded
def _reseed(seed: int) -> None:
    if drawn := (seed + 1) % _SEEDS:
        st.query_params["seed"] = str(drawn)
    else:
        st.query_params.pop("seed", None)
