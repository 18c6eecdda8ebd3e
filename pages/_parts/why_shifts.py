"""A shifted picture under layers that move with it, and under those that don't; and what pooling forgives."""

from typing import Any

import streamlit as st

from pages._parts import cached
from pages._parts.guards import one_sentence
from pages._parts.images import choose_image
from tlcore.explain.why import shifts as why
from tlcore.filters import show
from tlcore.plots import why as plots

_SIDE = 256
_POOLS = (1, 2, 4, 8)


def shifts() -> None:
    """The image on the left; equivariance, and then invariance, on the right."""
    chosen, outcome = st.columns([1, 2.6], gap="large")
    with chosen:
        image = choose_image("why")
    if image is None:
        return
    grey = why.widened(image, _SIDE).mean(0, keepdim=True)
    with outcome:
        st.subheader("Does the outcome move with the picture?", anchor=False)
        _both_orders(grey)
        _equivariance(grey, image)
        st.subheader("What does pooling forgive?", anchor=False)
        _invariance(grey)


@st.fragment
@one_sentence()
def _both_orders(grey: Any) -> None:
    layer, slider = st.columns([1.6, 1], gap="medium")
    titles = {step.title: name for name, step in why.STEPS.items()}
    title = layer.selectbox(
        "Layer", list(titles), 1, key="why-layer", bind="query-params",
        help="The convolutions are by Sobel's kernel along x; pooling is on the picture itself.",
    )  # fmt: skip
    shift = int(
        slider.slider("Shift", 0, why.MOST, 1, key="why-shift", bind="query-params", help="Pixels to the left.")
    )
    step = why.STEPS[titles[str(title)]]
    found = why.shifted(step, grey, shift)
    view: Any = "signed" if titles[str(title)].startswith("conv") else "clipped"
    first, after, between = st.columns(3, gap="medium")
    shown: tuple[Any, ...] = (
        (first, found.first, view, "Shift, then the layer", "What the layer makes of the shifted picture"),
        (after, found.after, view, f"The layer, then shift by {found.places}", "What it makes of the picture, shifted"),
        (between, found.first - found.after, "signed", f"Difference: {found.difference:.3f}", "Where the two differ"),
    )
    for column, picture, way, caption, alt in shown:
        column.image(show.picture(picture, way), caption, width="stretch", alt=alt)
    st.caption(
        "The number is the length of the difference over that of the outcome: 0 is the same, 1 is a difference as "
        "large as the outcome itself. The outcome can move by whole places only; where the shift is none with this "
        "stride, the better neighbour is taken. Places that see padding are left out, and no pixel is made up: the "
        "shift cuts another window from a wider picture."
    )


def _equivariance(grey: Any, image: Any) -> None:
    lines = [why.equivariance(why.STEPS[name], grey) for name in ("conv1", "conv2", "pool2")]
    name = cached.network_to_show()
    if name:
        model = cached.pretrained(name)
        lines += cached.shift_lines(model, image)
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
def _invariance(grey: Any) -> None:
    mean = st.toggle("Mean instead of the largest", key="why-mean", bind="query-params", help="Average-pooling.")
    steps = [why.pooled_edges(side, mean=mean) for side in _POOLS]
    changes = {step.title: why.invariance(step, grey).differences for step in steps}
    st.plotly_chart(
        plots.shift_lines(changes, "relative change"), key="why-invariance",
        alt="Relative change of pooled edges, against the shift",
    )  # fmt: skip
    same = [f"{step.title.lower()} {why.unchanged(step.operation, grey, 1):.0%}" for step in steps]
    st.caption(
        "The strength of Sobel's response, pooled over squares, and not moved back: how much does it change? The "
        "larger the square, the less a small shift matters, and the less is known of where something is: that is local "
        f"invariance. Values that a shift by one pixel leaves exactly as they were: {', '.join(same)}."
    )
