"""The ResNets for CIFAR and their plain twins as rows that the trainer takes, with Idelbayev's weights for CIFAR-10."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tlcore.zoo.network import Hosted, Network, Preprocessing, stages

if TYPE_CHECKING:
    from torch import Tensor

_STAGES = stages(stem="stem", layer1="layer1", layer2="layer2", layer3="layer3 head.0 head.1")


_PUBLISHED = "https://github.com/akamaster/pytorch_resnet_cifar10/raw/master/pretrained_models/"
_HASHES = {20: "12fca82f", 32: "d509ac18", 44: "014dd654", 56: "4bfd9763", 110: "1d1ed7c2"}
_NAMES = {"conv1": "stem.0", "bn1": "stem.1", "linear": "head.2"}


def published_tensors(checkpoint: "Mapping[str, Mapping[str, Tensor]]") -> "dict[str, Tensor]":
    """Idelbayev's tensors under our names: they lie under `state_dict`, and were saved from several devices at once."""
    state = {name.removeprefix("module."): tensor for name, tensor in checkpoint.get("state_dict", {}).items()}
    return {re.sub(r"^(conv1|bn1|linear)\.", lambda m: f"{_NAMES[m[1]]}.", name): t for name, t in state.items()}


def _hosted(depth: int) -> Hosted:
    file = f"resnet{depth}-{_HASHES[depth]}.th"
    renamed = "tlcore.zoo.rows.cifar:published_tensors"
    return Hosted(url=_PUBLISHED + file, file=file, license="bsd-2-clause", renamed=renamed, classes=10)


def _row(depth: int, parameters: int, *, residual: bool = True) -> Network:
    name, title = ("resnet", "ResNet") if residual else ("plain", "Plain")
    return Network(
        name=f"cifar_{name}{depth}", title=f"{title}-{depth} (CIFAR)", family="CIFAR ResNet", stages=_STAGES,
        head="head.2", parameters=parameters, preprocessing=Preprocessing(resize=32, crop=32),
        where="tlcore.zoo.nets.resnet:CifarResNet", options={"depth": depth, "residual": residual},
        hosted=_hosted(depth) if residual else None,
    )  # fmt: skip


ROWS: tuple[Network, ...] = (
    _row(20, 269_722),
    _row(32, 464_154),
    _row(44, 658_586),
    _row(56, 853_018),
    _row(110, 1_727_962),
    _row(20, 269_722, residual=False),
    _row(56, 853_018, residual=False),
)
"""He et al. 2015, section 4.2, with option A's shortcuts, which have no parameters; ten classes."""
