"""The card of a built-in network: how it was made, and what it is worth on other images."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from pages._parts import cached
from pages._parts.guards import one_sentence
from tlcore.zoo import registry

TARGETS = {
    "ants-bees": "Ants or bees",
    "cats-dogs": "Cats or dogs",
    "trash": "Six kinds of trash",
    "sign-digits": "Digits shown with a hand",
    "digits": "Handwritten digits",
}


def card_button(name: str) -> None:
    """A button that opens the card of a built-in network."""
    if st.button("About this network", key="card", type="tertiary", icon=":material/info:"):
        _open(name)


def _open(name: str) -> None:
    @st.dialog(registry.get(name).title, width="large", icon=":material/info:")
    @one_sentence()
    def dialog() -> None:
        card = cached.card(name)
        worth, made, rest = card.text.split("\n", 1)[1].partition("## How it was made")
        st.markdown(worth)
        _curves(card.transfer)
        st.markdown(made + rest)

    dialog()


def _curves(rows: Iterable[dict[str, Any]]) -> None:
    """A small figure a target; columns stand below one another on a phone."""
    from tlcore.plots.transfer import distinct, means, transfer_curves, whole

    points = whole(means(distinct(rows)))
    columns = st.columns(2)
    for place, target in enumerate(t for t in TARGETS if any(mean.target == t for mean in points)):
        with columns[place % 2]:
            st.plotly_chart(
                transfer_curves(points, target, TARGETS[target]), key=f"card-{target}",
                alt=f"Accuracy on {TARGETS[target].lower()} by images a class",
            )  # fmt: skip
