"""Which layers a forward pass runs through, and what each of them hands on; seen from outside, without any hook.

What a layer hands on is its output after the normalisation, the addition and the activation function that directly
follow, in this order: up to where another layer reads it, or more than one step does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name

_LAYERS = frozenset({"conv2d", "linear"})
_NORMS = frozenset({"batch_norm", "group_norm", "layer_norm"})
_SUMS = frozenset({"add", "mul"})  # and what is multiplied by a number before it is added
LIVELY = 1e-3
ALIVE: dict[str, tuple[float, float]] = {
    "relu": (0, inf),
    "relu6": (0, 6),
    "hardtanh": (0, 6),  # what torchvision's ReLU6 calls
    "leaky_relu": (-inf, inf),
    "sigmoid": (-8.29355, 8.29355),
    "tanh": (-4.14677, 4.14677),
    "gelu": (-3.77567, inf),
    "silu": (-8.87613, inf),
    "hardswish": (-3, inf),
}
"""Where the slope of an activation function is at least `LIVELY` times its steepest, or would be but for one point."""


@dataclass(frozen=True)
class Layer:
    """A convolution or dense layer: its weights, what it hands on `(n, units, …)`, and its share of dead units.

    `depth` is how many layers lie on the longest way from the input up to it. A unit is dead when the slope of its
    activation function is below `LIVELY` times the steepest on every position of every image.
    """

    name: str
    depth: int
    kind: str
    weight: nn.Parameter
    handed_on: Tensor
    dead: float


@dataclass(eq=False)
class _Step:
    kind: str
    made: Tensor
    depth: int
    weight: nn.Parameter | None = None
    dead: float | None = None
    readers: list["_Step"] = field(default_factory=list)


class Recorder(TorchFunctionMode):
    """Sees every function that is called on tensors; enter it around a forward pass, then ask for its `layers`."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self._names = {parameter: name.removesuffix(".weight") for name, parameter in network.named_parameters()}
        self._steps: list[_Step] = []
        self._made_by: dict[int, _Step] = {}  # by the id of a tensor; the steps keep their tensors alive

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call the function, and note it where a gradient will come back through it."""
        kwargs = dict(kwargs or {})
        if "inplace" in kwargs:
            kwargs["inplace"] = False  # what is overwritten can't be looked at
        made = func(*args, **kwargs)
        if isinstance(made, Tensor) and made.requires_grad:
            self._note(_name(func), list(_tensors([args, list(kwargs.values())])), made)
        return made

    def layers(self) -> list[Layer]:
        """The layers in the order in which they ran."""
        return [self._layer(step, step.weight) for step in self._steps if step.weight is not None]

    def _layer(self, step: _Step, weight: nn.Parameter) -> Layer:
        handed = _handed_on(step)
        kind = "dense" if step.kind == "linear" else "convolution"
        return Layer(self._names[weight], step.depth, kind, weight, handed.made, _dead(handed))

    def _note(self, kind: str, given: list[Tensor], made: Tensor) -> None:
        before = [self._made_by[id(tensor)] for tensor in given if id(tensor) in self._made_by]
        is_layer = kind in _LAYERS
        weight = (
            next((t for t in given if isinstance(t, nn.Parameter) and t in self._names), None) if is_layer else None
        )
        depth = max((step.depth for step in before), default=0) + is_layer
        step = _Step(kind, made, depth, weight, _dead_share(given[0], kind) if kind in ALIVE else None)
        for earlier in before:
            earlier.readers.append(step)
        self._steps.append(step)
        self._made_by[id(made)] = step


def _handed_on(step: _Step) -> _Step:
    along = _NORMS | _SUMS | ALIVE.keys()
    while len(step.readers) == 1 and step.readers[0].kind in along and step.dead is None:
        step = step.readers[0]
        if step.kind in _SUMS:
            along -= _NORMS  # a sum that is normalised is what a pre-activated block hands on
    return step


def _dead(handed: _Step) -> float:
    """The share that the activation function finds: the one before what is handed on, or the first one after it."""
    if handed.dead is not None:
        return handed.dead
    for reader in handed.readers:
        if reader.dead is not None or reader.kind in _NORMS:
            return _dead(reader)
    return 0.0


@torch.no_grad()
def _dead_share(given: Tensor, kind: str) -> float:
    low, high = ALIVE[kind]
    lively = given > low
    if high < inf:
        lively &= given < high
    units = lively.transpose(0, 1).flatten(1).any(1)
    return 1 - float(units.double().mean())


def _tensors(values: Any) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _tensors(value)


def _name(func: Any) -> str:
    """The function's plain name: `add` for `torch.add`, `x + y` and `x += y` alike."""
    name = (resolve_name(func) or getattr(func, "__name__", "")).rpartition(".")[2].strip("_")
    return {"radd": "add", "rmul": "mul"}.get(name, name)
