"""The working behind a number of the layer table: its formula in LaTeX, with this layer's values put in.

Each formula is the one that the number was counted by or is tested equal to, so what is shown is what holds.
"""

from dataclasses import dataclass, replace
from math import prod

from tlcore.measure.sizes import OutputSize, Sliding, output_size
from tlcore.measure.table import FLOAT_BYTES, GLOBAL, Row

_CONVOLUTIONS = {"Conv2d", "ConvTranspose2d"}
_NORMALISATIONS = {"BatchNorm2d", "BatchNorm1d", "LayerNorm", "LayerNorm2d", "GroupNorm"}


@dataclass(frozen=True)
class Working:
    """One number's formula, the same with its values, and a sentence on what it means."""

    title: str
    formula: str
    values: str
    meaning: str


def workings(row: Row, before: Row | None = None) -> tuple[Working, ...]:
    """How the numbers of a row come about; `before` is the row whose outcome it reads, for its receptive field."""
    made = (_output(row), _parameters(row), _macs(row), _memory(row), _field(row, before))
    return tuple(working for working in made if working is not None)


def size_working(side: int, window: Sliding, found: OutputSize) -> Working:
    """How the side of an output comes about."""
    k, s, p, d, extra = window.kernel, window.stride, window.padding, window.dilation, window.output_padding
    if window.transposed:
        return Working(
            "Output rows",
            r"h' = (h - 1)\,s - 2p + d\,(k - 1) + e + 1",
            rf"({side} - 1)\cdot{s} - 2\cdot{p} + {d}\cdot({k} - 1) + {extra} + 1 = {found.output}",
            "Every input row is spread over k rows, s apart; e rows are added at the end.",
        )
    left, right = (r"\lceil", r"\rceil") if window.ceil else (r"\lfloor", r"\rfloor")
    outside = -(-(side + 2 * p - window.reach) // s) + 1 > found.output if window.ceil else False
    last = " - 1" if outside else ""
    return Working(
        "Output rows",
        rf"h' = \left{left} \frac{{h + 2p - d\,(k - 1) - 1}}{{s}} \right{right} + 1",
        rf"\left{left} \frac{{{side} + 2\cdot{p} - {d}\cdot({k} - 1) - 1}}{{{s}}} \right{right} + 1{last}"
        f" = {found.output}",
        "How many windows of k rows, s apart, fit into the padded input. Columns likewise."
        + (" The last one would begin outside, and is left out." if outside else ""),
    )


def _output(row: Row) -> Working | None:
    if row.kernel is None or row.output_shape is None or row.input_shape is None or "adaptive" in row.type.lower():
        return None
    window = _sliding(row)
    return size_working(row.input_shape[-2], window, output_size(row.input_shape[-2], window))


def _sliding(row: Row) -> Sliding:
    """The row's window along its rows; how many rows a transposed one adds is told by what it gave."""
    assert row.kernel and row.stride and row.padding and row.dilation and row.input_shape and row.output_shape
    plain = Sliding(
        kernel=row.kernel[0], stride=row.stride[0], padding=row.padding[0], dilation=row.dilation[0],
        transposed=row.type == "ConvTranspose2d", pool="pool" in row.type.lower(), ceil=row.ceil,
    )  # fmt: skip
    if not plain.transposed:
        return plain
    return replace(plain, output_padding=row.output_shape[-2] - output_size(row.input_shape[-2], plain).output)


def _parameters(row: Row) -> Working | None:
    if not row.params:
        return None
    if row.type in _CONVOLUTIONS and row.kernel and row.input_shape and row.output_shape and row.groups:
        inputs, outputs = row.input_shape[0], row.output_shape[0]
        bias, shown = (r" + c'", f" + {row.biases}") if row.biases else ("", "")
        return Working(
            "Parameters",
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
            "Parameters", rf"P = n \cdot m{bias}", rf"{inputs}\cdot{outputs}{shown} = {_number(row.params)}",
            "Every output has a weight for every input" + (", and a bias." if row.biases else "; there is no bias."),
        )  # fmt: skip
    if row.type in _NORMALISATIONS:
        return Working(
            "Parameters", r"P = 2c", rf"2\cdot{row.params // 2} = {_number(row.params)}",
            "A scale and a shift for each map; running means and variances are not learned by gradients.",
        )  # fmt: skip
    return None


def _macs(row: Row) -> Working | None:
    if not row.macs or row.input_shape is None or row.output_shape is None:
        return None
    if row.type == "Conv2d" and row.kernel and row.groups:
        outputs, high, wide = row.output_shape
        return Working(
            "Multiply-adds",
            r"M = h' w' c' \cdot k_h k_w \cdot \frac{c}{g}",
            rf"{high}\cdot{wide}\cdot{outputs}\cdot{row.kernel[0]}\cdot{row.kernel[1]}"
            rf"\cdot\frac{{{row.input_shape[0]}}}{{{row.groups}}} = {_number(row.macs)}",
            "Every output value is one sum over a window of the maps of its group; biases are not counted.",
        )
    if row.type == "ConvTranspose2d" and row.kernel and row.groups:
        inputs, high, wide = row.input_shape
        return Working(
            "Multiply-adds",
            r"M = h\,w\,c \cdot k_h k_w \cdot \frac{c'}{g}",
            rf"{high}\cdot{wide}\cdot{inputs}\cdot{row.kernel[0]}\cdot{row.kernel[1]}"
            rf"\cdot\frac{{{row.output_shape[0]}}}{{{row.groups}}} = {_number(row.macs)}",
            "Every input value is spread over a window of every output map of its group.",
        )
    if row.type == "Linear":
        places = row.items * prod(row.output_shape[:-1])
        first, shown = ("", "") if places == 1 else (r"q \cdot ", rf"{places}\cdot")
        return Working(
            "Multiply-adds", rf"M = {first}n \cdot m",
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
        "Activation memory", r"B = 4\,q \prod_i n_i\," if regions else r"B = 4 \prod_i n_i\,",
        rf"{FLOAT_BYTES}\cdot{sides} = {_number(row.activation_bytes)}\ \text{{bytes}}",
        f"Each value of the output{', of each of the q regions,' * regions} takes four bytes in single precision; half "
        "of that in half precision.",
    )  # fmt: skip


def _field(row: Row, before: Row | None) -> Working | None:
    if row.receptive_field is None:
        return None
    if row.receptive_field == GLOBAL:
        return Working("Receptive field", r"r' = \text{all}", r"\text{all}", "Every value depends on the whole input.")
    if row.kernel is None and row.type.lower().startswith("adaptive"):
        return None  # windows differ in size there, so no one formula holds
    if before is None or before.receptive_field in {None, GLOBAL} or row.kernel is None or row.jump is None:
        size = _plain(row.receptive_field[0])
        return Working(
            "Receptive field", r"r' = r", rf"r' = {size}",
            "The step looks no further than what it reads; where branches meet, it sees what any of them sees.",
        )  # fmt: skip
    seen, jump = before.receptive_field[0], before.jump[0]  # type: ignore[index]
    reach = row.dilation[0] * (row.kernel[0] - 1) + 1  # type: ignore[index]
    if row.type == "ConvTranspose2d":
        return None
    return Working(
        "Receptive field",
        r"r' = r + (d\,(k - 1))\, j \qquad j' = j\,s",
        rf"{_plain(seen)} + {reach - 1}\cdot{_plain(jump)} = {_plain(row.receptive_field[0])} \qquad "
        rf"{_plain(jump)}\cdot{row.stride[0]} = {_plain(row.jump[0])}",  # type: ignore[index]
        "The outermost taps of a window lie d (k - 1) positions apart, and positions lie j input pixels apart.",
    )


def _plain(value: float | str) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(value: int) -> str:
    return f"{value:,}".replace(",", r"\,")
