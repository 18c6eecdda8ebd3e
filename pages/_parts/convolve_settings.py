"""The settings of the one layer of "Convolution, step by step", each in the link unless it is the usual one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from pages._parts.guards import guarded
from pages._parts.segments import segments
from tlcore.filters import steps
from tlcore.filters.steps import KINDS, PICTURES, Layer

_USUAL: dict[str, Any] = {
    "kind": "convolution", "picture": "digit3", "side": 8, "channels": 1, "filters": 1, "groups": 1,
    "kernel": "sobel_x", "size": 3, "stride": 1, "padding": 0, "dilation": 1, "seed": 0,
}  # fmt: skip


def load(values: dict[str, Any]) -> None:
    """Set everything as it is at first, but for `values`, and forget what was changed by hand."""
    for name, usual in _USUAL.items():
        st.session_state[f"conv-{name}"] = values.get(name, usual)
    st.session_state["conv-turn"] = st.session_state.get("conv-turn", 0) + 1
    for name in ("pin", "pixels", "weights"):
        st.query_params.pop(name, None)


def _wanted(name: str, options: Iterable[Any]) -> Any:
    """What was chosen last, or the link says, or is usual; a number that is impossible becomes the nearest possible."""
    usual, possible = _USUAL[name], list(options)
    value = st.session_state.get(f"conv-{name}", st.query_params.get(name, usual))
    if isinstance(usual, str):
        value = next(one for one in (value, usual, *possible) if one in possible)
    else:
        wanted = int(value) if re.fullmatch(r"\d{1,4}", str(value), re.ASCII) else usual
        value = min(possible, key=lambda one: abs(one - wanted))
    st.session_state[f"conv-{name}"] = value
    return value


def _choice(name: str, label: str, options: list[Any], meaning: str, titles: Mapping[Any, str] | None = None) -> Any:
    """One of a few values, kept in the link; nothing is asked where only one is possible."""
    value, words = _wanted(name, options), {one: str(one) for one in options} | dict(titles or {})
    if len(options) > 1:
        value = segments(label, options, format_func=words.__getitem__, key=f"conv-{name}", help=meaning)
    return _linked(name, value)


def _listed(name: str, label: str, titles: dict[str, str], meaning: str) -> str:
    """One of many values, kept in the link."""
    _wanted(name, titles)
    return str(
        _linked(name, st.selectbox(label, titles, format_func=titles.__getitem__, key=f"conv-{name}", help=meaning))
    )


def _linked(name: str, value: Any) -> Any:
    if value == _USUAL[name]:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(value)
    return value


def kind() -> Any:
    """Choose what a window makes of its pixels: a convolution, a transposed one, or a kind of pooling."""
    return _choice("kind", "Layer", list(KINDS), "What a window makes of the pixels that it reads.", KINDS)


def image_and_maps(kind: Any) -> tuple[str, int, Layer]:
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
        fixed = int(_choice("size", "Kernel size", [1, 2, 3, 4, 5], "Rows and columns of a window."))
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
    seed = int(_wanted("seed", range(1000)))
    if picture == "noise" or kernel == "random":
        st.button(
            "Other random numbers", icon=":material/casino:", on_click=_reseed, args=(seed,),
            help="Draws the random image or weights anew.",
        )  # fmt: skip
    return int(_linked("seed", seed))


@guarded
def _reseed(seed: int) -> None:
    st.session_state["conv-seed"] = (seed + 1) % 1000
