"""Dropout on the features of a real network: one mask, and what many masks answer."""

import streamlit as st

from pages._parts import cached
from pages._parts.images import choose_image
from tlcore.plots import why as plots


def dropout() -> None:
    """The rate and the image on the left, the features and the answers on the right."""
    name = cached.network_to_show()
    if not name:
        st.info("Dropout is shown on the features of a network with weights, and none is here.", icon=":material/info:")
        return
    chosen, outcome = st.columns([1, 2.6], gap="large")
    with chosen:
        rate = st.slider(
            "Rate", 0.0, 0.9, 0.5, 0.05, key="why-rate", bind="query-params", help="The share of features left out."
        )
        seed = st.slider("Seed", 0, 9, 0, key="why-mask", bind="query-params", help="Ten different draws of masks.")
        image = choose_image("why")
    if image is None:
        return
    found = cached.dropout(cached.pretrained(name), image, float(rate), int(seed))
    gone = 1 - float((found.mask > 0).mean())
    with outcome:
        st.plotly_chart(
            plots.dropped(found.features, found.mask),
            key="why-features",
            alt="All features, and those that one mask leaves",
        )
        st.caption(
            f"The {found.features.size} numbers that the classifier reads. This mask leaves out **{gone:.0%}** of them "
            f"and multiplies the others by {1 / (1 - rate):.2f}, so that on average their sum stays the same: "
            f"{found.features.sum():.1f} before, {found.kept.sum():.1f} now. No weight is removed."
        )
        st.plotly_chart(
            plots.answers(found.answers.tolist(), found.whole, found.label),
            key="why-answers",
            alt="What each mask answers, and the whole network",
        )
        st.caption(
            f"Each point is a mask; the line is the whole network, which finds {found.label} likeliest by "
            f"{found.whole:.1%}. The masks answer {found.answers.mean():.1%} on average, with a standard deviation of "
            f"{100 * found.answers.std():.1f} points. In training each step has another mask, so that no feature can "
            "rely on another one; to predict, nothing is left out. Nothing is trained here: only the classifier runs "
            "again, once for each mask."
        )
