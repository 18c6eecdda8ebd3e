"""Convolution, step by step: one small layer whose every sum can be followed, in the browser."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from math import prod
from typing import Any

import streamlit as st

from pages._parts import components
from pages._parts.presets import presets
from pages._parts.segments import segments
from pages._parts.words import counted
from tlcore.errors import BadInputError
from tlcore.filters import steps
from tlcore.filters.steps import KINDS, PICTURES, Layer
from tlcore.measure.sizes import OutputSize, Sliding, output_size
from tlcore.measure.working import size_working

_VIEW = "convolve"
_USUAL: dict[str, Any] = {
    "kind": "convolution", "picture": "digit3", "side": 8, "channels": 1, "filters": 1, "groups": 1,
    "kernel": "sobel_x", "size": 3, "stride": 1, "padding": 0, "dilation": 1, "seed": 0,
}  # fmt: skip
_PRESETS: dict[str, dict[str, Any]] = {
    "One sum": {},
    "Padding keeps the size": {"padding": 1},
    "Stride 2 drops pixels": {"stride": 2, "kernel": "laplacian8"},
    "With holes": {"dilation": 2, "side": 9},
    "Three channels, two filters": {"channels": 3, "filters": 2, "kernel": "random", "padding": 1},
    "Two groups": {"channels": 4, "filters": 4, "groups": 2, "kernel": "random", "picture": "lines"},
    "Depthwise": {"channels": 4, "filters": 4, "groups": 4, "picture": "lines", "padding": 1},
    "Max pooling": {"kind": "max", "size": 2, "stride": 2},
    "Transposed": {"kind": "transposed", "picture": "corner", "side": 4, "kernel": "random", "stride": 2},
}


def page() -> None:
    """The layer, its picture sum by sum, and what its numbers say."""
    st.title("Convolution, step by step", anchor=False)
    st.caption(
        "Hover over a number, or tap it: what belongs together lights up, and the sum is written out. Rows, columns "
        "and channels are counted from 0, as in PyTorch."
    )
    presets(_PRESETS, _load)
    kind = _choice("kind", "Layer", list(KINDS), "What a window makes of the pixels that it reads.", KINDS)
    drawing, settings = st.columns([2.7, 1], gap="large")
    with settings:
        picture, side, layer = _image(kind)
        name, layer = _kernel(layer)
        layer = _window(layer, side)
        seed = _seed(picture, name)
    with drawing:
        st.markdown(f":material/visibility: **What to look for.** {_look_for(layer, side)}")
        image, weights = steps.picture(picture, layer.inputs, side, seed), steps.kernels(name, layer, seed)
        of_image = f"{picture}-{side}-{seed * (picture == 'noise')}"
        of_weights = f"{name}-{layer.kind}-{layer.weight_shape}-{seed * (name == 'random')}"
        image, weights = _followed(layer, image, weights, of_image, of_weights)
        _numbers(layer, side)
        _in_pytorch(layer, image, weights)


def _load(values: dict[str, Any]) -> None:
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


def _image(kind: Any) -> tuple[str, int, Layer]:
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


def _kernel(layer: Layer) -> tuple[str, Layer]:
    name, fixed = "", None
    if not layer.pools:
        titles = steps.kernel_choices(layer.inputs)
        name = _listed("kernel", "Kernel", titles, "Click a weight to change it. Each further filter is turned.")
        fixed = steps.kernel_side(name)
    if fixed is None:
        fixed = int(_choice("size", "Kernel size", [1, 2, 3, 4, 5], "Rows and columns of a window."))
    return name, replace(layer, kernel=fixed)


def _window(layer: Layer, side: int) -> Layer:
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


def _seed(picture: str, kernel: str) -> int:
    seed = int(_wanted("seed", range(1000)))
    if picture == "noise" or kernel == "random":
        st.button(
            "Other random numbers", icon=":material/casino:", on_click=_reseed, args=(seed,),
            help="Draws the random image or weights anew.",
        )  # fmt: skip
    return int(_linked("seed", seed))


def _reseed(seed: int) -> None:
    st.session_state["conv-seed"] = (seed + 1) % 1000


def _look_for(layer: Layer, side: int) -> str:
    """One sentence on what this very layer shows best."""
    dropped = _size(layer, side)[1].dropped
    found = (
        (layer.kind == "transposed", (
            "Hover over a pixel of the image: it stamps the whole kernel, times its value, onto the output. Stamps lie "
            f"{layer.stride} apart, and where they overlap they add up."
        )),
        (dropped > 0, (
            f"{counted(dropped, 'row')} and {counted(dropped, 'column')} at the end are hatched: no further window "
            "fits there, so whatever they show is dropped."
        )),
        (bool((steps.feeds(layer, side) == 0).any()), "Hatched pixels lie between the windows, so none reads them."),
        (layer.kind == "max", (
            "The thick outline is the pixel that won. Change another one of its window: nothing happens until it wins."
        )),
        (layer.pools, "There are no weights to learn, and every channel stays by itself."),
        (layer.depthwise, "Each filter reads one channel, so nothing mixes the channels, and the weights are few."),
        (layer.groups > 1, "Hover over the channels of the output: each filter reads the channels of its group only."),
        (layer.dilation > 1, "The window reaches further with as few weights: it leaves out pixels in between."),
        (layer.inputs > 1, "A filter has one slice for each channel. Its output is the sum over all of them."),
        (layer.padding > 0, "Windows at the border read padding. Compare a corner of the output with its middle."),
        (True, "The same few weights make every output. Hover over one of them to see everywhere that it is used."),
    )  # fmt: skip
    return next(sentence for holds, sentence in found if holds)


def _followed(layer: Layer, image: Any, weights: Any, picture: str, kernel: str) -> tuple[Any, Any]:
    """The layer in the browser; returns the image and weights with what was changed by hand."""
    turn = st.session_state.get("conv-turn", 0)
    changed_image, pixels = _changed("pixels", image, f"{picture}-{turn}")
    changed_weights, changes = (None, "") if weights is None else _changed("weights", weights, f"{kernel}-{turn}")
    data = {
        "layer": {**asdict(layer), "side": image.shape[-1]},
        "image": image.flatten().tolist(), "weights": None if weights is None else weights.flatten().tolist(),
        "pixels_of": f"{picture}-{turn}", "pixels_changed": pixels,
        "weights_of": f"{kernel}-{turn}", "weights_changed": changes,
        "pin": st.query_params.get("pin", ""), "turn": turn,
    }  # fmt: skip
    components.convolve(data, key=_VIEW, on_change=_keep)
    return changed_image, changed_weights


def _changed(name: str, values: Any, of: str) -> tuple[Any, str]:
    """Values with the link's changes, which last as long as what they were made to."""
    if st.session_state.setdefault(f"conv-{name}-of", of) != of:
        st.session_state[f"conv-{name}-of"] = of
        st.query_params.pop(name, None)
    changes = st.query_params.get(name, "")
    try:
        return steps.edited(values, changes), changes
    except BadInputError as error:
        st.warning(f"The link's changed values were left out. {error}", icon=":material/link_off:")
        st.query_params.pop(name, None)
        return values, ""


