"""Small words that pages put together from what people named and counted."""

import re
from collections.abc import Collection

from tlcore.wording import about, counted, listed, took

__all__ = ["about", "counted", "plain", "some", "took"]

LOW_AND_HIGH = (
    "Low layers are those near the input: what they find is simple and general, such as edges and colours, and serves "
    "nearly any images. High layers, near the answer, find what is complex and specific to what they learned from "
    "(Yosinski et al. 2014)."
)
"""Which way is up in a network, said wherever it matters which layers learn or were learned."""
_MARKS = re.compile(r"([\\`*_\[\]#<>~$:|^])")
_AT_THE_START = re.compile(r"^(\d*)([-+=.)])")  # would begin a list or underline a heading


def plain(text: str) -> str:
    """A person's own words inside Markdown, shown as they were typed."""
    return _AT_THE_START.sub(r"\1\\\2", _MARKS.sub(r"\\\1", text))


def some(names: Collection[str], most: int = 5) -> str:
    """The first few names, shown as they were typed, and how many more there are."""
    return listed([plain(name) for name in names], most)
