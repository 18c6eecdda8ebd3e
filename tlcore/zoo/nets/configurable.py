"""Plain, residual and densely connected networks for small images, in which all that moves gradients can be chosen."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from tlcore.errors import BadInputError
from tlcore.zoo.nets.resnet import ZeroPaddedShortcut

Activation = Literal["sigmoid", "tanh", "relu", "leaky_relu", "gelu"]
Init = Literal["default", "xavier", "he", "small", "large"]
Skip = Literal["none", "identity", "projection", "dense"]

DEPTHS = range(4, 153, 2)
MOST_WIDTH = 64
SCALES = (0.0, 2.0)
FACTOR = 3.0
"""How many times He's standard deviation "large" is, and what part of it "small" is."""
_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "gelu": nn.GELU,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Design:
    """A network to build: a first convolution, blocks of two, and a classifier, `depth` layers with weights in all.

    With three `stages` the maps double and the sides halve twice, from `width` maps, as in the ResNets for CIFAR; with
    one they stay. A shortcut is the "identity" (new maps are zeros, option A of He et al. 2015) or a 1x1 convolution in
    every block ("projection", option C); it is multiplied by `alpha`, and the block's own branch by `beta`.
    `pre_activation` puts normalisation and activation before each convolution (He et al. 2016). "dense" is DenseNet-BC
    (Huang et al. 2016) with a growth rate of `width`: blocks of 1x1 and 3x3, pre-activated, and two transitions.
    """

    depth: int = 56
    width: int = 16
    activation: Activation = "relu"
    init: Init = "he"
    batch_norm: bool = True
    skip: Skip = "identity"
    pre_activation: bool = False
    alpha: float = 1.0
    beta: float = 1.0
    stages: int = 3
    classes: int = 10

    def __post_init__(self) -> None:
        for name, kind in (("activation", Activation), ("init", Init), ("skip", Skip)):
            if getattr(self, name) not in get_args(kind):
                raise BadInputError(f"The {name} is one of {', '.join(get_args(kind))}, not '{getattr(self, name)}'.")
        if self.depth not in DEPTHS:
            raise BadInputError(f"The depth is an even number from {DEPTHS[0]} to {DEPTHS[-1]}, not {self.depth}.")
        if not 1 <= self.width <= MOST_WIDTH:
            raise BadInputError(f"The width is from 1 to {MOST_WIDTH} maps, not {self.width}.")
        if self.stages not in {1, 3} or (self.skip == "dense" and self.stages == 1):
            raise BadInputError("A network has one stage or three; a dense one has three, with transitions between.")
        if not (SCALES[0] <= self.alpha <= SCALES[1] and SCALES[0] <= self.beta <= SCALES[1]):
            raise BadInputError(f"Shortcuts and branches are multiplied by {SCALES[0]:g} to {SCALES[1]:g}.")

    @property
    def blocks(self) -> tuple[int, ...]:
        """The blocks of each stage; a stage without any is left out."""
        transitions = self.stages - 1 if self.skip == "dense" else 0
        count = (self.depth - 2 - transitions) // 2
        each = [count // self.stages + (place < count % self.stages) for place in range(self.stages)]
        return tuple(each) if self.skip == "dense" else tuple(blocks for blocks in each if blocks)


class Block(nn.Module):
    """Two 3x3 convolutions, with a shortcut around them unless it is None; maps `(n, channels, h, w)` to `maps`."""

    def __init__(self, channels: int, maps: int, stride: int, design: Design) -> None:
        super().__init__()
        self.conv1, self.conv2 = _conv(channels, maps, 3, design, stride), _conv(maps, maps, 3, design)
        before = design.pre_activation
        self.norm1, self.norm2 = _norm(channels if before else maps, design), _norm(maps, design)
        self.act1, self.act2 = _ACTIVATIONS[design.activation](), _ACTIVATIONS[design.activation]()
        self.shortcut = _shortcut(channels, maps, stride, design)
        self.pre_activation, self.alpha, self.beta = before, design.alpha, design.beta

    def forward(self, x: Tensor) -> Tensor:
        if self.pre_activation:
            return self._sum(self.conv2(self.act2(self.norm2(self.conv1(self.act1(self.norm1(x)))))), x)
        return self.act2(self._sum(self.norm2(self.conv2(self.act1(self.norm1(self.conv1(x))))), x))

    def _sum(self, branch: Tensor, x: Tensor) -> Tensor:
        branch = branch if self.beta == 1 else branch * self.beta
        if self.shortcut is None:
            return branch
        shortcut = self.shortcut(x)
        return branch + (shortcut if self.alpha == 1 else shortcut * self.alpha)


class DenseUnit(nn.Module):
    """Normalise, activate, 1x1 to four times `growth` maps, the same and 3x3 to `growth`; the input comes along."""

    def __init__(self, channels: int, growth: int, design: Design) -> None:
        super().__init__()
        self.norm1, self.act1 = _norm(channels, design), _ACTIVATIONS[design.activation]()
        self.conv1 = _conv(channels, 4 * growth, 1, design)
        self.norm2, self.act2 = _norm(4 * growth, design), _ACTIVATIONS[design.activation]()
        self.conv2 = _conv(4 * growth, growth, 3, design)

    def forward(self, x: Tensor) -> Tensor:
        new = self.conv2(self.act2(self.norm2(self.conv1(self.act1(self.norm1(x))))))
        return torch.cat([x, new], 1)


class ConfigurableNet(nn.Module):
    """A plain, residual or densely connected network for images `(n, 3, h, w)`; see `Design`."""

    def __init__(self, design: Design) -> None:
        super().__init__()
        first = 2 * design.width if design.skip == "dense" else design.width
        self.stem = nn.Sequential(_conv(3, first, 3, design))
        if not _ends_linear(design):
            self.stem.extend([_norm(first, design), _ACTIVATIONS[design.activation]()])
        stages, maps = _dense_stages(first, design) if design.skip == "dense" else _stages(first, design)
        self.stages = nn.Sequential(*stages)
        last = [_norm(maps, design), _ACTIVATIONS[design.activation]()] if _ends_linear(design) else []
        self.head = nn.Sequential(*last, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(maps, design.classes))
        initialise(self, design.init)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.stages(self.stem(x)))


