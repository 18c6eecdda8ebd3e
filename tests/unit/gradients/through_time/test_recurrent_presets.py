"""What the presets of recurrent networks say, against what is then measured."""

import math

import pytest
import torch

from tlcore.gradients.through_time.recurrent import Recurrence, ThroughTime, _network, through_time
from tlcore.gradients.through_time.recurrent_presets import PRESETS, Line, Shared

VERDICTS = {
    "cells": ("vanishing", "vanishing", "vanishing"),
    "bias": ("vanishing", "vanishing", "healthy"),
    "radius": ("vanishing", "healthy", "exploding"),
    "clip": ("healthy", "vanishing", "healthy"),
    "learning": ("healthy", "healthy", "healthy"),
    "copy": ("vanishing", "vanishing", "healthy"),
}


def found(name: str) -> list[ThroughTime]:
    return [through_time(one) for one in PRESETS[name].recurrences()]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_tells_its_story(name: str) -> None:
    assert tuple(one.verdict.word for one in found(name)) == VERDICTS[name]


def test_all_cells_lose_about_the_same_share_a_step() -> None:
    assert [one.verdict.factor for one in found("cells")] == pytest.approx([0.62] * 3, abs=0.02)


def test_a_cell_begins_with_its_gates_half_open_and_a_bias_opens_them() -> None:
    """The forget gate of an LSTM that has seen nothing yet, and the update gate of a GRU."""
    for bias, wanted in ((0.0, 0.5), (1.0, 0.73), (5.0, 0.99)):
        cell = _network(Recurrence(cell="lstm", forget_bias=bias), torch.Generator().manual_seed(0)).cell
        gate = torch.sigmoid(cell.bias_ih + cell.bias_hh).chunk(4)[1].mean().item()
        assert gate == pytest.approx(wanted, abs=0.04)
    cell = _network(Recurrence(cell="gru"), torch.Generator().manual_seed(0)).cell
    assert torch.sigmoid(cell.bias_ih + cell.bias_hh).chunk(3)[1].mean().item() == pytest.approx(0.5, abs=0.04)


def test_an_open_gate_hands_the_gradient_on() -> None:
    assert 1 <= found("bias")[2].verdict.ratio < 5


def test_a_radius_halves_or_multiplies() -> None:
    halved, kept, grown = (one.verdict for one in found("radius"))
    assert halved.factor == pytest.approx(0.5, abs=0.03)
    assert kept.ratio == pytest.approx(0.05, abs=0.01)
    assert 1.1 < grown.factor < 3


def test_clipping_saves_what_otherwise_saturates() -> None:
    start, free, clipped = found("clip")
    assert free.training[0].loss == clipped.training[0].loss
    assert free.loss > 1e6
    assert free.norms[-1] == 0 < free.norms[0]
    assert clipped.loss < start.loss / 3
    assert max(step.clipped_norm for step in clipped.training) <= 1 + 1e-12


def test_learning_opens_the_way() -> None:
    ratios = [one.verdict.ratio for one in found("learning")]
    losses = [one.loss for one in found("learning")]
    assert ratios == sorted(ratios)
    assert ratios[2] > 5 * ratios[0]
    assert losses == sorted(losses, reverse=True)
    assert losses[2] < 1 / 6 / 3  # always answering 1 makes 1/6


def test_a_line_keeps_only_what_its_cell_has() -> None:
    line = Line(cell="gru", forget_bias=3.0, clip=1.0)
    assert line.recurrence(Shared()) == Recurrence(cell="gru")
    assert Line(cell="lstm", forget_bias=3.0).recurrence(Shared(lag=5)).forget_bias == 3.0


def test_what_is_shown_is_the_sequence_that_was_measured() -> None:
    adding = through_time(Recurrence(lag=9)).shown
    assert len(adding.inputs) == 10
    first, second = adding.matter
    assert first < 5 <= second
    assert float(adding.wanted) == pytest.approx(float(adding.inputs[first]) + float(adding.inputs[second]), abs=0.011)
    assert math.isfinite(float(adding.said))
    copying = through_time(Recurrence(task="copy", lag=30)).shown
    assert copying.matter == tuple(range(10))
    assert copying.inputs[9] == copying.wanted
    assert copying.inputs[10:] == ("·",) * 11 + ("?",) + ("·",) * 9
    assert copying.said in "abcdefgh"
