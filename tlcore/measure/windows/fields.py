"""Receptive fields that follow the graph: through skips, branches, concatenations, cropping and upsampling.

At position i along one axis, a step sees the input pixels from `low + i * jump` to `high + i * jump`. Where branches
meet, the step sees what any of them sees (Araujo, Norris & Sim 2019, "Computing Receptive Fields of Convolutional
Neural Networks", section 3). A dense layer or a global pool sees what all positions before it see together: the whole
image only if they reach from its first pixel to its last.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from torch import nn

from tlcore.measure.trace import Shape, Step, Trace
from tlcore.measure.windows import seen
from tlcore.measure.windows.seen import Places, Seen
from tlcore.measure.windows.window import Window, widest, window_of

_UNKNOWN = frozenset({"grid_sample", "roi_pool", "roi_align", "BestRegions"})  # they look where they are told
_MIXES = frozenset({"matmul", "bmm", "einsum", "scaled_dot_product_attention"})
_LAYS_OUT = frozenset({"view", "reshape", "unflatten", "unfold"})
_REDUCTIONS = frozenset({"mean", "sum", "amax", "amin"})
_PADDINGS = (nn.ReplicationPad2d, nn.ReflectionPad2d, nn.ZeroPad2d, nn.ConstantPad2d)
_PADDING_MODES = {"ReplicationPad2d": "replicate", "ReflectionPad2d": "reflect"}


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
    """A receptive field along [rows, columns], and the pixels that the positions really read.

    `pooled` where every value depends on all positions before a dense layer or a global pool; `gated` where values are
    also scaled by something that does, as in squeeze-and-excitation.
    """

    axes: tuple[Axis, Axis]
    seen: tuple[Seen, Seen] = field(compare=False)
    pooled: bool = False
    gated: bool = False

    @property
    def whole(self) -> bool:
        """Whether every value sees the whole input, from its first pixel to its last."""
        return self.pooled and all(part.covers for part in self.seen)


Rule = Callable[[Axis, int], tuple[Axis, Places]]
"""What a step makes of an axis, and at which positions before it each of its positions looks."""


def receptive_fields(trace: Trace) -> tuple[Field | None, ...]:
    """The field of every step; None where it depends on what the step is told, as in a pooled region.

    None too where it depends on parameters alone; such a step widens no other's field.
    """
    pixel = _pixel(trace.input_shape)
    fields: list[Field | None] = []
    constant: set[int] = set()
    for step in trace.steps:
        if constant.issuperset(step.inputs):
            constant.add(step.index)
        before = [pixel if i == -1 else fields[i] for i in step.inputs if i >= -1 and i not in constant]
        known = [one for one in before if one is not None]
        told = _is_told(step) or not before or len(known) < len(before)
        fields.append(None if told else _after(step, known))
    return tuple(fields)


def _is_told(step: Step) -> bool:
    """Whether no one window says where it looks: in regions or windows of attention, or in pixels laid out as patches.

    Attention over all positions is none of these.
    """
    apart = step.kind in _LAYS_OUT and len(step.output_shape) > len(step.input_shapes[0] if step.inputs else ()) == 3
    if apart and step.output_shape[-2:] != step.input_shapes[0][-2:]:
        return True
    among_windows = step.items > 1 or len(step.output_shape) > 3
    return step.kind in _UNKNOWN or (_mixes(step) and among_windows)


def _mixes(step: Step) -> bool:
    """Whether positions are weighed by other positions, as attention does."""
    return step.kind in _MIXES and len(step.inputs) > 1


def _pixel(shape: Shape) -> Field:
    rows, columns = shape[-2:] if len(shape) > 1 else (1, 1)
    return Field((Axis(0, 0, 1), Axis(0, 0, 1)), (seen.pixels(rows), seen.pixels(columns)))


def _after(step: Step, before: Sequence[Field]) -> Field:
    met = _met(step, before)
    if _pools(step, math.prod(len(part.first) for part in met.seen)):
        return _pooled(met)
    rule = _rule(step)
    if rule is None:
        return met
    (rows, high), (columns, wide) = (rule(axis, i) for i, axis in enumerate(met.axes))
    vertical, horizontal = (_fitted(part, step, i) for i, part in enumerate(met.seen))
    return replace(met, axes=(rows, columns), seen=(vertical.through(high), horizontal.through(wide)))


def _met(step: Step, before: Sequence[Field]) -> Field:
    """What is seen where several inputs meet."""
    some, every = any(one.pooled for one in before), all(one.pooled for one in before)
    is_gate = step.kind == "mul" and some and not every
    read = [one for one in before if not one.pooled] if is_gate else before
    local = [one for one in read if not one.whole] or read
    rows, columns = (_widest([one.axes[i] for one in local]) for i in range(2))
    vertical, horizontal = (seen.met([one.seen[i] for one in read]) for i in range(2))
    return Field(
        (rows, columns),
        (vertical, horizontal),
        pooled=every or any(one.whole for one in read),
        gated=is_gate or any(one.gated for one in before),
    )


def _widest(axes: Sequence[Axis]) -> Axis:
    return Axis(min(axis.low for axis in axes), max(axis.high for axis in axes), max(axis.jump for axis in axes))


def _pools(step: Step, positions: int) -> bool:
    """Global pooling, attention, and a dense layer on a vector, or on maps whose positions stand side by side."""
    given, made = step.input_shapes[0], step.output_shape
    if isinstance(step.module, nn.Linear) or step.kind == "linear":
        return len(given) == 1 or (len(given) == 2 and given[1] == positions != given[0])
    if _mixes(step):
        return True
    pooling = step.kind.lower().startswith("adaptive") or step.kind in _REDUCTIONS
    shrinks = (len(given) == 3 and max(given[1:]) > 1) or (len(given) == 2 and given[0] > 1 == len(made))
    return pooling and shrinks and (len(made) == 1 or made[-2:] == (1, 1))


def _pooled(field: Field) -> Field:
    """One window over all positions."""
    rows, columns = (_over(axis, part) for axis, part in zip(field.axes, field.seen, strict=True))
    vertical, horizontal = (part.together() for part in field.seen)
    return replace(field, axes=(rows, columns), seen=(vertical, horizontal), pooled=True)


def _over(axis: Axis, part: Seen) -> Axis:
    """The pixels that several positions read together; of one, its window, which may reach beyond the image."""
    count, (first, last) = len(part.first), part.ends
    if count == 1 or last < 0:
        return axis
    return Axis(float(first), float(last), axis.jump * count)


def _fitted(part: Seen, step: Step, i: int) -> Seen:
    """A value for each position that the step reads; where something else has laid them out, each may be any."""
    count = step.input_shapes[0][-2:][i]
    return part if len(part.first) == count else part.together().through(seen.pixels(count).first[:, None] * 0)


def _rule(step: Step) -> Rule | None:
    """How a step looks at the positions before it; None where each looks at its own."""
    window = window_of(step)
    if window is not None:
        return partial(_windows, step, window)
    if step.kind.lower().startswith("adaptive"):
        return partial(_adapted, step)
    if step.kind in {"interpolate", "Upsample"}:
        return partial(_interpolated, step)
    if step.kind == "pad" or isinstance(step.module, _PADDINGS):
        return partial(_padded, step)
    if step.kind == "slice" and len(step.input_shapes[0]) == 3 and len(step.output_shape) > 1:
        return partial(_cut, step)
    return None


def _windows(step: Step, window: Window, axis: Axis, i: int) -> tuple[Axis, Places]:
    count, reach, dilation = step.output_shape[-2:][i], window.reach[i], window.dilation[i]
    move, taps = (_transposed, seen.transposed) if window.transposed else (_slid, seen.slid)
    return move(axis, window, i), taps(count, reach, window.stride[i], window.padding[i], dilation)


def _slid(axis: Axis, window: Window, i: int) -> Axis:
    low = axis.low - window.padding[i] * axis.jump
    return Axis(low, axis.high + (window.reach[i] - 1 - window.padding[i]) * axis.jump, axis.jump * window.stride[i])


def _transposed(axis: Axis, window: Window, i: int) -> Axis:
    """Outputs between two inputs look at one or several of them; the widest case counts."""
    reach, stride, padding = window.reach[i], window.stride[i], window.padding[i]
    several = math.ceil(reach / stride)
    centre = axis.start + (padding - (reach - 1) / 2) / stride * axis.jump
    half = (axis.high - axis.low + (several - 1) * axis.jump) / 2
    return Axis(centre - half, centre + half, axis.jump / stride)


def _adapted(step: Step, axis: Axis, i: int) -> tuple[Axis, Places]:
    """Windows of adaptive pooling that differ in size, for the sides don't divide; the widest counts."""
    before, after = _sides(step, i)
    centre = axis.start + (before / after - 1) / 2 * axis.jump
    half = (axis.high - axis.low + (widest(before, after) - 1) * axis.jump) / 2
    return Axis(centre - half, centre + half, axis.jump * before / after), seen.adapted(before, after)


