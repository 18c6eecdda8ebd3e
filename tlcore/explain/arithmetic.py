"""How one value of a step comes about from what the step read: its formula, and the same with the numbers in it.

The last zoom of the explorer: a network, a stage, a layer, and then one position of one map, whose sum is written out.
Every outcome that is written here is tested equal to what the network itself gives.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from tlcore.explain.looking import Look, outcome
from tlcore.measure.trace import Step, trace
from tlcore.measure.windows.window import Window, window_of
from tlcore.wording import counted, plural

_MOST = 3
Values = NDArray[np.float64]
At = tuple[int, int, int]


@dataclass(frozen=True)
class Grid:
    """What one map contributes, cell by cell: `read` `(k_h, k_w)`, and where there are some, its weights; zeros pad."""

    title: str
    read: Values
    weights: Values | None = None

    @property
    def products(self) -> Values | None:
        """What each cell adds to the sum."""
        return None if self.weights is None else self.read * self.weights

    @property
    def parts(self) -> list[tuple[str, Values]]:
        """Everything of it that can be drawn, with titles."""
        named = ((self.title, self.read), ("× weights", self.weights), ("= products", self.products))
        return [(words, values) for words, values in named if values is not None]


@dataclass(frozen=True)
class Arithmetic:
    """One value: the formula and its values as LaTeX, a sentence, the outcome, and the windows that were read."""

    formula: str
    values: str
    meaning: str
    outcome: float
    grids: tuple[Grid, ...] = ()


def one_value(view: Look, index: int, at: At) -> Arithmetic | None:
    """How a step's value at `(map, row, column)` comes about; None where the step's arithmetic is not written out."""
    step = trace(view.network, *view.inputs, keep=(index,)).steps[index]
    return arithmetic(step, at)


def arithmetic(step: Step, at: At) -> Arithmetic | None:
    """The same for a step that was kept by `trace`."""
    work = _WORKS.get(step.kind.lower())
    if work is None or step.output is None or not step.given or len(step.output_shape) != len(at):
        return None
    return work(step, at)


def _convolution(step: Step, at: At) -> Arithmetic | None:
    layer, window = step.module, window_of(step)
    if not isinstance(layer, nn.Conv2d) or window is None or layer.padding_mode != "zeros":
        return None
    reads = layer.in_channels // layer.groups
    first = at[0] // (layer.out_channels // layer.groups) * reads
    weights = layer.weight[at[0]].detach().double().numpy()
    return _weighted(layer, at, _window(step.given[0][0, first : first + reads], window, at), weights, first)


def _transposed(step: Step, at: At) -> Arithmetic | None:
    """Each input spreads over a window of outputs; seen from an output, these are the inputs that reach it."""
    layer, window = step.module, window_of(step)
    if not isinstance(layer, nn.ConvTranspose2d) or window is None or layer.groups > 1:
        return None
    weights = layer.weight[:, at[0]].detach().double().numpy()
    reached = [
        [_source(window, axis, position, tap) for tap in range(window.kernel[axis])]
        for axis, position in enumerate(at[1:])
    ]
    return _weighted(layer, at, _gathered(step.given[0][0], reached[0], reached[1]), weights, 0)


def _source(window: Window, axis: int, position: int, tap: int) -> int:
    """The input whose spread window meets an output with that tap; -1 where none does."""
    source, rest = divmod(position + window.padding[axis] - tap * window.dilation[axis], window.stride[axis])
    return -1 if rest else source


def _weighted(layer: nn.Conv2d | nn.ConvTranspose2d, at: At, patch: Values, weights: Values, first: int) -> Arithmetic:
    """The sum of what is read `(maps, k_h, k_w)` times its weights; the maps are counted from `first`."""
    reads, bias = len(patch), _of(layer.bias, at[0], 0.0)
    shares = (patch * weights).sum((1, 2))
    order = np.argsort(-np.abs(shares), kind="stable")[:_MOST]
    grids = tuple(Grid(f"map {first + i}", patch[i], weights[i]) for i in order)
    terms = [(float(shares[i]), rf"\text{{map }}{first + i}") for i in order]
    if rest := reads - len(order):
        others = float(shares.sum() - shares[order].sum())
        terms.append((others, rf"{rest}\text{{ {plural(rest, 'other map')}}}"))
    if layer.bias is not None:
        terms.append((bias, r"\text{bias}"))
    total = float(shares.sum()) + bias
    return Arithmetic(
        r"y = \sum_{c}\sum_{i,j} w_{c,i,j}\,x_{c,i,j}\," + ("+ b" if layer.bias is not None else ""),
        _equal(_braced(terms), total),
        f"{weights.size:,} products, added: a window of {weights.shape[1]}×{weights.shape[2]} in "
        f"{'each of ' if reads > 1 else ''}{counted(reads, 'map')}. "
        + ("The maps that count most here come first." if reads > _MOST else ""),
        total,
        grids,
    )


def _braced(terms: Sequence[tuple[float, str]]) -> str:
    """A sum, each term with the name of what it comes from under it."""
    shown = [_plain(terms[0][0]), *(_signed(value) for value, _ in terms[1:])]
    return " ".join(rf"\underbrace{{{value}}}_{{{name}}}" for value, (_, name) in zip(shown, terms, strict=True))


def _window(maps: Tensor, window: Window, at: At) -> Values:
    """What a window at an output's position reads of maps `(c, h, w)`: `(c, k_h, k_w)`, with zeros outside."""
    return _gathered(maps, _places(window, 0, at[1]), _places(window, 1, at[2]))


