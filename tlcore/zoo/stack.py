"""A network of one's own: a stack of layers, written as a line of text that names it everywhere.

`stack:3x64x64:c16k3p1-bn-relu-mp2-c32k3p1-relu-gap-fl-fc10` has an input shape and then its layers in order:
`c` convolution (maps, then k kernel, s stride, p padding, d dilation, g groups), `mp`/`ap` max or average pooling
(kernel, then s stride, p padding), `gap` global average pooling, `bn` batch normalisation, `relu` `lrelu` `gelu`
`sigmoid` `tanh` activations, `do` dropout (percent), `fl` flatten, `fc` dense layer (outputs).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tlcore.errors import BadInputError
from tlcore.zoo.network import OWN, Network, Preprocessing, Stage

if TYPE_CHECKING:
    from torch import nn

PREFIX = "stack:"
MOST_LAYERS, MOST_MAPS, MOST_SIDE, MOST_PARAMETERS = 60, 4096, 512, 100_000_000
CHANNELS = (3, 1)
_SIDE = re.compile(r"\d{1,9}", re.ASCII)
_TOKEN = re.compile(r"(?P<kind>[a-z]+)(?P<size>\d{0,9})(?P<rest>(?:[kspdg]\d{1,9})*)", re.ASCII)
_ACTIVATIONS = {"relu": "ReLU", "lrelu": "LeakyReLU", "gelu": "GELU", "sigmoid": "Sigmoid", "tanh": "Tanh"}
_SETTINGS = {"k": "kernel", "s": "stride", "p": "padding", "d": "dilation", "g": "groups"}
_ALLOWED = {"c": "kspdg", "mp": "sp", "ap": "sp"}
_SIZED = {"c", "mp", "ap", "do", "fc"}
KINDS = ("c", "mp", "ap", "gap", "bn", *_ACTIVATIONS, "do", "fl", "fc")


@dataclass(frozen=True)
class Layer:
    """One layer: its kind, its size (maps, kernel, percent or outputs), and what is not as usual."""

    kind: str
    size: int = 0
    settings: tuple[tuple[str, int], ...] = ()

    def get(self, name: str, usual: int) -> int:
        """A setting, or what is usual."""
        return dict(self.settings).get(name, usual)

    @property
    def text(self) -> str:
        """The layer as it is written."""
        letters = {name: letter for letter, name in _SETTINGS.items()}
        return f"{self.kind}{self.size or ''}" + "".join(f"{letters[name]}{value}" for name, value in self.settings)


@dataclass(frozen=True)
class Stack:
    """Layers on an input `(channels, rows, columns)`."""

    input_shape: tuple[int, int, int]
    layers: tuple[Layer, ...]

    @property
    def name(self) -> str:
        """The line of text that names it."""
        shape = "x".join(map(str, self.input_shape))
        return f"{PREFIX}{shape}:{'-'.join(layer.text for layer in self.layers)}"


def parse(text: str) -> Stack:
    """The stack that a line of text names; raises `BadInputError` with the layer that is wrong."""
    shape, colon, body = text.removeprefix(PREFIX).partition(":")
    sides = shape.split("x")
    if not (text.startswith(PREFIX) and colon and len(sides) == 3 and all(_SIDE.fullmatch(side) for side in sides)):
        raise BadInputError("A network of one's own is written as stack:3x64x64:LAYER-LAYER-…")
    channels, rows, columns = map(int, sides)
    if channels not in CHANNELS:
        raise BadInputError(f"An input has 3 channels, or 1 when it is grey, not {channels}.")
    if not (1 <= rows <= MOST_SIDE and 1 <= columns <= MOST_SIDE):
        raise BadInputError(f"An input has up to {MOST_SIDE} pixels a side, not {shape}.")
    tokens = [token for token in body.split("-") if token]
    if len(tokens) > MOST_LAYERS:
        raise BadInputError(f"A network of one's own has at most {MOST_LAYERS} layers, not {len(tokens)}.")
    return Stack((channels, rows, columns), tuple(_layer(token) for token in tokens))


def _layer(token: str) -> Layer:
    match = _TOKEN.fullmatch(token)
    kind = match["kind"] if match else ""
    if not match or kind not in KINDS:
        raise BadInputError(f"There is no layer '{token}'; there is {', '.join(KINDS)}.")
    size = int(match["size"] or 0)
    # A size of 0 is left out of a layer's text, so that its name would be another one's.
    if (kind in _SIZED) != (size > 0) or size > MOST_MAPS or (kind == "do" and size > 95):
        raise BadInputError(f"The layer '{token}' needs a size that makes sense." if kind in _SIZED
                            else f"The layer '{kind}' takes no size.")  # fmt: skip
    settings = []
    for letter, value in re.findall(r"([kspdg])(\d+)", match["rest"]):
        if letter not in _ALLOWED.get(kind, "") or int(value) > MOST_SIDE or (letter != "p" and int(value) == 0):
            raise BadInputError(f"The layer '{token}' can't have {_SETTINGS[letter]} {value}.")
        settings.append((_SETTINGS[letter], int(value)))
    return Layer(kind, size, tuple(settings))


def modules(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each layer as the name of its class in `torch.nn` and its arguments; raises where a layer can't follow."""
    shape: tuple[int, ...] = stack.input_shape
    for number, layer in enumerate(stack.layers, 1):
        try:
            made, shape = _module(layer, shape)
        except BadInputError as error:
            raise BadInputError(f"Layer {number}, '{layer.text}', can't follow: {error}") from error
        yield made


