"""Everything that is cached: only what many sessions may share and nobody minds to see cleared."""

import threading
from typing import TYPE_CHECKING, Any

import streamlit as st

from tlcore.settings import get_settings

if TYPE_CHECKING:
    from tlcore.measure.table import Table
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


def network_to_show() -> str:
    """A network with weights to show something on: one that the project carries, else any at hand; empty for none."""
    from tlcore.zoo import registry

    usable = {name: source for name, source in weights_at_hand().items() if not registry.get(name).pooled_head}
    return next((name for name, source in usable.items() if source == "embedded"), next(iter(usable), ""))


@st.cache_resource(max_entries=2, show_spinner="Building the network …")
def _random_network(name: str) -> Any:
    from tlcore.explain import looking

    return looking.random_network(name)


def look(name: str, image: Any) -> Any:
    """A network with one image: with its pretrained weights where they are at hand, else with random ones.

    The network is everybody's, for some take half a gigabyte; the image stays with whoever gave it.
    """
    from tlcore.explain import looking

    if name in weights_at_hand():
        return looking.look_with(pretrained(name), image)
    return looking.look(_random_network(name), name, image)


def look_run(run: Any, image: Any) -> Any:
    """A finished run's model with one image."""
    from tlcore.explain import looking

    return looking.look_with(model_of(run), image)


def run_table(run: Any) -> "Table":
    """The layer table of a finished run's model."""
    from tlcore.explain.looking import model_table

    return model_table(model_of(run).card)


def answers(view: Any) -> list[tuple[str, float]]:
    """What the network takes the image for."""
    from tlcore.explain import looking

    with _ONE_AT_A_TIME:
        return looking.answers(view)


def first_kernels(view: Any) -> bytes | None:
    """The first convolution's filters, as PNG bytes."""
    from tlcore.explain import looking

    return looking.first_kernels(view.network)


def sprite(view: Any, index: int, *, shared: bool) -> bytes:
    """A layer's maps side by side, as PNG bytes."""
    from tlcore.explain import looking

    with _ONE_AT_A_TIME:
        return looking.sprite(looking.outcome(view, index), shared=shared)


def gradient_heat(view: Any, index: int, row: int, column: int) -> bytes:
    """The photo where it moves one position of a layer, as PNG bytes."""
    from tlcore.explain import looking

    with _ONE_AT_A_TIME:
        return looking.heat(view.photo, looking.gradient_field(view, index, row, column))


def one_value(view: Any, index: int, at: tuple[int, int, int]) -> Any:
    """How one value of a step comes about."""
    from tlcore.explain import arithmetic

    with _ONE_AT_A_TIME:
        return arithmetic.one_value(view, index, at)


def strongest_map(view: Any, index: int, row: int, column: int) -> int:
    """The map with the largest value at a position."""
    from tlcore.explain import arithmetic

    with _ONE_AT_A_TIME:
        return arithmetic.strongest_map(view, index, row, column)


def filter_response(image: Any, name: Any, border: Any) -> Any:
    """The response to a filter, a name or a kernel, one at a time in this process."""
    from tlcore.filters import show

    with _ONE_AT_A_TIME:
        return show.respond(image, name, border=border)


def filters_replaced(view: Any, filters: dict[int, Any]) -> Any:
    """What a network says before and after some of its first filters are replaced; the shared one stays as it is."""
    from tlcore.explain import kernels

    with _ONE_AT_A_TIME:
        return kernels.replace(view, filters)


def each_filter_replaced(view: Any, filters: list[Any]) -> list[float]:
    """How much of the probability moves when each first filter alone is replaced; others get their turn in between."""
    from tlcore.explain import kernels

    moved: list[float] = []
    for batch in kernels.batches(len(filters)):
        with _ONE_AT_A_TIME:
            moved += kernels.replace_each(view, [filters[i] for i in batch], batch.start)
    return moved


def shift_lines(model: "TrainedModel", image: Any) -> tuple[Any, Any]:
    """How a network's last maps, and its features, answer to a shifted picture."""
    from tlcore.explain.why import shifts

    wide = shifts.widened(image, model.card.preprocessing.crop)
    with _ONE_AT_A_TIME:
        return shifts.network_lines(model, wide)


def outcome(view: Any, index: int) -> Any:
    """What a step of a network makes of the image, without the batch."""
    from tlcore.explain import looking

    with _ONE_AT_A_TIME:
        return looking.outcome(view, index)


def dropout(model: "TrainedModel", image: Any, rate: float, seed: int) -> Any:
    """A classifier's features and answers with and without dropout."""
    from tlcore.explain.why import activations

    with _ONE_AT_A_TIME:
        return activations.dropout(model, model.inputs([image]), rate, seed=seed)


def logits(model: "TrainedModel", image: Any) -> Any:
    """What a network gives for the image before softmax, `(classes,)`."""
    from tlcore.explain.why import activations

    with _ONE_AT_A_TIME:
        return activations.logits(model, model.inputs([image]))


def fitted_curve(problem: Any, rules: Any) -> Any:
    """The small network that overfits, trained now or remembered."""
    from tlcore.explain.why import overfitting

    with _ONE_AT_A_TIME:
        return overfitting.fit(problem, rules)


def photo_png(view: Any) -> bytes:
    """The photo as the network sees it, as PNG bytes."""
    from tlcore.explain import looking

    return looking.as_png(view.photo)


@st.cache_resource(max_entries=4, show_spinner=False)
def sample_photo(name: str) -> Any:
    """The first image of an embedded sample set."""
    from tlcore.data.decode import canonical, stored_bytes
    from tlcore.data.samples import get_sample

    _, _, image = next(get_sample(name).generate())
    return canonical(stored_bytes(image.convert("RGB")))


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
