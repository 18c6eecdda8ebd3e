"""The filters page's choice of filters, a kernel of one's own among them; all of it lives in the link."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from pages._parts.guards import guarded
from pages._parts.link_state import choose, linked
from tlcore.errors import BadInputError
from tlcore.filters import show
from tlcore.filters.bank import LARGEST, Kernel, Matrix, bank
from tlcore.filters.engine import Maps
from tlcore.filters.written import read_kernel, resized, write_kernel

OWN = "custom"
SMALL = 256
"""Pixels: small pictures need no more, and stay quick."""
_BLANK = "0 0 0;0 1 0;0 0 0"


@dataclass(frozen=True)
class Chosen:
    """One of the two filters: its side, what to apply (None where its kernel can't be read), and its title."""

    side: str
    name: str
    title: str
    filter: str | Kernel | None
    error: str = ""


@dataclass(frozen=True)
class Lab:
    """What is on the page: the image before and after noise and blur, its settings, the filters, their responses."""

    clean: Maps
    image: Maps
    settings: dict[str, Any]
    chosen: tuple[Chosen, Chosen]
    responses: tuple[Maps | None, Maps | None]


def choose_filter(side: str, first: str) -> Chosen:
    """Let a person choose a filter; `side` is its name in the link."""
    titles = {**show.choices(), OWN: "A kernel of your own"}
    if side not in st.session_state:
        st.session_state[_text(side)] = st.query_params.get(f"kernel-{side}")
    choice = partial(
        st.selectbox, "First filter" if side == "a" else "Second filter", list(titles),
        format_func=titles.__getitem__, on_change=_begin, args=(side,), label_visibility="collapsed",
    )  # fmt: skip
    name = str(linked(side, first, titles, choice, always=True))
    text = _text_now(side, name)
    _link_kernel(side, text if name == OWN else None)
    if name != OWN:
        return Chosen(side, name, titles[name], name)
    try:
        return Chosen(side, name, titles[name], read_kernel(text))
    except BadInputError as error:
        return Chosen(side, name, titles[name], None, str(error))


def kernel_editor(chosen: Chosen) -> None:
    """The kernel as a table of numbers that one may change, its size, and the same as a line of text."""
    side = chosen.side
    kernel = chosen.filter if isinstance(chosen.filter, Kernel) else bank().get(chosen.name)
    place = _cells(side)
    if kernel is not None and place not in st.session_state:
        st.session_state[f"_base-{side}"] = read_kernel(write_kernel(kernel.values)).values
    if kernel is not None or place in st.session_state:
        _table(side)
        if chosen.name != OWN:
            st.caption("Change a number, and the kernel becomes your own.")
    line = _text_now(side, chosen.name)
    turn = st.session_state.get(_turn(side), 0)
    st.text_input(
        "As a line of text", line, key=f"line-{side}-{turn}-{line}", on_change=_typed, args=(side, turn, line),
        help="Rows between semicolons, numbers between blanks; 1/9 is a ninth.",
    )  # fmt: skip


def narrow(values: Matrix) -> dict[str, Any]:
    """The settings of a table of a kernel: columns counted from one, as wide as its numbers need."""
    width = 60 if (values == values.round()).all() else 84
    column = st.column_config.NumberColumn
    return {str(place): column(f"{place + 1}", width=width) for place in range(values.shape[1])}


def _table(side: str) -> None:
    base = st.session_state[f"_base-{side}"]
    rows, columns = base.shape
    turn = st.session_state.get(_turn(side), 0)
    sizes = st.columns(2, wrap=False)
    words = f"1 to {LARGEST}; an even kernel is anchored right of and below its middle."
    for column, label, value in zip(sizes, ("Rows", "Columns"), (rows, columns), strict=True):
        column.number_input(
            label, 1, LARGEST, value, key=f"{label}-{side}-{turn}", on_change=_resized, args=(side,), help=words
        )
    st.data_editor(
        base, key=_cells(side), on_change=_edited, args=(side,), hide_index=True, alt="The kernel's numbers",
        column_config=narrow(base), height="content",
    )  # fmt: skip


def edited(values: Matrix, rows: Mapping[str, Mapping[str, float | None]]) -> str:
    """The kernel after these changes of a data editor, written; a number that was deleted is none."""
    values = values.copy()
    for row, cells in rows.items():
        for column, value in cells.items():
            values[int(row), int(column)] = float("nan") if value is None else value
    return write_kernel(values)


@guarded
def _edited(side: str) -> None:
    """The numbers that were changed make the kernel one's own; the table itself stays, and so does the cursor."""
    changed = st.session_state.get(_cells(side), {}).get("edited_rows")
    if changed or st.session_state[f"filter-{side}"] == OWN:
        _own(side, edited(st.session_state[f"_base-{side}"], changed or {}))


@guarded
def _resized(side: str) -> None:
    """Fields that were away for a run, for want of an image, say that they changed though nobody changed them."""
    turn, base = st.session_state.get(_turn(side), 0), st.session_state[f"_base-{side}"]
    keys = [f"{label}-{side}-{turn}" for label in ("Rows", "Columns")]
    sizes = [int(st.session_state.get(key, size)) for key, size in zip(keys, base.shape, strict=True)]
    if tuple(sizes) == base.shape:
        return
    rows, columns = (min(LARGEST, max(1, size)) for size in sizes)  # the browser is not to be trusted with limits
    try:
        values = read_kernel(_text_now(side, str(st.session_state[side]))).values
    except BadInputError:
        values = base
    _own(side, write_kernel(resized(values, rows, columns)))
    _begin(side)


@guarded
def _typed(side: str, turn: int, line: str) -> None:
    text = str(st.session_state.get(f"line-{side}-{turn}-{line}", line))
    if text != line:
        _own(side, text)
        _begin(side)


def _own(side: str, text: str) -> None:
    st.session_state[_text(side)] = text
    choose({side: OWN})


@guarded
def _begin(side: str) -> None:
    """Begin a new table, for the kernel came from elsewhere."""
    st.session_state[_turn(side)] = st.session_state.get(_turn(side), 0) + 1


def _text_now(side: str, name: str) -> str:
    """The chosen kernel, written; one's own is kept meanwhile, and begins as the kernel that was chosen before it."""
    if name in bank():
        st.session_state[f"_before-{side}"] = write_kernel(bank()[name].values)
    elif name == OWN and st.session_state[_text(side)] is None:
        st.session_state[_text(side)] = st.session_state.get(f"_before-{side}", _BLANK)
    return str(st.session_state[_text(side)] if name == OWN else st.session_state.get(f"_before-{side}", _BLANK))


def _link_kernel(side: str, text: str | None) -> None:
    key = f"kernel-{side}"
    if text is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != text:
        st.query_params[key] = text


def _text(side: str) -> str:
    return f"_kernel-{side}"


def _turn(side: str) -> str:
    return f"_turn-{side}"


def _cells(side: str) -> str:
    return f"cells-{side}-{st.session_state.get(_turn(side), 0)}"
