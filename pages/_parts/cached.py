"""Everything that is cached: only what many sessions may share and nobody minds to see cleared."""

import threading
from typing import TYPE_CHECKING, Any

import streamlit as st

from tlcore.settings import get_settings

if TYPE_CHECKING:
    from tlcore.train.trained import TrainedModel
    from tlcore.zoo.cards import BackboneCard

_ONE_AT_A_TIME = threading.Semaphore(1)
"""Interactive predictions queue up rather than fight for the cores that train."""


@st.cache_resource(max_entries=4, show_spinner="Loading the model …")
def _model(run_id: str, finished_at: float) -> "TrainedModel":  # noqa: ARG001 - tells a resumed run's models apart
    from tlcore.train import trained

    return trained.load(get_settings().runs / run_id)


def model_of(run: Any) -> "TrainedModel":
    """A finished run's model; the caller got the run through its owner."""
    return _model(run.id, run.finished_at or 0.0)


@st.cache_resource(max_entries=2, show_spinner="Loading the network …")
def _pretrained(name: str, source: str) -> "TrainedModel":  # noqa: ARG001 - weights may come to lie elsewhere
    from tlcore.train import trained

    return trained.pretrained(name)


def pretrained(name: str) -> "TrainedModel":
    """A network as its pretrained weights make it."""
    return _pretrained(name, weights_at_hand().get(name, ""))


def predict(model: "TrainedModel", images: list[Any]) -> Any:
    """Class probabilities of canonical images, one prediction at a time in this process."""
    with _ONE_AT_A_TIME:
        return model.predict(images)


def explain(model: "TrainedModel", image: Any, class_index: int, method: Any) -> tuple[bytes, float | None]:
    """An attribution map over the image, as PNG bytes, and the share of the score that it leaves unexplained."""
    from tlcore.explain import attribution

    with _ONE_AT_A_TIME:
        found = attribution.attribute(model, image, class_index, method)
        return attribution.overlay(model, image, found), found.residual


@st.cache_data(max_entries=1, ttl=20, show_spinner=False)
def weights_at_hand() -> dict[str, str]:
    """The networks whose pretrained weights are on this machine, and where each was found."""
    from tlcore.zoo import weights

    return dict(weights.ready())


@st.cache_data(max_entries=4, show_spinner=False)
def card(name: str) -> "BackboneCard":
    """The card of a network that the project carries."""
    from tlcore.zoo.cards import read_card

    return read_card(name)


@st.cache_data(max_entries=1, show_spinner=False)
def digit_ink() -> dict[str, Any]:
    """The first fifty scans of each digit, for the miniature on the home page."""
    from base64 import b64encode
    from collections import Counter

    from tlcore.data.samples import digits

    seen: Counter[int] = Counter()
    ink, labels = bytearray(), []
    for digit, values in digits.scans():
        seen[digit] += 1
        if seen[digit] <= digits.PER_CLASS:
            ink.extend(values)
            labels.append(digit)
    return {"ink": b64encode(ink).decode(), "labels": labels}
