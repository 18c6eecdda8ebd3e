"""One learned filter beside the classical kernel that it resembles most: their weights, and both on an image."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._parts import components
from pages._parts.js.data import Bar
from tlcore.explain import kernels
from tlcore.explain.kernels import FirstLayer, Match
from tlcore.explain.looking import Look
from tlcore.filters import show
from tlcore.filters.engine import Maps
from tlcore.filters.show import View
from tlcore.plots import kernels as plots

_SHOWN_SIDE = 320


def nearest(layer: FirstLayer, index: int) -> None:
    """The filter's weights beside its nearest kernel's, and how alike the next ones are."""
    matches = kernels.nearest(layer.grey[index])
    first, grey, length = matches[0], layer.grey_shares[index], layer.lengths[index]
    if not length:
        st.subheader(f"Filter {index} is zero", anchor=False)
        st.caption("Training left nothing of it: it responds to no picture.")
        return
    st.subheader(f"Filter {index} and its nearest kernel: {_title(first)}", anchor=False)
    sign = 1 if first.correlation >= 0 else -1
    channels = zip(("red", "green", "blue"), layer.on_pixels[index], strict=True)
    cells = [*channels, ("grey", layer.grey[index]), ("kernel", sign * first.values)]
    st.plotly_chart(plots.side_by_side(cells), key="learned-kernels", alt=f"Filter {index} beside {_title(first)}")
    bars, words = st.columns([1.2, 1], gap="large")
    with bars:
        rows: list[Bar] = [
            {"label": m.kernel.title, "value": abs(m.correlation), "text": f"{m.correlation:+.2f}"} for m in matches
        ]
        components.bars(rows, key="learned-nearest", high=1.0, lead=True)
    words.caption(
        "Grey is the sum of the three colours, and what a grey picture meets. The correlation is the cosine between it "
        "and the kernel: how far their responses to white noise agree; a minus means turned in sign. Kernels are "
        f"compared at their own size and stretched to {layer.size[0]}x{layer.size[1]}. **{grey:.0%}** of this filter's "
        f"squared weights see grey; {1 - grey:.0%} see differences between colours, which no kernel of the bank does. "
        f"As a vector it is {length:.2g} times as long as the median filter."
    )


def _title(match: Match) -> str:
    return match.kernel.title + (", stretched" if match.stretched else "")


def on_image(layer: FirstLayer, index: int, match: Match, view: Look) -> None:
    """The learned filter and its nearest kernel on the same picture."""
    st.subheader("Both on the image", anchor=False)
    pixels = kernels.as_pixels(view)
    learned = kernels.respond(pixels, layer.on_pixels[index])
    sign = 1 if match.correlation >= 0 else -1
    made = kernels.respond(pixels.mean(0, keepdim=True), sign * match.values[None])
    agreed = kernels.agreement(learned, made, max(layer.size) // 2)
    seen, one, other = st.columns(3, gap="medium")
    title = f"{_title(match)}{', turned in sign' if sign < 0 else ''}, on grey"
    shown: tuple[tuple[DeltaGenerator, Maps, View, str, str], ...] = (
        (seen, pixels, "clipped", "As the network sees it", "The image, cut and scaled for the network"),
        (one, learned, "signed", f"Filter {index}, on the colours", f"The response to filter {index}, as a picture"),
        (other, made, "signed", title, f"The response to {match.kernel.title}, as a picture"),
    )
    for column, picture, way, caption, alt in shown:
        column.image(_enlarged(picture, way), caption, width="stretch", alt=alt)
    said = "one of the two is the same everywhere" if agreed is None else f"they correlate by **{agreed:.2f}**"
    st.caption(
        f"Blue is positive, orange negative, each on its own scale. On this image, without its border, {said}. Here "
        "every pixel is taken; the network may take fewer, and adds normalisation and an activation."
    )


def _enlarged(pixels: Maps, view: View) -> bytes:
    """A picture of small maps whose pixels stay squares."""
    factor = max(1, _SHOWN_SIDE // max(pixels.shape[-2:]))
    return show.picture(pixels.repeat_interleave(factor, 1).repeat_interleave(factor, 2), view)
