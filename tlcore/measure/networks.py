"""Networks by name, measured without memory for weights or images."""

from functools import lru_cache

import torch

from tlcore.errors import ImpossibleSizeError
from tlcore.measure.table import Table, layer_table
from tlcore.measure.trace import Trace, trace
from tlcore.zoo import architectures

_LARGEST = 4096


def input_shape(name: str, size: tuple[int, int] | None = None) -> tuple[int, ...]:
    """The input of the named network without the batch: its published one, or that many rows and columns."""
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


@lru_cache(maxsize=64)
def measure(name: str, size: tuple[int, int] | None = None) -> Table:
    """The layer table of the named network."""
    return layer_table(trace_network(name, size))
