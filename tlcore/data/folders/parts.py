"""Folders that are a part of a data set, by the names that people give them: `train`, `Testing`, `seg_val`."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import groupby
from typing import Literal, cast

from tlcore.data.folders.vocabulary import FILLERS, PART_WORDS
from tlcore.data.ingest.report import Part

PartWord = Literal["train", "val", "held", "test", "unlabelled"]
"""What a name says; `held` out is for validation, or for the test where there is another for validation."""
_SMALL_THEN_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HOLD_OUT = re.compile(r"h(o|e)ld[\W_]*out")
_TOKEN = re.compile(r"[^\W\d_]+")


def parts_among(names: Iterable[str], parent: str = "") -> dict[str, Part | None]:
    """Those of the folders beside one another that are parts, and which; None for images without classes.

    `seg_train` and `seg_test` are parts, since they differ in that alone; `steam_train` and `toy_train` are not.
    What the folder around them is called may stand in their names too.
    """
    read, around = {name: _read(name) for name in names}, set(_tokens(parent))
    known = {name: word for name, (word, rest) in read.items() if word and not rest - around}
    alike = sorted(((tuple(sorted(rest)), name, word) for name, (word, rest) in read.items() if word and rest))
    for _, group in groupby(alike, key=lambda one: one[0]):
        words = {name: word for _, name, word in group}
        if "train" in words.values() and len(set(words.values())) > 1:
            known |= words
    return _resolved(known)


def part_named(name: str) -> Part | None:
    """The part of a data set that a folder or file of this name holds, whatever lies beside it."""
    return parts_among([name]).get(name)


def _resolved(words: dict[str, PartWord]) -> dict[str, Part | None]:
    """Which part each is, given the others; nothing is a part beside which there is only what has no classes."""
    if not set(words.values()) - {"unlabelled"}:
        return {}
    held: Part = "test" if "val" in words.values() else "val"
    return {name: None if word == "unlabelled" else held if word == "held" else word for name, word in words.items()}


def _read(name: str) -> tuple[PartWord | None, frozenset[str]]:
    """The part that a name speaks of, None if of none or of several, and its words that say something else."""
    tokens = _tokens(name)
    words = {word for token in tokens if (word := _word(token))}
    if words == {"train", "val"}:  # of which people train on both
        words = {"train"}
    rest = frozenset(token for token in tokens if not _word(token) and token not in FILLERS)
    return (words.pop() if len(words) == 1 else None), rest


def _tokens(name: str) -> list[str]:
    spaced = unicodedata.normalize("NFKD", _SMALL_THEN_CAPITAL.sub(" ", name)).lower()
    plain = "".join(character for character in spaced if not unicodedata.combining(character))
    return _TOKEN.findall(_HOLD_OUT.sub("holdout", unicodedata.normalize("NFC", plain)))


def _word(token: str) -> PartWord | None:
    """What a word says, also where another is glued to it: `trainset`, `testdaten`."""
    glued = (token.removesuffix(filler) for filler in FILLERS if token.endswith(filler))
    word = next((PART_WORDS[start] for start in (token, *glued) if start in PART_WORDS), None)
    return cast("PartWord | None", word)
