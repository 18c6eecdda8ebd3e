"""The mark of every family of networks: the same in every chart."""

from dataclasses import dataclass

from tlcore.palette import GREY, TWENTY
from tlcore.zoo.architectures import FAMILIES

_SYMBOLS = ("circle", "diamond")  # of the first and of the second half, so that near colours are told apart


@dataclass(frozen=True)
class Mark:
    """How a family is drawn."""

    colour: str
    symbol: str


_MARKS = {
    family: Mark(colour, _SYMBOLS[2 * place >= len(FAMILIES)])
    for place, (family, colour) in enumerate(zip(FAMILIES, TWENTY, strict=True))
}


def mark_of(family: str) -> Mark:
    """The mark of a family, the same everywhere; grey of one that is no published family."""
    return _MARKS.get(family, Mark(GREY, "square"))
