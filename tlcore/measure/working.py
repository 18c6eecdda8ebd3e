"""The working behind a number of the layer table: its formula in LaTeX, with this layer's values put in.

Each formula is the one that the number was counted by or is tested equal to, so what is shown is what holds.
"""

from dataclasses import dataclass, replace
from math import prod
from typing import Literal

from tlcore.measure.table import FLOAT_BYTES, GLOBAL, Row
from tlcore.measure.windows.sizes import OutputSize, Sliding, output_size

_CONVOLUTIONS = {"Conv2d", "ConvTranspose2d"}
_NORMALISATIONS = {"BatchNorm2d", "BatchNorm1d", "LayerNorm", "LayerNorm2d", "GroupNorm"}


Number = Literal["output", "params", "macs", "memory", "field"]
_TITLES: dict[Number, str] = {
    "output": "Output rows", "params": "Parameters", "macs": "Multiply-adds", "memory": "Activation memory",
    "field": "Receptive field",
}  # fmt: skip


@dataclass(frozen=True)
class Working:
    """One number's formula, the same with its values, and a sentence on what it means.

    `number` says which one: the column of the layer table that it stands in.
    """

    number: Number
    formula: str
    values: str
    meaning: str

    @property
    def title(self) -> str:
        """The number's name."""
        return _TITLES[self.number]


def workings(row: Row, before: Row | None = None) -> tuple[Working, ...]:
    """How the numbers of a row come about; `before` is the row whose outcome it reads, for its receptive field."""
    made = (_output(row), _parameters(row), _macs(row), _memory(row), _field(row, before))
    return tuple(working for working in made if working is not None)