Made = tuple[tuple[str, dict[str, Any]], tuple[int, ...]]


def _module(layer: Layer, shape: tuple[int, ...]) -> Made:
    """The layer on an input of this shape, and the shape that it gives."""
    if layer.kind in {"c", "mp", "ap", "gap"}:
        if len(shape) != 3:
            raise BadInputError("it needs maps, and gets a vector.")
        return _on_maps(layer, shape)
    if layer.kind == "fc":
        if len(shape) != 1:
            raise BadInputError("it needs a vector; put 'fl' before it.")
        return ("Linear", {"in_features": shape[0], "out_features": layer.size}), (layer.size,)
    if layer.kind == "fl":
        return ("Flatten", {}), (_product(shape),)
    if layer.kind == "bn":
        return ("BatchNorm2d" if len(shape) == 3 else "BatchNorm1d", {"num_features": shape[0]}), shape
    values = {"p": layer.size / 100} if layer.kind == "do" else {}
    return (_ACTIVATIONS.get(layer.kind, "Dropout"), values), shape


def _on_maps(layer: Layer, shape: tuple[int, ...]) -> Made:
    if layer.kind == "c":
        return _convolution(layer, shape)
    if layer.kind == "gap":
        return ("AdaptiveAvgPool2d", {"output_size": 1}), (shape[0], 1, 1)
    stride, padding = layer.get("stride", layer.size), layer.get("padding", 0)
    if padding > layer.size // 2:
        raise BadInputError(f"pooling pads by at most half its kernel, {layer.size // 2}.")
    values = {"kernel_size": layer.size, "stride": stride, "padding": padding}
    kind = "MaxPool2d" if layer.kind == "mp" else "AvgPool2d"
    return (kind, values), (shape[0], *_slid(shape, layer.size, stride, padding, 1))


def _convolution(layer: Layer, shape: tuple[int, ...]) -> Made:
    kernel, stride, padding = layer.get("kernel", 3), layer.get("stride", 1), layer.get("padding", 0)
    dilation, groups = layer.get("dilation", 1), layer.get("groups", 1)
    if shape[0] % groups or layer.size % groups:
        raise BadInputError(f"{shape[0]} maps and {layer.size} filters do not divide into {groups} groups.")
    values = {
        "in_channels": shape[0], "out_channels": layer.size, "kernel_size": kernel, "stride": stride,
        "padding": padding, "dilation": dilation, "groups": groups,
    }  # fmt: skip
    return ("Conv2d", values), (layer.size, *_slid(shape, kernel, stride, padding, dilation))


