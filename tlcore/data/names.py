"""Names that people give: normalised and shown as text, told apart, put in order, never used as paths."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

MAX_NAME = 80
_CUT = " … "
_LONGEST_WORD = 12  # of which no part is left where a name is cut
# Digits, with a fraction unless there is more of it, as in a version or a date; a sign where the name begins with one.
_NUMBER = re.compile(r"((?:^-)?(?:(?<!\d\.)\d+\.\d+(?![.\d])|\d+))")


def clean_name(name: str, fallback: str = "unnamed", longest: int = MAX_NAME) -> str:
    """NFC, without control and direction-changing characters, single-spaced, at most 80 characters.

    Of longer ones the middle is left out, for names of one kind mostly differ at their end.
    """
    return shortened(whole_name(name), longest) or fallback


def whole_name(name: str) -> str:
    """NFC, without control and direction-changing characters, single-spaced, as long as it is."""
    kept = "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character
        for character in name
        if unicodedata.category(character) not in {"Cf", "Cs", "Co"}
    )
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def shortened(name: str, longest: int = MAX_NAME) -> str:
    """The name with its middle left out, where it is longer than may be shown."""
    if len(name) <= longest:
        return name
    half = (longest - len(_CUT)) // 2
    start, end = name[:half], name[-half:]
    if (space := start.rfind(" ")) > half - _LONGEST_WORD:
        start = start[:space]
    if 0 <= (space := end.find(" ")) < _LONGEST_WORD:
        end = end[space:]
    return unicodedata.normalize("NFC", f"{start.rstrip()}{_CUT}{end.lstrip()}")


def same_but_for_case(name: str) -> str:
    """What names have in common that differ only in case; `ß` and `ss` are different letters, as `ö` and `o` are."""
    return unicodedata.normalize("NFC", name.lower())


def natural_key(name: str) -> tuple[tuple[str | Decimal, ...], str]:
    """The order of people: numbers by their value, letters whatever their case and accents, then as they are."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    pieces = _NUMBER.split(plain)  # text and numbers in turn, so that like is compared with like
    return tuple(Decimal(piece) if place % 2 else piece for place, piece in enumerate(pieces)), name


def in_natural_order(names: Iterable[str]) -> tuple[str, ...]:
    """Names of classes in the order of people: `1`, `2`, `10`."""
    return tuple(sorted(names, key=natural_key))


def as_text(names: Iterable[str]) -> tuple[str, ...]:
    """Names of files and folders without bytes that are no text, which some systems allow."""
    return tuple(name.encode(errors="ignore").decode() for name in names)


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
