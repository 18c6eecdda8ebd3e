"""Gradient flow by a description of everything that it depends on."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import torch
from torch import Tensor, nn

from tlcore.errors import BadInputError
from tlcore.gradients.layers import batches
from tlcore.gradients.layers.batches import Images
from tlcore.gradients.layers.flow import Flow, Optimizer, flow
from tlcore.gradients.layers.switches import switch_off, switches
from tlcore.measure.table import Table, layer_table
from tlcore.measure.trace import trace
from tlcore.seeded import seeded
from tlcore.specs import SEEDS
from tlcore.zoo import registry, weights
from tlcore.zoo.nets.configurable import Block, ConfigurableNet, Design
from tlcore.zoo.staged import HeadShape, new_network, with_new_head

NETS = ("resnet18", "resnet50", "vgg16", "densenet121", "googlenet", "mobilenet_v2")
"""The networks that are offered beside the configurable one; any that the trainer takes will do."""
_BLOCK_SIDES = (32, 32)


@dataclass(frozen=True)
class Named:
    """A network of the registry, with random or pretrained weights, and a new classifier for the batch's classes."""

    name: str
    pretrained: bool = False


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Everything that a measurement depends on; `off` are switches (see `switches`), `double` is double precision."""

    network: Design | Named = field(default_factory=Design)
    off: tuple[str, ...] = ()
    images: Images = field(default_factory=Images)
    seed: int = 0
    double: bool = False
    optimizer: Optimizer = "sgd"
    lr: float = 0.1

    def __post_init__(self) -> None:
        if self.seed not in SEEDS:
            raise BadInputError(f"A seed is a whole number from 0 to {SEEDS[-1]}, not {self.seed}.")


def build(network: Design | Named, classes: int, seed: int) -> nn.Module:
    """The network with a classifier of that many classes; the same seed draws the same weights."""
    with seeded(seed):
        if isinstance(network, Design):
            return ConfigurableNet(replace(network, classes=classes))
        state = weights.load(weights.require(network.name)) if network.pretrained else None
        return with_new_head(network.name, HeadShape(classes), state).network


@lru_cache(maxsize=64)
def switches_of(network: Design | Named) -> tuple[str, ...]:
    """The switches that the network has."""
    if isinstance(network, Named):
        return switches(new_network(registry.get(network.name), on_meta=True))
    with torch.device("meta"):
        return switches(ConfigurableNet(network))


@lru_cache(maxsize=256)
def block_table(design: Design) -> Table:
    """The layer table of one of the design's blocks, on maps `(width, 32, 32)`."""
    with torch.device("meta"):
        block = Block(design.width, design.width, 1, design)
        for name in ("norm1", "norm2"):
            if isinstance(getattr(block, name), nn.Identity):  # would be drawn, beside the identity that is meant
                delattr(block, name)
                setattr(block, name, _as_it_is)
        return layer_table(trace(block, torch.zeros(1, design.width, *_BLOCK_SIDES)))


def _as_it_is(x: Tensor) -> Tensor:
    return x


def measured(setting: Setting) -> Flow:
    """The gradient flow of a setting."""
    images = setting.images
    if isinstance(setting.network, Named):
        images = replace(images, side=max(images.side, registry.get(setting.network.name).min_size))
    batch = batches.load(images)
    network = build(setting.network, batch.classes, setting.seed)
    switch_off(network, setting.off)
    pixels = batch.images.double() if setting.double else batch.images
    return flow(
        network.to(pixels.dtype), pixels, batch.labels, optimizer=setting.optimizer, lr=setting.lr, seed=setting.seed
    )
