"""The layers of a network of one's own as the rows of a table that is edited."""

from typing import Any

import streamlit as st

from tlcore.zoo.stack import CHANNELS, KINDS, Layer, Stack

_WORDS = {
    "c": "convolution", "mp": "max pooling", "ap": "average pooling", "gap": "global average pooling",
    "bn": "batch normalisation", "relu": "ReLU", "lrelu": "leaky ReLU", "gelu": "GELU", "sigmoid": "sigmoid",
    "tanh": "tanh", "do": "dropout", "fl": "flatten", "fc": "dense layer",
}  # fmt: skip
_KIND_OF = {word: kind for kind, word in _WORDS.items()}
_SETTINGS = ("kernel", "stride", "padding", "dilation", "groups")


def shape(base: Stack, turn: int) -> tuple[int, int, int]:
    """Choose what goes in: `(channels, rows, columns)`."""
    with st.grid(3, min_column_width=100, gap="xsmall"):
        channels = st.selectbox(
            "Input", CHANNELS, CHANNELS.index(base.input_shape[0]),
            format_func=lambda c: {3: "colour (3)", 1: "grey (1)"}[c], key=f"channels-{turn}",
        )  # fmt: skip
        rows = st.number_input("Rows", 1, 512, base.input_shape[1], key=f"rows-{turn}")
        columns = st.number_input("Columns", 1, 512, base.input_shape[2], key=f"columns-{turn}")
    return int(channels), int(rows), int(columns)


def layers(base: Stack, turn: int) -> tuple[Layer, ...]:
    """The table, row by row a layer; rows whose kind is not chosen yet are left out."""
    rows = st.data_editor(
        [_row(layer) for layer in base.layers], alt="The layers of the network, to edit", num_rows="dynamic",
        hide_index=True, key=f"layers-{turn}", placeholder="", column_config=_columns(),
    )  # fmt: skip
    return tuple(layer for row in rows if (layer := _layer(row)))


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
