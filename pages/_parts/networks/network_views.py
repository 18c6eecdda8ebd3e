"""The explorer's views of a network: figures, diagram, layers, what is published, what can be taken along."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages._parts import components, nav
from pages._parts.guards import guarded
from pages._parts.heading import Figure, figures
from pages._parts.js.data import Totals
from pages._parts.link_state import choose, forget, linked_number
from pages._parts.networks.explorer import field_words, shape_words, show_working, steps_of
from pages._parts.training import train_view
from pages._parts.words import plain
from tlcore.measure.against import Compared, facts_beside
from tlcore.measure.columns import COLUMNS, as_json, columns
from tlcore.measure.memory import Precision, to_learn, to_predict
from tlcore.measure.table import Table, map_rows
from tlcore.zoo import architectures
from tlcore.zoo.facts import published
from tlcore.zoo.source import as_pytorch

_FACTS_WIDTH = 720


def headline(name: str, table: Table) -> None:
    """What it is, and what it costs."""
    st.markdown(f"**{published(name).idea}**")
    totals(table)


def about(name: str) -> None:
    """What else is to be said of it, and who made it."""
    told = published(name)
    if told.note:
        st.markdown(f":small[{told.note}]")
    st.caption(told.credit)


def train_link(name: str) -> None:
    """The way to train it on one's own images, where that is possible."""
    if architectures.get(name).trainable:
        st.page_link(
            nav.page("train"), label="Train this on my images", icon=":material/model_training:",
            query_params=train_view.to_form(backbone=name),
        )  # fmt: skip


def totals(table: Table) -> None:
    """Its totals."""
    local = [r for r in table.rows if isinstance(r.receptive_field, tuple)]
    figures([
        Figure("Parameters", f"{table.params:,}"),
        Figure("Multiply-adds (MACs)", _giga(table.macs), f"{table.macs:,} for one image."),
        Figure(
            "Convolutions and dense layers", f"{table.weighted_layers}",
            "All that run, counted. The depth in a network's name leaves out those in shortcuts and side branches.",
        ),
        Figure(
            "Activations", f"{table.activation_bytes / 1e6:.1f} MB",
            "What all layers give for one image, in single precision.",
        ),
        Figure(
            "Sees at most", f"{field_words(local[-1])} px" if local else "–",
            "The receptive field of the last layer that does not see the whole image.",
        ),
    ])  # fmt: skip


def _giga(value: int) -> str:
    return f"{value / 1e9:.2f} G" if value >= 1e9 else f"{value / 1e6:.1f} M"


def diagram(name: str, table: Table, tell: Callable[[], None] = lambda: None) -> None:
    """The network as a diagram; beside it the working of the chosen layer's numbers, and what `tell` says of it all."""
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
        detail.caption(":material/touch_app: Choose a layer in the diagram to see how its numbers come about.")
    with detail:
        tell()


def _detail(table: Table, index: int) -> None:
    row = table.rows[index]
    st.subheader(row.name, anchor=False)
    st.caption(f"{row.type} · {shape_words(row.input_shape)} → {shape_words(row.output_shape)}")
    show_working(table, index)
    if row in map_rows(table):
        st.button(
            "One value of it, on an image", icon=":material/function:", on_click=_to_image, args=(index,),
            help="What it makes of a photo, and the sum behind one pixel of a map.",
        )  # fmt: skip


@guarded
def _to_image(index: int) -> None:
    """Look at a step on an image, whatever was looked at there before."""
    forget("map")
    choose({"view": "On an image", "step": index})


def layers(name: str, table: Table) -> None:
    """The layer table, whose numbers show their working, and the memory that a batch takes."""
    totals: Totals = {"params": table.params, "macs": table.macs, "activation_bytes": table.activation_bytes}
    key = f"table-{name}-{table.macs}"
    wanted = components.layers(steps_of(table), totals, key=key, net=key, opened=st.query_params.get_all("open"))
    st.caption("Click an underlined number to see its working here.")
    if wanted is not None:
        index, column = wanted
        with st.container(border=True):
            st.caption(table.rows[index].name)
            show_working(table, index, column)
    _memory(table)


def _memory(table: Table) -> None:
    """What a batch takes, to predict and to learn."""
    batches, precisions, place = st.columns([1, 1, 2.6], vertical_alignment="bottom", gap="medium")
    batch = int(batches.select_slider("Batch", [1, 2, 4, 8, 16, 32, 64, 128, 256], 32, key="memory-batch"))
    picked = precisions.selectbox("Precision", ["float32", "bfloat16"], key="memory-precision")
    precision: Precision = "bfloat16" if picked == "bfloat16" else "float32"
    needed, least = to_learn(table, batch, precision), to_predict(table, batch, precision)
    with place:
        figures([
            Figure(
                "Memory to learn", f"{needed.total / 1e9:.2f} GB",
                f"An estimate: weights {needed.weights / 1e6:,.0f} MB, their gradients as much, AdamW's averages twice "
                f"as much, and {needed.activations / 1e6:,.0f} MB of activations kept for the way back.",
            ),
            Figure(
                "Memory to predict", f"{least.total / 1e9:.2f} GB",
                f"An estimate: weights {least.weights / 1e6:,.0f} MB, and at most {least.activations / 1e6:,.0f} MB of "
                "activations at once.",
            ),
        ])  # fmt: skip


def facts(name: str) -> None:
    """What is published, with its source, beside what is measured."""
    beside = facts_beside(name)
    if not beside:
        st.info("Its authors published no figure that can be compared.", icon=":material/info:")
        return
    with st.container(width=_FACTS_WIDTH):  # a cell's text is never wider than a third of a projector's page
        st.table([_fact_row(compared) for compared in beside], hide_index=True, border="horizontal")
    st.caption("Published figures as their sources print them; measured ones are counted on the network itself.")


def _fact_row(compared: Compared) -> dict[str, Any]:
    fact = compared.fact
    unit = "" if fact.unit in {fact.fact, "multiply-adds"} else f" {fact.unit}"
    named = ", ".join(word for word in (fact.fact, fact.variant) if word)
    return {
        "figure": f"**{plain(named)}**  \n:small[{plain(f'{fact.source}. {fact.remark}'.strip())}]",
        "published": f"{fact.value:,}{unit}",
        "measured": "" if compared.measured is None else f"{compared.measured:,}",
    }


def take_along(name: str, size: tuple[int, int] | None, table: Table) -> None:
    """The table as files, and the network in PyTorch."""
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
