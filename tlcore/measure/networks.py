"""Networks by name, measured without memory for weights or images."""

from functools import lru_cache

import torch

from tlcore.errors import ImpossibleSizeError
from tlcore.measure.table import Place, Table, layer_table
from tlcore.measure.trace import Trace, trace
from tlcore.zoo import architectures, registry, stack

_LARGEST = 4096


def input_shape(name: str, size: tuple[int, int] | None = None) -> tuple[int, ...]:
    """The input of the named network without the batch: its own one, or that many rows and columns."""
    channels, *sides = architectures.get(name).input_shape
    for side in size or ():
        if not 1 <= side <= _LARGEST:
            raise ImpossibleSizeError(
                f"An input has from 1 to {_LARGEST} pixels a side, and {side} is not such a side."
            )
    return (channels, *(size or sides))


def trace_network(name: str, size: tuple[int, int] | None = None) -> Trace:
    """The steps of the named network on an input of that many rows and columns, or its published one."""
    row = architectures.get(name)
    shapes = [(1, *input_shape(name, size)), *row.more_inputs]
    return trace(row.build("meta"), *(torch.zeros(shape, device="meta") for shape in shapes))


@lru_cache(maxsize=192)  # more than there are networks: a round through all of them would find none kept
def measure(name: str, size: tuple[int, int] | None = None) -> Table:
    """The layer table of the named network; a stack's layers stand in one stage, as they are written."""
    return layer_table(trace_network(name, size), None if name.startswith(stack.PREFIX) else places(name))


def places(name: str) -> Place | None:
    """Where the steps of the named network stand, by the stages that the trainer knows; None where it takes it not."""
    if not architectures.get(name).trainable:
        return None
    row = registry.get(architectures.get(name).name)
    paths = [(path, stage.name) for stage in row.stages for part in stage.parts for path in _modules(part)]
    paths.append((row.head, "head"))

    def place(step: str) -> tuple[str, str]:
        for path, stage in paths:
            if step == path or step.startswith(f"{path}."):
                return stage, _block(step, path, stage)
        return "", ""

    return place


def _modules(part: str) -> list[str]:
    """The modules of a stage's part: `features[0:2]` is `features.0` and `features.1`."""
    if part.startswith("@"):
        return []
    if "[" not in part:
        return [part]
    path, _, ends = part.removesuffix("]").partition("[")
    first, last = map(int, ends.split(":"))
    return [f"{path}.{number}" for number in range(first, last)]


def _block(step: str, path: str, stage: str) -> str:
    """The block within a stage: a numbered child that holds more than one thing, or the part itself if it does."""
    below = step.removeprefix(path).strip(".").split(".")
    if len(below) > 1 and below[0].isdigit():
        return f"{path}.{below[0]}"
    return path if below != [""] and path != stage else stage
