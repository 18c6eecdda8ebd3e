"""What the one layer of "Convolution, step by step" shows best, and what its numbers say."""

from math import prod

import streamlit as st

from pages._parts.heading import Figure, figures
from pages._parts.words import counted
from tlcore.filters import steps
from tlcore.filters.steps import Layer
from tlcore.measure.windows.sizes import OutputSize, Sliding, output_size
from tlcore.measure.working import size_working


def most_telling(layer: Layer, side: int) -> str:
    """One sentence on what this very layer shows best."""
    dropped = _size(layer, side)[1].dropped
    sentences = (
        (layer.kind == "transposed", (
            "Point at a pixel of the image, or tap it: it stamps the whole kernel, times its value, onto the output. "
            f"Stamps lie {layer.stride} apart, and where they overlap they add up."
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
        (layer.groups > 1, "Point at or tap the output's channels: each filter reads the channels of its group only."),
        (layer.dilation > 1, "The window reaches further with as few weights: it leaves out pixels in between."),
        (layer.inputs > 1, "A filter has one slice for each channel. Its output is the sum over all of them."),
        (layer.padding > 0, "Windows at the border read padding. Compare a corner of the output with its middle."),
        (True, "The same few weights make every output. Point at one, or tap it, to see everywhere that it is used."),
    )  # fmt: skip
    return next(sentence for holds, sentence in sentences if holds)


def _size(layer: Layer, side: int) -> tuple[Sliding, OutputSize]:
    window = Sliding(
        kernel=layer.kernel, stride=layer.stride, padding=layer.padding, dilation=layer.dilation, pool=layer.pools,
        transposed=layer.kind == "transposed",
    )  # fmt: skip
    return window, output_size(side, window)


def numbers(layer: Layer, side: int) -> None:
    """The output's size, weights, multiplications and dropped pixels, and the working behind the size."""
    window, size = _size(layer, side)
    products = steps.multiplications(layer, side)
    shown = [
        Figure("Output", f"{layer.outputs}×{size.output}×{size.output}"),
        Figure(
            "Weights", f"{prod(layer.weight_shape or (0,)):,}", "Numbers that training would learn; there is no bias."
        ),
        Figure("Multiplications", f"{products:,}", _products_said(layer, products)),
    ]  # fmt: skip
    if layer.kind != "transposed":
        dropped = f"{counted(size.dropped, 'row')}, {counted(size.dropped, 'column')}"
        shown.append(Figure("Dropped", dropped, "The last ones, which no window reaches."))
    figures(shown)
    working = size_working(side, window, size)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.latex(working.formula, width="content")
        st.latex(working.values, width="content")
    st.caption(working.meaning)


def _products_said(layer: Layer, products: int) -> str:
    if layer.weight_shape is None:
        return "Pooling only compares or adds."
    each = prod(layer.weight_shape[1:])
    thing = "pixels" if layer.kind == "transposed" else "outputs"
    return f"{products // each:,} {thing}, times {counted(each, 'weight')} each; zeros of the padding are not spared."
