"""The last zoom: one value of one map, with the sum that it is."""

from functools import partial

import streamlit as st

from pages._parts.link_state import linked
from tlcore.explain import interactive
from tlcore.explain.looking import Look
from tlcore.measure.table import Row
from tlcore.plots import arithmetic


def one_value(view: Look, row: Row, place: tuple[int, int]) -> None:
    """Choose a map; its value at the place is worked out from what the layer read there."""
    assert row.output_shape
    st.markdown("**One value, worked out**")
    worked = interactive.one_value(view, row.index, (_map(view, row, place), *place))
    if worked is None:
        st.caption(f"What {row.type} does is not written out; choose a convolution, for example.")
        return
    st.latex(worked.formula)
    st.latex(worked.values)
    st.caption(worked.meaning)
    if worked.grids:
        st.plotly_chart(
            arithmetic.windows([grid.parts for grid in worked.grids]), key="look-windows", width="stretch",
            alt="The windows that are read, their weights and their products, cell by cell",
        )  # fmt: skip
        st.caption("Blue is positive, orange negative. Cells outside the map are padding.")


def _map(view: Look, row: Row, place: tuple[int, int]) -> int:
    """A map of the layer; at first the one whose value at the place is the largest."""
    assert row.output_shape
    last = row.output_shape[0] - 1
    number = partial(st.number_input, "Map", 0, last, width=200, help="At first the one with the largest value here.")
    chosen = st.session_state.get("map")
    strongest = (
        chosen if isinstance(chosen, int) and chosen <= last else interactive.strongest_map(view, row.index, *place)
    )
    return int(linked("map", strongest, range(last + 1), number, always=True))
