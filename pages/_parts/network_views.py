"""The explorer's views of a network: figures, diagram, layers, what is published, what can be taken along."""

import csv
import io
import json
from typing import Any

import streamlit as st

from pages._parts import cached, components, nav
from pages._parts.explorer import field_words, shape_words, show_working, steps_of
from pages._parts.guards import guarded
from pages._parts.kept import linked_number
from pages._parts.spec_form import backbone_label
from pages._parts.words import plain
from tlcore.measure.against import facts_beside
from tlcore.measure.columns import COLUMNS, as_json, columns
from tlcore.measure.memory import Precision, to_learn, to_predict
from tlcore.measure.table import Table, map_rows
from tlcore.zoo import architectures
from tlcore.zoo.facts import published
from tlcore.zoo.source import as_pytorch

_FACTS_WIDTH = 720


def headline(name: str, table: Table) -> None:
    """What it is, who made it, what it costs, and the way to train it."""
    row, about = architectures.get(name), published(name)
    st.markdown(f"**{about.idea}** {about.note}")
    st.caption(f"{about.authors}: {about.paper}. {about.where}, {about.year}. Input {about.input}; {about.depth}.")
    figures(table)
    if row.trainable:
        query = {"backbone": backbone_label(name, cached.weights_at_hand())}
        st.page_link(
            nav.page("train"), label="Train this on my images", icon=":material/model_training:", query_params=query
        )


def figures(table: Table) -> None:
    """Its totals."""
    local = [r for r in table.rows if isinstance(r.receptive_field, tuple)]
    row = st.container(horizontal=True)
    row.metric("Parameters", f"{table.params:,}", border=True)
    row.metric("Multiply-adds (MACs)", _giga(table.macs), border=True, help=f"{table.macs:,} for one image.")
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


def diagram(name: str, table: Table) -> None:
    """The network as a diagram; beside it the working of the chosen layer's numbers."""
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
    if row in map_rows(table):
        st.button(
            "One value of it, on an image", icon=":material/function:", on_click=_to_image, args=(index,),
            help="What it makes of a photo, and the sum behind one pixel of a map.",
        )  # fmt: skip


@guarded
def _to_image(index: int) -> None:
    """Look at a step on an image, whatever was looked at there before."""
    for stale in [key for key in st.session_state if str(key).startswith("look-layer-")]:
        del st.session_state[stale]
    st.session_state["view"] = "On an image"
    st.query_params.update({"view": "On an image", "step": str(index)})
    st.query_params.pop("map", None)


def layers(name: str, table: Table) -> None:
    """The layer table, whose numbers show their working, and the memory that a batch takes."""
    totals = {"params": table.params, "macs": table.macs, "memory": table.activation_bytes}
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


def facts(name: str) -> None:
    """What is published, with its source, beside what is measured."""
    found = facts_beside(name)
    if not found:
        st.info("Its authors published no figure that can be compared.", icon=":material/info:")
        return
    with st.container(width=_FACTS_WIDTH):  # a cell's text is never wider than a third of a projector's page
        st.table([_fact_row(compared) for compared in found], hide_index=True, border="horizontal")
    st.caption("Published figures as their sources print them; measured ones are counted on the network above.")


def _fact_row(compared: Any) -> dict[str, Any]:
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
