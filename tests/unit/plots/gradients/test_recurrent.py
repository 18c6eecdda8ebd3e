"""Figures of recurrent networks say what was measured."""

import math
from dataclasses import replace

from tlcore.gradients.through_time.recurrent import Recurrence, Step, through_time
from tlcore.plots.gradients import recurrent as plots

TRAINED = through_time(Recurrence(lag=3, units=4, steps=5))
UNTRAINED = through_time(Recurrence(lag=3, units=4))


def test_training_is_drawn_step_by_step_where_there_was_any() -> None:
    figure = plots.training([UNTRAINED, TRAINED], ["A", "B"], "grad_norm", "norm")
    (line,) = figure.data
    assert line.name == "B"
    assert list(line.x) == [1, 2, 3, 4, 5]
    assert list(line.y) == [step.grad_norm for step in TRAINED.training]
    assert figure.layout.yaxis.type == "log"


def test_what_is_no_number_is_a_gap() -> None:
    odd = replace(TRAINED, training=(Step(math.nan, 0.0, 0.0), Step(1.0, math.inf, 1.0)))
    (line,) = plots.training([odd], ["A"], "grad_norm", "norm").data
    assert list(line.y) == [None, None]
    (line,) = plots.training([odd], ["A"], "loss", "loss").data
    assert list(line.y) == [None, 1.0]
