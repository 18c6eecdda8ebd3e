"""The building blocks of CNNs, each beside what it replaced: real modules, measured, at sizes that one chooses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn
from torchvision.models.densenet import _DenseBlock, _Transition
from torchvision.models.mobilenetv2 import InvertedResidual
from torchvision.models.resnet import BasicBlock, Bottleneck

from tlcore.errors import UnknownNameError
from tlcore.measure.table import Table, layer_table
from tlcore.measure.trace import trace
from tlcore.zoo.nets.googlenet import Inception, conv_relu
from tlcore.zoo.nets.mobilenet import DepthwiseSeparable
from tlcore.zoo.nets.resnet import BasicBlock as PlainOrResidual
from tlcore.zoo.nets.senet import SqueezeExcitation

Values = Mapping[str, int]


@dataclass(frozen=True)
class Knob:
    """Something to choose: a few values that always work, and the one to begin with."""

    name: str
    label: str
    options: tuple[int, ...]
    first: int


@dataclass(frozen=True)
class Variant:
    """One way to build something, with the shape that it is given."""

    title: str
    module: nn.Module
    shape: tuple[int, int, int]


@dataclass(frozen=True)
class Block:
    """A question about a block, its knobs, the variants to set side by side, and the law behind their difference.

    `law` is a formula in LaTeX; `variants` builds the modules on the meta device; `wide` drawings need a row each.
    """

    name: str
    title: str
    question: str
    knobs: tuple[Knob, ...]
    law: str
    source: str
    variants: Callable[[Values], tuple[Variant, ...]]
    wide: bool = False


@dataclass(frozen=True)
class Measured:
    """A variant's title and its layer table."""

    title: str
    table: Table


def measure_block(name: str, values: Values) -> tuple[Measured, ...]:
    """The variants of the named block, measured with these values."""
    return _measured(name, tuple(sorted(values.items())))


@lru_cache(maxsize=256)
def _measured(name: str, values: tuple[tuple[str, int], ...]) -> tuple[Measured, ...]:
    if name not in BLOCKS:
        raise UnknownNameError(f"There is no building block '{name}'; there is {', '.join(BLOCKS)}.")
    with torch.device("meta"):
        variants = BLOCKS[name].variants(dict(values))
        tables = [layer_table(trace(v.module, torch.zeros(1, *v.shape))) for v in variants]
    return tuple(Measured(v.title, table) for v, table in zip(variants, tables, strict=True))


_MAPS = Knob("maps", "Maps", (16, 32, 64, 128, 256, 512), 64)
_SIDE = Knob("side", "Side of the maps", (7, 14, 28, 56), 28)


def _residual(v: Values) -> tuple[Variant, ...]:
    shape = (v["maps"], v["side"], v["side"])
    return tuple(
        Variant(title, PlainOrResidual(v["maps"], v["maps"], 1, residual=residual), shape)
        for title, residual in (("Plain: h(x) = f(x)", False), ("Residual: h(x) = f(x) + x", True))
    )


