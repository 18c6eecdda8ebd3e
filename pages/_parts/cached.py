"""Everything that is cached: only what many sessions may share and nobody minds to see cleared."""

from typing import TYPE_CHECKING

import streamlit as st

from pages._parts.js.data import MiniData
from tlcore.settings import get_settings

if TYPE_CHECKING:
    from tlcore.data.pixels.decode import CanonicalImage
    from tlcore.explain.looking import Network
    from tlcore.jobs.running.runs import Run
    from tlcore.train.trained import TrainedModel
    from tlcore.zoo.cards import BackboneCard


@st.cache_resource(max_entries=4, show_spinner="Loading the model …")
def _model(run_id: str, finished_at: float) -> "TrainedModel":  # noqa: ARG001 - tells a resumed run's models apart
    from tlcore.train import trained

    return trained.load(get_settings().runs / run_id)


def model_of(run: "Run") -> "TrainedModel":
    """A finished run's model; the caller got the run through its owner."""
    return _model(run.id, run.finished_at or 0.0)


@st.cache_resource(max_entries=2, show_spinner="Loading the network …")
def _pretrained(name: str, source: str) -> "TrainedModel":  # noqa: ARG001 - weights may come to lie elsewhere
    from tlcore.train import trained

    return trained.pretrained(name)


def pretrained(name: str) -> "TrainedModel":
    """A network as its pretrained weights make it."""
    return _pretrained(name, weights_at_hand().get(name, ""))


@st.cache_data(max_entries=1, ttl=20, show_spinner=False)
def weights_at_hand() -> dict[str, str]:
    """The networks whose pretrained weights are on this machine, and where each was found."""
    from tlcore.zoo import weights

    return dict(weights.ready())


def built_in() -> list[str]:
    """The networks whose weights come with the lab, the one to begin with first."""
    from tlcore.zoo.weights import BUILT_IN

    at_hand = weights_at_hand()
    return [name for source in BUILT_IN for name in at_hand if at_hand[name] == source]


def network_to_show() -> str:
    """A network with weights to show something on: one that the project carries, else any at hand; empty for none."""
    from tlcore.zoo import registry

    usable = {name: source for name, source in weights_at_hand().items() if not registry.get(name).pooled_head}
    return next((name for name, source in usable.items() if source == "embedded"), next(iter(usable), ""))


@st.cache_resource(max_entries=2, show_spinner="Building the network …")
def random_network(name: str) -> "Network":
    """A network with random weights; it is everybody's, for some take half a gigabyte."""
    from tlcore.explain import looking

    return looking.random_network(name)


@st.cache_resource(max_entries=4, show_spinner=False)
def sample_photo(name: str) -> "CanonicalImage":
    """The first image of an embedded sample set."""
    from tlcore.data.pixels.decode import canonical, stored_bytes
    from tlcore.data.samples import get_sample

    _, _, image = next(get_sample(name).generate())
    return canonical(stored_bytes(image.convert("RGB")))


@st.cache_data(max_entries=4, show_spinner=False)
def sample_strip(name: str) -> bytes:
    """The first image of every class of a sample set, side by side."""
    from tlcore.data.pixels.thumbnails import strip
    from tlcore.data.samples import get_sample

    return strip(get_sample(name).examples(), 72)


@st.cache_data(max_entries=4, show_spinner=False)
def card(name: str) -> "BackboneCard":
    """The card of a network that the project carries."""
    from tlcore.zoo.cards import read_card

    return read_card(name)


@st.cache_data(max_entries=1, show_spinner=False)
def digit_ink() -> MiniData:
    """The first fifty scans of each digit, for the classifier on the home page."""
    from base64 import b64encode
    from collections import Counter

    from tlcore.data.samples.rendered import digits

    seen: Counter[int] = Counter()
    ink, labels = bytearray(), []
    for digit, values in digits.scans():
        seen[digit] += 1
        if seen[digit] <= digits.PER_CLASS:
            ink.extend(values)
            labels.append(digit)
    return {"ink": b64encode(ink).decode(), "labels": labels}
