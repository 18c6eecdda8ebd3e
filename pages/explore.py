"""Explore: any network from LeNet-5 on, from the whole of it down to one layer's arithmetic."""

import csv
import io
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._parts import cached, choosing, components, nav
from pages._parts.explorer import field_words, shape_words, show_working, steps_of
from pages._parts.kept import linked_number
from pages._parts.on_image import on_image
from pages._parts.segments import segments
from pages._parts.session import owner, services
from pages._parts.spec_form import backbone_label
from pages._parts.words import plain
from tlcore.errors import ImpossibleSizeError
from tlcore.measure.against import facts_beside
from tlcore.measure.columns import COLUMNS, as_json, columns
from tlcore.measure.memory import Precision, to_learn, to_predict
from tlcore.measure.networks import measure
from tlcore.measure.table import Table
from tlcore.zoo import architectures
from tlcore.zoo.facts import published
from tlcore.zoo.source import as_pytorch

_VIEWS = ("Diagram", "Layers", "On an image", "Published and measured", "Take along")
_FIRST = "resnet18"


def page() -> None:
    """A network of the registry, or a model that was trained here."""
    st.title("Explore", anchor=False)
    if run := st.query_params.get("run"):
        _own_model(run)
    else:
        _any_network()


def _any_network() -> None:
    """Choose a network and a view of it."""
    family, network, *sides = st.columns([1, 2.4, 0.7, 0.7], vertical_alignment="bottom")
    name = _network(family, network)
    size = _size(name, sides)
    try:
        table = measure(name, size)
    except ImpossibleSizeError as error:
        st.error(str(error), icon=":material/error:")
        return
    _headline(name, table)
    view = _view(_VIEWS)
    if view == "Diagram":
        _diagram(name, table)
    elif view == "Layers":
        _layers(name, table)
    elif view == "On an image":
        on_image(partial(cached.look, name), measure(name))
    elif view == "Take along":
        _take_along(name, size, table)
    else:
        _facts(name)


def _own_model(run_id: str) -> None:
    """A finished run's model, opened like any other network."""
    run = next((r for r in services().runs.all(owner()) if r.id == run_id and r.state == "done"), None)
    if run is None:
        choosing.show_gone("is not finished, ")
    else:
        st.subheader(plain(run.name), anchor=False)
    st.button("All networks", icon=":material/arrow_back:", on_click=_leave_run)
    if run is None:
        return
    table = cached.run_table(run)
    _numbers(table)
    view = _view(_VIEWS[:3])
    if view == "Diagram":
        _diagram(run.id, table)
    elif view == "Layers":
        _layers(run.id, table)
    else:
        on_image(partial(cached.look_run, run), table)


def _leave_run() -> None:
    st.query_params.clear()


def _network(family: DeltaGenerator, network: DeltaGenerator) -> str:
    names = architectures.names()
    linked = st.query_params.get("net", _FIRST)
    if linked not in names:
        st.warning(f"There is no network named '{linked}'.", icon=":material/search_off:")
        linked = _FIRST
    families = list(dict.fromkeys(architectures.get(name).family for name in names))
    chosen_family = family.selectbox("Family", ["All", *families], key="family", help="Narrows the list on the right.")
    shown = [n for n in names if chosen_family in {"All", architectures.get(n).family}]
    name = network.selectbox(
        "Network",
        shown,
        index=shown.index(linked) if linked in shown else 0,
        format_func=lambda n: f"{architectures.get(n).title} · {published(n).year}",
        help="Type to search. Every number below is measured on the network itself, now.",
    )
    if name != st.query_params.get("net"):
        st.query_params["net"] = name
        for stale in ("open", "step", "rows", "columns", "at", "map"):
            st.query_params.pop(stale, None)
    return str(name)


