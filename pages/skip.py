"""Skip connections: a switch in a block, what it is for, and what it does to training."""

import streamlit as st

from pages._parts import skip_block, skip_dense, skip_identity, skip_race, skip_trained
from pages._parts.segments import segments

_TOPICS = {
    "One switch": skip_block.block,
    "Learning to do nothing": skip_identity.identity,
    "Degradation": skip_race.race,
    "Lesions": skip_trained.lesions,
    "Loss surface": skip_trained.surfaces,
    "Dense connections": skip_dense.dense,
}


def page() -> None:
    """Choose a topic; the link keeps it."""
    st.title("Skip connections", anchor=False)
    topic = segments(
        "Topic", list(_TOPICS), default="One switch", key="skip", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    _TOPICS[str(topic)]()


page()
