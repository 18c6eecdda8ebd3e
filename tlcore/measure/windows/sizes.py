"""How large an output is: convolutions, transposed convolutions and pooling, along one axis."""

from dataclasses import dataclass

from tlcore.errors import BadInputError, ImpossibleSizeError

_LARGEST = 100_000


@dataclass(frozen=True, kw_only=True)
class Sliding:
    """A window that slides along one axis.

    `ceil` lets a last window begin that ends outside, as PyTorch's pooling does with `ceil_mode`; it must still begin
    inside the input or its padding before it. `output_padding` belongs to transposed convolutions alone.
    """

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    transposed: bool = False
    pool: bool = False
    ceil: bool = False
    output_padding: int = 0

    def __post_init__(self) -> None:
        for name, least in (("kernel", 1), ("stride", 1), ("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value, title = getattr(self, name), name.replace("_", " ")
            if not least <= value <= _LARGEST:
                bound = f"at least {least}" if value < least else f"at most {_LARGEST}"
                raise BadInputError(f"The {title} is {bound}, not {value}.")
        if self.pool and self.padding > self.kernel // 2:
            raise BadInputError(f"Pooling pads by at most half its kernel, {self.kernel // 2}, not by {self.padding}.")
        if self.ceil and not self.pool:
            raise BadInputError("Only pooling rounds up; a convolution has no such setting.")
        if self.transposed and (self.pool or self.ceil):
            raise BadInputError("A transposed convolution does not pool.")
        if self.output_padding and not (self.transposed and self.output_padding < max(self.stride, self.dilation)):
            raise BadInputError(
                "Output padding is for transposed convolutions, and smaller than the stride or dilation."
            )

    @property
    def reach(self) -> int:
        """The pixels from the first to the last that a window touches: dilation * (kernel - 1) + 1."""
        return self.dilation * (self.kernel - 1) + 1


@dataclass(frozen=True)
class OutputSize:
    """The side of an output, the formula with its values, and how many input pixels at the end no window reaches."""

    output: int
    formula: str
    dropped: int


def output_size(side: int, window: Sliding) -> OutputSize:
    """The side of the output of an input of `side` pixels (Dumoulin & Visin 2016, relations 6, 14 and 15)."""
    if not 1 <= side <= _LARGEST:
        raise BadInputError(f"The input has from 1 to {_LARGEST} pixels a side, not {side}.")
    return _transposed(side, window) if window.transposed else _slid(side, window)


def _slid(side: int, window: Sliding) -> OutputSize:
    k, s, p, d = window.kernel, window.stride, window.padding, window.dilation
    room = side + 2 * p - window.reach
    output = (-(-room // s) if window.ceil else room // s) + 1
    outside = int(window.ceil and (output - 1) * s >= side + p)  # the last window must begin inside
    output -= outside
    if output < 1:
        raise ImpossibleSizeError(
            f"The window reaches over {window.reach} pixels, but the padded input has only {side + 2 * p}; "
            f"use a smaller kernel or dilation, a larger input, or more padding."
        )
    last = " - 1 (the last window would begin outside)" if outside else ""
    formula = f"{'ceil' if window.ceil else 'floor'}(({side} + 2*{p} - {d}*({k} - 1) - 1) / {s}) + 1{last} = {output}"
    reached = (output - 1) * s + window.reach - p
    return OutputSize(output, formula, max(0, side - reached))


def _transposed(side: int, window: Sliding) -> OutputSize:
    k, s, p, d, extra = window.kernel, window.stride, window.padding, window.dilation, window.output_padding
    output = (side - 1) * s - 2 * p + window.reach + extra
    formula = f"({side} - 1)*{s} - 2*{p} + {d}*({k} - 1) + {extra} + 1 = {output}"
    if output < 1:
        raise ImpossibleSizeError(f"Nothing would be left: {formula}; use less padding or a larger kernel.")
    return OutputSize(output, formula, 0)
