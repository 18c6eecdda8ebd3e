"""Sizes: how large the output of a convolution or pooling is, and which pixels its windows read."""

from functools import partial
from typing import Any

import streamlit as st

from pages._parts import components
from pages._parts.kept import kept, linked_number
from pages._parts.presets import presets
from pages._parts.segments import segments
from pages._parts.words import plain
from tlcore.errors import TlcoreError
from tlcore.measure.sizes import Sliding, output_size
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
    """Settings on the left, the formula and the picture on the right."""
    st.title("Output sizes", anchor=False)
    settings, outcome = st.columns([1, 2], gap="large")
    with settings:
        kind = _kind()
        differ = _differ()
        rows = _axis("Rows" if differ else "", "", kind)
        columns = _axis("Columns", "2", kind) if differ else rows
        extra = _extra(kind)
        presets(_PRESETS, _load)
    with outcome:
        _show("Rows" if differ else "", rows, kind, extra)
        if differ:
            _show("Columns", columns, kind, extra)


def _kind() -> str:
    linked = st.query_params.get("kind", _KINDS[0])
    st.session_state.setdefault("kind", linked if linked in _KINDS else _KINDS[0])
    kind = str(segments("Layer", _KINDS, key="kind"))
    if kind != linked:
        st.query_params["kind"] = kind
    return kind


def _differ() -> bool:
    """Whether columns have values of their own; a link that gives any of these says so too."""
    own = [f"{name}2" for name, *_ in _VALUES]
    if any(name in st.query_params for name in own):
        st.session_state.setdefault("differ", True)
    differ = bool(kept("differ", usual=False, options=(True,), draw=partial(st.toggle, "Rows and columns differ")))
    if not differ:
        for name in own:
            st.query_params.pop(name, None)
    return differ


def _axis(title: str, suffix: str, kind: str) -> dict[str, int]:
    if title:
        st.markdown(f"**{title}**")
    values = {}
    sides = st.columns(2)
    for place, (name, label, low, high, usual, meaning) in enumerate(_VALUES):
        key = f"{name}{suffix}"
        linked = linked_number(key)
        said = _CUT if name == "padding" and kind == _TRANSPOSED else meaning
        st.session_state.setdefault(f"size-{key}", usual if linked is None else min(high, max(low, linked)))
        values[name] = int(sides[place % 2].number_input(label, low, high, key=f"size-{key}", help=said))
        if values[name] == usual:
            st.query_params.pop(key, None)
        else:
            st.query_params[key] = str(values[name])
    return values


def _extra(kind: str) -> dict[str, Any]:
    if kind == "Pooling":
        up = partial(st.toggle, "Round up (ceil_mode)", help="A last window may end outside.")
        return {"pool": True, "ceil": kept("ceil", usual=False, options=(True,), draw=up)}
    if kind == _TRANSPOSED:
        added = partial(st.number_input, "Output padding", 0, _MOST_ADDED, help="Rows added at the end.")
        return {"transposed": True, "output_padding": kept("output-padding", 0, range(_MOST_ADDED + 1), added)}
    return {}


def _load(values: dict[str, int]) -> None:
    st.session_state["kind"] = _KINDS[0]
    for name, _, _, _, usual, _ in _VALUES:
        for axis in ("", "2"):
            st.session_state[f"size-{name}{axis}"] = values.get(name, usual)


def _show(title: str, values: dict[str, int], kind: str, extra: dict[str, Any]) -> None:
    if title:
        st.subheader(title, anchor=False)
    settings: dict[str, Any] = {name: value for name, value in values.items() if name != "input"}
    try:
        window = Sliding(**settings, **extra)
        found = output_size(values["input"], window)
    except TlcoreError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    working = size_working(values["input"], window, found)
    st.metric("Output", f"{values['input']} → {found.output}")
    st.latex(working.formula)
    st.latex(working.values)
    if found.dropped:
        st.caption(f":orange[**{found.dropped}**] of the last pixels fit into no window, and are dropped.")
    components.windows(
        {
            **settings, "side": values["input"], "output": found.output, "dropped": found.dropped,
            "transposed": kind == _TRANSPOSED,
        },
        key=f"windows-{title}",
    )  # fmt: skip
    st.caption(
        "Above, the input; below, a row for each output and the inputs that reach it. Hover over it."
        if kind == _TRANSPOSED
        else "Above, the input with its padding; below, a row for each output and the pixels it reads. Hover over it."
    )


page()
