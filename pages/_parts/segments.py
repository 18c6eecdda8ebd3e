"""One of a few, side by side."""

from collections.abc import Sequence
from typing import Any

import streamlit as st


def segments(label: str, options: Sequence[Any], **more: Any) -> Any:
    """A segmented control, of which one is always chosen, and which breaks into rows where a phone is narrow."""
    return st.segmented_control(label, options, required=True, wrap=True, **more)  # noqa: TID251 - here alone
