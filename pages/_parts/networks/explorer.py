"""What the explorer shows of a network: its steps for the components, and the words around them."""

from typing import cast

import streamlit as st

from pages._parts.js.data import NetworkStep
from tlcore.measure.table import Row, Table
from tlcore.measure.working import Working, workings


def steps_of(table: Table) -> list[NetworkStep]:
    """The rows as the components draw them: what is empty is left out, and numbers that mean a size are words."""
    steps = [_step(row) for row in table.rows]
    if steps and table.more:
        steps[0]["more"] = [(name, shape_words(shape)) for name, shape in table.more]
    return steps


def ungrouped(table: Table) -> list[NetworkStep]:
    """The same, so that no step stands in a group: for what can be seen at once."""
    steps = steps_of(table)
    for step in steps:
        step["name"], step["stage"] = step["name"].replace(".", " "), ""
    return steps


def _step(row: Row) -> NetworkStep:
    step: NetworkStep = {
        "index": row.index,
        "name": row.name,
        "type": row.type,
        "stage": row.stage,
        "kernel": _sides(row.kernel),
        "stride": _sides(row.stride),
        "padding": _sides(row.padding),
        "dilation": _sides(row.dilation) if row.dilation and max(row.dilation) > 1 else "",
        "input_shape": shape_words(row.input_shape),
        "output_shape": shape_words(row.output_shape),
        "field": field_words(row),
        "params": row.params,
        "macs": row.macs,
        "activation_bytes": row.activation_bytes,
        "inputs": list(row.inputs),
    }
    if row.groups and row.groups > 1:
        step["groups"] = row.groups
    return cast("NetworkStep", {name: value for name, value in step.items() if value != "" or name == "name"})


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
    """The working behind the number of a row that stands in a column, or behind all of them."""
    row = table.rows[index]
    before = table.rows[row.inputs[0]] if row.inputs and row.inputs[0] >= 0 else None
    shown = [w for w in workings(row, before) if column is None or w.number == column]
    if not shown:
        st.caption("This number needs no formula of its own.")
    for working in shown:
        _one_working(working)


def _one_working(working: Working) -> None:
    st.markdown(f"**{working.title}**")
    st.latex(working.formula)
    st.latex(working.values)
    st.caption(working.meaning)
