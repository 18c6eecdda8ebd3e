"""Shares in tables: as bars with whole percents, since a few dozen images do not carry decimals."""

from collections.abc import Iterable
from typing import Any

import streamlit as st


def share_columns(*names: str) -> dict[str, Any]:
    """The column configuration of shares that `with_percents` has scaled."""
    return {
        name: st.column_config.ProgressColumn(name, width=96, min_value=0, max_value=100, format="%d %%")
        for name in names
    }


def with_percents(rows: Iterable[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """The rows with these shares, in [0, 1] or None, as whole percents."""
    return [
        {key: round(100 * value) if key in names and value is not None else value for key, value in row.items()}
        for row in rows
    ]


def without_empty(rows: Iterable[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """The rows without those of these columns that hold nothing in any of them."""
    kept = list(rows)
    empty = {name for name in names if all(row.get(name) is None for row in kept)}
    return [{name: value for name, value in row.items() if name not in empty} for row in kept]
