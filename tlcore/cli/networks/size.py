"""`tlcore size`: the size of an output, of one layer's settings or of every layer of a network that slides."""

import json
from argparse import Namespace
from typing import Any

from tlcore.errors import BadInputError
from tlcore.measure.windows.sizes import OutputSize, Sliding, output_size

_USUAL = {"stride": [1], "padding": [0], "dilation": [1], "output_padding": [0]}
_VALUES = ("kernel", *_USUAL)
_SWITCHES = ("pool", "transposed", "ceil")


def run(options: Namespace) -> int:
    """Print the output's side and the formula with its values; a list of both where rows and columns differ."""
    return _of_network(options) if options.net else _of_settings(options)


def _of_settings(options: Namespace) -> int:
    lengths: dict[str, list[int]] = {
        name: getattr(options, name) or _USUAL.get(name, []) for name in ("input", *_VALUES)
    }
    if missing := [f"--{name}" for name, given in lengths.items() if not given]:
        raise BadInputError(f"A size needs a network, or --input and --kernel; {' and '.join(missing)} is missing.")
    _at_most_two(lengths)
    axes = max(len(values) for values in lengths.values())
    sizes = [_along(axis, lengths, options) for axis in range(axes)]
    if options.json:
        print(
            json.dumps({name: _one_or_both([getattr(f, name) for f in sizes]) for name in OutputSize.__annotations__})
        )
        return 0
    for size in sizes:
        print(_said(size))
    return 0


def _of_network(options: Namespace) -> int:
    """Every layer that slides, each with what it makes of its rows and columns."""
    from tlcore.measure.networks import measure
    from tlcore.measure.working import row_sizes

    given = [f"--{name.replace('_', '-')}" for name in (*_VALUES, *_SWITCHES) if getattr(options, name)]
    if given:
        raise BadInputError(f"A network's layers have their own settings; leave {', '.join(given)} out.")
    _at_most_two({"input": options.input or []})
    size = (options.input[0], options.input[-1]) if options.input else None
    sliding = [(row, sizes) for row in measure(options.net, size).rows if (sizes := row_sizes(row))]
    if options.json:
        print(json.dumps([_layer(row, sizes) for row, sizes in sliding]))
        return 0
    for row, (rows, columns) in sliding:
        print(
            f"{row.name:44} {row.type:16} {_said(rows)}" + ("" if rows == columns else f"   columns: {_said(columns)}")
        )
    return 0


def _layer(row: Any, sizes: tuple[OutputSize, OutputSize]) -> dict[str, Any]:
    values = {name: [getattr(size, name) for size in sizes] for name in OutputSize.__annotations__}
    return {"name": row.name, "type": row.type, "input": list(row.input_shape[-2:]), **values}


def _said(size: OutputSize) -> str:
    return size.formula + (f"; {size.dropped} at the end not reached" if size.dropped else "")


def _at_most_two(lengths: dict[str, Any]) -> None:
    if wrong := next((name for name, values in lengths.items() if len(values) > 2), None):
        raise BadInputError(f"--{wrong.replace('_', '-')} takes one number, or two for rows and columns.")


def _along(axis: int, lengths: dict[str, list[int]], options: Namespace) -> OutputSize:
    one = {name: values[min(axis, len(values) - 1)] for name, values in lengths.items()}
    side = one.pop("input")
    return output_size(side, Sliding(**one, transposed=options.transposed, pool=options.pool, ceil=options.ceil))


def _one_or_both(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
