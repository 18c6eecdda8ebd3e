"""Values of widgets that stand in the link by what they are, rather than by their labels."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

Kept = Callable[[str, Iterable[Any], Callable[..., Any]], Any]


def kept(key: str, usual: Any, options: Iterable[Any], draw: Callable[..., Any]) -> Any:
    """The value of a widget, which stands in the link under its key; the usual one needs no words there."""
    left = st.session_state.get(key)
    if left is None or (isinstance(left, str) and left not in options):  # none yet, or another page's of that name
        given = st.query_params.get(key)
        st.session_state[key] = next((option for option in options if _word(option) == given), usual)
    value = draw(key=key)
    if value == usual:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = _word(value)
    return value


def linked_number(name: str) -> int | None:
    """The whole number that the link gives under a name; None where it gives none, or something else."""
    given = st.query_params.get(name, "")
    return int(given) if re.fullmatch(r"\d{1,9}", given, re.ASCII) else None


def _word(value: Any) -> str:
    return str(value).lower()
