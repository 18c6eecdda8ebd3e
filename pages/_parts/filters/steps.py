"""Filters that take several steps, taken apart: the eight directions of a compass, and Canny's chain."""

from functools import partial

import streamlit as st

from pages._parts.filters.lab import SMALL, Lab, narrow
from pages._parts.link_state import grid, linked, linked_range
from pages._parts.segments import segments
from tlcore.explain import interactive
from tlcore.filters import show, views
from tlcore.filters.bank import bank

_ROUNDING = 1e-5
_MASKS, _BOUNDS = ("Robinson", "Kirsch"), (0.0, 0.3)


def compass_rose(lab: Lab) -> None:
    """The eight responses around their maximum, where they lie on a map."""
    left, right = st.columns([1.5, 1], gap="medium")
    with right:
        masks = linked("masks", _MASKS[0], _MASKS, partial(segments, "Masks", _MASKS, help="Which eight kernels."))
    operator = str(masks).lower()
    settings = lab.settings
    small = show.shrunk(lab.image, SMALL)
    rose = interactive.rose(small, operator, settings["view"], settings["border"], settings["threshold"])
    with left, st.grid(3, wrap=False, min_column_width=90, gap="small"):
        for name in views.ROSE:
            alt = f"Response to direction {name}" if name else "The largest of the eight"
            st.image(rose.pictures[name], width="stretch", caption=_rose_caption(name, rose), alt=alt)
    reached = f" that reach {settings['threshold']:g}" if settings["threshold"] else ""
    negative = (
        "each is the other's negative, so four correlations give all eight."
        if rose.opposite < _ROUNDING
        else "they are not each other's negative, so all eight have to be computed."
    )
    right.markdown(
        "Each mask answers most where the image is brighter on its side. The share says at how many of the pixels"
        f"{reached} it gives the largest of the eight responses."
    )
    right.markdown(f"Opposite responses add up to at most **{rose.opposite:.2g}**: {negative}")
    right.caption(f"All pictures share one scale. The image is at most {SMALL} pixels long here.")
    north = bank()[f"{operator}_n"]
    right.dataframe(
        north.values, alt="The mask of the north", hide_index=True, column_config=narrow(north.values), width=230
    )
    right.caption(f"The mask of the north; the others are it, turned. {north.source}.")


def _rose_caption(name: str, rose: views.Rose) -> str:
    if not name:
        return "**All of them**  \nthe largest of the eight"
    share = f" · {rose.wins[name]:.0%}" if rose.wins else ""
    return f"**{name}**{share}  \n{views.WORDS[name]}"


def canny_steps(lab: Lab) -> None:
    """Every step's picture, with what it did in numbers."""
    sigma, low, high = show.CANNY
    left, right = st.columns(2, gap="medium")
    with left:
        smooth = partial(st.slider, "Sigma", 0.5, 5.0, step=0.1, help="How far the Gaussian smooths.")
        sigma = float(linked("sigma", sigma, grid(0.5, 5.0, 0.1), smooth))
    with right:
        both = partial(
            st.slider, "Low and high threshold", *_BOUNDS, step=0.005, format="%.3f",
            help="Ridges above the high one are edges; those above the low one are where they hang on such.",
        )  # fmt: skip
        low, high = linked_range("thresholds", (low, high), _BOUNDS, both)
    steps = interactive.canny_steps(lab.image, sigma, low, high, lab.settings["border"])
    with st.grid(3, min_column_width=220, gap="medium"):
        for step in steps:
            st.image(step.picture, width="stretch", caption=f"**{step.title}**  \n{step.words}", alt=step.title)
    colours = "; ".join(f"{colour} {words}" for colour, words, _ in views.SECTORS)
    st.caption(f"Step 3, the neighbours that a pixel must not be smaller than: {colours}. Canny 1986.")
