"""Why convolution: each of its reasons, and what belongs to it, measured here."""

import streamlit as st

from pages._parts import why_activations, why_connections, why_dropout, why_overfitting, why_shifts
from pages._parts.segments import segments

_TOPICS = {
    "Connections and weights": why_connections.connections,
    "Shifted input": why_shifts.shifts,
    "Activations": why_activations.activations,
    "Dropout": why_dropout.dropout,
    "Overfitting": why_overfitting.overfitting,
}


def page() -> None:
    """Choose a topic; the link keeps it."""
    st.title("Why convolution", anchor=False)
    topic = segments(
        "Topic", list(_TOPICS), default="Connections and weights", key="why", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    _TOPICS[str(topic)]()


page()
