"""One small layer to be followed sum by sum: the numbers that go in, and what PyTorch makes of them.

Images are float64, `(channels, rows, columns)`, of whole numbers. Weights have the shape that PyTorch's functions take.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Tensor

from tlcore.data.samples.rendered import digits
from tlcore.errors import BadInputError, ImpossibleSizeError, UnknownNameError
from tlcore.filters.bank import bank
from tlcore.seeds import torch_generator
from tlcore.zoo.weights import WeightsFile, load, locate

Weights = Tensor
"""Kernels, one from each channel to each output, for whoever only hands them on."""
Kind = Literal["convolution", "transposed", "max", "average", "sum"]
KINDS: dict[Kind, str] = {
    "convolution": "Convolution",
    "transposed": "Transposed convolution",
    "max": "Max pooling",
    "average": "Average pooling",
    "sum": "Sum pooling",
}
POOLING = ("max", "average", "sum")
PICTURES = {
    **{f"digit{digit}": f"Digit {digit}" for digit in digits.CLASSES},
    "lines": "Lines, in another direction in each channel",
    "corner": "A bright corner",
    "impulse": "One bright pixel",
    "noise": "Random numbers",
    "empty": "Empty, to draw on",
}
CHANNELS = 4
LARGEST_OUTPUT = 24
_LARGEST_KERNEL = 5
_LEARNED = "resnet18_64"
_CHANGE = re.compile(r"(\d{1,5})_(-?\d{1,3}(?:\.\d{1,3})?)", re.ASCII)  # values within 1000


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A convolution, transposed convolution or pooling, alike along rows and columns; it has no bias."""

    kind: Kind = "convolution"
    inputs: int = 1
    outputs: int = 1
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownNameError(f"There is no layer '{self.kind}'; there is {', '.join(KINDS)}.")
        least = min((self.inputs, self.outputs, self.kernel, self.stride, self.dilation, self.groups))
        if least < 1:
            raise BadInputError(f"Channels, kernel, stride, dilation and groups are at least 1, not {least}.")
        if self.padding < 0 or (self.pools and self.padding > self.kernel // 2):
            raise BadInputError(f"A padding of {self.padding} is impossible; pooling pads by at most half its kernel.")
        if self.pools and (self.outputs, self.groups) != (self.inputs, 1):
            raise BadInputError("Pooling gives as many channels as it gets, each by itself.")
        if self.kind in {"average", "sum"} and self.dilation > 1:
            raise BadInputError("PyTorch's average pooling has no dilation.")
        if self.inputs % self.groups or self.outputs % self.groups:
            raise BadInputError(f"{self.groups} groups do not divide {self.inputs} and {self.outputs} channels.")

    @property
    def pools(self) -> bool:
        """Whether it has no weights."""
        return self.kind in POOLING

    @property
    def depthwise(self) -> bool:
        """Whether every filter reads one channel of several."""
        return not self.pools and self.groups == self.inputs > 1

    @property
    def weight_shape(self) -> tuple[int, int, int, int] | None:
        """The shape of its weights as PyTorch wants them; None for pooling."""
        if self.pools:
            return None
        given, made = (self.inputs, self.outputs) if self.kind == "transposed" else (self.outputs, self.inputs)
        return given, made // self.groups, self.kernel, self.kernel


def run(image: Tensor, weights: Tensor | None, layer: Layer) -> Tensor:
    """What PyTorch's own function gives, `(channels, rows, columns)`."""
    batch = image[None]
    if layer.kind == "max":
        return F.max_pool2d(batch, layer.kernel, layer.stride, layer.padding, layer.dilation)[0]
    if layer.pools:
        divisor = 1 if layer.kind == "sum" else None
        return F.avg_pool2d(batch, layer.kernel, layer.stride, layer.padding, divisor_override=divisor)[0]
    assert weights is not None
    if layer.kind == "transposed":
        return F.conv_transpose2d(
            batch, weights, stride=layer.stride, padding=layer.padding, dilation=layer.dilation, groups=layer.groups
        )[0]
    return F.conv2d(batch, weights, None, layer.stride, layer.padding, layer.dilation, layer.groups)[0]


def output_side(layer: Layer, side: int) -> int:
    """The side of the output of a square image, asked of PyTorch; raises `ImpossibleSizeError` where it refuses."""
    nothing = torch.empty(layer.inputs, side, side, device="meta")
    weights = None if layer.weight_shape is None else torch.empty(layer.weight_shape, device="meta")
    try:
        return run(nothing, weights, layer).shape[-1]
    except RuntimeError as error:
        raise ImpossibleSizeError(
            f"A kernel of {layer.kernel} with a dilation of {layer.dilation} and a padding of {layer.padding} gives "
            f"nothing on {side} pixels."
        ) from error


def possible(layer: Layer, side: int, name: str, candidates: range) -> list[int]:
    """The values of one setting with which the layer, as it is else, gives an output that can be drawn."""
    return [value for value in candidates if _drawable(layer, side, name, value)]


def _drawable(layer: Layer, side: int, name: str, value: int) -> bool:
    try:
        return 1 <= output_side(replace(layer, **{name: value}), side) <= LARGEST_OUTPUT  # type: ignore[arg-type]
    except BadInputError:
        return False


def feeds(layer: Layer, side: int) -> Tensor:
    """How many outputs each pixel of the image feeds, `(channels, rows, columns)`; 0 where no window reads it."""
    alike = replace(layer, kind="convolution", groups=layer.inputs) if layer.pools else layer
    assert alike.weight_shape is not None
    image = torch.zeros(layer.inputs, side, side, requires_grad=True)
    outputs = run(image, torch.ones(alike.weight_shape), alike)
    (paths,) = torch.autograd.grad(outputs.sum(), image)  # a gradient counts the paths
    return paths.long()


def multiplications(layer: Layer, side: int) -> int:
    """Products of a weight and a value, those with zeros of the padding included; pooling has none."""
    if layer.pools:
        return 0
    places = side if layer.kind == "transposed" else output_side(layer, side)
    return places**2 * layer.kernel**2 * layer.inputs * layer.outputs // layer.groups


def picture(name: str, channels: int, side: int, seed: int = 0) -> Tensor:
    """A small image of whole numbers, ink from 0 to 16 in the digits, each further channel another one of its kind."""
    if name not in PICTURES:
        raise UnknownNameError(f"There is no picture '{name}'; there is {', '.join(PICTURES)}.")
    return torch.stack([_channel(name, channel, side, seed) for channel in range(channels)])


def _channel(name: str, channel: int, side: int, seed: int) -> Tensor:
    if name.startswith("digit"):
        return _fitted(_scans()[int(name.removeprefix("digit"))][channel], side)
    if name == "noise":
        return torch.randint(0, 10, (side, side), generator=_generator(seed, channel)).double()
    drawn = torch.zeros(side, side, dtype=torch.float64)
    middle = side // 2
    if name == "lines":
        falling = torch.eye(side, dtype=torch.float64) * 9
        drawn[:, middle] = 9
        return (drawn, drawn.T.clone(), falling, falling.flip(1))[channel]
    if name == "corner":
        drawn[middle:, middle:] = 9
        return drawn.rot90(channel)
    if name == "impulse":
        drawn[middle, middle] = 1
    return drawn


def _fitted(ink: Tensor, side: int) -> Tensor:
    """A scan of 8x8 values in the middle of a larger image, or its means in a smaller one."""
    if side < ink.shape[-1]:
        return F.adaptive_avg_pool2d(ink[None], side)[0].round()
    before = (side - ink.shape[-1]) // 2
    after = side - ink.shape[-1] - before
    return F.pad(ink, (before, after, before, after))


@cache
def _scans() -> dict[int, list[Tensor]]:
    scans: dict[int, list[Tensor]] = {int(digit): [] for digit in digits.CLASSES}
    for digit, ink in digits.scans():
        if len(scans[digit]) < CHANNELS:
            scans[digit].append(torch.tensor(ink, dtype=torch.float64).reshape(8, 8))
    return scans


def kernel_choices(inputs: int) -> dict[str, str]:
    """The kernels for that many channels, by name: the small ones of the bank, random and learned ones."""
    small = {
        name: kernel.title
        for name, kernel in bank().items()
        if max(kernel.values.shape) <= _LARGEST_KERNEL
        and (name == "box" or np.array_equal(kernel.values, kernel.values.round()))
    }
    learned = {"learned": "Learned by ResNet-18 from photographs"} if inputs in {1, 3} and _learned_file() else {}
    return {**small, "random": "Random whole numbers", **learned}


def kernel_side(name: str) -> int | None:
    """The side of a kernel; None for random ones, which have any."""
    if name == "random":
        return None
    return _first_layer().shape[-1] if name == "learned" else bank()[name].values.shape[-1]


def kernels(name: str, layer: Layer, seed: int = 0) -> Tensor | None:
    """Weights for the layer; None for pooling.

    Each filter after the first has the bank's kernel turned by another quarter, the same for every channel. Random and
    learned filters differ for every channel.
    """
    if layer.weight_shape is None:
        return None
    return _grouped(_from_each_to_each(name, layer, seed), layer)


def _from_each_to_each(name: str, layer: Layer, seed: int) -> Tensor:
    """A kernel for every pair of channels, `(outputs, inputs, rows, columns)`."""
    shape = (layer.outputs, layer.inputs, layer.kernel, layer.kernel)
    if name == "random":
        return torch.randint(-2, 3, shape, generator=_generator(seed, 99)).double()
    if name == "learned":
        colours = _first_layer()[: layer.outputs]
        # a grey image has its value in all three colours
        return (colours if layer.inputs == colours.shape[1] else colours.sum(1, keepdim=True)).mul(100).round() / 100
    values = torch.from_numpy(bank()[name].values.copy())
    return torch.stack([values.rot90(-turn).expand(shape[1:]) for turn in range(layer.outputs)])


def _grouped(pairs: Tensor, layer: Layer) -> Tensor:
    """Those of the pairs within a group, in the order of PyTorch."""
    blocks = [
        pairs.chunk(layer.groups, 0)[group].chunk(layer.groups, 1)[group] for group in range(layer.groups)
    ]  # each (outputs, inputs) of its group
    return torch.cat([block.transpose(0, 1) if layer.kind == "transposed" else block for block in blocks]).contiguous()


def _learned_file() -> WeightsFile | None:
    file = locate(_LEARNED)
    return file if file and file.source == "embedded" else None


def _first_layer() -> Tensor:
    """The first filters of the embedded network, `(filters, colours, rows, columns)`, those with most weight first."""
    file = _learned_file()
    if file is None:
        raise UnknownNameError("There are no learned kernels on this machine.")
    return _read_first_layer(file)


@cache
def _read_first_layer(file: WeightsFile) -> Tensor:
    filters = load(file)["conv1.weight"].double()
    return filters[filters.flatten(1).norm(dim=1).argsort(descending=True)]


def edited(values: Tensor, changes: str) -> Tensor:
    """The values with some changed by hand, written as `index_value` joined by `~`; raises `BadInputError`."""
    changed = values.clone()
    for change in filter(None, changes.split("~")):
        match = _CHANGE.fullmatch(change)
        if match is None:
            raise BadInputError(f"'{change[:40]}' is no change of a value; '12_5' sets value 12 to 5.")
        if int(match[1]) < changed.numel():  # what lies outside belongs to a larger image
            changed.view(-1)[int(match[1])] = float(match[2])
    return changed


def as_code(layer: Layer) -> str:
    """The call in PyTorch, with the settings that are not its defaults; `x` is the image and `w` the weights."""
    if layer.pools:
        name = "max_pool2d" if layer.kind == "max" else "avg_pool2d"
        settings = [f"kernel_size={layer.kernel}", f"stride={layer.stride}"]
        last = ["divisor_override=1"] if layer.kind == "sum" else []
        given = ["x", *settings]
    else:
        name = "conv_transpose2d" if layer.kind == "transposed" else "conv2d"
        given, last = ["x", "w"] + [f"stride={layer.stride}"] * (layer.stride > 1), []
    given += [f"padding={layer.padding}"] * (layer.padding > 0) + [f"dilation={layer.dilation}"] * (layer.dilation > 1)
    given += [f"groups={layer.groups}"] * (layer.groups > 1) + last
    return f"torch.nn.functional.{name}({', '.join(given)})"


def _generator(seed: int, which: int) -> torch.Generator:
    return torch_generator(1000 * seed + which)  # links keep changes that were made to these very numbers
