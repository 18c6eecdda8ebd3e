"""The window of a convolution or pooling: kernel, stride, padding, dilation, groups; of modules and functions alike."""

from dataclasses import dataclass
from typing import Any

from torch import nn

from tlcore.measure.trace import Step

Pair = tuple[int, int]
# What the arguments of torch's pooling functions mean, in their order; they have no signature to ask.
_FUNCTIONS = {
    "avg_pool2d": ("input", "kernel_size", "stride", "padding", "ceil_mode"),
    "max_pool2d": ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode"),
}
_CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)
_POOLS = (nn.MaxPool2d, nn.AvgPool2d)


@dataclass(frozen=True)
class Window:
    """What slides over a map, in pixels along [rows, columns]; padding is that before the first row and column."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair = (1, 1)
    groups: int | None = None
    transposed: bool = False
    ceil: bool = False

    @property
    def reach(self) -> Pair:
        """The side of the area that a dilated kernel covers."""
        return (self.dilation[0] * (self.kernel[0] - 1) + 1, self.dilation[1] * (self.kernel[1] - 1) + 1)


def window_of(step: Step) -> Window | None:
    """The window of a step; None for a step without one."""
    module = step.module
    if isinstance(module, _CONVOLUTIONS):
        return _of_convolution(module)
    if isinstance(module, _POOLS):
        return _of_pool(vars(module))
    if isinstance(module, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d) or step.kind.startswith("adaptive_"):
        return _of_adaptive(step)
    if step.kind in _FUNCTIONS:
        return _of_pool({**dict(zip(_FUNCTIONS[step.kind], step.arguments, strict=False)), **step.options})
    return None


def _of_convolution(module: nn.Conv2d | nn.ConvTranspose2d) -> Window:
    kernel, stride, dilation = _pair(module.kernel_size), _pair(module.stride), _pair(module.dilation)
    if module.padding == "same":
        padding = (dilation[0] * (kernel[0] - 1) // 2, dilation[1] * (kernel[1] - 1) // 2)
    else:
        padding = (0, 0) if isinstance(module.padding, str) else _pair(module.padding)
    return Window(kernel, stride, padding, dilation, module.groups, isinstance(module, nn.ConvTranspose2d))


def _of_pool(values: Any) -> Window:
    kernel = _pair(values["kernel_size"])
    stride = _pair(values.get("stride") or kernel)
    return Window(
        kernel, stride, _pair(values.get("padding", 0)), _pair(values.get("dilation", 1)),
        ceil=bool(values.get("ceil_mode", False)),
    )  # fmt: skip


def _of_adaptive(step: Step) -> Window | None:
    """Equal windows where the sides divide; where they don't, windows differ in size and there is no single one."""
    high, wide = step.input_shapes[0][-2:]
    rows, columns = step.output_shape[-2:]
    if high % rows or wide % columns:
        return None
    kernel = (high // rows, wide // columns)
    return Window(kernel, kernel, (0, 0))


def widest(side: int, positions: int) -> int:
    """The side of adaptive pooling's widest window: they reach from floor(i h / r) to ceil((i + 1) h / r)."""
    return max(-(-(i + 1) * side // positions) - i * side // positions for i in range(positions))


def _pair(value: Any) -> Pair:
    one, other = value if isinstance(value, list | tuple) else (value, value)
    return int(one), int(other)
