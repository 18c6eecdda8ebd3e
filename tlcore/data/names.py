"""Names that people give: normalised and shown as text, never used as paths."""

import unicodedata
from collections.abc import Iterable

MAX_NAME = 80
_IGNORED_FILES = {"thumbs.db", "desktop.ini"}


def clean_name(name: str, fallback: str = "unnamed", longest: int = MAX_NAME) -> str:
    """NFC, without control and direction-changing characters, single-spaced, at most 80 characters."""
    kept = "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character
        for character in name
        if unicodedata.category(character) not in {"Cf", "Cs", "Co"}
    )
    return unicodedata.normalize("NFC", " ".join(kept.split()))[:longest].strip() or fallback


def is_ignored(path: Iterable[str]) -> bool:
    """Whether an operating system, not a person, put this file there."""
    components = tuple(path)
    return (
        "__MACOSX" in components
        or any(component.startswith(".") for component in components)
        or components[-1].lower() in _IGNORED_FILES
    )


def unique_name(name: str, taken: Iterable[str]) -> str:
    """The name, or the name with the first free suffix: `ant.jpg`, `ant (2).jpg`."""
    used = set(taken)
    if name not in used:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    number = 2
    while f"{stem} ({number}){dot}{extension}" in used:
        number += 1
    return f"{stem} ({number}){dot}{extension}"
