"""Run a network once and note every step: which module or function ran, on the outcome of which others.

The network really runs, on the meta device without memory or on real images, so branches, skips, views and detectors
come out as they are; nothing has to be traceable symbolically. Steps inside a module that has no children belong to it.
"""

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils.flop_counter import FlopCounterMode

from tlcore.errors import ImpossibleSizeError

Shape = tuple[int, ...]
_SAME = {"getitem": "slice", "iadd": "add", "radd": "add", "imul": "mul", "rmul": "mul", "isub": "sub", "rsub": "sub"}


@dataclass(frozen=True)
class Step:
    """One step of a forward pass.

    `inputs` are the indices of the steps whose outcome it reads; -1 stands for the network's input, -2 and so on for
    what else it is given; there are none where it computes with parameters alone, as a table of relative positions is
    interpolated. `module` is the module that ran, or None for a function, whose arguments are then in
    `arguments`. Shapes are without the batch, of which `items` is the size: more than one where an image has become
    many regions.
    `parameters` are the names of the parameters that it was the first to use, with their number of values. Of a step
    that is kept, `output` is the outcome and `given` what it read, as they were then, both with the batch.
    """

    index: int
    name: str
    kind: str
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    macs: int
    module: nn.Module | None = None
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, int] = field(default_factory=dict)
    items: int = 1
    output: Tensor | None = None
    given: tuple[Tensor, ...] = ()


@dataclass(frozen=True)
class Trace:
    """All steps of one forward pass, in their order, and the parameters that none of them used.

    `input_shape` is the first input's, without the batch; `more` are the names and whole shapes of all others.
    """

    steps: tuple[Step, ...]
    unused: dict[str, int]
    input_shape: Shape
    more: tuple[tuple[str, Shape], ...] = ()

    @property
    def macs(self) -> int:
        """Multiply-adds of the whole pass, for one image."""
        return sum(step.macs for step in self.steps)

    @property
    def parameters(self) -> int:
        """Trainable values of the whole network, those that a forward pass does not use included."""
        return sum(sum(step.parameters.values()) for step in self.steps) + sum(self.unused.values())


def trace(network: nn.Module, *inputs: Tensor, keep: Container[int] = (), gradients: bool = False) -> Trace:
    """Run the network in evaluation mode on inputs with a batch of one, and note its steps.

    `keep` names the steps whose outcome and input are kept too, to show them; with `gradients` the outcome can be
    differentiated. Raises `ImpossibleSizeError`, which names the layer, when an input is too small or otherwise does
    not fit.
    """
    recorder = _Recorder(network, keep, gradients=gradients)
    was_training, learning = network.training, [p for p in network.parameters() if p.requires_grad]
    network.eval().requires_grad_(requires_grad=False)  # torch's counter stumbles over views of parameters that learn
    try:
        return recorder.run(inputs)
    finally:
        network.train(was_training)
        for parameter in learning:
            parameter.requires_grad_()


