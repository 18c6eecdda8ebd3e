"""Receptive fields that follow the graph: through skips, branches, concatenations, cropping and upsampling.

At position i along one axis, a step sees the input pixels from `low + i * jump` to `high + i * jump`. Where branches
meet, the step sees what any of them sees (Araujo, Norris & Sim 2019, "Computing Receptive Fields of Convolutional
Neural Networks", section 3).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from tlcore.measure.trace import Step, Trace
from tlcore.measure.window import Window, widest, window_of

_UNKNOWN = frozenset({"grid_sample", "roi_pool", "roi_align"})  # they look where they are told


@dataclass(frozen=True)
class Axis:
    """What the first position sees along one axis, and how far apart neighbours look, in input pixels."""

    low: float
    high: float
    jump: float

    @property
    def size(self) -> float:
        """How many input pixels a position sees."""
        return self.high - self.low + 1

    @property
    def start(self) -> float:
        """The centre of what the first position sees; 0 is the first pixel."""
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Field:
    """A receptive field along [rows, columns]; `whole` where every value sees the whole input.

    `gated` where values are also scaled by something that sees the whole input, as in squeeze-and-excitation.
    """

    axes: tuple[Axis, Axis]
    whole: bool = False
    gated: bool = False


PIXEL = Field((Axis(0, 0, 1), Axis(0, 0, 1)))


def receptive_fields(trace: Trace) -> tuple[Field | None, ...]:
    """The field of every step; None where it depends on what the step is told, as in a pooled region."""
    found: list[Field | None] = []
    for step in trace.steps:
        before = [PIXEL if index < 0 else found[index] for index in step.inputs]
        known = [field for field in before if field is not None]
        found.append(None if step.kind in _UNKNOWN or len(known) < len(before) else _after(step, known))
    return tuple(found)


def _after(step: Step, before: Sequence[Field]) -> Field:
    field = _met(step, before)
    if _sees_all(step):
        return replace(field, whole=True)
    if isinstance(step.module, nn.ConvTranspose2d):
        window = window_of(step)
        assert window is not None
        return _moved(field, _transposed, window)
    if (window := window_of(step)) is not None:
        return _moved(field, _slid, window)
    if step.kind.lower().startswith("adaptive"):
        return _adapted(field, step)
    if step.kind in {"interpolate", "Upsample"}:
        return _interpolated(field, step)
    shifts = _shifts(step)
    rows, columns = (
        Axis(axis.low + offset * axis.jump, axis.high + offset * axis.jump, axis.jump * every)
        for axis, (offset, every) in zip(field.axes, shifts, strict=True)
    )
    return replace(field, axes=(rows, columns))


def _met(step: Step, before: Sequence[Field]) -> Field:
    """What is seen where several inputs meet."""
    local = [field for field in before if not field.whole] or list(before)
    first, second = (
        Axis(
            min(field.axes[i].low for field in local),
            max(field.axes[i].high for field in local),
            max(field.axes[i].jump for field in local),
        )
        for i in range(2)
    )
    some, every = any(field.whole for field in before), all(field.whole for field in before)
    is_gate = step.kind == "mul" and some and not every
    gated = is_gate or any(field.gated for field in before)
    return Field((first, second), whole=some and not is_gate, gated=gated)


def _sees_all(step: Step) -> bool:
    """Global pooling, and a dense layer on vectors."""
    flat = len(step.input_shapes[0]) == 1
    if isinstance(step.module, nn.Linear) or step.kind == "linear":
        return flat
    shrinks = len(step.input_shapes[0]) == 3 and max(step.input_shapes[0][1:]) > 1
    if step.kind == "mean":
        return shrinks and len(step.output_shape) < 3
    adaptive = step.kind.lower().startswith("adaptive")
    return adaptive and shrinks and step.output_shape[-2:] == (1, 1)


def _moved(field: Field, rule: Any, window: Window) -> Field:
    rows, columns = (rule(axis, window, i) for i, axis in enumerate(field.axes))
    return replace(field, axes=(rows, columns))


def _slid(axis: Axis, window: Window, i: int) -> Axis:
    low = axis.low - window.padding[i] * axis.jump
    return Axis(low, axis.high + (window.reach[i] - 1 - window.padding[i]) * axis.jump, axis.jump * window.stride[i])


def _transposed(axis: Axis, window: Window, i: int) -> Axis:
    """Outputs between two inputs look at one or several of them; the widest case counts."""
    reach, stride, padding = window.reach[i], window.stride[i], window.padding[i]
    seen = math.ceil(reach / stride)
    centre = axis.start + (padding - (reach - 1) / 2) / stride * axis.jump
    half = (axis.high - axis.low + (seen - 1) * axis.jump) / 2
    return Axis(centre - half, centre + half, axis.jump / stride)


def _adapted(field: Field, step: Step) -> Field:
    """Windows of adaptive pooling that differ in size, for the sides don't divide; the widest counts."""
    axes = []
    for axis, before, after in zip(field.axes, step.input_shapes[0][-2:], step.output_shape[-2:], strict=True):
        centre = axis.start + (before / after - 1) / 2 * axis.jump
        half = (axis.high - axis.low + (widest(before, after) - 1) * axis.jump) / 2
        axes.append(Axis(centre - half, centre + half, axis.jump * before / after))
    return replace(field, axes=(axes[0], axes[1]))


def _interpolated(field: Field, step: Step) -> Field:
    mode = step.options.get("mode", getattr(step.module, "mode", "nearest"))
    axes = []
    for axis, before, after in zip(field.axes, step.input_shapes[0][-2:], step.output_shape[-2:], strict=True):
        neighbour = axis.jump if mode != "nearest" and before > 1 else 0
        axes.append(Axis(axis.low - neighbour / 2, axis.high + neighbour / 2, axis.jump * before / after))
    return replace(field, axes=(axes[0], axes[1]))


def _shifts(step: Step) -> tuple[tuple[float, int], tuple[float, int]]:
    """By how much, and in which steps, cropping and padding move the positions: (offset, every) of rows, columns."""
    if step.kind == "pad":
        left, _, top = [*step.arguments[1], 0, 0, 0][:3]
        return (-top, 1), (-left, 1)
    if isinstance(step.module, nn.ReplicationPad2d | nn.ReflectionPad2d | nn.ZeroPad2d | nn.ConstantPad2d):
        left, _, top, _ = step.module.padding
        return (-top, 1), (-left, 1)
    if step.kind == "slice" and isinstance(step.arguments[1], tuple) and len(step.arguments[1]) == 4:
        rows, columns = step.arguments[1][2:]
        return _cut(rows), _cut(columns)
    return (0, 1), (0, 1)


def _cut(part: Any) -> tuple[float, int]:
    if isinstance(part, slice):
        return part.start or 0, part.step or 1
    return 0, 1