def _keep() -> None:
    """Keep in the link what was pinned or changed in the browser."""
    told = st.session_state[_VIEW]
    found = {"pin": told.get("pin") or "", **(told.get("changes") or {})}
    for name in ("pin", "pixels", "weights"):
        if found.get(name):
            st.query_params[name] = str(found[name])
        else:
            st.query_params.pop(name, None)


def _size(layer: Layer, side: int) -> tuple[Sliding, OutputSize]:
    window = Sliding(
        kernel=layer.kernel, stride=layer.stride, padding=layer.padding, dilation=layer.dilation, pool=layer.pools,
        transposed=layer.kind == "transposed",
    )  # fmt: skip
    return window, output_size(side, window)


def _numbers(layer: Layer, side: int) -> None:
    window, found = _size(layer, side)
    with st.container(horizontal=True):
        st.metric("Output", f"{layer.outputs}×{found.output}×{found.output}", border=True)
        st.metric(
            "Weights", f"{prod(layer.weight_shape or (0,)):,}", border=True,
            help="Numbers that training would learn; there is no bias.",
        )  # fmt: skip
        products = steps.multiplications(layer, side)
        st.metric("Multiplications", f"{products:,}", border=True, help=_products_said(layer, products))
        if layer.kind != "transposed":
            st.metric(
                "Dropped", f"{counted(found.dropped, 'row')}, {counted(found.dropped, 'column')}", border=True,
                help="The last ones, which no window reaches.",
            )  # fmt: skip
    working = size_working(side, window, found)
    st.latex(working.formula)
    st.latex(working.values)
    st.caption(working.meaning)


def _products_said(layer: Layer, products: int) -> str:
    if layer.weight_shape is None:
        return "Pooling only compares or adds."
    each = prod(layer.weight_shape[1:])
    thing = "pixels" if layer.kind == "transposed" else "outputs"
    return f"{products // each:,} {thing}, times {counted(each, 'weight')} each; zeros of the padding are not spared."


def _in_pytorch(layer: Layer, image: Any, weights: Any) -> None:
    with st.expander("The same in PyTorch", icon=":material/code:"):
        st.code(as_call(layer, image, weights), language="python")
        output = steps.run(image, weights, layer)
        st.caption("What this call gave here, just now, on the numbers above:")
        for channel, values in enumerate(output.tolist()):
            st.dataframe(values, hide_index=True, key=f"torch-{channel}", width="content")


def as_call(layer: Layer, image: Any, weights: Any) -> str:
    """The call in PyTorch, with the shapes of what goes in."""
    shapes = [f"x.shape is (1, {', '.join(map(str, image.shape))})"]
    if weights is not None:
        shapes.append(f"w.shape is ({', '.join(map(str, weights.shape))})")
    return f"# {'; '.join(shapes)}\n{steps.as_code(layer)}"


page()