class _Recorder(TorchFunctionMode):
    """Sees every call of a function on tensors; hooks on modules without children tell it which calls are theirs."""

    def __init__(self, network: nn.Module, keep: Container[int], *, gradients: bool) -> None:
        super().__init__()
        self.network, self.keep, self.gradients = network, keep, gradients
        self.names = {module: name for name, module in network.named_modules()}
        self.unclaimed = {parameter: name for name, parameter in network.named_parameters()}
        self.behind: dict[int, list[nn.Parameter]] = {}  # of what is computed from parameters alone
        self.steps: list[Step] = []
        self.made_by: dict[int, int] = {}
        self.alive: list[Tensor] = []  # an id is only good as long as its tensor lives
        self.scope: list[str] = []
        self.inside: nn.Module | None = None
        self.before = 0
        self.given: tuple[Tensor, ...] = ()
        self.seen: Counter[str] = Counter()
        self.flops = FlopCounterMode(display=False)

    def run(self, inputs: Sequence[Tensor]) -> Trace:
        for place, tensor in enumerate(inputs):
            self._remember(tensor, -1 - place)
        with ExitStack() as stack:
            for module in self.names:
                for hook in self._hooks(module):
                    stack.callback(hook.remove)
            stack.enter_context(torch.set_grad_enabled(self.gradients))
            stack.enter_context(self.flops)
            stack.enter_context(self)
            self._called(inputs)
        unused = {name: parameter.numel() for parameter, name in self.unclaimed.items()}
        names = list(signature(self.network.forward).parameters)[: len(inputs)]
        more = tuple((name, tuple(tensor.shape)) for name, tensor in zip(names[1:], inputs[1:], strict=False))
        return Trace(tuple(self.steps), unused, tuple(inputs[0].shape[1:]), more)

    def _called(self, inputs: Sequence[Tensor]) -> Any:
        try:
            return self.network(*inputs)
        except (RuntimeError, ValueError, AssertionError, IndexError) as error:
            shapes = " and ".join(_sides(tensor.shape[1:]) for tensor in inputs)
            where = next(filter(None, reversed(self.scope)), "the network")
            reason = str(error).split("\n")[0]
            raise ImpossibleSizeError(f"An input of {shapes} is impossible: {where} breaks ({reason}).") from error

    def _hooks(self, module: nn.Module) -> Iterator[Any]:
        yield module.register_forward_pre_hook(self._enter)
        yield module.register_forward_hook(self._leave)

    def _enter(self, module: nn.Module, given: Any) -> None:
        self.scope.append(self.names[module])
        if self.inside is None and _is_leaf(module):
            self.inside, self.before = module, self.flops.get_total_flops()
            self._keep_given(given)

    def _leave(self, module: nn.Module, given: Any, made: Any) -> None:
        self.scope.pop()
        if self.inside is module:
            parameters = list(module.parameters())
            self._note(self.names[module], type(module).__name__, given, made, parameters, module=module)
            self.inside = None

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call the function and, unless a module without children is at work, note it as a step."""
        kwargs = kwargs or {}
        if self.inside is not None:
            shapeless = func is functional.batch_norm and args[0].is_meta  # where torch takes it apart, at length
            return torch.empty_like(args[0]) if shapeless else func(*args, **kwargs)
        before = self.flops.get_total_flops()
        given = [*args, *kwargs.values()]
        self._keep_given(given)
        made = func(*args, **kwargs)
        depends = any(id(tensor) in self.made_by for tensor in _tensors(given))
        costs = self.flops.get_total_flops() > before
        parameters = self._parameters_behind(given)
        if any(True for _ in _tensors(made)) and (depends or costs):
            self.before = before
            kind = _function_name(func)
            self._note(self._numbered(kind), kind, given, made, parameters, arguments=args, options=kwargs)
        elif parameters:
            self._remember_parameters(made, parameters)
        return made

    def _parameters_behind(self, given: Any) -> list[nn.Parameter]:
        """The parameters among what a function is given, and those of which the rest was made."""
        found: list[nn.Parameter] = []
        for tensor in _tensors(given):
            found += [tensor] if isinstance(tensor, nn.Parameter) else self.behind.get(id(tensor), [])
        return found

    def _remember_parameters(self, made: Any, parameters: list[nn.Parameter]) -> None:
        for tensor in _tensors(made):
            self.behind[id(tensor)] = parameters
            self.alive.append(tensor)

    def _keep_given(self, given: Any) -> None:
        """Before it runs, for a step may write over what it reads."""
        kept = len(self.steps) in self.keep
        self.given = tuple(t.clone() for t in _tensors(given) if id(t) in self.made_by) if kept else ()

    def _numbered(self, kind: str) -> str:
        """A name for a function's step: where it stands, and a number if there were such before."""
        name = ".".join(part for part in (self.scope[-1] if self.scope else "", kind) if part)
        self.seen[name] += 1
        return name if self.seen[name] == 1 else f"{name}_{self.seen[name]}"

    def _note(self, name: str, kind: str, given: Any, made: Any, parameters: list[nn.Parameter], **more: Any) -> None:
        sources = [tensor for tensor in _tensors(given) if id(tensor) in self.made_by]
        outputs = list(_tensors(made))
        claimed = {self.unclaimed.pop(p): p.numel() for p in parameters if p in self.unclaimed}
        step = Step(
            index=len(self.steps),
            name=name,
            kind=kind,
            inputs=tuple(self.made_by[id(tensor)] for tensor in sources),
            input_shapes=tuple(tuple(tensor.shape[1:]) for tensor in sources),
            output_shape=tuple(outputs[0].shape[1:]) if outputs else (),
            macs=(self.flops.get_total_flops() - self.before) // 2,
            parameters=claimed,
            items=outputs[0].shape[0] if outputs and outputs[0].dim() else 1,
            output=outputs[0].clone() if len(self.steps) in self.keep and outputs else None,
            given=self.given,
            **more,
        )
        self.steps.append(step)
        for tensor in outputs:
            self._remember(tensor, step.index)

    def _remember(self, tensor: Tensor, index: int) -> None:
        self.made_by[id(tensor)] = index
        self.alive.append(tensor)


def _is_leaf(module: nn.Module) -> bool:
    return next(module.children(), None) is None


def _tensors(values: Any) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _tensors(value)
    elif isinstance(values, dict):
        yield from _tensors(list(values.values()))


def _function_name(func: Any) -> str:
    """The function's plain name: `add` for `torch.add`, `x + y` and `x += y` alike."""
    name = (resolve_name(func) or getattr(func, "__name__", "function")).rpartition(".")[2].strip("_")
    return _SAME.get(name, name)


def _sides(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
