"""Building blocks: each beside what it replaced, measured at sizes that one chooses."""

from typing import Any

import streamlit as st

from pages._parts import components
from pages._parts.explorer import shape_words, steps_of
from pages._parts.kept import linked_number
from tlcore.measure.blocks import BLOCKS, Block, measure_block
from tlcore.measure.networks import measure
from tlcore.measure.table import Table
from tlcore.zoo.facts import published

_SCALING = "scaling"
_SEEN_AT_ONCE = 20


def page() -> None:
    """Choose a block, turn its knobs, compare."""
    st.title("Building blocks", anchor=False)
    titles = {**{name: block.title for name, block in BLOCKS.items()}, _SCALING: "Compound scaling"}
    linked = st.query_params.get("block", "residual")
    st.session_state.setdefault("block", linked if linked in titles else "residual")
    name = str(st.pills("Block", list(titles), format_func=titles.__getitem__, key="block", required=True))
    if name != linked:
        st.query_params.clear()
        st.query_params["block"] = name
    if name == _SCALING:
        _scaling()
    else:
        _block(BLOCKS[name])


def _block(block: Block) -> None:
    st.markdown(block.question)
    st.latex(block.law)
    st.caption(block.source)
    values = _values(block)
    found = measure_block(block.name, values)
    columns = [st.container() for _ in found] if block.wide else st.columns(len(found), gap="large")
    for column, one in zip(columns, found, strict=True):
        with column:
            st.subheader(one.title, anchor=False)
            _numbers(one.table, found[0].table if one is not found[0] else None)
            components.network(
                _drawn(one.table), key=f"block-{block.name}-{one.title}", net=f"{block.name}-{one.title}-{values}",
                opened=[], selected=None, folded=True,
            )  # fmt: skip


def _drawn(table: Table) -> list[dict[str, Any]]:
    """Its steps; without groups where all of them can be seen at once."""
    steps = steps_of(table)
    if len(steps) > _SEEN_AT_ONCE:
        return steps
    return [{**step, "name": step["name"].replace(".", " "), "stage": ""} for step in steps]


def _values(block: Block) -> dict[str, int]:
    values = {}
    for knob, column in zip(block.knobs, st.columns(max(3, len(block.knobs))), strict=False):
        linked = linked_number(knob.name)
        first = linked if linked in knob.options else knob.first
        key = f"{block.name}-{knob.name}"
        st.session_state.setdefault(key, first)
        values[knob.name] = int(column.select_slider(knob.label, knob.options, key=key))
        if values[knob.name] == knob.first:
            st.query_params.pop(knob.name, None)
        else:
            st.query_params[knob.name] = str(values[knob.name])
    return values


def _numbers(table: Table, beside: Table | None) -> None:
    with st.container(horizontal=True):
        for label, count in (("Parameters", "params"), ("Multiply-adds", "macs")):
            value = getattr(table, count)
            against = _against(value, getattr(beside, count)) if beside else None
            st.metric(label, f"{value:,}", against, "off", border=True, delta_arrow="off")
    st.caption(f"{shape_words(table.rows[0].input_shape)} → {shape_words(table.rows[-1].output_shape)}")


def _against(value: int, other: int) -> str:
    return "the same" if value == other else f"{value / other:.2f} times as many"


def _scaling() -> None:
    """EfficientNet's family: depth, width and image size grow together."""
    st.markdown(
        "EfficientNet's rule grows depth, width and image side together, by 1.2, 1.1 and 1.15, which about doubles "
        "the arithmetic. The published B1 to B7 follow it roughly, with rounded factors and sides. All but the "
        "accuracy is measured on the networks themselves."
    )
    st.latex(r"\alpha\,\beta^2\,\gamma^2 \approx 2, \quad \alpha = 1.2,\ \beta = 1.1,\ \gamma = 1.15")
    st.caption("Tan & Le 2019, equation 3")
    rows = []
    for step in range(8):
        table, about = measure(f"efficientnet_b{step}"), published(f"efficientnet_b{step}")
        accuracy = next(fact for fact in about.facts if fact.fact == "top-1 accuracy")
        first = table.rows[0].output_shape
        assert first is not None and table.rows[0].input_shape is not None
        rows.append(
            {
                "network": f"EfficientNet-B{step}",
                "side": table.rows[0].input_shape[-1],
                "layers with weights": table.weighted_layers,
                "maps of the stem": first[0],
                "parameters": f"{table.params:,}",
                "multiply-adds": f"{table.macs:,}",
                "top-1 accuracy, published (%)": accuracy.value,
            }
        )
    st.dataframe(rows, hide_index=True)


page()
