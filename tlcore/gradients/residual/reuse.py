"""Dense blocks: how many connections they have, and how much each layer makes of each earlier layer's maps.

Huang, Liu, van der Maaten & Weinberger 2017, "Densely Connected Convolutional Networks"; the weights are figure 5's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torchvision.models.densenet import _DenseBlock

from tlcore.errors import BadInputError
from tlcore.seeded import seeded
from tlcore.zoo import registry, weights
from tlcore.zoo.nets.configurable import ConfigurableNet, DenseUnit, Design
from tlcore.zoo.staged import load_tensors, new_network

NETS = ("densenet121", "densenet169", "densenet201", "densenet161")


@dataclass(frozen=True)
class DenseBlock:
    """A dense block of `layers` layers, each adding `growth` maps to the `entering` ones.

    `weights[source][target]` is the mean absolute weight with which a target reads a source's maps, None where it comes
    before it. Source 0 is what enters the block, source s its layer s; target t is layer t + 1, and the last target is
    what reads the whole block: `then`, a transition or the classifier.
    """

    name: str
    entering: int
    growth: int
    weights: tuple[tuple[float | None, ...], ...]
    then: str

    @property
    def layers(self) -> int:
        """How many layers it has."""
        return len(self.weights) - 1

    @property
    def connections(self) -> int:
        """How many pairs of a layer and a source that it reads there are, counted; what reads the block is left out."""
        return sum(value is not None for row in self.weights for value in row[:-1])

    def to_json(self) -> dict[str, Any]:
        """The block as JSON values."""
        return {
            "name": self.name, "layers": self.layers, "entering": self.entering, "growth": self.growth,
            "connections": self.connections, "then": self.then, "weights": [list(row) for row in self.weights],
        }  # fmt: skip


@dataclass(frozen=True)
class Reuse:
    """The dense blocks of a network; `is_random` where nothing was learned, so that all sources count alike."""

    blocks: tuple[DenseBlock, ...]
    is_random: bool

    def to_json(self) -> dict[str, Any]:
        """The blocks as JSON values."""
        return {"is_random": self.is_random, "blocks": [block.to_json() for block in self.blocks]}


def reuse(network: nn.Module, *, is_random: bool = False) -> Reuse:
    """The dense blocks of a network; one without any is refused."""
    modules = list(network.named_modules())
    dense = [(at, path, block) for at, (path, block) in enumerate(modules) if _layers(block)]
    if not dense:
        raise BadInputError("This network has no dense blocks.")
    return Reuse(tuple(_block(path, block, modules[at:]) for at, path, block in dense), is_random)


def of_named(name: str, source: str = "") -> Reuse:
    """A network of torchvision: with its pretrained weights where a `source` says that they are here, else random."""
    row = registry.get(name)
    with seeded(0):
        network = new_network(row)
    if source:
        state = weights.load(weights.require(name))
        own = network.state_dict()
        load_tensors(
            network, {key: value for key, value in state.items() if key in own and own[key].shape == value.shape}
        )
    return reuse(network, is_random=not source)


def of_design(design: Design, seed: int = 0) -> Reuse:
    """A network that one puts together, with random weights."""
    with seeded(seed):
        return reuse(ConfigurableNet(design), is_random=True)


def _layers(module: nn.Module) -> tuple[nn.Module, ...]:
    """The layers of a dense block; nothing is one without them."""
    children = tuple(module.children())
    if isinstance(module, _DenseBlock):
        return children
    return children if children and all(isinstance(child, DenseUnit) for child in children) else ()


def _block(path: str, block: nn.Module, following: Sequence[tuple[str, nn.Module]]) -> DenseBlock:
    readers = [_first_weights(layer) for layer in _layers(block)]
    entering = readers[0].shape[1]
    growth = int(_last_conv(_layers(block)[0]).out_channels)
    whole = entering + growth * len(readers)
    then = next(
        (name, module) for name, module in following
        if not name.startswith(f"{path}.") and isinstance(module, nn.Conv2d | nn.Linear) and _reads(module) == whole
    )  # fmt: skip
    columns = [_by_source(weight, entering, growth) for weight in (*readers, then[1].weight)]
    sources = len(readers) + 1
    rows = [[column[s] if s < len(column) else None for column in columns] for s in range(sources)]
    title = "classifier" if isinstance(then[1], nn.Linear) else "transition"
    return DenseBlock(path, entering, growth, tuple(map(tuple, rows)), title)


def _by_source(weight: Tensor, entering: int, growth: int) -> list[float]:
    """The mean absolute weight on what entered the block, and on each earlier layer's maps."""
    strength = weight.detach().float().abs().flatten(2).mean(2) if weight.dim() > 2 else weight.detach().abs()
    return [
        float(part.mean())
        for part in (strength[:, :entering], *strength[:, entering:].split(growth, 1))
        if part.numel()
    ]


def _first_weights(layer: nn.Module) -> Tensor:
    return next(module.weight for module in layer.modules() if isinstance(module, nn.Conv2d))


def _last_conv(layer: nn.Module) -> nn.Conv2d:
    return [module for module in layer.modules() if isinstance(module, nn.Conv2d)][-1]


def _reads(module: nn.Module) -> int:
    return int(module.in_channels if isinstance(module, nn.Conv2d) else module.in_features)  # type: ignore[arg-type]
