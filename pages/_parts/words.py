"""Small words that pages put together from what people named and counted."""

import re

_MARKS = re.compile(r"([\\`*_\[\]#<>~$:|^])")
_AT_THE_START = re.compile(r"^(\d*)([-+=.)])")  # would begin a list or underline a heading


def plain(text: str) -> str:
    """A person's own words inside Markdown, shown as they were typed."""
    return _AT_THE_START.sub(r"\1\\\2", _MARKS.sub(r"\\\1", text))


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 image`, `2 images`; the plural is given where it is not an `s` more."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