def initialise(network: nn.Module, init: Init) -> None:
    """Draw the weights of all convolutions and dense layers anew, biases zero; "default" leaves PyTorch's.

    Xavier: normal with variance 2 / (fan in + fan out) (Glorot & Bengio 2010). He: 2 / fan in (He et al. 2015,
    "Delving Deep into Rectifiers", equation 10). PyTorch's default: uniform with variance 1 / (3 fan in).
    """
    if init == "default":
        return
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            if init == "xavier":
                nn.init.xavier_normal_(module.weight)
            else:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                with torch.no_grad():
                    module.weight.mul_({"small": 1 / FACTOR, "large": FACTOR}.get(init, 1.0))
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _ends_linear(design: Design) -> bool:
    """Whether the stages hand on sums that are not yet activated, so that the head has to."""
    return design.pre_activation or design.skip == "dense"


def _conv(channels: int, maps: int, kernel: int, design: Design, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels, maps, kernel, stride, kernel // 2, bias=not design.batch_norm)


def _norm(maps: int, design: Design) -> nn.Module:
    return nn.BatchNorm2d(maps) if design.batch_norm else nn.Identity()


def _shortcut(channels: int, maps: int, stride: int, design: Design) -> nn.Module | None:
    if design.skip == "none":
        return None
    if design.skip == "projection":
        projection = _conv(channels, maps, 1, design, stride)
        return projection if design.pre_activation else nn.Sequential(projection, _norm(maps, design))
    same = stride == 1 and channels == maps
    return nn.Identity() if same else ZeroPaddedShortcut(channels, maps, stride)


def _stages(channels: int, design: Design) -> tuple[list[nn.Module], int]:
    """The stages of plain and residual networks, and how many maps the last one gives."""
    stages: list[nn.Module] = []
    for place, count in enumerate(design.blocks):
        maps = design.width * 2**place
        first = Block(channels, maps, 2 if place else 1, design)
        stages.append(nn.Sequential(first, *(Block(maps, maps, 1, design) for _ in range(count - 1))))
        channels = maps
    return stages, channels


def _dense_stages(channels: int, design: Design) -> tuple[list[nn.Module], int]:
    stages: list[nn.Module] = []
    for place, count in enumerate(design.blocks):
        if place:
            stages.append(_transition(channels, design))
            channels //= 2
        stages.append(
            nn.Sequential(*(DenseUnit(channels + i * design.width, design.width, design) for i in range(count)))
        )
        channels += count * design.width
    return stages, channels


def _transition(channels: int, design: Design) -> nn.Module:
    """Half of the maps, and half of the side."""
    activation = _ACTIVATIONS[design.activation]()
    return nn.Sequential(
        _norm(channels, design), activation, _conv(channels, channels // 2, 1, design), nn.AvgPool2d(2)
    )
