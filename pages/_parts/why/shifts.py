"""A shifted picture under layers that move with it, and under those that don't; and what pooling forgives."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._parts import cached
from pages._parts.guards import one_sentence
from pages._parts.images import choose_image
from pages._parts.link_state import linked
from tlcore.data.pixels.decode import CanonicalImage
from tlcore.explain import interactive
from tlcore.explain.why import shifts as why
from tlcore.filters import show
from tlcore.filters.engine import Maps
from tlcore.filters.show import View
from tlcore.plots import why as plots

_SIDE = 256
_POOLS = (1, 2, 4, 8)
_MEANING = (
    "The number is the length of the difference over that of the outcome: 0 is the same, 1 is a difference as large as "
    "the outcome itself. The outcome can move by whole places only; where the shift is none with this stride, the "
    "better neighbour is taken. Places that see padding are left out, and no pixel is made up: the shift cuts another "
    "window from a wider picture."
)


def shifts() -> None:
    """The image; equivariance, and then invariance."""
    question, chosen = st.columns([2.6, 1], gap="large", vertical_alignment="center")
    question.subheader("Does the outcome move with the picture?", anchor=False)
    with chosen:
        image = choose_image("why")
    if image is None:
        return
    grey = why.widened(image, _SIDE).mean(0, keepdim=True)
    _both_orders(grey)
    _equivariance(grey, image)
    st.subheader("What does pooling forgive?", anchor=False)
    _invariance(grey)


@st.fragment
@one_sentence()
def _both_orders(grey: Maps) -> None:
    outcome, meaning = st.columns([2.6, 1], gap="large")
    layer, slider = outcome.columns([1.6, 1], gap="medium")
    titles = {step.title: name for name, step in why.STEPS.items()}
    choice = partial(
        layer.selectbox, "Layer", list(titles),
        help="The convolutions are by Sobel's kernel along x; pooling is on the picture itself.",
    )  # fmt: skip
    title = linked("why-layer", list(titles)[1], titles, choice)
    pixels = partial(slider.slider, "Shift", 0, why.MOST, help="Pixels to the left.")
    shift = int(linked("why-shift", 1, range(why.MOST + 1), pixels))
    step = why.STEPS[titles[str(title)]]
    orders = why.shifted(step, grey, shift)
    view: View = "signed" if titles[str(title)].startswith("conv") else "clipped"
    first, after, between = outcome.columns(3, gap="medium")
    shown: tuple[tuple[DeltaGenerator, Maps, View, str, str], ...] = (
        (first, orders.first, view, "Shift, then the layer", "What the layer makes of the shifted picture"),
        (
            after,
            orders.after,
            view,
            f"The layer, then shift by {orders.places}",
            "What it makes of the picture, shifted",
        ),
        (
            between,
            orders.first - orders.after,
            "signed",
            f"Difference: {orders.difference:.3f}",
            "Where the two differ",
        ),
    )
    for column, picture, way, caption, alt in shown:
        column.image(show.picture(picture, way), caption, width="stretch", alt=alt)
    meaning.caption(_MEANING)


def _equivariance(grey: Maps, image: CanonicalImage) -> None:
    lines = interactive.equivariance(grey, ("conv1", "conv2", "pool2"))
    name = cached.network_to_show()
    if name:
        model = cached.pretrained(name)
        lines += interactive.shift_lines(model, image)
    differences = {line.title: line.differences for line in lines}
    st.plotly_chart(
        plots.shift_lines(differences, "relative difference"), key="why-equivariance",
        alt="Relative difference between both orders, against the shift",
    )  # fmt: skip
    words = (
        "With stride 1 the outcome moves along, exactly: translation equivariance. With stride 2 that holds for even "
        "shifts only, for convolution and pooling alike. "
    )
    if name:
        side = model.card.preprocessing.crop
        words += (
            f"The network sees the picture with {side}×{side} pixels, so a shift of 1 is larger for it; its borders "
            "count, because each place of its last maps sees all of the picture. Its features are the means of these "
            "maps; if it were invariant, they would not change at all."
        )
    st.caption(words)


@st.fragment
@one_sentence()
def _invariance(grey: Maps) -> None:
    averaged = partial(st.toggle, "Mean instead of the largest", help="Average-pooling.")
    mean = linked("why-mean", usual=False, options=(False, True), draw=averaged)
    pooled = interactive.invariance(grey, _POOLS, mean=mean)
    changes = {line.title: line.differences for line, _ in pooled}
    st.plotly_chart(
        plots.shift_lines(changes, "relative change"), key="why-invariance",
        alt="Relative change of pooled edges, against the shift",
    )  # fmt: skip
    same = [f"{line.title.lower()} {unchanged:.0%}" for line, unchanged in pooled]
    st.caption(
        "The strength of Sobel's response, pooled over squares, and not moved back: how much does it change? The "
        "larger the square, the less a small shift matters, and the less is known of where something is: that is local "
        f"invariance. Values that a shift by one pixel leaves exactly as they were: {', '.join(same)}."
    )
