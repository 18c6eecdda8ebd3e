"""Build: a network of one's own, layer by layer, with every size and cost; then train it."""

from typing import Any

import streamlit as st

from pages._parts import components, nav
from pages._parts.explorer import field_words, shape_words, steps_of
from pages._parts.presets import presets
from tlcore.errors import BadInputError
from tlcore.measure.networks import measure_stack
from tlcore.zoo import registry
from tlcore.zoo.stack import KINDS, STARTS, Layer, Stack, as_code, parse

_WORDS = {
    "c": "convolution", "mp": "max pooling", "ap": "average pooling", "gap": "global average pooling",
    "bn": "batch normalisation", "relu": "ReLU", "lrelu": "leaky ReLU", "gelu": "GELU", "sigmoid": "sigmoid",
    "tanh": "tanh", "do": "dropout", "fl": "flatten", "fc": "dense layer",
}  # fmt: skip
_KIND_OF = {word: kind for kind, word in _WORDS.items()}
_SETTINGS = ("kernel", "stride", "padding", "dilation", "groups")
_FIRST = "A small start"


def page() -> None:
    """The layers on the left, what becomes of them on the right."""
    st.title("Build", anchor=False)
    st.caption("Add layers below one another. Every number on the right is measured on the network as it stands.")
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
    presets(STARTS, _begin, title="Begin with")
    try:
        base = parse(st.session_state["_stack"])
    except BadInputError as error:
        st.error(str(error), icon=":material/block:")
        return None
    turn = st.session_state["_stack_turn"]
    shape = _shape(base, turn)
    rows = st.data_editor(
        [_row(layer) for layer in base.layers], num_rows="dynamic", hide_index=True, key=f"layers-{turn}",
        placeholder="",
        column_config=_columns(),
    )  # fmt: skip
    try:
        stack = parse(Stack(shape, tuple(layer for row in rows if (layer := _layer(row)))).name)
    except BadInputError as error:
        st.error(str(error), icon=":material/block:")
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


def _shape(base: Stack, turn: int) -> tuple[int, int, int]:
    left, middle, right = st.columns(3)
    channels = left.selectbox(
        "Input", [3, 1], [3, 1].index(base.input_shape[0]) if base.input_shape[0] in {1, 3} else 0,
        format_func=lambda c: {3: "colour (3)", 1: "grey (1)"}[c], key=f"channels-{turn}",
    )  # fmt: skip
    rows = middle.number_input("Rows", 1, 512, base.input_shape[1], key=f"rows-{turn}")
    columns = right.number_input("Columns", 1, 512, base.input_shape[2], key=f"columns-{turn}")
    return int(channels), int(rows), int(columns)


def _row(layer: Layer) -> dict[str, Any]:
    settings = {name: layer.get(name, 0) or None for name in _SETTINGS}
    return {"layer": _WORDS[layer.kind], "size": layer.size or None, **settings}


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "layer": st.column_config.SelectboxColumn("Layer", options=[_WORDS[kind] for kind in KINDS], required=True),
        "size": number("Size", min_value=1, step=1, help="Maps, outputs, a pool's kernel, or dropout in percent."),
        "kernel": number("Kernel", min_value=1, step=1, help="Of a convolution; 3 if left empty."),
        "stride": number("Stride", min_value=1, step=1, help="1 for a convolution, the kernel for pooling."),
        "padding": number("Padding", min_value=0, step=1),
        "dilation": number("Dilation", min_value=1, step=1),
        "groups": number("Groups", min_value=1, step=1),
    }


def _layer(row: dict[str, Any]) -> Layer | None:
    kind = _KIND_OF.get(row.get("layer") or "")
    if kind is None:
        return None
    usual = {"c": 16, "mp": 2, "ap": 2, "do": 50, "fc": 10}.get(kind, 0)
    size = int(row.get("size") or usual) if usual else 0
    allowed = {"c": _SETTINGS, "mp": ("stride", "padding"), "ap": ("stride", "padding")}.get(kind, ())
    settings = tuple((name, int(row[name])) for name in allowed if row.get(name))
    return Layer(kind, size, settings)


def _outcome(stack: Stack) -> None:
    try:
        table = measure_stack(stack.name)
    except BadInputError as error:
        st.error(str(error), icon=":material/block:")
        return
    row = st.container(horizontal=True)
    row.metric("Parameters", f"{table.params:,}", border=True)
    row.metric("Multiply-adds", f"{table.macs:,}", border=True)
    row.metric("Activations", f"{table.activation_bytes / 1e3:,.1f} kB", border=True)
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
        st.dataframe(rows, hide_index=True)
    with diagram:
        components.network(steps_of(table), key="stack-diagram", net=stack.name, opened=["layers"], selected=None)
    with code:
        st.code(as_code(stack), language="python")


def _train(stack: Stack) -> None:
    try:
        registry.get(stack.name)
    except BadInputError as error:
        st.caption(f":material/block: {error}")
        return
    st.page_link(
        nav.page("train"), label="Train it on my images, from scratch", icon=":material/model_training:",
        query_params={"stack": stack.name},
    )  # fmt: skip


page()
