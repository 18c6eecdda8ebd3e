"""Filters: two of them on one image, beside each other or with a wipe between, and a closer look at one thing."""

from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._parts import components
from pages._parts.filters.closer import look_closer
from pages._parts.filters.lab import Chosen, Lab, choose_filter
from pages._parts.heading import heading
from pages._parts.images import choose_image, credit
from pages._parts.link_state import grid, linked
from pages._parts.segments import segments
from pages._parts.words import plain
from tlcore.explain import interactive
from tlcore.filters import show
from tlcore.filters.engine import BORDERS, Maps

_SIDES, _WAYS = (128, 256, 512, 1024), ("side by side", "wipe")


def page() -> None:
    """The image and its two responses, each below its choice; the ways to show them and the sliders; a closer look."""
    heading(
        "Filters", "A small table of numbers laid on every pixel, multiplied and added: what a CNN's layers do, too."
    )
    pictures, ways = st.container(), st.container()
    with ways:
        settings = {**_ways_to_show(), **_settings()}
    with pictures:
        lab = _lab(settings)
    if lab is not None:
        look_closer(lab)


def _lab(settings: dict[str, Any]) -> Lab | None:
    """Choose the image and the two filters, and see what they make of it; None where there is no image yet."""
    left, *others = st.columns([1, 2] if settings["wipe"] else 3, gap="medium")
    first, second = others[0].columns(2) if settings["wipe"] else others
    with left:
        image = choose_image("filters", first="camera")
    with first:
        one = choose_filter("a", "gradient-sobel")
    with second:
        other = choose_filter("b", "laplacian4")
    if image is None:
        left.caption("The image will be shown here, and what both filters make of it.")
        return None
    clean = show.as_tensor(image, grey=settings["grey"], longest=settings["longest"])
    disturbed = show.disturbed(clean, settings["noise"], settings["blur"])
    responses = _response(disturbed, one, settings), _response(disturbed, other, settings)
    lab = Lab(clean, disturbed, settings, (one, other), responses)
    _pictures(lab, left, [first, second], others[0] if settings["wipe"] else None)
    return lab


def _settings() -> dict[str, Any]:
    with st.grid(4, min_column_width=150, gap="medium", vertical_alignment="center"):
        noise = _share("noise", "Noise", 0.3, 0.01, "Added to every pixel first.")
        blur = _share("blur", "Blur before", 5.0, 0.25, "A Gaussian's sigma in pixels.")
        least = _share("threshold", "Threshold", 0.5, 0.01, "Weaker responses are zero.")
        with st.popover("More", width="stretch", help="Border, colour and size."):
            edge = partial(st.selectbox, "Border", list(BORDERS), help="What lies outside of the image.")
            border = linked("border", list(BORDERS)[1], BORDERS, edge)
            st.caption(BORDERS[border])
            channels = partial(st.toggle, "In colour", help="Each channel by itself, instead of their mean.")
            colour = linked("colour", usual=False, options=(False, True), draw=channels)
            side = partial(st.select_slider, "Longest side", _SIDES, help="In pixels.")
            longest = linked("longest", 512, _SIDES, side)
    return {
        "noise": noise, "blur": blur, "threshold": least, "border": border, "grey": not colour, "longest": longest,
    }  # fmt: skip


def _share(name: str, label: str, high: float, step: float, meaning: str) -> float:
    draw = partial(st.slider, label, 0.0, high, step=step, help=meaning)
    return float(linked(name, 0.0, grid(0.0, high, step), draw))


def _ways_to_show() -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        ways = partial(segments, "Compare", _WAYS, label_visibility="collapsed")
        compare = linked("compare", _WAYS[0], _WAYS, ways)
        views = partial(segments, "Show", list(show.VIEWS), label_visibility="collapsed")
        view = linked("view", "signed", show.VIEWS, views)
        st.caption(show.VIEWS[view], width="content")
    return {"view": view, "wipe": compare == _WAYS[1]}


def _response(image: Maps, chosen: Chosen, settings: dict[str, Any]) -> Maps | None:
    if chosen.filter is None:
        return None
    return interactive.filter_response(image, chosen.filter, settings["border"])


def _pictures(lab: Lab, left: DeltaGenerator, beside: list[DeltaGenerator], wiped: DeltaGenerator | None) -> None:
    """The image and both responses; a wipe needs both, so with an unreadable kernel there is none."""
    view, threshold = lab.settings["view"], lab.settings["threshold"]
    shown = [b"" if response is None else show.picture(response, view, threshold) for response in lab.responses]
    words = ". ".join(filter(None, ["What goes in", credit()]))
    left.image(show.photo(lab.image), caption=words, width="stretch", alt="The image that is filtered")
    if wiped is not None and all(shown):
        with wiped:
            components.wipe((shown[0], shown[1]), (lab.chosen[0].title, lab.chosen[1].title), key="wipe")
        return
    for column, one, response, picture in zip(beside, lab.chosen, lab.responses, shown, strict=True):
        if response is not None:
            column.image(picture, width="stretch", caption=_caption(one, response, lab), alt=one.title)
        else:
            column.error(plain(one.error), icon=":material/block:")


def _caption(chosen: Chosen, response: Maps, lab: Lab) -> str:
    words = chosen.title
    if lab.settings["view"] != "clipped":
        words += f", full colour from {show.full_colour(response):.2g}"
    if lab.settings["noise"] and chosen.name != "canny":
        still = _response(show.disturbed(lab.clean, 0.0, lab.settings["blur"]), chosen, lab.settings)
        assert still is not None
        words += f"  \nNoise of {lab.settings['noise']:g} became {float((response - still).std(correction=0)):.2g}"
    return words


page()