def _size(name: str, places: list[DeltaGenerator]) -> tuple[int, int] | None:
    """Another size than the published one, if one is wanted."""
    own = architectures.get(name).input_shape[1:]
    sides = [
        place.number_input(
            label, 1, 4096, _number(label.lower(), own[axis]), key=f"{label}-{name}", help=f"{own[axis]} as published."
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


def _headline(name: str, table: Table) -> None:
    row, about = architectures.get(name), published(name)
    st.markdown(f"**{about.idea}** {about.note}")
    st.caption(f"{about.authors}: {about.paper}. {about.where}, {about.year}. Input {about.input}; {about.depth}.")
    _numbers(table)
    if row.trainable:
        query = {"backbone": backbone_label(name, cached.weights_at_hand())}
        st.page_link(
            nav.page("train"), label="Train this on my images", icon=":material/model_training:", query_params=query
        )


def _numbers(table: Table) -> None:
    local = [r for r in table.rows if isinstance(r.receptive_field, tuple)]
    row = st.container(horizontal=True)
    row.metric("Parameters", f"{table.params:,}", border=True)
    row.metric("Multiply-adds", _giga(table.macs), border=True, help=f"{table.macs:,} for one image.")
    row.metric(
        "Convolutions and dense layers",
        table.weighted_layers,
        border=True,
        help="All that run, counted. The depth in a network's name leaves out those in shortcuts and side branches.",
    )
    row.metric(
        "Activations", f"{table.activation_bytes / 1e6:.1f} MB", border=True,
        help="What all layers give for one image, in single precision.",
    )  # fmt: skip
    row.metric(
        "Sees at most", f"{field_words(local[-1])} px" if local else "–", border=True,
        help="The receptive field of the last layer that does not see the whole image.",
    )  # fmt: skip


def _giga(value: int) -> str:
    return f"{value / 1e9:.2f} G" if value >= 1e9 else f"{value / 1e6:.1f} M"


def _diagram(name: str, table: Table) -> None:
    drawing, detail = st.columns([1.9, 1], gap="large")
    with drawing:
        opened, chosen = components.network(
            steps_of(table), key=f"diagram-{name}-{table.macs}", net=f"{name}-{table.macs}",
            opened=st.query_params.get_all("open"), selected=linked_number("step"),
        )  # fmt: skip
        st.caption("Orange lines skip layers. Click a box to open it, or a layer to see its numbers.")
    st.query_params["open"] = opened
    if chosen is not None and 0 <= chosen < len(table.rows):
        st.query_params["step"] = str(chosen)
        with detail:
            _detail(table, chosen)
    else:
        detail.info("Choose a layer in the diagram to see how its numbers come about.", icon=":material/touch_app:")


def _detail(table: Table, index: int) -> None:
    row = table.rows[index]
    st.subheader(row.name, anchor=False)
    st.caption(f"{row.type} · {shape_words(row.input_shape)} → {shape_words(row.output_shape)}")
    show_working(table, index)
    if row.output_shape and len(row.output_shape) == 3:
        st.button(
            "One value of it, on an image", icon=":material/function:", on_click=_to_image, args=(index,),
            help="What it makes of a photo, and the sum behind one pixel of a map.",
        )  # fmt: skip


def _to_image(index: int) -> None:
    """Look at a step on an image, whatever was looked at there before."""
    for stale in [key for key in st.session_state if str(key).startswith("look-layer-")]:
        del st.session_state[stale]
    st.session_state["view"] = "On an image"
    st.query_params.update({"view": "On an image", "step": str(index)})
    st.query_params.pop("map", None)


def _layers(name: str, table: Table) -> None:
    totals = {"params": table.params, "macs": table.macs, "memory": table.activation_bytes}
    key = f"table-{name}-{table.macs}"
    wanted = components.layers(steps_of(table), totals, key=key, net=key, opened=st.query_params.get_all("open"))
    st.caption("Click an underlined number to see its working.")
    _memory(table)
    if wanted is not None:
        index, column = wanted
        with st.container(border=True):
            st.caption(table.rows[index].name)
            show_working(table, index, column)


def _memory(table: Table) -> None:
    """What a batch takes, to predict and to learn."""
    batches, precisions, learn, predict = st.columns([1, 1, 1.3, 1.3], vertical_alignment="bottom")
    batch = int(batches.select_slider("Batch", [1, 2, 4, 8, 16, 32, 64, 128, 256], 32, key="memory-batch"))
    picked = precisions.selectbox("Precision", ["float32", "bfloat16"], key="memory-precision")
    precision: Precision = "bfloat16" if picked == "bfloat16" else "float32"
    needed, least = to_learn(table, batch, precision), to_predict(table, batch, precision)
    learn.metric(
        "Memory to learn", f"{needed.total / 1e9:.2f} GB", border=True,
        help=f"An estimate: weights {needed.weights / 1e6:,.0f} MB, their gradients as much, AdamW's averages twice as "
        f"much, and {needed.activations / 1e6:,.0f} MB of activations kept for the way back.",
    )  # fmt: skip
    predict.metric(
        "Memory to predict", f"{least.total / 1e9:.2f} GB", border=True,
        help=f"An estimate: weights {least.weights / 1e6:,.0f} MB, and at most {least.activations / 1e6:,.0f} MB of "
        "activations at once.",
    )  # fmt: skip


def _facts(name: str) -> None:
    found = facts_beside(name)
    if not found:
        st.info("Its authors published no figure that can be compared.", icon=":material/info:")
        return
    st.table([_fact_row(compared) for compared in found], hide_index=True, border="horizontal")
    st.caption("Published figures as their sources print them; measured ones are counted on the network above.")
    if not all(compared.fact.checked for compared in found):
        st.caption(
            "Not checked: we wrote this figure down from memory and have not found it in its source again. "
            "It may be wrong."
        )


def _fact_row(compared: Any) -> dict[str, Any]:
    fact = compared.fact
    unit = "" if fact.unit in {fact.fact, "multiply-adds"} else f" {fact.unit}"
    named = ", ".join(word for word in (fact.fact, fact.variant) if word)
    return {
        "figure": f"**{plain(named)}**  \n:small[{plain(f'{fact.source}. {fact.remark}'.strip())}]",
        "published": f"{fact.value:,}{unit}" + ("" if fact.checked else " (not checked)"),
        "measured": "" if compared.measured is None else f"{compared.measured:,}",
    }


def _take_along(name: str, size: tuple[int, int] | None, table: Table) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    writer.writerows(columns(row).values() for row in table.rows)
    with st.container(horizontal=True):
        st.download_button("Table (CSV)", buffer.getvalue(), f"{name}.csv", "text/csv", icon=":material/download:")
        st.download_button(
            "Table (JSON)", json.dumps(as_json(name, size, table)), f"{name}.json", "application/json",
            icon=":material/download:",
        )  # fmt: skip
    st.caption("The network in PyTorch:")
    st.code(as_pytorch(name), language="python")


page()
