"""Switches in real networks: a block without its shortcut, without itself, or without one of its branches.

A switch is written as the block's path and what is switched off: `layer2.1:shortcut`, `layer2.1:block`,
`inception4a:branch2`, `features.denseblock1.denselayer3:maps`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.densenet import _DenseLayer
from torchvision.models.googlenet import Inception
from torchvision.models.mobilenetv2 import InvertedResidual
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.models.vgg import VGG

from tlcore.errors import BadInputError
from tlcore.zoo.nets import configurable, resnet

WORDS = {
    "shortcut": "without its shortcut",
    "block": "replaced by the identity",
    "maps": "whose new maps are zeros",
    **{f"branch{number}": f"whose branch {number} is zeros" for number in range(1, 5)},
}
"""What each kind of switch does to a block."""


class Nothing(nn.Module):
    """A shortcut that adds nothing."""

    def forward(self, x: Tensor) -> Tensor:
        """A zero that is added to everything."""
        return x.new_zeros(())


class Silent(nn.Module):
    """A branch that gives zeros of the shape that it would give, so that nothing flows back through it."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, *given: Any) -> Tensor:
        """Zeros like the branch's outcome."""
        with torch.no_grad():
            return torch.zeros_like(self.branch(*given))


def switches(network: nn.Module) -> tuple[str, ...]:
    """All switches that mean something in this network, block by block."""
    inner = (f"{path}:{kind}" for path, module in network.named_modules() for kind in _kinds(module))
    return (*inner, *(f"features.{path}:block" for path in _square_layers(network)))


def switch_off(network: nn.Module, wanted: Iterable[str]) -> None:
    """Turn these switches, in place; one that the network does not have is refused."""
    known = switches(network)
    for switch in dict.fromkeys(wanted):
        if switch not in known:
            offered = f"it has {', '.join(known[:4])}, …" if known else "it has none"
            raise BadInputError(f"There is no switch '{switch}' in this network; {offered}.")
    # a block that is replaced has no other switch any more, so those are turned last
    for switch in sorted(dict.fromkeys(wanted), key=lambda switch: switch.endswith(":block")):
        path, _, kind = switch.rpartition(":")
        _turn(network, path, kind)


def _kinds(module: nn.Module) -> Iterator[str]:
    if _has_shortcut(module):
        yield "shortcut"
    if _keeps_shape(module):
        yield "block"
    if isinstance(module, Inception):
        yield from (name for name, _ in module.named_children())
    if isinstance(module, _DenseLayer | configurable.DenseUnit):
        yield "maps"


def _square_layers(network: nn.Module) -> Iterator[str]:
    """The convolutions of a VGG that give as many maps as they get, so that they can be left out."""
    if isinstance(network, VGG):
        for path, layer in network.features.named_children():
            if isinstance(layer, nn.Conv2d) and layer.in_channels == layer.out_channels:
                yield path


def _has_shortcut(module: nn.Module) -> bool:
    if isinstance(module, InvertedResidual):
        return module.use_res_connect
    if isinstance(module, configurable.Block):
        return module.shortcut is not None
    if isinstance(module, resnet.BasicBlock):
        return module.residual
    return isinstance(module, BasicBlock | Bottleneck)


def _keeps_shape(module: nn.Module) -> bool:
    """Whether what goes in and what comes out are equally shaped, so that the block can be left out."""
    if isinstance(module, BasicBlock | Bottleneck):
        return module.downsample is None
    if isinstance(module, InvertedResidual):
        return module.use_res_connect
    if isinstance(module, configurable.Block | resnet.BasicBlock):
        return module.conv1.stride == (1, 1) and module.conv1.in_channels == module.conv2.out_channels
    return False


def _turn(network: nn.Module, path: str, kind: str) -> None:
    module: Any = network.get_submodule(path)
    if kind == "block":
        network.set_submodule(path, nn.Identity())
    elif kind.startswith("branch"):
        network.set_submodule(f"{path}.{kind}", Silent(module.get_submodule(kind)))
    elif kind == "maps":
        network.set_submodule(f"{path}.conv2", Silent(module.conv2))
    elif isinstance(module, InvertedResidual):
        module.use_res_connect = False
    elif isinstance(module, configurable.Block):
        module.shortcut = None
    elif isinstance(module, resnet.BasicBlock):
        module.residual = False
    else:
        module.downsample = Nothing()
