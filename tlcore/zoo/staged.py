"""A built network seen as a sequence of stages that share its modules."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pkgutil import resolve_name
from typing import Any

import torch
import torchvision
from torch import Tensor, nn

from tlcore.seeded import undrawn
from tlcore.zoo import registry, stack
from tlcore.zoo.network import Network

_SLICE = re.compile(r"^(?P<path>[\w.]+)\[(?P<start>\d+):(?P<stop>\d+)\]$")


@dataclass(frozen=True)
class HeadShape:
    """A new classifier: `classes` outputs, and one hidden layer of `hidden` units unless that is 0."""

    classes: int
    hidden: int = 0
    dropout: float = 0.0


class StagedNetwork:
    """A network, its stages (sequences over the network's own modules) and its head.

    `network(x)` and `head(features(x))` are the same function; `network` keeps its own tensor names. A published
    classifier that pools by itself is a head that reads maps; features are vectors everywhere else.
    """

    def __init__(self, row: Network, network: nn.Module, head: nn.Module) -> None:
        self.row = row
        self.network = network
        pools = row.pooled_head and head is network.get_submodule(row.head)
        self.head = nn.Sequential(head, nn.Flatten(1)) if pools else head
        left_out = {"@gap", "@flatten"} if pools else set()
        self.stages: tuple[nn.Sequential, ...] = tuple(
            nn.Sequential(*_parts(network, [part for part in stage.parts if part not in left_out]))
            for stage in row.stages
        )

    def features(self, x: Tensor, first: int = 0, stop: int | None = None) -> Tensor:
        """Run the stages `first` to `stop` (exclusive): images `(n, 3, h, w)` to features `(n, d)` by default."""
        for stage in self.stages[first:stop]:
            x = stage(x)
        return x

    def logits_from(self, x: Tensor, first: int) -> Tensor:
        """Run the stages from `first` on, and the head: `(n, classes)`."""
        out: Tensor = self.head(self.features(x, first))
        return out

    def __call__(self, x: Tensor) -> Tensor:
        """Logits `(n, classes)` of images `(n, 3, h, w)`."""
        out: Tensor = self.network(x)
        return out


def new_network(row: Network, *, on_meta: bool = False) -> nn.Module:
    """Build the network with its ImageNet classifier and random weights (or none, on the meta device)."""
    # torchvision's RegNets compute their widths with tensors while they are built, which the meta device can't do.
    device = "meta" if on_meta and (row.family != "RegNet" or row.where) else "cpu"
    with torch.device(device), undrawn():  # type: ignore[no-untyped-call]
        network = _built(row)
    for path, attributes in row.changes.items():
        if attributes is None:
            network.set_submodule(path, nn.Identity())
        else:
            vars(network.get_submodule(path)).update(attributes)
    return network


def _built(row: Network) -> nn.Module:
    if row.name.startswith(stack.PREFIX):
        return stack.build(stack.parse(row.name))
    made: nn.Module
    if row.where:
        made = resolve_name(row.where)(**row.options)
    else:
        made = torchvision.models.get_model(row.built_as or row.name, weights=None, **row.options)
    return made


def feature_count(row: Network) -> int:
    """The length of the feature vector that the head receives."""
    return _feature_count(new_network(row, on_meta=True), row)


@cache
def stage_parameters(name: str) -> tuple[int, ...]:
    """How many parameters each stage of the named network has, without the head."""
    row = registry.get(name)
    network = new_network(row, on_meta=True)
    return tuple(
        sum(parameter.numel() for part in _parts(network, stage.parts) for parameter in part.parameters())
        for stage in row.stages
    )


@cache
def head_features(name: str) -> int:
    """The length of the feature vector that the named network's head receives."""
    return feature_count(registry.get(name))


def replace_head(network: nn.Module, row: Network, shape: HeadShape) -> nn.Module:
    """Put a new head into the network, in place, and return it."""
    head = make_head(_feature_count(network, row), shape)
    network.set_submodule(
        row.head,
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(1), head) if row.pooled_head else head,
    )
    return head


def make_head(features: int, shape: HeadShape) -> nn.Module:
    """A linear classifier, or one with a hidden layer; dropout comes before the last linear layer."""
    if not shape.hidden:
        return nn.Linear(features, shape.classes)
    return nn.Sequential(
        nn.Linear(features, shape.hidden),
        nn.ReLU(),
        nn.Dropout(shape.dropout),
        nn.Linear(shape.hidden, shape.classes),
    )


def with_new_head(name: str, shape: HeadShape, weights: dict[str, Tensor] | None) -> StagedNetwork:
    """The named network with a new, random head; its body from `weights`, or random where that is None."""
    row = registry.get(name)
    network = new_network(row, on_meta=weights is not None)
    if weights is not None:
        load_body(network, weights, row)
    head = replace_head(network, row, shape)
    return StagedNetwork(row, network, head)


def load_body(network: nn.Module, weights: dict[str, Tensor], row: Network) -> None:
    """Give a network built on the meta device its weights; a head of another class count is left out."""
    expected = network.state_dict()
    body = {
        name: tensor.clone()  # a mapped file lies at odd addresses, where some kernels round differently
        for name, tensor in weights.items()
        if name in expected and not (is_head(name, row) and tensor.shape != expected[name].shape)
    }
    load_tensors(network, body, assign=True)
    for name, buffer in list(network.named_buffers()):
        if buffer.is_meta:  # num_batches_tracked, which older files lack and evaluation never reads
            owner, _, leaf = name.rpartition(".")
            network.get_submodule(owner).register_buffer(leaf, torch.zeros_like(buffer, device="cpu"))


def load_tensors(network: nn.Module, state: dict[str, Tensor], *, assign: bool = False) -> None:
    """Put tensors into a network by name; those it has and the state lacks stay as they are."""
    versioned: Any = OrderedDict(state)
    versioned._metadata = {"": {"version": network._version}}  # noqa: SLF001 - MNASNet refuses a state without it
    network.load_state_dict(versioned, strict=False, assign=assign)


def is_head(tensor_name: str, row: Network) -> bool:
    """Whether the tensor belongs to the network's classifier."""
    return tensor_name.startswith(f"{row.head}.")


def _feature_count(network: nn.Module, row: Network) -> int:
    head: Any = network.get_submodule(row.head)
    if row.pooled_head:
        return int(next(m for m in head.modules() if isinstance(m, nn.Conv2d)).in_channels)
    return int(head.in_features)


def _parts(network: nn.Module, parts: Sequence[str]) -> Iterator[nn.Module]:
    for part in parts:
        if part.startswith("@"):
            yield _OPERATIONS[part]()
        elif match := _SLICE.match(part):
            sequence = network.get_submodule(match["path"])
            assert isinstance(sequence, nn.Sequential)
            yield from sequence[int(match["start"]) : int(match["stop"])]
        else:
            yield network.get_submodule(part)


_OPERATIONS: dict[str, Callable[[], nn.Module]] = {
    "@relu": nn.ReLU,
    "@gap": lambda: nn.AdaptiveAvgPool2d(1),
    "@flatten": lambda: nn.Flatten(1),
}
