"""The paths through residual blocks: how many there are of each length, and the gradient that comes back along them.

Each block can be passed through its branch or by its shortcut, so n blocks make 2^n paths, binomial in length (Veit,
Wilber & Belongie 2016).
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import accumulate
from math import comb, sqrt
from statistics import fmean, stdev

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Tensor, nn

from tlcore.errors import BadInputError
from tlcore.gradients.layers.flow import norm
from tlcore.gradients.residual.lesions import Block, Lesion, blocks_of, last_of_branch, lesioned, replaced, shortcut_of
from tlcore.gradients.residual.rows import GradientRow, PathsRow
from tlcore.seeds import python_random
from tlcore.zoo.nets.resnet import PreActivationBottleneck

MOST = 0.95


@dataclass(frozen=True)
class Paths:
    """How many paths pass k branches (`by_blocks[k]`), and how many have d layers with weights (`by_layers[d]`).

    `depth` is the length of the longest one in layers, first and last layer of the network counted.
    """

    by_blocks: tuple[int, ...]
    by_layers: tuple[int, ...]

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return len(self.by_blocks) - 1

    @property
    def total(self) -> int:
        """How many paths there are: 2 to the number of residual blocks."""
        return sum(self.by_blocks)

    @property
    def depth(self) -> int:
        """The layers of the longest path."""
        return len(self.by_layers) - 1

    def row(self) -> PathsRow:
        """The counts, and between which lengths most of the paths lie."""
        return PathsRow(
            blocks=self.blocks, paths=self.total, by_blocks=self.by_blocks, depth=self.depth,
            most_blocks=most(self.by_blocks), most_layers=most(self.by_layers), share=MOST,
        )  # fmt: skip


@dataclass(frozen=True)
class PathGradient:
    """The norm of the loss's gradient at the image along single paths through `length` branches."""

    length: int
    norms: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over the paths that were drawn."""
        return fmean(self.norms)

    def row(self) -> GradientRow:
        """The mean with its standard error; None where one path has no spread."""
        error = stdev(self.norms) / sqrt(len(self.norms)) if len(self.norms) > 1 else None
        return GradientRow(length=self.length, mean=self.mean, error=error, paths=len(self.norms))


def paths_of(network: nn.Module) -> Paths:
    """The paths of a network of blocks; a plain one has a single path."""
    blocks = blocks_of(network)
    if not blocks:
        raise BadInputError("Only ResNets and their plain twins have blocks to count paths through.")
    inside = sum(block.layers + block.shortcut_layers for block in blocks)
    around = sum(isinstance(module, nn.Conv2d | nn.Linear) for module in network.modules()) - inside
    by_blocks, by_layers = [1], [0] * around + [1]
    for block in blocks:
        beside = block.shortcut_layers if block.residual else None
        by_blocks = _longer(by_blocks, 1, 0 if block.residual else None)
        by_layers = _longer(by_layers, block.layers, beside)
    return Paths(tuple(by_blocks), tuple(by_layers))


def most(counts: Sequence[float], share: float = MOST) -> tuple[int, int]:
    """The lengths between which the middle `share` of the paths lie: no more than half of the rest on either side."""
    total, outside = sum(counts), (1 - share) / 2
    reached = [part / total for part in accumulate(counts)]
    return (
        next(length for length, part in enumerate(reached) if part > outside),
        next(length for length, part in enumerate(reached) if part >= 1 - outside),
    )


def gradients(
    network: nn.Module, images: Tensor, labels: Tensor, draws: int = 5, seed: int = 0,
    should_stop: Callable[[], bool] = lambda: False, known: int = 0,
) -> Iterator[PathGradient]:  # fmt: skip
    """For each length the gradient at the images, back along single paths that are drawn; nothing is changed.

    The forward pass goes through the whole network. On the way back, the drawn blocks are passed through their
    branches alone, and all others by their shortcuts alone. No more paths are drawn than there are. The first `known`
    lengths are left out.
    """
    blocks = blocks_of(network)
    if not blocks or not all(block.residual for block in blocks):
        raise BadInputError("Only a network of residual blocks has paths to choose among.")
    if any(isinstance(module, PreActivationBottleneck) for module in network.modules()):
        raise BadInputError("The shortcuts of this pre-activation network are no modules that could be cut.")
    rng = python_random(seed)
    for length in range(len(blocks) + 1):
        norms: list[float] = []
        paths = _drawn(rng, blocks, length, draws)  # in any case, for the next are drawn after them
        if length < known:
            continue
        for chosen in paths:
            if should_stop():
                return
            norms.append(_gradient(network, chosen, images, labels))
        yield PathGradient(length, tuple(norms))


class Cut(nn.Module):
    """A part through which values pass and no gradient comes back."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, x: Tensor) -> Tensor:
        """What the part gives, as a constant."""
        out: Tensor = self.part(x)
        return out.detach()


@contextmanager
def single_path(network: nn.Module, chosen: frozenset[str]) -> Iterator[None]:
    """The network, in which gradients come back by the branches of the chosen blocks and the shortcuts of the rest."""
    with lesioned(network, Lesion()), ExitStack() as undone:
        for block in blocks_of(network):
            module = network.get_submodule(block.path)
            name = shortcut_of(module) if block.path in chosen else last_of_branch(module)
            # torchvision writes an identity as no module at all
            part = getattr(module, name) or nn.Identity()
            replaced(network, f"{block.path}.{name}", Cut(part), undone)
        yield


def _longer(counts: Sequence[int], layers: int, beside: int | None) -> list[int]:
    """The counts by length after one more block, through its branch or, where there is one, by its shortcut."""
    longer = [0] * (len(counts) + max(layers, beside or 0))
    for length, count in enumerate(counts):
        longer[length + layers] += count
        if beside is not None:
            longer[length + beside] += count
    return longer


def _drawn(rng: random.Random, blocks: Sequence[Block], length: int, draws: int) -> list[frozenset[str]]:
    paths, chosen = [block.path for block in blocks], dict[frozenset[str], None]()
    while len(chosen) < min(draws, comb(len(paths), length)):
        chosen[frozenset(rng.sample(paths, length))] = None
    return list(chosen)


def _gradient(network: nn.Module, chosen: frozenset[str], images: Tensor, labels: Tensor) -> float:
    with single_path(network, chosen), torch.enable_grad():
        inputs = images.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(F.cross_entropy(network(inputs), labels), inputs)
    return norm(gradient)