def _slid(shape: tuple[int, ...], kernel: int, stride: int, padding: int, dilation: int) -> tuple[int, int]:
    reach = dilation * (kernel - 1) + 1
    rows, columns = ((side + 2 * padding - reach) // stride + 1 for side in shape[1:])
    if rows < 1 or columns < 1:
        raise BadInputError(f"its window of {reach} pixels is larger than the padded input, {shape[1]}x{shape[2]}.")
    return rows, columns


def _product(shape: tuple[int, ...]) -> int:
    total = 1
    for side in shape:
        total *= side
    return total


def build(stack: Stack) -> "nn.Module":
    """The network, a sequence called `layers`, with random weights."""
    from torch import nn

    class Own(nn.Module):
        """A network of one's own."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(*(getattr(nn, kind)(**values) for kind, values in modules(stack)))

        def forward(self, x: Any) -> Any:
            return self.layers(x)

    return Own()


def as_code(stack: Stack) -> str:
    """The network as PyTorch that runs by itself."""
    lines = ["from torch import nn", "", "network = nn.Sequential("]
    for kind, values in modules(stack):
        lines.append(f"    nn.{kind}({', '.join(f'{name}={value}' for name, value in values.items())}),")
    return "\n".join([*lines, ")", ""])


@lru_cache(maxsize=64)
def network_row(name: str) -> Network:
    """The stack as a network that the trainer takes: its last layer must be a dense one, on three channels."""
    stack = parse(name)
    made = list(modules(stack))
    if not made or made[-1][0] != "Linear":
        raise BadInputError("To be trained, a network ends with a dense layer, 'fc', that becomes the classifier.")
    channels, rows, columns = stack.input_shape
    if channels != 3 or rows != columns:
        raise BadInputError(f"To be trained, a network sees square images in colour, 3x64x64 for example, not {name}.")
    parameters = check_size(stack)
    return Network(
        name=stack.name, title="A network of one's own", family=OWN, stages=_stages(made), parameters=parameters,
        head=f"layers.{len(made) - 1}", preprocessing=Preprocessing(resize=rows, crop=rows), min_size=rows,
        fixed_size=True,
    )  # fmt: skip


def check_size(stack: Stack) -> int:
    """How many parameters it has; raises `BadInputError` where they are more than fit."""
    parameters = sum(_parameters(kind, values) for kind, values in modules(stack))
    if parameters > MOST_PARAMETERS:
        raise BadInputError(f"The network would have {parameters:,} parameters; at most {MOST_PARAMETERS:,} fit here.")
    return parameters


def _parameters(kind: str, values: dict[str, Any]) -> int:
    if kind == "Conv2d":
        each = values["kernel_size"] ** 2 * values["in_channels"] // values["groups"] + 1
        return int(values["out_channels"] * each)
    if kind == "Linear":
        return int(values["out_features"] * (values["in_features"] + 1))
    return int(2 * values["num_features"]) if kind.startswith("BatchNorm") else 0


def _stages(made: list[tuple[str, dict[str, Any]]]) -> tuple[Stage, ...]:
    """A stage begins with every layer that has weights; the last of them is the head, and no stage."""
    starts = [i for i, (kind, _) in enumerate(made[:-1]) if kind in {"Conv2d", "Linear"}] or [0]
    starts[0] = 0
    ends = [*starts[1:], len(made) - 1]
    names = {"Conv2d": "conv", "Linear": "fc"}
    return tuple(
        Stage(f"{names.get(made[start][0], 'layer')}{number}", (f"layers[{start}:{end}]",))
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
        if end > start
    )


STARTS = {
    "A small start": "stack:3x64x64:c16k3p1-bn-relu-mp2-c32k3p1-bn-relu-mp2-c64k3p1-bn-relu-gap-fl-fc10",
    "LeNet-5": "stack:1x32x32:c6k5-tanh-ap2-c16k5-tanh-ap2-c120k5-tanh-fl-fc84-tanh-fc10",
    "AlexNet": (
        "stack:3x227x227:c96k11s4-relu-mp3s2-c256k5p2g2-relu-mp3s2-c384k3p1-relu-c384k3p1g2-relu-c256k3p1g2-relu-mp3s2-"
        "fl-fc4096-relu-do50-fc4096-relu-do50-fc1000"
    ),
    "VGG-11": (
        "stack:3x224x224:c64k3p1-relu-mp2-c128k3p1-relu-mp2-c256k3p1-relu-c256k3p1-relu-mp2-c512k3p1-relu-c512k3p1-relu-"
        "mp2-c512k3p1-relu-c512k3p1-relu-mp2-fl-fc4096-relu-do50-fc4096-relu-do50-fc1000"
    ),
}
"""Where one can begin."""
