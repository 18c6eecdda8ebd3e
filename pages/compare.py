"""Compare: networks side by side, and the whole field at a glance."""

from typing import Any

import streamlit as st

from pages._parts import nav
from pages._parts.explorer import shape_words
from pages._parts.speed import speed
from tlcore.measure.networks import measure
from tlcore.measure.table import Table, stages
from tlcore.plots import networks as plots
from tlcore.zoo import architectures, registry
from tlcore.zoo.facts import Published, published, rated, winners

_MOST = 4
_FIRST = ("alexnet_2012", "vgg16", "resnet50")
_ERRORS = ("top-1 error", "top-5 error", "top-1 accuracy", "top-5 accuracy")


def page() -> None:
    """The chosen networks, then the field."""
    st.title("Compare", anchor=False)
    chosen = _chosen()
    if chosen:
        _side_by_side(chosen)
        _depth(chosen)
        speed(chosen)
    st.header("The field at a glance", anchor=False)
    _field()
    _history()


def _chosen() -> list[str]:
    names = architectures.names()
    known = dict.fromkeys(name for name in st.query_params.get_all("net") if name in names)
    linked = list(known)[:_MOST] or list(_FIRST)
    chosen = st.multiselect(
        "Networks", names, default=linked, max_selections=_MOST, format_func=lambda n: architectures.get(n).title,
        key="nets", help="Two to four networks; type to search.",
    )  # fmt: skip
    if chosen != st.query_params.get_all("net"):
        st.query_params["net"] = chosen
    if not chosen:
        st.caption("Choose networks to set them side by side.")
    return chosen


def _side_by_side(names: list[str]) -> None:
    columns = st.columns(len(names))
    for column, name in zip(columns, names, strict=True):
        row, about, table = architectures.get(name), published(name), measure(name)
        with column.container(border=True, height="stretch"):
            st.subheader(row.title, anchor=False)
            st.caption(f"{about.year} · {about.authors}")
            st.markdown(about.idea)
            values = {
                "Input": shape_words(row.input_shape),
                "Parameters": f"{table.params:,}",
                "Multiply-adds (MACs)": f"{table.macs:,}",
                "Convolutions and dense layers": f"{table.weighted_layers}",
                "Activations": f"{table.activation_bytes / 1e6:.1f} MB",
                **_errors(about),
            }
            st.dataframe(
                [{"": key, "value": value} for key, value in values.items()], hide_index=True, key=f"values-{name}"
            )
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
    found: dict[str, Any] = {}
    for fact in about.facts:
        if fact.fact in _ERRORS and fact.fact not in found:
            found[fact.fact] = f"{fact.value:g} %" + (f" ({fact.variant})" if fact.variant else "")
    return found


def _depth(names: list[str]) -> None:
    tables = {architectures.get(name).title: measure(name) for name in names}
    left, right = st.columns(2)
    left.plotly_chart(
        plots.cost_over_depth(tables, "params", "Where the parameters are"),
        key="depth-params",
        alt="Share of the parameters over depth",
    )
    right.plotly_chart(
        plots.cost_over_depth(tables, "macs", "Where the arithmetic is"),
        key="depth-macs",
        alt="Share of the multiply-adds over depth",
    )
    st.caption("A line that rises late has its cost near the output; VGG's dense layers hold most of its weights.")


def _field() -> None:
    rows = rated()
    titles = {row.name: registry.get(row.name).title for row in rows}
    families = {row.name: registry.get(row.name).family for row in rows}
    st.plotly_chart(plots.field(rows, titles, families), key="field", alt="Networks by accuracy and multiply-adds")
    st.caption(
        "torchvision's figures for its first ImageNet weights; a bubble's area is the number of parameters. "
        "Each network is used at its own image size."
    )


def _history() -> None:
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        st.subheader("When they came", anchor=False)
        rows = [(published(n).year, architectures.get(n).family, architectures.get(n).title, published(n).idea)
                for n in architectures.names() if n != "resnet18_64"]  # fmt: skip
        st.plotly_chart(plots.timeline(rows), key="timeline", alt="Networks by family and year")
    with right:
        st.subheader("Winners of the ImageNet challenge", anchor=False)
        found, source = winners()
        st.plotly_chart(plots.challenge(found), key="challenge", alt="Top-5 errors of the winners, falling every year")
        st.caption(f"Top-5 error on the test images, as submitted: mostly several networks together. {source}.")


page()
