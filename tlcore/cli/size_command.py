"""`tlcore size`: the size of an output."""

import json
from argparse import Namespace
from typing import Any

from tlcore.errors import BadInputError
from tlcore.measure.sizes import OutputSize, Sliding, output_size

_VALUES = ("kernel", "stride", "padding", "dilation", "output_padding")


def run(options: Namespace) -> int:
    """Print the output's side and the formula with its values; a list of both where rows and columns differ."""
    lengths = {name: getattr(options, name) for name in ("input", *_VALUES)}
    if wrong := next((name for name, values in lengths.items() if len(values) > 2), None):
        raise BadInputError(f"--{wrong.replace('_', '-')} takes one number, or two for rows and columns.")
    axes = max(len(values) for values in lengths.values())
    found = [_along(axis, lengths, options) for axis in range(axes)]
    if options.json:
        print(
            json.dumps({name: _one_or_both([getattr(f, name) for f in found]) for name in OutputSize.__annotations__})
        )
        return 0
    for size in found:
        print(size.formula + (f"; {size.dropped} at the end not reached" if size.dropped else ""))
    return 0


def _along(axis: int, lengths: dict[str, list[int]], options: Namespace) -> OutputSize:
    one = {name: values[min(axis, len(values) - 1)] for name, values in lengths.items()}
    side = one.pop("input")
    return output_size(side, Sliding(**one, transposed=options.transposed, pool=options.pool, ceil=options.ceil))


def _one_or_both(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