def _gathered(maps: Tensor, rows: Sequence[int], columns: Sequence[int], outside: float = 0.0) -> Values:
    """The values of maps `(c, h, w)` at these rows and columns; those beyond the maps are `outside`."""
    cells = np.full((maps.shape[0], len(rows), len(columns)), outside)
    values = maps.detach().double().numpy()
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            if 0 <= row < maps.shape[1] and 0 <= column < maps.shape[2]:
                cells[:, i, j] = values[:, row, column]
    return cells


def _places(window: Window, axis: int, position: int) -> range:
    start, step = position * window.stride[axis] - window.padding[axis], window.dilation[axis]
    return range(start, start + step * window.kernel[axis], step)


def _normalisation(step: Step, at: At) -> Arithmetic | None:
    layer = step.module
    if not isinstance(layer, nn.BatchNorm2d) or layer.running_mean is None or layer.running_var is None:
        return None
    mean, variance = _of(layer.running_mean, at[0]), _of(layer.running_var, at[0])
    scale, shift = _of(layer.weight, at[0], 1.0), _of(layer.bias, at[0], 0.0)
    read = _read(step.given[0], at)
    total = scale * (read - mean) / sqrt(variance + layer.eps) + shift
    return Arithmetic(
        r"y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta",
        _equal(
            rf"{_plain(scale)}\cdot\frac{{{_plain(read)} {_signed(-mean)}}}"
            rf"{{\sqrt{{{_plain(variance)} + {_plain(layer.eps)}}}}} {_signed(shift)}",
            total,
        ),
        "Mean and variance of the map, as they were in training, make room for a scale and a shift that are learned.",
        total,
    )


def _activation(step: Step, at: At) -> Arithmetic | None:
    formula, meaning = _ACTIVATIONS[step.kind.lower()]
    assert step.output is not None
    if step.given[0].shape != step.output.shape:
        return None
    read, total = _read(step.given[0], at), _read(step.output, at)
    return Arithmetic(
        f"y = {formula}", rf"x = {_plain(read)} \quad\Rightarrow\quad y = {_plain(total)}", meaning, total
    )


def _largest(step: Step, at: At) -> Arithmetic | None:
    cells = _pooled(step, at, outside=-np.inf)
    if cells is None:
        return None
    return Arithmetic(
        r"y = \max_{i,j} x_{i,j}", rf"y = {_plain(float(cells.max()))}",
        "The largest value of the window goes on; where it stood is forgotten.",
        float(cells.max()), (Grid(f"map {at[0]}", cells),),
    )  # fmt: skip


