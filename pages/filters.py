"""Filters: two of them on one image, beside each other or with a wipe between, and a closer look at one thing."""

from typing import Any

import streamlit as st

from pages._parts import cached, components
from pages._parts.filter_parts import URL, Chosen, Lab, choose_filter
from pages._parts.filter_parts_closer import look_closer
from pages._parts.images import choose_image, credit
from pages._parts.segments import segments
from pages._parts.words import plain
from tlcore.filters import show
from tlcore.filters.engine import BORDERS


def page() -> None:
    """The sliders, then the image and its two responses in a row, then what one wants to see more closely."""
    st.title("Filters", anchor=False)
    st.caption(
        "A filter lays a small table of numbers on every pixel, multiplies and adds. A CNN's layers do the same."
    )
    settings = _settings()
    left, first, second = st.columns(3, gap="medium")
    with left:
        image = choose_image("filters", first="camera", compact=True)
    with first:
        one = choose_filter("a", "gradient-sobel")
    with second:
        other = choose_filter("b", "laplacian4")
    if image is None:
        st.caption("The image will be shown here, with its two responses beside it.")
        return
    clean = show.as_tensor(image, grey=settings["grey"], longest=settings["longest"])
    disturbed = show.disturbed(clean, settings["noise"], settings["blur"])
    responses = _response(disturbed, one, settings), _response(disturbed, other, settings)
    lab = Lab(clean, disturbed, settings, (one, other), responses)
    place = st.container()
    lab.settings.update(_ways_to_show())
    with place:
        _pictures(lab)
    look_closer(lab)


def _settings() -> dict[str, Any]:
    columns = st.columns([1, 1, 1, 0.4], gap="medium", vertical_alignment="center")
    with columns[0]:
        noise = st.slider("Noise", 0.0, 0.3, 0.0, 0.01, key="noise", help="Added to every pixel first.", **URL)
    with columns[1]:
        blur = st.slider("Blur before", 0.0, 5.0, 0.0, 0.25, key="blur", help="A Gaussian's sigma in pixels.", **URL)
    with columns[2]:
        least = st.slider("Threshold", 0.0, 0.5, 0.0, 0.01, key="threshold", help="Weaker responses are zero.", **URL)
    with columns[3], st.popover("More", width="stretch", help="Border, colour and size."):
        border = st.selectbox("Border", list(BORDERS), 1, key="border", help="What lies outside of the image.", **URL)
        st.caption(BORDERS[border])
        colour = st.toggle("In colour", key="colour", help="Each channel by itself, instead of their mean.", **URL)
        longest = st.select_slider("Longest side", [128, 256, 512, 1024], 512, key="longest", help="In pixels.", **URL)
    return {
        "noise": noise, "blur": blur, "threshold": least, "border": border, "grey": not colour, "longest": longest,
    }  # fmt: skip


def _ways_to_show() -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        compare = segments(
            "Compare", ["side by side", "wipe"], default="side by side", key="compare",
            label_visibility="collapsed", **URL,
        )  # fmt: skip
        view = segments("Show", list(show.VIEWS), default="signed", key="view", label_visibility="collapsed", **URL)
        st.caption(show.VIEWS[view], width="content")
    return {"view": view, "wipe": compare == "wipe"}


def _response(image: Any, chosen: Chosen, settings: dict[str, Any]) -> Any:
    if chosen.filter is None:
        return None
    return cached.filter_response(image, chosen.filter, settings["border"])


def _pictures(lab: Lab) -> None:
    """The image and both responses; a wipe needs both, so beside an unreadable kernel there is none."""
    view, threshold = lab.settings["view"], lab.settings["threshold"]
    shown = [b"" if response is None else show.picture(response, view, threshold) for response in lab.responses]
    wipe = lab.settings["wipe"] and all(shown)
    left, *others = st.columns([1, 2] if wipe else 3, gap="medium")
    words = ". ".join(filter(None, ["What goes in", credit("filters")]))
    left.image(show.photo(lab.image), caption=words, width="stretch", alt="The image that is filtered")
    if wipe:
        with others[0]:
            components.wipe((shown[0], shown[1]), (lab.chosen[0].title, lab.chosen[1].title), key="wipe")
        return
    for column, one, response, picture in zip(others, lab.chosen, lab.responses, shown, strict=True):
        if picture:
            column.image(picture, width="stretch", caption=_caption(one, response, lab), alt=one.title)
        else:
            column.error(plain(one.error), icon=":material/block:")


def _caption(chosen: Chosen, response: Any, lab: Lab) -> str:
    words = chosen.title
    if lab.settings["view"] != "clipped":
        words += f", full colour from {show.full_colour(response):.2g}"
    if lab.settings["noise"] and chosen.name != "canny":
        still = _response(show.disturbed(lab.clean, 0.0, lab.settings["blur"]), chosen, lab.settings)
        words += f"  \nNoise of {lab.settings['noise']:g} became {float((response - still).std(correction=0)):.2g}"
    return words


page()