def size_working(side: int, window: Sliding, size: OutputSize) -> Working:
    """How the side of an output comes about."""
    k, s, p, d, extra = window.kernel, window.stride, window.padding, window.dilation, window.output_padding
    if window.transposed:
        return Working(
            "output",
            r"h' = (h - 1)\,s - 2p + d\,(k - 1) + e + 1",
            rf"({side} - 1)\cdot{s} - 2\cdot{p} + {d}\cdot({k} - 1) + {extra} + 1 = {size.output}",
            "Every input row is spread over k rows, s apart; e rows are added at the end.",
        )
    left, right = (r"\lceil", r"\rceil") if window.ceil else (r"\lfloor", r"\rfloor")
    outside = -(-(side + 2 * p - window.reach) // s) + 1 > size.output if window.ceil else False
    last = " - 1" if outside else ""
    return Working(
        "output",
        rf"h' = \left{left} \frac{{h + 2p - d\,(k - 1) - 1}}{{s}} \right{right} + 1",
        rf"\left{left} \frac{{{side} + 2\cdot{p} - {d}\cdot({k} - 1) - 1}}{{{s}}} \right{right} + 1{last}"
        f" = {size.output}",
        "How many windows of k rows, s apart, fit into the padded input. Columns likewise."
        + (" The last one would begin outside, and is left out." if outside else ""),
    )


def row_sizes(row: Row) -> tuple[OutputSize, OutputSize] | None:
    """The sizes along rows and columns of what slides over maps; None of any other step."""
    if row.kernel is None or row.output_shape is None or row.input_shape is None or "adaptive" in row.type.lower():
        return None
    rows, columns = (output_size(row.input_shape[axis - 2], _sliding(row, axis)) for axis in (0, 1))
    return rows, columns


def _output(row: Row) -> Working | None:
    sizes = row_sizes(row)
    return size_working(row.input_shape[-2], _sliding(row, 0), sizes[0]) if sizes and row.input_shape else None


def _sliding(row: Row, axis: int) -> Sliding:
    """The row's window along rows or columns; how many a transposed one adds is told by what it gave."""
    assert row.kernel and row.stride and row.padding and row.dilation and row.input_shape and row.output_shape
    plain = Sliding(
        kernel=row.kernel[axis], stride=row.stride[axis], padding=row.padding[axis], dilation=row.dilation[axis],
        transposed=row.type == "ConvTranspose2d", pool="pool" in row.type.lower(), ceil=row.ceil,
    )  # fmt: skip
    if not plain.transposed:
        return plain
    added = row.output_shape[axis - 2] - output_size(row.input_shape[axis - 2], plain).output
    return replace(plain, output_padding=added)


def _parameters(row: Row) -> Working | None:
    if not row.params:
        return None
    if row.type in _CONVOLUTIONS and row.kernel and row.input_shape and row.output_shape and row.groups:
        inputs, outputs = row.input_shape[0], row.output_shape[0]
        bias, shown = (r" + c'", f" + {row.biases}") if row.biases else ("", "")
        return Working(
            "params",
            rf"P = k_h k_w \cdot \frac{{c}}{{g}} \cdot c'{bias}",
            rf"{row.kernel[0]}\cdot{row.kernel[1]}\cdot\frac{{{inputs}}}{{{row.groups}}}\cdot{outputs}{shown}"
            f" = {_number(row.params)}",
            "Each of the c' filters has one weight a pixel of its window and map of its group"
            + (", and a bias." if row.biases else "; there is no bias."),
        )
    if row.type == "Linear" and row.input_shape and row.output_shape:
        inputs, outputs = row.input_shape[-1], row.output_shape[-1]
        bias, shown = (r" + m", f" + {row.biases}") if row.biases else ("", "")
        return Working(
            "params", rf"P = n \cdot m{bias}", rf"{inputs}\cdot{outputs}{shown} = {_number(row.params)}",
            "Every output has a weight for every input" + (", and a bias." if row.biases else "; there is no bias."),
        )  # fmt: skip
    if row.type in _NORMALISATIONS:
        return Working(
            "params", r"P = 2c", rf"2\cdot{row.params // 2} = {_number(row.params)}",
            "A scale and a shift for each map; running means and variances are not learned by gradients.",
        )  # fmt: skip
    return None


def _macs(row: Row) -> Working | None:
    if not row.macs or row.input_shape is None or row.output_shape is None:
        return None
    if row.type == "Conv2d" and row.kernel and row.groups:
        outputs, high, wide = row.output_shape
        return Working(
            "macs",
            r"M = h' w' c' \cdot k_h k_w \cdot \frac{c}{g}",
            rf"{high}\cdot{wide}\cdot{outputs}\cdot{row.kernel[0]}\cdot{row.kernel[1]}"
            rf"\cdot\frac{{{row.input_shape[0]}}}{{{row.groups}}} = {_number(row.macs)}",
            "Every output value is one sum over a window of the maps of its group; biases are not counted.",
        )
    if row.type == "ConvTranspose2d" and row.kernel and row.groups:
        inputs, high, wide = row.input_shape
        return Working(
            "macs",
            r"M = h\,w\,c \cdot k_h k_w \cdot \frac{c'}{g}",
            rf"{high}\cdot{wide}\cdot{inputs}\cdot{row.kernel[0]}\cdot{row.kernel[1]}"
            rf"\cdot\frac{{{row.output_shape[0]}}}{{{row.groups}}} = {_number(row.macs)}",
            "Every input value is spread over a window of every output map of its group.",
        )
    if row.type == "Linear":
        places = row.items * prod(row.output_shape[:-1])
        first, shown = ("", "") if places == 1 else (r"q \cdot ", rf"{places}\cdot")
        return Working(
            "macs", rf"M = {first}n \cdot m",
            rf"{shown}{row.input_shape[-1]}\cdot{row.output_shape[-1]} = {_number(row.macs)}",
            "One product a weight"
            + ("." if places == 1 else f", for each of the q {'regions' if row.items > 1 else 'places'}."),
        )  # fmt: skip
    return None


def _memory(row: Row) -> Working | None:
    if not row.output_shape:
        return None
    regions = row.items > 1
    sides = r"\cdot".join(map(str, (row.items, *row.output_shape) if regions else row.output_shape))
    # KaTeX measures a subscript at the very end too narrow, and the formula would scroll.
    return Working(
        "memory", r"B = 4\,q \prod_i n_i\," if regions else r"B = 4 \prod_i n_i\,",
        rf"{FLOAT_BYTES}\cdot{sides} = {_number(row.activation_bytes)}\ \text{{bytes}}",
        f"Each value of the output{', of each of the q regions,' * regions} takes four bytes in single precision; half "
        "of that in half precision.",
    )  # fmt: skip


def _field(row: Row, before: Row | None) -> Working | None:
    if row.receptive_field is None:
        return None
    if row.receptive_field == GLOBAL:
        return _worked_field(r"r' = \text{all}", r"\text{all}", "Every value depends on the whole input.")
    local = before is not None and isinstance(before.receptive_field, tuple)
    if before is not None and local and _reads_all_positions(row):
        return _field_of_all(row, before)
    if row.type == "ConvTranspose2d" or (row.kernel is None and row.type.lower().startswith("adaptive")):
        return None  # windows differ there, so no one formula holds
    if before is None or not local or row.kernel is None or row.jump is None:
        return _worked_field(
            r"r' = r",
            rf"r' = {_plain(row.receptive_field[0])}",
            "The step looks no further than what it reads; where branches meet, it sees what any of them sees.",
        )
    seen, jump = before.receptive_field[0], before.jump[0]  # type: ignore[index]
    reach = row.dilation[0] * (row.kernel[0] - 1) + 1  # type: ignore[index]
    return _worked_field(
        r"r' = r + (d\,(k - 1))\, j \qquad j' = j\,s",
        rf"{_plain(seen)} + {reach - 1}\cdot{_plain(jump)} = {_plain(row.receptive_field[0])} \qquad "
        rf"{_plain(jump)}\cdot{row.stride[0]} = {_plain(row.jump[0])}",  # type: ignore[index]
        "The outermost taps of a window lie d (k - 1) positions apart, and positions lie j input pixels apart.",
    )


def _worked_field(formula: str, values: str, meaning: str) -> Working:
    return Working("field", formula, values, meaning)


def _reads_all_positions(row: Row) -> bool:
    """A dense layer on a vector, or a pool that leaves one position of several."""
    if row.type in {"Linear", "linear"}:
        return len(row.input_shape or ()) == 1
    one_left = row.output_shape is not None and (len(row.output_shape) == 1 or row.output_shape[-2:] == (1, 1))
    return one_left and (row.type.lower().startswith("adaptive") or row.type == "mean")


def _field_of_all(row: Row, before: Row) -> Working:
    """Of a dense layer or a pool that reads every position of maps that end before the image does."""
    assert isinstance(row.receptive_field, tuple) and isinstance(before.receptive_field, tuple)
    assert row.start and row.jump and before.jump
    size, seen, jump = row.receptive_field[0], before.receptive_field[0], before.jump[0]
    count = row.jump[0] / jump
    if seen + (count - 1) * jump == size:
        return _worked_field(
            r"r' = r + (n - 1)\, j",
            rf"{_plain(seen)} + ({_plain(count)} - 1)\cdot{_plain(jump)} = {_plain(size)}",
            "It reads all n positions, which lie j input pixels apart; the rest of the image no window reaches.",
        )
    first = row.start[0] - (size - 1) / 2
    return _worked_field(
        r"r' = b - a + 1",
        rf"{_plain(first + size - 1)} - {_plain(first)} + 1 = {_plain(size)}",
        "All positions together read the image's rows from a to b, counted from 0; the rest no window reaches.",
    )


def _plain(value: float | str) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(value: int) -> str:
    return f"{value:,}".replace(",", r"\,")
