"""The layer table: every step of a network with its window, shapes, parameters, MACs, memory and receptive field."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from torch import nn

from tlcore.measure.trace import Shape, Step, Trace
from tlcore.measure.windows.fields import Field, receptive_fields
from tlcore.measure.windows.window import window_of

FLOAT_BYTES = 4
# Modules that only hold the rest together, so that their parts are the stages.
_HOLDERS = frozenset({"features", "backbone", "body", "layers", "blocks", "stages", "trunk_output"})
_LAID_OUT = frozenset({"view", "reshape", "unflatten", "Unflatten"})
NOT_RUN = "not run"
GLOBAL = "global"
Pair = tuple[int, int] | None
Place = Callable[[str], tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """One step of the table; None where a column has no meaning.

    `kernel`, `stride`, `padding`, `dilation`, `jump` and `start` are [rows, columns]; shapes are of one of `items`, of
    which there are more than one where an image has become many regions; `receptive_field` is in input pixels, or
    "global". `gated` says that the values are also scaled by something that sees the whole image. `activation_bytes`
    are those of single precision; `ceil` says that the number of windows is rounded up.
    """

    index: int
    name: str
    type: str
    block: str
    stage: str
    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int | None
    input_shape: Shape | None
    output_shape: Shape | None
    params: int
    weights: int
    biases: int
    macs: int
    activation_bytes: int
    receptive_field: tuple[float, float] | str | None
    jump: tuple[float, float] | None
    start: tuple[float, float] | None
    gated: bool = False
    inputs: tuple[int, ...] = ()
    items: int = 1
    ceil: bool = False

    def to_json(self) -> dict[str, Any]:
        """The row as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Table:
    """All rows and their sums; `weighted_layers` are the convolutions and dense layers that run.

    `more` are the names and shapes of what the network is given besides its image.
    """

    rows: tuple[Row, ...]
    params: int
    macs: int
    activation_bytes: int
    weighted_layers: int
    more: tuple[tuple[str, Shape], ...] = ()


@dataclass(frozen=True)
class Stage:
    """Steps of one stage together; `output_shape` is that of the last of them that gives a shape."""

    name: str
    steps: int
    output_shape: Shape | None
    params: int
    macs: int


def stages(table: Table) -> tuple[Stage, ...]:
    """A table's stages, in the order in which they first run; their sums are the table's."""
    rows_of: dict[str, list[Row]] = {}
    for row in table.rows:
        rows_of.setdefault(row.stage, []).append(row)
    return tuple(
        Stage(
            name,
            len(rows),
            next((row.output_shape for row in reversed(rows) if row.output_shape), None),
            sum(row.params for row in rows),
            sum(row.macs for row in rows),
        )
        for name, rows in rows_of.items()
    )


def map_rows(table: Table) -> tuple[Row, ...]:
    """The rows that give maps `(channels, rows, columns)`.

    ConvNeXt's values with the channels last are none, nor is an answer that is only laid out in three axes at the end,
    as YOLO's is.
    """
    turned: set[int] = set()
    read = {index for row in table.rows for index in row.inputs}
    for row in table.rows:
        if any(index in turned for index in row.inputs) != (row.type == "Permute"):
            turned.add(row.index)
        if row.type in _LAID_OUT and row.index not in read and len(row.input_shape or ()) == 1:
            turned.add(row.index)
    return tuple(
        row for row in table.rows if row.output_shape and len(row.output_shape) == 3 and row.index not in turned
    )


def layer_table(trace: Trace, place: Place | None = None) -> Table:
    """The table of a traced network; what a forward pass does not use comes last, and is marked so.

    `place` tells a step's stage and block by its name, and an empty stage where it can't: then it is the one before.
    """
    place = place or place_by_name
    rows: list[Row] = []
    for step, field in zip(trace.steps, receptive_fields(trace), strict=True):
        stage, block = place(step.name)
        if not stage and rows:
            stage = block = rows[-1].stage
        rows.append(_row(step, field, stage, block))
    rows += list(_not_run(trace.unused, len(rows)))
    return Table(
        tuple(rows),
        sum(row.params for row in rows),
        sum(row.macs for row in rows),
        sum(row.activation_bytes for row in rows),
        sum(is_weighted(step.module) for step in trace.steps),
        trace.more,
    )


def place_by_name(name: str) -> tuple[str, str]:
    """The stage and the block that a module's name tells: `layer1.0.conv1` stands in `layer1` and `layer1.0`."""
    parts = name.split(".")
    depth = 2 if parts[0] in _HOLDERS and len(parts) > 1 else 1
    stage = ".".join(parts[:depth])
    return stage, ".".join(parts[: depth + 1]) if len(parts) > depth + 1 else stage


def _row(step: Step, field: Field | None, stage: str, block: str) -> Row:
    window = window_of(step)
    biases = sum(count for name, count in step.parameters.items() if name.endswith("bias"))
    params = sum(step.parameters.values())
    spatial = field is not None and not field.whole
    return Row(
        index=step.index,
        name=step.name,
        type=step.kind,
        block=block,
        stage=stage,
        kernel=window.kernel if window else None,
        stride=window.stride if window else None,
        padding=window.padding if window else None,
        dilation=window.dilation if window else None,
        groups=window.groups if window else None,
        input_shape=step.input_shapes[0] if step.input_shapes else None,
        output_shape=step.output_shape,
        params=params,
        weights=params - biases,
        biases=biases,
        macs=step.macs,
        activation_bytes=step.items * _size(step.output_shape) * FLOAT_BYTES,
        receptive_field=_sizes(field),
        jump=(field.axes[0].jump, field.axes[1].jump) if spatial and field else None,
        start=(field.axes[0].start, field.axes[1].start) if spatial and field else None,
        gated=field is not None and field.gated,
        inputs=step.inputs,
        items=step.items,
        ceil=window.ceil if window else False,
    )


def _sizes(field: Field | None) -> tuple[float, float] | str | None:
    if field is None:
        return None
    return GLOBAL if field.whole else (field.axes[0].size, field.axes[1].size)


def _not_run(unused: dict[str, int], first: int) -> Iterable[Row]:
    """Modules that hold parameters but had no part in the pass, such as auxiliary heads outside of training."""
    owners = groupby(unused.items(), key=lambda item: item[0].rpartition(".")[0])
    for index, (owner, parameters) in enumerate(owners, first):
        counts = dict(parameters)
        biases = sum(count for name, count in counts.items() if name.endswith("bias"))
        stage, block = place_by_name(owner)
        yield Row(
            index=index, name=owner, type=NOT_RUN, block=block, stage=stage, kernel=None, stride=None, padding=None,
            dilation=None, groups=None, input_shape=None, output_shape=None, params=sum(counts.values()),
            weights=sum(counts.values()) - biases, biases=biases, macs=0, activation_bytes=0, receptive_field=None,
            jump=None, start=None,
        )  # fmt: skip


def _size(shape: Shape) -> int:
    product = 1
    for side in shape:
        product *= side
    return product


def is_weighted(module: nn.Module | None) -> bool:
    """Whether a layer counts towards a network's depth: convolutions and dense layers do."""
    return isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)
