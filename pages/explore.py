"""Explore: any network from LeNet-5 on, from the whole of it down to one layer's arithmetic."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._parts import cached, choosing
from pages._parts import network_views as views
from pages._parts.kept import linked_number
from pages._parts.on_image import on_image
from pages._parts.segments import segments
from pages._parts.session import owner, services
from pages._parts.words import plain
from tlcore.errors import ImpossibleSizeError
from tlcore.measure.networks import measure
from tlcore.zoo import architectures
from tlcore.zoo.facts import published

_VIEWS = ("Diagram", "Layers", "On an image", "Published and measured", "Take along")
_FIRST, _ALL, _MINE = "resnet18", "All", "My models"


def page() -> None:
    """A network of the registry, or a model that was trained here."""
    st.title("Explore", anchor=False)
    family, network, *sides = st.columns([1, 2.4, 0.7, 0.7], vertical_alignment="bottom")
    chosen = _family(family)
    if chosen == _MINE:
        _own_model(network)
    else:
        _any_network(chosen, network, sides)


def _family(place: DeltaGenerator) -> str:
    """Which networks to choose among: one's own models where the link names a run, or where there are some."""
    families = list(dict.fromkeys(architectures.get(name).family for name in architectures.names()))
    linked = "run" in st.query_params
    trained = any(run.state == "done" for run in services().runs.all(owner()))
    options = [_ALL, *families, *([_MINE] if trained or linked else [])]
    if linked or st.session_state.get("family") not in options:
        st.session_state["family"] = _MINE if linked else _ALL
    return str(
        place.selectbox("Family", options, key="family", on_change=_forget, help="Narrows the list on the right.")
    )


def _any_network(family: str, network: DeltaGenerator, sides: list[DeltaGenerator]) -> None:
    """Choose a network and a view of it."""
    name = _network(family, network)
    size = _size(name, sides)
    try:
        table = measure(name, size)
    except ImpossibleSizeError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    views.headline(name, table)
    view = _view(_VIEWS)
    if view == "Diagram":
        views.diagram(name, table)
    elif view == "Layers":
        views.layers(name, table)
    elif view == "On an image":
        on_image(partial(cached.look, name), measure(name))
    elif view == "Take along":
        views.take_along(name, size, table)
    else:
        views.facts(name)


def _own_model(place: DeltaGenerator) -> None:
    """A finished run's model, opened like any other network."""
    with place:
        run = choosing.finished_run()
    if run is None:
        return
    table = cached.run_table(run)
    views.figures(table)
    view = _view(_VIEWS[:3])
    if view == "Diagram":
        views.diagram(run.id, table)
    elif view == "Layers":
        views.layers(run.id, table)
    else:
        on_image(partial(cached.look_run, run), table)


def _network(family: str, network: DeltaGenerator) -> str:
    names = architectures.names()
    linked = st.query_params.get("net", _FIRST)
    if linked not in names:
        st.warning(f"There is no network named '{plain(linked)}'.", icon=":material/search_off:")
        linked = _FIRST
    shown = [n for n in names if family in {_ALL, architectures.get(n).family}]
    name = network.selectbox(
        "Network",
        shown,
        index=shown.index(linked) if linked in shown else 0,
        format_func=lambda n: f"{architectures.get(n).title} · {published(n).year}",
        help="Type to search. Sizes and costs are measured on the network itself.",
    )
    if name != st.query_params.get("net"):
        _forget()
        st.query_params["net"] = name
    return str(name)


def _forget() -> None:
    """What the link says of the network before."""
    for stale in ("net", "run", "open", "step", "rows", "columns", "at", "map"):
        st.query_params.pop(stale, None)


def _size(name: str, places: list[DeltaGenerator]) -> tuple[int, int] | None:
    """Another size than the published one, if one is wanted."""
    own = architectures.get(name).input_shape[1:]
    sides = [
        place.number_input(
            label, 1, 4096, _number(label.lower(), own[axis]), key=f"{label}-{name}", help=f"{own[axis]} is usual."
        )
        for axis, (label, place) in enumerate(zip(("Rows", "Columns"), places, strict=True))
    ]
    size = (int(sides[0]), int(sides[1]))
    for label, side, usual in zip(("rows", "columns"), size, own, strict=True):
        if side != usual:
            st.query_params[label] = str(side)
        else:
            st.query_params.pop(label, None)
    return None if size == own else size


def _number(name: str, usual: int) -> int:
    linked = linked_number(name)
    return usual if linked is None else min(4096, max(1, linked))


def _view(views: Sequence[str]) -> str:
    linked = st.query_params.get("view", views[0])
    view = segments(
        "View", views, default=linked if linked in views else views[0], key="view",
        label_visibility="collapsed",
    )  # fmt: skip
    if view != linked:
        st.query_params["view"] = str(view)
    return str(view)


page()
