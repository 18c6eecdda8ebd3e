"""Compare: networks side by side, and the whole field at a glance."""

from typing import Any

import streamlit as st

from pages._parts import nav
from pages._parts.heading import heading
from pages._parts.networks import picker
from pages._parts.networks.explorer import shape_words
from pages._parts.networks.network_field import field, history
from pages._parts.networks.speed import speed
from tlcore.explain import interactive
from tlcore.measure.table import Table, stages
from tlcore.plots import networks as plots
from tlcore.zoo import architectures
from tlcore.zoo.facts import Published, published

_MOST = 4
_FIRST = ("alexnet_2012", "vgg16", "resnet50")
_ERRORS = ("top-1 error", "top-5 error", "top-1 accuracy", "top-5 accuracy")


def page() -> None:
    """The chosen networks, then the field."""
    heading("Compare", "Networks side by side, how fast they are on this machine, and the whole field at a glance.")
    chosen = _chosen()
    if chosen:
        _side_by_side(chosen)
        _depth(chosen)
        speed(chosen)
    st.header("The field at a glance", anchor=False)
    field(chosen)
    history()


def _chosen() -> list[str]:
    chosen = picker.several(_FIRST, _MOST)
    if not chosen:
        st.caption("Choose networks to set them side by side.")
    return chosen


def _side_by_side(names: list[str]) -> None:
    columns = st.columns(len(names))
    for column, name in zip(columns, names, strict=True):
        row, about, table = architectures.get(name), published(name), interactive.measure(name)
        with column.container(border=True, height="stretch"):
            st.subheader(row.title, anchor=False)
            st.caption(" · ".join(str(word) for word in (about.year, about.authors or "timm") if word))
            st.markdown(about.idea)
            values = {
                "Input": shape_words(row.input_shape),
                "Parameters": f"{table.params:,}",
                "Multiply-adds (MACs)": f"{table.macs:,}",
                "Convolutions and dense layers": f"{table.weighted_layers}",
                "Activations": f"{table.activation_bytes / 1e6:.1f} MB",
                **_errors(about),
            }
            rows = [{"figure": f":small[{key}]", "value": f":small[{value}]"} for key, value in values.items()]
            st.table(rows, hide_index=True, hide_header=True, border="horizontal")
            _stages(table)
            st.page_link(
                nav.page("explore"), label="Open", icon=":material/account_tree:", query_params={"net": name}
            )  # fmt: skip


def _stages(table: Table) -> None:
    """What each stage gives, and its share of the cost; stages that cost nothing are left out."""
    rows = [
        {
            "stage": stage.name,
            "gives": shape_words(stage.output_shape),
            "params": f"{stage.params / max(table.params, 1):.1%}",
            "MACs": f"{stage.macs / max(table.macs, 1):.1%}",
        }
        for stage in stages(table)
        if stage.params or stage.macs
    ]
    with st.expander("Stage by stage", icon=":material/stacks:"):
        st.table(rows, hide_index=True, border="horizontal")


def _errors(about: Published) -> dict[str, str]:
    """What its paper says of one network and one crop, or else the first figure that it gives."""
    errors: dict[str, Any] = {}
    for fact in about.facts:
        if fact.fact in _ERRORS and fact.fact not in errors:
            errors[fact.fact] = f"{fact.value:g} %" + (f" ({fact.variant})" if fact.variant else "")
    return errors


def _depth(names: list[str]) -> None:
    tables = {architectures.get(name).title: interactive.measure(name) for name in names}
    families = {architectures.get(name).title: architectures.get(name).family for name in names}
    left, right = st.columns(2)
    left.plotly_chart(
        plots.cost_over_depth(tables, families, "params", "Where the parameters are"),
        key="depth-params",
        alt="Share of the parameters over depth",
    )
    right.plotly_chart(
        plots.cost_over_depth(tables, families, "macs", "Where the arithmetic is"),
        key="depth-macs",
        alt="Share of the multiply-adds over depth",
    )
    st.caption("A line that rises late has its cost near the output; VGG's dense layers hold most of its weights.")


page()
