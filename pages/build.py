"""Build: a network of one's own, layer by layer, with every size and cost; then train it."""

import streamlit as st

from pages._parts import components, nav
from pages._parts.heading import Figure, figures, heading
from pages._parts.networks import stack_table
from pages._parts.networks.explorer import field_words, shape_words, steps_of
from pages._parts.presets import presets
from pages._parts.training import train_view
from pages._parts.words import plain
from tlcore.errors import BadInputError
from tlcore.explain import interactive
from tlcore.zoo import registry
from tlcore.zoo.stack import STARTS, Stack, as_code, parse

_FIRST = "A small start"


def page() -> None:
    """The layers, and what becomes of them."""
    heading("Build", "A network of your own, layer by layer: every size and cost is measured on it as it stands.")
    presets(STARTS, _begin, title="Begin with")
    edit, outcome = st.columns([1.15, 1], gap="large")
    with edit:
        stack = _edited()
    if stack is None:
        return
    if stack.name != st.query_params.get("stack"):
        st.query_params["stack"] = stack.name
    with outcome:
        _outcome(stack)


def _edited() -> Stack | None:
    """The table of layers; whatever else sets the stack begins a new table."""
    if "_stack" not in st.session_state:
        _begin(st.query_params.get("stack", STARTS[_FIRST]))
    try:
        base = parse(st.session_state["_stack"])
    except BadInputError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return None
    turn = st.session_state["_stack_turn"]
    shape, layers = stack_table.shape(base, turn), stack_table.layers(base, turn)
    try:
        stack = parse(Stack(shape, layers).name)
    except BadInputError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return None
    with st.expander("As a line of text", icon=":material/notes:"):
        st.caption("The same network, to keep, to send, or to reorder.")
        line = st.text_input("Line", stack.name, key=f"line-{stack.name}", label_visibility="collapsed")
        if line != stack.name:
            _begin(line)
            st.rerun()
    return stack


def _begin(text: str) -> None:
    st.session_state["_stack"] = text
    st.session_state["_stack_turn"] = st.session_state.get("_stack_turn", 0) + 1


def _outcome(stack: Stack) -> None:
    try:
        table = interactive.measure(stack.name)
    except BadInputError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    figures([
        Figure("Parameters", f"{table.params:,}"),
        Figure("Multiply-adds (MACs)", f"{table.macs:,}"),
        Figure("Activations", f"{table.activation_bytes / 1e3:,.1f} kB"),
    ])  # fmt: skip
    _train(stack)
    layers, diagram, code = st.tabs(["Layers", "Diagram", "PyTorch"])
    with layers:
        rows = [
            {
                "layer": row.type, "output": shape_words(row.output_shape), "parameters": f"{row.params:,}",
                "MACs": f"{row.macs:,}", "memory": f"{row.activation_bytes / 1e3:,.1f} kB", "sees": field_words(row),
            }
            for row in table.rows
        ]  # fmt: skip
        st.dataframe(rows, alt="The layers, their sizes and costs", hide_index=True)
    with diagram:
        components.network(steps_of(table), key="stack-diagram", net=stack.name, opened=["layers"], selected=None)
    with code:
        st.code(as_code(stack), language="python")


def _train(stack: Stack) -> None:
    try:
        registry.get(stack.name)
    except BadInputError as error:
        st.caption(f":material/block: {plain(str(error))}")
        return
    st.page_link(
        nav.page("train"), label="Train it on my images, from scratch", icon=":material/model_training:",
        query_params=train_view.to_form(stack=stack.name),
    )  # fmt: skip


page()
