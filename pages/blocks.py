"""Building blocks: each beside what it replaced, measured at sizes that one chooses."""

from functools import partial

import streamlit as st

from pages._parts import components
from pages._parts.heading import Figure, figures, heading
from pages._parts.js.data import NetworkStep
from pages._parts.link_state import linked
from pages._parts.networks.explorer import shape_words, steps_of, ungrouped
from tlcore.explain import interactive
from tlcore.measure.blocks import BLOCKS, Block, measure_block
from tlcore.measure.table import Table
from tlcore.zoo.facts import published

_SCALING = "scaling"
_SEEN_AT_ONCE = 20


def page() -> None:
    """Choose a block, turn its knobs, compare."""
    heading("Building blocks", "The parts that networks are made of, each beside what it replaced, and what both cost.")
    titles = {**{name: block.title for name, block in BLOCKS.items()}, _SCALING: "Compound scaling"}
    choice = partial(
        st.pills, "Block", list(titles), format_func=titles.__getitem__, required=True, label_visibility="collapsed"
    )
    knobs = {knob.name for block in BLOCKS.values() for knob in block.knobs}
    name = str(linked("block", "residual", titles, choice, always=True, forgets=knobs))
    if name == _SCALING:
        _scaling()
    else:
        _block(BLOCKS[name])


def _block(block: Block) -> None:
    st.markdown(block.question)
    law, knobs = st.columns([1, 1.4], gap="large", vertical_alignment="center")
    with law:
        st.latex(block.law)
        st.caption(block.source)
    with knobs:
        values = _values(block)
    measured = measure_block(block.name, values)
    columns = [st.container() for _ in measured] if block.wide else st.columns(len(measured), gap="large")
    for column, one in zip(columns, measured, strict=True):
        with column:
            st.subheader(one.title, anchor=False)
            _numbers(one.table, measured[0].table if one is not measured[0] else None)
            components.network(
                _drawn(one.table), key=f"block-{block.name}-{one.title}", net=f"{block.name}-{one.title}-{values}",
                opened=[], selected=None,
            )  # fmt: skip


def _drawn(table: Table) -> list[NetworkStep]:
    """Its steps; without groups where all of them can be seen at once."""
    return steps_of(table) if len(table.rows) > _SEEN_AT_ONCE else ungrouped(table)


def _values(block: Block) -> dict[str, int]:
    with st.grid(len(block.knobs), min_column_width=140):
        return {
            knob.name: int(
                linked(knob.name, knob.first, knob.options, partial(st.select_slider, knob.label, knob.options))
            )
            for knob in block.knobs
        }


def _numbers(table: Table, beside: Table | None) -> None:
    shown = [Figure("Maps", f"{shape_words(table.rows[0].input_shape)} → {shape_words(table.rows[-1].output_shape)}")]
    for label, count in (("Parameters", "params"), ("Multiply-adds", "macs")):
        value = getattr(table, count)
        shown.append(Figure(label, f"{value:,}", note=_against(value, getattr(beside, count)) if beside else ""))
    figures(shown)


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
        table, about = interactive.measure(f"efficientnet_b{step}"), published(f"efficientnet_b{step}")
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
    st.dataframe(rows, alt="EfficientNet-B0 to B7", hide_index=True)


page()
