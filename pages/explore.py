"""Explore: any network from LeNet-5 on, from the whole of it down to one layer's arithmetic."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from pages._parts import cached
from pages._parts.heading import heading
from pages._parts.link_state import linked
from pages._parts.networks import network_views, picker
from pages._parts.networks.on_image import look, on_image
from pages._parts.results import choosing
from pages._parts.segments import segments
from pages._parts.words import plain
from tlcore.errors import ImpossibleSizeError
from tlcore.explain import interactive, looking
from tlcore.jobs.running.runs import Run
from tlcore.zoo import architectures

_VIEWS = ("Diagram", "Layers", "On an image", "Published and measured", "Take along")
_SIDES, _AXES = range(1, 4097), ("Rows", "Columns")
_OF_A_NETWORK = ("open", "step", "rows", "columns", "at", "map")
"""What the link says of one network, and not of another one."""


def page() -> None:
    """A network of the registry, or a model that was trained here."""
    heading("Explore", "Any network, from the whole of it down to one layer's arithmetic.")
    family, which = st.columns([1, 5])
    with family:
        chosen = picker.family(_OF_A_NETWORK)
    if chosen == picker.MINE:
        with which:
            run = choosing.finished_run()
        if run is not None:
            _own_model(run)
        return
    with which:
        name = picker.network(chosen, _OF_A_NETWORK)
    _any_network(name)


def _any_network(name: str) -> None:
    """The network, at a size, and the chosen view of it."""
    head = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        view, size = _view(_VIEWS), _size(name)
        network_views.train_link(name)
    try:
        table = interactive.measure(name, size)
    except ImpossibleSizeError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    with head:
        network_views.headline(name, table)
    if view == "Diagram":
        network_views.diagram(name, table, partial(network_views.about, name))
        return
    if view == "Layers":
        network_views.layers(name, table)
    elif view == "On an image":
        on_image(partial(look, name), interactive.measure(name))
    elif view == "Take along":
        network_views.take_along(name, size, table)
    else:
        network_views.facts(name)
    network_views.about(name)


def _own_model(run: Run) -> None:
    """A finished run's model, opened like any other network."""
    model = cached.model_of(run)
    table = looking.model_table(model.card)
    network_views.totals(table)
    view = _view(_VIEWS[:3])
    if view == "Diagram":
        network_views.diagram(run.id, table)
    elif view == "Layers":
        network_views.layers(run.id, table)
    else:
        on_image(partial(looking.look_with, model), table)


def _size(name: str) -> tuple[int, int] | None:
    """Another size than the published one, if one is wanted."""
    own = architectures.get(name).input_shape[1:]
    with st.popover("Input size", icon=":material/aspect_ratio:"):
        rows, columns = (
            int(linked(label.lower(), usual, _SIDES, _side(label, usual), nearest=True))
            for label, usual in zip(_AXES, own, strict=True)
        )
    return None if (rows, columns) == own else (rows, columns)


def _side(label: str, usual: int) -> Callable[..., Any]:
    return partial(st.number_input, label, _SIDES[0], _SIDES[-1], help=f"Of the image; {usual} is usual.")


def _view(views: Sequence[str]) -> str:
    choice = partial(segments, "View", views, label_visibility="collapsed")
    return str(linked("view", views[0], views, choice))


page()
