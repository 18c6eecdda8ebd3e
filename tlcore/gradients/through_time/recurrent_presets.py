"""Three recurrent networks over one another: what they share, in what they differ, and triples that tell something."""

from dataclasses import dataclass, replace

from tlcore.gradients.through_time.recurrent import Cell, Recurrence, Task


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What holds for all networks that are laid over one another; see `Recurrence`."""

    task: Task = "adding"
    lag: int = 100
    units: int = 32
    lr: float = 0.1
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one network has of its own; a `radius` of 0 leaves PyTorch's start, a `clip` of 0 clips nothing."""

    cell: Cell = "rnn"
    radius: float = 0.0
    forget_bias: float = 0.0
    steps: int = 0
    clip: float = 0.0

    def recurrence(self, shared: Shared) -> Recurrence:
        """All that a measurement needs; only an LSTM has a forget gate, and only training has gradients to clip."""
        return Recurrence(
            **vars(shared), cell=self.cell, radius=self.radius or None, steps=self.steps,
            forget_bias=self.forget_bias if self.cell == "lstm" else 0.0, clip=self.clip if self.steps else 0.0,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Three networks, and what to look for."""

    title: str
    lines: tuple[Line, Line, Line]
    look: str
    shared: Shared = Shared()

    def recurrences(self) -> tuple[Recurrence, ...]:
        """The three measurements."""
        return tuple(line.recurrence(self.shared) for line in self.lines)


_LSTM, _LARGE, _LEARNING = Line(cell="lstm"), Line(radius=1.5), Line(cell="gru", clip=1.0)
PRESETS = {
    "cells": Preset(
        title="Three cells",
        lines=(Line(), _LSTM, Line(cell="gru")),
        look="All three fall along a straight line: every step back takes the same share, and after 100 steps nothing "
        "is left. Gates alone do not help. As PyTorch starts them they stand about half open, so they pass on about "
        "half of what they keep.",
    ),
    "bias": Preset(
        title="Forget bias",
        lines=(_LSTM, replace(_LSTM, forget_bias=1.0), replace(_LSTM, forget_bias=5.0)),
        look="The same LSTM three times. A bias of 1 opens the forget gate to about 0.73 (B), one of 5 to about 0.99 "
        "(C). In C the cell is handed on almost unchanged, and the gradient is no smaller at the first state than "
        "at the last one.",
    ),
    "radius": Preset(
        title="Vanishing and exploding",
        lines=(Line(radius=0.5), Line(radius=1.1), Line(radius=3.0)),
        look="The recurrent matrix times its radius, again and again. A halves the gradient at every step. In C it "
        "grows beyond all bounds, though by less than a factor of 3 a step, for the slope of tanh is below 1. With 1.1 "
        "(B) the two nearly make up for one another: after 100 steps, about a twentieth is left.",
    ),
    "clip": Preset(
        title="Clipping",
        lines=(_LARGE, replace(_LARGE, steps=50), replace(_LARGE, steps=50, clip=1.0)),
        shared=Shared(lag=50),
        look="A is the start of both others. Without clipping (B) the first steps are so long that the units saturate, "
        "and no gradient comes back any more: see the loss below. With the gradient's norm clipped to 1 (C) the loss "
        "of the same network at the same rate falls.",
    ),
    "learning": Preset(
        title="Learning opens the way",
        lines=(_LEARNING, replace(_LEARNING, steps=200), replace(_LEARNING, steps=500)),
        shared=Shared(lag=6, lr=0.5),
        look="The same GRU before training (A), after 200 steps (B) and after 500 (C). Over six steps it can learn the "
        "task, and while its loss falls, it learns to hold on: ever more of the gradient reaches the beginning.",
    ),
    "copy": Preset(
        title="Copying",
        lines=(Line(), Line(cell="gru"), replace(_LSTM, forget_bias=5.0)),
        shared=Shared(task="copy"),
        look="Another task, and the same picture: the last output is to be a letter of the beginning. Whether the way "
        "back is open depends on the network, not on what is asked. Only C, whose forget gate starts open, hears of "
        "the letter.",
    ),
}
"""The presets by their names, in the order in which they tell the story."""
