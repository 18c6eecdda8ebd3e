"""Sizes: how large the output of a convolution or pooling is, and which pixels its windows read."""

from functools import partial
from typing import Any

import streamlit as st

from pages._parts import components
from pages._parts.heading import Figure, figure, heading
from pages._parts.link_state import choose, linked
from pages._parts.presets import presets
from pages._parts.segments import segments
from pages._parts.words import plain
from tlcore.errors import TlcoreError
from tlcore.measure.windows.sizes import Sliding, output_size
from tlcore.measure.working import size_working

_TRANSPOSED = "Transposed convolution"
_KINDS = ("Convolution", "Pooling", _TRANSPOSED)
_PRESETS = {
    "AlexNet's first layer": {"input": 227, "kernel": 11, "stride": 4},
    "VGG: keeps the size": {"input": 56, "kernel": 3, "padding": 1},
    "ResNet's first layer": {"input": 224, "kernel": 7, "stride": 2, "padding": 3},
    "Halving, with a pixel dropped": {"input": 7, "kernel": 2, "stride": 2},
    "With holes": {"input": 15, "kernel": 3, "padding": 2, "dilation": 2},
}
_VALUES = (
    ("input", "Input", 1, 512, 12, "Pixels along the axis."),
    ("kernel", "Kernel", 1, 64, 3, "Pixels that a window reads."),
    ("stride", "Stride", 1, 64, 1, "Pixels from one window to the next."),
    ("padding", "Padding", 0, 64, 0, "Zeros before the first and after the last pixel."),
    ("dilation", "Dilation", 1, 32, 1, "Pixels from one tap of a window to the next; 1 is no hole."),
)

_MOST_ADDED = 32
_CUT = "Rows cut off the output at both ends."


def page() -> None:
    """Presets, the formula and the picture, and the settings beside them."""
    heading(
        "Output sizes",
        "How large the output of a convolution or pooling is, and which pixels each of its windows reads.",
    )
    presets(_PRESETS, _load)
    outcome, settings = st.columns([2, 1], gap="large")
    with settings:
        kind = _kind()
        differ = _differ()
        rows = _axis("Rows" if differ else "", "", kind)
        columns = _axis("Columns", "2", kind) if differ else rows
        extra = _extra(kind)
    with outcome:
        _show("Rows" if differ else "", rows, kind, extra)
        if differ:
            _show("Columns", columns, kind, extra)


def _kind() -> str:
    return str(linked("kind", _KINDS[0], _KINDS, partial(segments, "Layer", _KINDS, label_visibility="collapsed")))


def _differ() -> bool:
    """Whether columns have values of their own; a link that gives any of these says so too."""
    own = [f"{name}2" for name, *_ in _VALUES]
    if "differ" not in st.session_state and any(name in st.query_params for name in own):
        st.query_params["differ"] = "true"
    switch = partial(st.toggle, "Rows and columns differ")
    differ = bool(linked("differ", usual=False, options=(False, True), draw=switch))
    if not differ:
        for name in own:
            st.query_params.pop(name, None)
    return differ


def _axis(title: str, suffix: str, kind: str) -> dict[str, int]:
    if title:
        st.markdown(f"**{title}**")
    values = {}
    sides = st.columns(2, wrap=False)
    for place, (name, label, low, high, usual, meaning) in enumerate(_VALUES):
        said = _CUT if name == "padding" and kind == _TRANSPOSED else meaning
        number = partial(sides[place % 2].number_input, label, low, high, help=said)
        values[name] = int(linked(f"{name}{suffix}", usual, range(low, high + 1), number, nearest=True))
    return values


def _extra(kind: str) -> dict[str, Any]:
    if kind == "Pooling":
        up = partial(st.toggle, "Round up (ceil_mode)", help="A last window may end outside.")
        return {"pool": True, "ceil": linked("ceil", usual=False, options=(False, True), draw=up)}
    if kind == _TRANSPOSED:
        added = partial(st.number_input, "Output padding", 0, _MOST_ADDED, help="Rows added at the end.")
        return {"transposed": True, "output_padding": linked("output-padding", 0, range(_MOST_ADDED + 1), added)}
    return {}


def _load(values: dict[str, int]) -> None:
    choose({"kind": _KINDS[0]})
    for name, _, _, _, usual, _ in _VALUES:
        choose({f"{name}{axis}": values.get(name, usual) for axis in ("", "2")})


def _show(title: str, values: dict[str, int], kind: str, extra: dict[str, Any]) -> None:
    if title:
        st.subheader(title, anchor=False)
    settings: dict[str, Any] = {name: value for name, value in values.items() if name != "input"}
    try:
        window = Sliding(**settings, **extra)
        size = output_size(values["input"], window)
    except TlcoreError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    working = size_working(values["input"], window, size)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        figure(Figure("Output", f"{values['input']} → {size.output}"))
        st.latex(working.formula, width="content")
        st.latex(working.values, width="content")
    if size.dropped:
        st.caption(f":orange[**{size.dropped}**] of the last pixels fit into no window, and are dropped.")
    components.windows(
        {
            "kernel": window.kernel, "stride": window.stride, "padding": window.padding, "dilation": window.dilation,
            "side": values["input"], "output": size.output, "dropped": size.dropped, "transposed": window.transposed,
        },
        key=f"windows-{title}",
    )  # fmt: skip
    st.caption(
        "On top the input, then a row for each output and the inputs that reach it. Point at a row, or tap it."
        if kind == _TRANSPOSED
        else "On top the input with its padding, then a row for each output and the pixels it reads. Point at a row, "
        "or tap it."
    )


page()
