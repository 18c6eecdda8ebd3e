"""The verdict on a gradient, in a badge."""

from tlcore.gradients.layers.verdict import Verdict

_COLOURS = {"vanishing": "violet", "healthy": "green", "exploding": "red"}


def judged(name: str, verdict: Verdict) -> str:
    """A line of Markdown: the name, the verdict's word in its colour, and the sentence."""
    return f"{name} :{_COLOURS[verdict.word]}-badge[{verdict.word}] {verdict.sentence}"
