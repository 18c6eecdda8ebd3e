"""Random numbers from a seed, in a process in which many people draw at once."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from tlcore.seeds import torch_generator


class seeded(TorchDispatchMode):  # type: ignore[no-untyped-call]  # noqa: N801 - used as a function, like torch.no_grad
    """Within it, this thread's random numbers on the CPU are those that `torch.manual_seed(seed)` would give.

    torch's own generator is one for the whole process: whoever seeds it there changes what everyone else draws, and
    is changed by it. Weights, dropout and stochastic depth take theirs from a generator of this context's own.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._generator = torch_generator(seed)

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        drawing = _drawing(func) if given.get("generator") is None and _is_on_cpu(args, given) else None
        return func(*args, **given) if drawing is None else drawing(*args, **given, generator=self._generator)


class undrawn(TorchDispatchMode):  # type: ignore[no-untyped-call]  # noqa: N801 - used as a function, like torch.no_grad
    """Within it nothing is drawn on the meta device, where torch takes a quarter of a second to draw no values."""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func.overloadpacket in {torch.ops.aten.normal_, torch.ops.aten.uniform_} and args[0].is_meta:
            return args[0]
        return func(*args, **(kwargs or {}))


@cache
def _drawing(func: Any) -> Any | None:
    """The operator itself, or its twin, that takes a generator; None where it draws nothing."""
    if any(argument.name == "generator" for argument in func._schema.arguments):  # noqa: SLF001 - it is said nowhere else
        return func
    packet, name = func.overloadpacket, func.name().rpartition(".")[2]  # "aten::rand", or "aten::randint.low"
    twin = f"{name}_generator" if "." in func.name() else "generator"
    return getattr(packet, twin) if twin in packet.overloads() else None


def _is_on_cpu(args: tuple[Any, ...], given: Mapping[str, Any]) -> bool:
    tensor = next((one for one in args if isinstance(one, Tensor)), None)
    device = given.get("device") if tensor is None else tensor.device
    return device is None or device.type == "cpu"
