"""Convolution, step by step: one small layer whose every sum can be followed, in the browser."""

from typing import Any

import streamlit as st

from pages._parts.filters import convolve_settings
from pages._parts.filters.convolve_followed import followed
from pages._parts.filters.convolve_said import most_telling, numbers
from pages._parts.heading import heading, look_for
from pages._parts.presets import presets
from tlcore.filters import steps
from tlcore.filters.engine import Maps
from tlcore.filters.steps import Layer, Weights

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
    heading(
        "Convolution, step by step",
        "Point at a number, or tap it: what belongs together lights up, and the sum is written out.",
    )
    presets(_PRESETS, convolve_settings.load)
    drawing, controls = st.columns([2.7, 1], gap="large")
    with controls:
        picture, side, layer = convolve_settings.image_and_maps(convolve_settings.kind())
        name, layer = convolve_settings.kernel(layer)
        layer = convolve_settings.window(layer, side)
        seed = convolve_settings.random_seed(picture, name)
    with drawing:
        look_for(most_telling(layer, side))
        image, weights = steps.picture(picture, layer.inputs, side, seed), steps.kernels(name, layer, seed)
        of_image = f"{picture}-{side}-{seed * (picture == 'noise')}"
        of_weights = f"{name}-{layer.kind}-{layer.weight_shape}-{seed * (name == 'random')}"
        image, weights = followed(layer, image, weights, of_image, of_weights)
        numbers(layer, side)
        _in_pytorch(layer, image, weights)


def _in_pytorch(layer: Layer, image: Maps, weights: Weights | None) -> None:
    with st.expander("The same in PyTorch", icon=":material/code:"):
        st.code(as_call(layer, image, weights), language="python")
        output = steps.run(image, weights, layer)
        st.caption("What this call gave here, just now, on these numbers:")
        for channel, values in enumerate(output.tolist()):
            st.dataframe(
                values, alt=f"Channel {channel} of the output", hide_index=True, key=f"torch-{channel}", width="content"
            )


def as_call(layer: Layer, image: Maps, weights: Weights | None) -> str:
    """The call in PyTorch, with the shapes of what goes in."""
    shapes = [f"x.shape is (1, {', '.join(map(str, image.shape))})"]
    if weights is not None:
        shapes.append(f"w.shape is ({', '.join(map(str, weights.shape))})")
    return f"# {'; '.join(shapes)}\n{steps.as_code(layer)}"


page()
