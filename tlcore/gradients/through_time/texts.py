"""Texts to learn from: what is allowed, the one that is always there, and how predictable a text is by counting."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import log2

from tlcore.errors import BadInputError
from tlcore.zoo import architectures, facts

LENGTHS, MOST_DISTINCT = (500, 100_000), 1000
_HELD_OUT = 0.1


@dataclass(frozen=True)
class Baselines:
    """Bits per character of three predictors that need no network.

    `uniform` knows only which `characters` there are, `unigram` also how often each one is, `bigram` also what follows
    on each. The last two are entropies, counted on the text itself: no predictor of their kind does better on it.
    """

    characters: int
    uniform: float
    unigram: float
    bigram: float


def checked(text: str) -> str:
    """The text with plain line ends and composed characters; what can't be learned from is refused in a sentence."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff"))
    if not LENGTHS[0] <= len(text) <= LENGTHS[1]:
        raise BadInputError(f"A text has from {LENGTHS[0]} to {LENGTHS[1]:,} characters, not {len(text):,}.")
    alphabet = set(text)
    odd = next((sign for sign in sorted(alphabet - set("\n\t")) if unicodedata.category(sign) in {"Cc", "Cs"}), None)
    if odd is not None:
        raise BadInputError(f"The text holds the control character U+{ord(odd):04X}; it must be plain text.")
    if len(alphabet) < 2:
        raise BadInputError("The text is one character again and again; there is nothing to learn from it.")
    if len(alphabet) > MOST_DISTINCT:
        raise BadInputError(
            f"The text has {len(alphabet):,} different characters; at most {MOST_DISTINCT:,} are taken."
        )
    return text


def parts(text: str) -> tuple[str, str]:
    """The text to learn from, and its last tenth, which is held out."""
    held = max(1, round(len(text) * _HELD_OUT))
    return text[:-held], text[-held:]


def baselines(text: str) -> Baselines:
    """Counted on the whole text."""
    return Baselines(
        characters=len(set(text)),
        uniform=log2(len(set(text))),
        unigram=_entropy(Counter(text)),
        bigram=_entropy(Counter(pairwise(text))) - _entropy(Counter(text[:-1])),
    )


@cache
def built_in() -> str:
    """What the project says of the networks that it knows, as one readable text."""
    return checked("\n".join(_described(name) for name in facts.published_names()))


def _described(name: str) -> str:
    """A network's paragraph: when and where it was published, its idea, and the numbers that were printed."""
    known = facts.published(name)
    title = architectures.get(name).title if name in architectures.names() else name
    lines = [
        f"{title}. {known.idea}",
        f"It was published in {known.year} by {known.authors}: {known.paper}, {known.where}.",
        f"Its input is {known.input}, its depth {known.depth}.",
        *([known.note] if known.note else []),
    ]
    for fact in known.facts:
        for_what = f" ({fact.variant})" if fact.variant else ""
        unit = "" if fact.unit == fact.fact else f" {fact.unit}"
        lines.append(f"The {fact.fact}{for_what}: {fact.value:,}{unit}; see {fact.source}. {fact.remark}".strip())
    return "\n".join(lines) + "\n"


def _entropy(counts: Counter) -> float:
    """Bits per thing counted."""
    total = counts.total()
    return sum(count * log2(total / count) for count in counts.values()) / total
