"""Why convolution: each of its reasons, and what belongs to it, measured here."""

from pages._parts.heading import Topic, topics
from pages._parts.why.activations import activations
from pages._parts.why.connections import connections
from pages._parts.why.dropout import dropout
from pages._parts.why.overfitting import overfitting
from pages._parts.why.shifts import shifts

_TOPICS = {
    "Connections and weights": Topic(
        "How many connections and weights a layer has if it is dense, if it is local, and if it is a convolution.",
        connections,
    ),
    "Shifted input": Topic(
        "What becomes of a layer's outcome when the picture moves, and how much of that pooling forgives.",
        shifts,
    ),
    "Activations": Topic(
        "The functions that make a network more than one large sum, and where they let no gradient back.",
        activations,
    ),
    "Dropout": Topic(
        "Some of the numbers that a classifier reads are left out at random: what does it then answer?",
        dropout,
    ),
    "Overfitting": Topic(
        "A small network that learns noise by heart in front of you, and what holds it back.",
        overfitting,
    ),
}

topics("Why convolution", "why", _TOPICS)
