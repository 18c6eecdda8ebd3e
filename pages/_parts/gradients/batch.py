"""The batch that goes through both networks of Gradient flow, and the step that would follow."""

from functools import partial
from typing import Any

import streamlit as st

from pages._parts.link_state import linked
from pages._parts.segments import segments
from pages._parts.session import owner, services
from tlcore.gradients.layers.batches import in_turn

_DIGITS, _COUNTS = "digits", (8, 16, 32, 64)
_OPTIMIZERS, _RATES, _SEEDS = ("sgd", "adam"), (0.001, 0.01, 0.1, 1.0), range(10_000)


def batch() -> dict[str, Any]:
    """Choose the images: a sample set, or a set of one's own, and how many."""
    collections = {one.id: one for one in services().library.all(owner()) if sum(one.enabled_counts.values()) > 1}
    titles = {_DIGITS: "Handwritten digits", **{key: one.name for key, one in collections.items()}}
    source = partial(
        st.selectbox, "Images", list(titles), format_func=titles.__getitem__, help="A sample set, or images of yours."
    )  # fmt: skip
    chosen = str(linked("set", _DIGITS, titles, source))
    size = partial(st.select_slider, "In the batch", _COUNTS, help="More take longer, and tell more.")
    count = int(linked("images", 32, _COUNTS, size))
    if chosen == _DIGITS:
        return {"sample": _DIGITS, "count": count}
    classes = [one.id for one in collections[chosen].classes if one.enabled]
    blobs = [[image.blob for image in services().library.images(owner(), one)] for one in classes]
    return {"blobs": in_turn(blobs, count), "count": count}


def step() -> dict[str, Any]:
    """Choose the optimiser and its rate, the seed, and the precision."""
    optimizer = partial(
        segments, "Optimiser", _OPTIMIZERS, format_func=str.upper,
        help="Whose first step is compared with the weights.",
    )  # fmt: skip
    rate = partial(st.select_slider, "Rate", _RATES, help="The step's learning rate.")
    seed = partial(st.number_input, "Seed", 0, _SEEDS[-1], help="Another seed draws other weights and images.")
    double = partial(st.toggle, "Double precision", help="For gradients below 1e-38, where single precision ends.")
    return {
        "optimizer": linked("optimizer", "sgd", _OPTIMIZERS, optimizer),
        "lr": float(linked("rate", 0.1, _RATES, rate)),
        "seed": int(linked("seed", 0, _SEEDS, seed)),
        "double": linked("double", usual=False, options=(True, False), draw=double),
    }
