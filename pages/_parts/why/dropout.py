"""Dropout on the features of a real network: one mask, and what many masks answer."""

from functools import partial

import streamlit as st

from pages._parts import cached
from pages._parts.images import choose_image
from pages._parts.link_state import grid, linked
from tlcore.explain import interactive
from tlcore.plots import why as plots

_RATES, _SEEDS = grid(0.0, 0.9, 0.05), range(10)


def dropout() -> None:
    """The features and the answers, and beside them the rate and the image."""
    name = cached.network_to_show()
    if not name:
        st.info("Dropout is shown on the features of a network with weights, and none is here.", icon=":material/info:")
        return
    outcome, chosen = st.columns([2.6, 1], gap="large")
    with chosen:
        share = partial(st.slider, "Rate", _RATES[0], _RATES[-1], step=0.05, help="The share of features left out.")
        draw = partial(st.slider, "Seed", 0, _SEEDS[-1], help="Ten different draws of masks.")
        rate, seed = linked("why-rate", 0.5, _RATES, share), linked("why-mask", 0, _SEEDS, draw)
        image = choose_image("why")
    if image is None:
        return
    left = interactive.dropout(cached.pretrained(name), image, float(rate), int(seed))
    gone = 1 - float((left.mask > 0).mean())
    with outcome:
        st.plotly_chart(
            plots.dropped(left.features, left.mask),
            key="why-features",
            alt="All features, and those that one mask leaves",
        )
        st.caption(
            f"The {left.features.size} numbers that the classifier reads. This mask leaves out **{gone:.0%}** of them "
            f"and multiplies the others by {1 / (1 - rate):.2f}, so that on average their sum stays the same: "
            f"{left.features.sum():.1f} before, {left.kept.sum():.1f} now. No weight is removed."
        )
        st.plotly_chart(
            plots.answers(left.answers.tolist(), left.whole, left.label),
            key="why-answers",
            alt="What each mask answers, and the whole network",
        )
        st.caption(
            f"Each point is a mask; the line is the whole network, which finds {left.label} likeliest by "
            f"{left.whole:.1%}. The masks answer {left.answers.mean():.1%} on average, with a standard deviation of "
            f"{100 * left.answers.std():.1f} points. In training each step has another mask, so that no feature can "
            "rely on another one; to predict, nothing is left out. Nothing is trained here: only the classifier runs "
            "again, once for each mask."
        )
