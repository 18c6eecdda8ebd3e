"""What the explorer shows of a network: its steps for the components, and the words around them."""

from typing import Any

import streamlit as st

from tlcore.measure.table import Row, Table
from tlcore.measure.working import Working, workings

WORKINGS = {
    "output": "Output rows",
    "params": "Parameters",
    "macs": "Multiply-adds",
    "memory": "Activation memory",
    "field": "Receptive field",
}
"""The columns of the table whose working can be shown, and the working's title."""


def steps_of(table: Table) -> list[dict[str, Any]]:
    """The rows as the components draw them: what is empty is left out, and numbers that mean a size are words."""
    return [_step(row) for row in table.rows]


def _step(row: Row) -> dict[str, Any]:
    values = {
        "i": row.index,
        "name": row.name,
        "type": row.type,
        "stage": row.stage,
        "kernel": _sides(row.kernel),
        "stride": _sides(row.stride),
        "padding": _sides(row.padding),
        "dilation": _sides(row.dilation) if row.dilation and max(row.dilation) > 1 else "",
        "groups": row.groups if row.groups and row.groups > 1 else "",
        "in": shape_words(row.input_shape),
        "shape": shape_words(row.output_shape),
        "field": field_words(row),
    }
    if row.index == 0:
        values["input"] = values["in"]
    counts = {"params": row.params, "macs": row.macs, "memory": row.activation_bytes}
    said = {name: value for name, value in values.items() if value != "" or name == "name"}
    return {**said, **counts, "inputs": list(row.inputs)}


def _sides(pair: tuple[int, int] | None) -> str:
    if pair is None:
        return ""
    return f"{pair[0]}" if pair[0] == pair[1] else f"{pair[0]}×{pair[1]}"


def shape_words(shape: tuple[int, ...] | None) -> str:
    """A shape as people write it: 64 × 56 × 56."""
    return "×".join(map(str, shape)) if shape else ""


def field_words(row: Row) -> str:
    """The receptive field as people write it."""
    field = row.receptive_field
    if field is None:
        return ""
    if isinstance(field, str):
        return "whole image"
    high, wide = (f"{side:g}" for side in field)
    return high if high == wide else f"{high}×{wide}"


def show_working(table: Table, index: int, column: str | None = None) -> None:
    """The working behind one number of a row, or behind all of them."""
    row = table.rows[index]
    before = table.rows[row.inputs[0]] if row.inputs and row.inputs[0] >= 0 else None
    found = [w for w in workings(row, before) if column is None or w.title == WORKINGS[column]]
    if not found:
        st.caption("This number needs no formula of its own.")
    for working in found:
        _one_working(working)


def _one_working(working: Working) -> None:
    st.markdown(f"**{working.title}**")
    st.latex(working.formula)
    st.latex(working.values)
    st.caption(working.meaning)