def _bottleneck(v: Values) -> tuple[Variant, ...]:
    shape = (v["maps"], v["side"], v["side"])
    return (
        Variant("Basic: two 3x3", BasicBlock(v["maps"], v["maps"]), shape),
        Variant("Bottleneck: 1x1, 3x3, 1x1", Bottleneck(v["maps"], v["maps"] // 4), shape),
    )


def _projection(v: Values) -> tuple[Variant, ...]:
    maps, side = v["maps"], v["side"]
    shortcut = nn.Sequential(nn.Conv2d(maps, 2 * maps, 1, 2, bias=False), nn.BatchNorm2d(2 * maps))
    return (
        Variant("Identity: the same maps", BasicBlock(maps, maps), (maps, side, side)),
        Variant(
            "Projection: twice the maps, half the side", BasicBlock(maps, 2 * maps, 2, shortcut), (maps, side, side)
        ),
    )


def _reduction(v: Values) -> tuple[Variant, ...]:
    shape = (v["maps"], v["side"], v["side"])
    reduced = nn.Sequential(conv_relu(v["maps"], v["reduced"], 1), conv_relu(v["reduced"], v["out"], 5, padding=2))
    return (
        Variant("5x5 on all maps", conv_relu(v["maps"], v["out"], 5, padding=2), shape),
        Variant("1x1 to fewer maps, then 5x5", reduced, shape),
    )


def _module(v: Values) -> tuple[Variant, ...]:
    maps, out = v["maps"], v["out"]
    shape, few = (maps, v["side"], v["side"]), v["reduced"]
    return (
        Variant("On all maps", Branches(maps, out), shape),
        Variant("With 1x1 reductions", Inception(maps, out, (few, out), (few, out), out), shape),
    )


class Branches(nn.Module):
    """The naive inception module: 1x1, 3x3, 5x5 and pooling on all maps, concatenated (Szegedy et al. 2014)."""

    def __init__(self, channels: int, maps: int) -> None:
        super().__init__()
        self.branch1 = conv_relu(channels, maps, 1)
        self.branch3 = conv_relu(channels, maps, 3, padding=1)
        self.branch5 = conv_relu(channels, maps, 5, padding=2)
        self.branch_pool = nn.MaxPool2d(3, 1, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(n, channels, h, w)` to `(n, 3 maps + channels, h, w)`."""
        return torch.cat([self.branch1(x), self.branch3(x), self.branch5(x), self.branch_pool(x)], 1)


def _inverted(v: Values) -> tuple[Variant, ...]:
    maps, side = v["maps"], v["side"]
    return (
        Variant("Bottleneck: wide, narrow, wide", Bottleneck(4 * maps, maps), (4 * maps, side, side)),
        Variant("Inverted: narrow, wide, narrow", InvertedResidual(maps, maps, 1, v["expand"]), (maps, side, side)),
    )


def _separable(v: Values) -> tuple[Variant, ...]:
    maps, shape = v["maps"], (v["maps"], v["side"], v["side"])
    full = nn.Sequential(nn.Conv2d(maps, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU(inplace=True))
    return Variant("Convolution", full, shape), Variant("Depthwise separable", DepthwiseSeparable(maps, maps, 1), shape)


def _dense(v: Values) -> tuple[Variant, ...]:
    maps, growth, layers = v["maps"], v["growth"], v["layers"]
    block = _DenseBlock(layers, maps, bn_size=4, growth_rate=growth, drop_rate=0)
    made = maps + layers * growth
    return (
        Variant(f"Dense block: {maps} maps in, {made} out", block, (maps, v["side"], v["side"])),
        Variant(f"Transition: {made} to {made // 2}", _Transition(made, made // 2), (made, v["side"], v["side"])),
    )


def _excitation(v: Values) -> tuple[Variant, ...]:
    maps, shape = v["maps"], (v["maps"], v["side"], v["side"])
    conv = nn.Conv2d(maps, maps, 3, padding=1, bias=False)
    again = nn.Conv2d(maps, maps, 3, padding=1, bias=False)
    excited = nn.Sequential(again, SqueezeExcitation(maps, v["reduction"]))
    return Variant("Convolution", conv, shape), Variant("and squeeze-and-excitation", excited, shape)


def _factorised(v: Values) -> tuple[Variant, ...]:
    maps, shape = v["maps"], (v["maps"], v["side"], v["side"])
    return (
        Variant("One 5x5", conv_relu(maps, maps, 5, padding=2), shape),
        Variant("Two 3x3", nn.Sequential(*(conv_relu(maps, maps, 3, padding=1) for _ in range(2))), shape),
    )


BLOCKS: dict[str, Block] = {
    block.name: block
    for block in (
        Block(
            "residual", "Plain and residual",
            "What does a shortcut cost? Nothing: no parameter and no multiplication, only an addition. "
            "If the weights are zero, the block passes its input on.",
            (_MAPS, _SIDE), r"h(x) = f(x) + x", "He et al. 2015, equation 1", _residual,
        ),
        Block(
            "bottleneck", "Basic and bottleneck",
            "Deep networks reduce the number of maps to a quarter before the 3x3 and restore it after. "
            "What does that save?",
            (Knob("maps", "Maps", (64, 128, 256, 512, 1024), 256), _SIDE),
            r"18\,c^2 \quad\text{against}\quad \tfrac{c^2}{4} + \tfrac{9\,c^2}{16} + \tfrac{c^2}{4}"
            r" = \tfrac{17}{16}\,c^2", "He et al. 2015, figure 5", _bottleneck,
        ),
        Block(
            "projection", "Identity and projection",
            "Where maps double and sides halve, the input no longer has the shape of what it is added to: "
            "a 1x1 convolution projects it.",
            (_MAPS, _SIDE), r"h(x) = f(x) + W_s x", "He et al. 2015, equation 2", _projection,
        ),
        Block(
            "reduction", "1x1 convolution before 5x5",
            "Inception's 5x5 would be costly on all maps. A 1x1 convolution first reduces them to a few.",
            (
                Knob("maps", "Maps in", (192, 256, 480, 512, 832), 192),
                Knob("reduced", "Maps between", (16, 24, 32, 48, 64), 16),
                Knob("out", "Maps out", (32, 48, 64, 96, 128), 32),
                _SIDE,
            ),
            r"\frac{25\,c\,c'}{c\,r + 25\,r\,c'}", "Szegedy et al. 2014, figure 2", _reduction,
        ),
        Block(
            "inception", "Inception module",
            "Four views of the same maps side by side. On all maps they are costly, and since pooling hands on all of "
            "its maps, their number can only grow; 1x1 convolutions keep both in check.",
            (
                Knob("maps", "Maps in", (192, 256, 480, 512, 832), 192),
                Knob("reduced", "Maps between", (16, 32, 64, 96, 128), 32),
                Knob("out", "Maps of a branch", (32, 64, 96, 128), 64),
                _SIDE,
            ),
            r"\begin{gathered} (1 + 9 + 25)\,c\,c' \quad\text{against} \\"
            r"2\,c\,c' + 2\,c\,r + (9 + 25)\,r\,c' \end{gathered}",
            "Szegedy et al. 2014, figure 2", _module, wide=True,
        ),
        Block(
            "factorised", "5x5 and two 3x3",
            "Two 3x3 convolutions see the same 5x5 pixels. Which is cheaper, and which has two activations?",
            (_MAPS, _SIDE), r"25\,c^2 \quad\text{against}\quad 2\cdot 9\,c^2", "Simonyan & Zisserman 2014, section 2.3",
            _factorised,
        ),
        Block(
            "separable", "Depthwise separable",
            "A 3x3 filter for each map alone, then 1x1 convolutions that mix them. What is left of the cost?",
            (_MAPS, _SIDE), r"\frac{9\,c + c^2}{9\,c^2} = \frac{1}{c} + \frac{1}{9}", "Howard et al. 2017, section 3.1",
            _separable,
        ),
        Block(
            "inverted", "Inverted residual",
            "MobileNetV2 adds up the narrow ends, not the wide ones: what is wide lives only between two 1x1 "
            "convolutions, where the 3x3 sees each map alone.",
            (
                Knob("maps", "Narrow maps", (16, 24, 32, 64, 96), 64), Knob("expand", "Expansion", (2, 3, 4, 6, 8), 6),
                _SIDE,
            ),
            r"17\,c^2 \quad\text{against}\quad 2\,t\,c^2 + 9\,t\,c", "Sandler et al. 2018", _inverted,
        ),
        Block(
            "dense", "Dense connections",
            "Each layer reads the maps of all layers before it: L layers have L(L+1)/2 connections. "
            "A transition then halves maps and sides.",
            (
                Knob("maps", "Maps in", (32, 64, 128, 256), 64),
                Knob("growth", "Growth rate", (12, 24, 32, 48), 32),
                Knob("layers", "Layers", (2, 3, 4, 6, 12), 4),
                _SIDE,
            ),
            r"c_\ell = c_0 + (\ell - 1)\,k, \qquad \tfrac{L(L+1)}{2}\ \text{connections}",
            "Huang et al. 2016, section 3", _dense,
        ),
        Block(
            "excitation", "Squeeze-and-excitation",
            "The means of all maps, through two small layers, decide how much each map counts. Almost free.",
            (Knob("maps", "Maps", (64, 128, 256, 512), 256), Knob("reduction", "Reduction", (4, 8, 16, 32), 16), _SIDE),
            r"\tfrac{2}{r}\,c^2 \ \text{weights}", "Hu et al. 2017, equation 5, without biases", _excitation,
        ),
    )
}  # fmt: skip