def _average(step: Step, at: At) -> Arithmetic | None:
    if _option(step, "ceil_mode", default=False):
        return None  # torch counts padding in a window that hangs over by rules of their own
    counted = _option(step, "count_include_pad", default=True)
    cells = _pooled(step, at, outside=0.0 if counted else np.nan)
    if cells is None:
        return None
    count = _option(step, "divisor_override", default=None) or int(np.isfinite(cells).sum())
    total = float(np.nansum(cells))
    return Arithmetic(
        r"y = \frac{1}{n}\sum_{i,j} x_{i,j}",
        _equal(rf"\frac{{{_plain(total)}}}{{{count}}}", total / count),
        f"The sum of the window's values, divided by {count:,}.", total / count, (Grid(f"map {at[0]}", cells),),
    )  # fmt: skip


def _pooled(step: Step, at: At, *, outside: float) -> Values | None:
    """The window of a pooling step; what lies outside the map is `outside`."""
    read = step.given[0][0, at[0] : at[0] + 1]
    if "adaptive" in step.kind.lower():
        rows, columns = (
            range(p * side // out, -(-(p + 1) * side // out))
            for p, side, out in zip(at[1:], read.shape[1:], step.output_shape[1:], strict=True)
        )
        return _gathered(read, rows, columns)[0]
    window = window_of(step)
    if window is None:
        return None
    return _gathered(read, _places(window, 0, at[1]), _places(window, 1, at[2]), outside)[0]


def _option(step: Step, name: str, *, default: Any) -> Any:
    return step.options.get(name, default) if step.module is None else getattr(step.module, name, default)


def _sum(step: Step, at: At) -> Arithmetic | None:
    terms = _operands(step, at)
    if terms is None or "alpha" in step.options:
        return None
    shown = " ".join([_plain(terms[0]), *map(_signed, terms[1:])])
    return Arithmetic("y = a + b", _equal(shown, sum(terms)), "Two values of the same place meet.", sum(terms))


def _product(step: Step, at: At) -> Arithmetic | None:
    factors = _operands(step, at)
    if factors is None:
        return None
    total = float(np.prod(factors))
    shown = r"\cdot ".join(f"({_plain(f)})" if f < 0 else _plain(f) for f in factors)
    return Arithmetic(r"y = a \cdot b", _equal(shown, total), "One value scales another.", total)


def _operands(step: Step, at: At) -> list[float] | None:
    """The numbers that an operator joins: of tensors the values at the place, spread as torch spreads them."""
    given = iter(step.given)
    operands: list[float] = []
    for value in (*step.arguments, *(v for k, v in step.options.items() if k == "other")):
        if isinstance(value, Tensor):
            known = isinstance(value, nn.Parameter)
            tensor = value.detach() if known else next(given, None)
            if tensor is None or tensor.dim() not in {0, len(at), len(at) + 1}:
                return None
            operands.append(_read(tensor, at))
        elif isinstance(value, int | float):
            operands.append(float(value))
        else:
            return None
    return operands if len(operands) == 2 and next(given, None) is None else None


def _joined(step: Step, at: At) -> Arithmetic | None:
    """A concatenation: the value is one of those that were laid on top of one another."""
    axis = next((v for v in (*step.arguments[1:2], step.options.get("dim")) if isinstance(v, int)), 0)
    if axis not in {1, -3}:
        return None
    left = at[0]
    for number, tensor in enumerate(step.given, 1):
        if left < tensor.shape[1]:
            total = _read(tensor, (left, *at[1:]))
            words = f"Maps are laid on top of one another: this is map {left} of input {number} of {len(step.given)}."
            return Arithmetic(
                rf"y = x^{{({number})}}_{{{left}}}", f"y = {_plain(total)}", words, total
            )  # the superscript counts inputs
        left -= tensor.shape[1]
    return None


def _local_response(step: Step, at: At) -> Arithmetic | None:
    """Krizhevsky et al. 2012, section 3.3, with torch's mean over the neighbouring maps for the paper's sum."""
    layer = step.module
    if not isinstance(layer, nn.LocalResponseNorm):
        return None
    maps = step.given[0][0, :, at[1], at[2]].detach().double().numpy()
    low = at[0] - layer.size // 2
    near = maps[max(0, low) : low + layer.size]
    squares = float((near**2).sum())
    total = float(maps[at[0]]) / (layer.k + layer.alpha / layer.size * squares) ** layer.beta
    return Arithmetic(
        r"y = x \Big/ \Big(k + \frac{\alpha}{n}\sum_{c'} x_{c'}^2\Big)^{\beta}",
        _equal(
            rf"{_plain(float(maps[at[0]]))} \Big/ \Big({_plain(layer.k)} + \frac{{{_plain(layer.alpha)}}}"
            rf"{{{layer.size}}}\cdot {_plain(squares)}\Big)^{{{_plain(layer.beta)}}}",
            total,
        ),
        f"The values of {len(near)} neighbouring maps at the same place damp one another.",
        total,
    )


def _of(values: Tensor | None, index: int, usual: float = 0.0) -> float:
    return usual if values is None else float(values.detach()[index])


def _read(tensor: Tensor, at: Sequence[int]) -> float:
    """The value of a tensor, with or without a batch of one, at a place; an axis of one is read everywhere."""
    while tensor.dim() > len(at):
        tensor = tensor[0]
    for place in at[len(at) - tensor.dim() :]:
        tensor = tensor[place if tensor.shape[0] > 1 else 0]
    return float(tensor)


def _equal(left: str, total: float) -> str:
    return f"{left} = {_plain(total)}"


def _plain(value: float) -> str:
    """Three digits, and powers of ten as people write them."""
    digits, _, power = f"{value:.3g}".partition("e")
    return rf"{digits}\cdot 10^{{{int(power)}}}" if power else digits


def _signed(value: float) -> str:
    return f"- {_plain(-value)}" if value < 0 else f"+ {_plain(value)}"


_SAME = ("x", "Handed on unchanged outside of training.")
_ACTIVATIONS = {
    "relu": (r"\max(0, x)", "What is negative becomes zero."),
    "relu6": (r"\min(6, \max(0, x))", "What is negative becomes zero, and what is above six becomes six."),
    "leakyrelu": (r"\max(x, a\,x)", "What is negative is scaled down."),
    "silu": (r"\frac{x}{1 + e^{-x}}", "The value times its own sigmoid."),
    "hardswish": (r"x\,\frac{\min(6, \max(0, x + 3))}{6}", "The value times a sigmoid made of three straight lines."),
    "hardsigmoid": (r"\frac{\min(6, \max(0, x + 3))}{6}", "A sigmoid made of three straight lines."),
    "sigmoid": (r"\frac{1}{1 + e^{-x}}", "Squeezed between zero and one."),
    "tanh": (r"\tanh x", "Squeezed between minus one and one."),
    "squash": (r"A \tanh(S\,x)", "Squeezed between -1.7159 and 1.7159."),
    "gelu": (r"x\,\Phi(x)", "The value times the share of a normal distribution that lies below it."),
    "identity": _SAME,
    "dropout": _SAME,
    "dropout2d": _SAME,
    "stochasticdepth": _SAME,
}
_WORKS: dict[str, Callable[[Step, At], Arithmetic | None]] = {
    **dict.fromkeys(_ACTIVATIONS, _activation),
    **dict.fromkeys(("maxpool2d", "max_pool2d", "adaptivemaxpool2d"), _largest),
    **dict.fromkeys(("avgpool2d", "avg_pool2d", "adaptiveavgpool2d", "adaptive_avg_pool2d"), _average),
    "conv2d": _convolution,
    "convtranspose2d": _transposed,
    "batchnorm2d": _normalisation,
    "add": _sum,
    "mul": _product,
    "cat": _joined,
    "localresponsenorm": _local_response,
}
WRITTEN_OUT = frozenset(_WORKS)
"""The kinds of steps, in small letters, whose arithmetic can be written out."""


def strongest_map(view: Look, index: int, row: int, column: int) -> int:
    """The map whose value at a position is the largest in size: one that is worth a look."""
    return int(outcome(view, index)[:, row, column].abs().argmax())
