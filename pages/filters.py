"""Filters: two of them on one image, beside each other, with what noise and blur do to them."""

from typing import Any

import streamlit as st

from pages._parts import cached
from pages._parts.images import choose_image
from tlcore.filters import show
from tlcore.filters.bank import bank
from tlcore.filters.engine import BORDERS
from tlcore.plots import filters as plots

_PAIR = ("gradient-sobel", "laplacian4")


def page() -> None:
    """The image and its disturbances on the left, two filters on the right."""
    st.title("Filters", anchor=False)
    st.caption(
        "A filter lays a small table of numbers on every pixel, multiplies and adds. A CNN's layers do the same."
    )
    left, right = st.columns([1, 2.6], gap="large")
    with left:
        image = choose_image("filters")
        if image is None:
            return
        settings = _settings()
    pixels = show.as_tensor(image, grey=settings["grey"], longest=settings["longest"])
    disturbed = show.disturbed(pixels, settings["noise"], settings["blur"])
    with left:
        st.image(show.picture(disturbed, "clipped"), caption="What goes in", width="stretch")
    with right:
        for column, (key, first) in zip(st.columns(2, gap="medium"), zip("ab", _PAIR, strict=True), strict=True):
            with column:
                _one(key, first, disturbed, settings)
        _profile(disturbed)


def _settings() -> dict[str, Any]:
    url: dict[str, Any] = {"bind": "query-params"}
    noise = st.slider("Noise", 0.0, 0.3, 0.0, 0.01, key="noise", help="Added to every pixel first.", **url)
    blur = st.slider("Blur before", 0.0, 5.0, 0.0, 0.25, key="blur", help="A Gaussian's sigma in pixels.", **url)
    least = st.slider("Threshold", 0.0, 1.0, 0.0, 0.01, key="threshold", help="Weaker responses are zero.", **url)
    border = st.selectbox("Border", list(BORDERS), 1, key="border", help="What lies outside of the image.", **url)
    view = st.segmented_control("Show", list(show.VIEWS), default="signed", required=True, key="view", **url)
    colour = st.toggle("In colour", key="colour", help="Each channel by itself, instead of their mean.", **url)
    longest = st.select_slider("Longest side", [128, 256, 512, 1024], 512, key="longest", help="In pixels.", **url)
    return {
        "noise": noise, "blur": blur, "threshold": least, "border": border, "view": view, "grey": not colour,
        "longest": longest,
    }  # fmt: skip


def _one(key: str, first: str, image: Any, settings: dict[str, Any]) -> None:
    titles = show.choices()
    linked = st.query_params.get(key, first)
    name = st.selectbox(
        "Filter", list(titles), index=list(titles).index(linked if linked in titles else first),
        format_func=titles.__getitem__, key=f"filter-{key}", label_visibility="collapsed",
    )  # fmt: skip
    if name != linked or key not in st.query_params:
        st.query_params[key] = str(name)
    response = cached.filter_response(image, str(name), settings["border"])
    st.image(
        show.picture(response, settings["view"], settings["threshold"]), width="stretch", caption=titles[str(name)]
    )
    st.caption(show.VIEWS[settings["view"]])
    if name in bank():
        kernel = bank()[str(name)]
        with st.expander(f"{kernel.values.shape[0]}x{kernel.values.shape[1]} kernel", icon=":material/grid_on:"):
            st.latex(kernel.formula)
            st.dataframe(kernel.values.round(4), hide_index=True)
            st.caption(f"{kernel.source}. Shown times {kernel.scale:.3g}.")
    st.plotly_chart(plots.histogram(*show.histogram(response)), key=f"histogram-{key}")


def _profile(image: Any) -> None:
    st.subheader("Along one row", anchor=False)
    row = st.slider("Row", 0, image.shape[1] - 1, image.shape[1] // 2, key=f"row-{image.shape[1]}")
    st.plotly_chart(plots.profile(show.profile(image, row)), key="profile")
    st.caption(
        "An edge is a slope: the first derivative peaks on it, the second one crosses zero there. Add noise, and see "
        "which of the two suffers more."
    )


page()
