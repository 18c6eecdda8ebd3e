"""Vanishing, healthy or exploding: one criterion, said together with its number."""

from dataclasses import dataclass
from math import isfinite, nan
from typing import Literal

Word = Literal["vanishing", "healthy", "exploding"]
LOW, HIGH = 1e-3, 1e3
_BOUNDS = (
    f"below {LOW:g} it is called vanishing, above {HIGH:,.0f}, or where it is no finite number, exploding, and healthy "
    "between."
)


@dataclass(frozen=True)
class Way:
    """The way that a gradient takes back, in words: where it begins, where it ends, and `steps` of a kind between."""

    start: str
    end: str
    steps: int
    step: str = "layer"


@dataclass(frozen=True)
class Verdict:
    """A word, the ratio that it rests on, and both in a sentence.

    `ratio` is the gradient's norm at the end of its way back by that at the start, and `factor` what makes it in equal
    steps; both are nan where a gradient is no finite number.
    """

    word: Word
    ratio: float
    factor: float
    sentence: str
    criterion: str


def judged(start: float, end: float, way: Way, *, finite: bool = True, precision: str = "float32") -> Verdict:
    """The verdict on a gradient's norms where its way back starts and where it ends; `finite` says whether the loss is.

    The bounds are a convention: a thousandth of the gradient, or a thousand times it, on layers that share a rate.
    """
    criterion = f"The gradient's norm at {way.end}, divided by that at {way.start}: {_BOUNDS}"
    if not (finite and isfinite(start) and isfinite(end)):
        sentence = f"On the way to {way.start}, or back from it, numbers outgrow {precision}: exploding."
        return Verdict("exploding", nan, nan, sentence, criterion)
    if start == 0 or end == 0:
        where = way.start if start == 0 else way.end
        sentence = f"What arrives at {where} is smaller than {precision} can hold, and so is zero: vanishing."
        return Verdict("vanishing", 0.0, 0.0, sentence, criterion)
    ratio = end / start
    word: Word = "vanishing" if ratio < LOW else "exploding" if ratio > HIGH else "healthy"
    factor = ratio ** (1 / max(way.steps, 1))
    sentence = (
        f"The gradient at {way.end} is {_times(ratio)} that at {way.start}, "
        f"a factor of {factor:.3g} a {way.step}: {word}."
    )
    return Verdict(word, ratio, factor, sentence, criterion)


def _times(ratio: float) -> str:
    return f"{ratio:.2g} of" if ratio < 1 else f"{ratio:.3g} times"
