"""The last zoom: one value of one map, with the sum that it is."""

from typing import Any

import streamlit as st

from pages._parts import cached
from pages._parts.kept import linked_number
from tlcore.measure.table import Row
from tlcore.plots import arithmetic as figures


def one_value(view: Any, row: Row, place: tuple[int, int]) -> None:
    """Choose a map; its value at the place is worked out from what the layer read there."""
    assert row.output_shape
    st.markdown("**One value, worked out**")
    found = cached.one_value(view, row.index, (_map(view, row, place), *place))
    if found is None:
        st.caption(f"What {row.type} does is not written out; choose a convolution, for example.")
        return
    st.latex(found.formula)
    st.latex(found.values)
    st.caption(found.meaning)
    if found.grids:
        st.plotly_chart(
            figures.windows([grid.parts for grid in found.grids]), key="look-windows", width="stretch",
            alt="The windows that are read, their weights and their products, cell by cell",
        )  # fmt: skip
        st.caption("Blue is positive, orange negative. Cells outside the map are padding.")


def _map(view: Any, row: Row, place: tuple[int, int]) -> int:
    """A map of the layer; at first the one whose value at the place is the largest."""
    assert row.output_shape
    last, linked = row.output_shape[0] - 1, linked_number("map")
    first = linked if linked is not None and linked <= last else cached.strongest_map(view, row.index, *place)
    chosen = st.number_input(
        "Map", 0, last, first, key=f"look-map-{row.name}-{last}", width=200,
        help="At first the one with the largest value here.",
    )  # fmt: skip
    st.query_params["map"] = str(int(chosen))
    return int(chosen)