def _interpolated(step: Step, axis: Axis, i: int) -> tuple[Axis, Places]:
    before, after = _sides(step, i)
    mode = step.options.get("mode", getattr(step.module, "mode", "nearest"))
    corners = bool(step.options.get("align_corners", getattr(step.module, "align_corners", None)))
    neighbour = axis.jump if not mode.startswith("nearest") and before > 1 else 0
    spread = Axis(axis.low - neighbour / 2, axis.high + neighbour / 2, axis.jump * before / after)
    return spread, seen.interpolated(before, after, mode, corners=corners)


def _padded(step: Step, axis: Axis, i: int) -> tuple[Axis, Places]:
    """Padding on all sides, given as torch does: left, right, top, bottom."""
    before, _ = _sides(step, i)
    given: Sequence[int] = getattr(step.module, "padding", None) or step.arguments[1]
    left, right, top, bottom = [*given, 0, 0][:4]
    one, other = (top, bottom) if i == 0 else (left, right)
    mode = step.options.get("mode", _PADDING_MODES.get(step.kind, "constant"))
    return _moved(axis, -one, 1), seen.padded(before, one, other, mode)


def _cut(step: Step, axis: Axis, i: int) -> tuple[Axis, Places]:
    """Cropping, and taking every n-th position."""
    before, after = _sides(step, i)
    start, _, every = _part(step, i).indices(before)
    return _moved(axis, start, every), seen.cut(start, every, after)


def _part(step: Step, i: int) -> slice:
    """Which rows or columns a slice takes; the batch and the maps stand before them."""
    given = step.arguments[1] if isinstance(step.arguments[1], tuple) else (step.arguments[1],)
    left_out = 4 - len(given) + any(part is Ellipsis for part in given)
    parts: list[Any] = []
    for part in given:
        parts += [slice(None)] * left_out if part is Ellipsis else [part]
    part = [*parts, slice(None), slice(None), slice(None)][2 + i]
    return part if isinstance(part, slice) else slice(None)


def _moved(axis: Axis, offset: float, every: int) -> Axis:
    return Axis(axis.low + offset * axis.jump, axis.high + offset * axis.jump, axis.jump * every)


def _sides(step: Step, i: int) -> tuple[int, int]:
    return step.input_shapes[0][-2:][i], step.output_shape[-2:][i]
