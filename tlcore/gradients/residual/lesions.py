"""Lesions of trained networks: blocks left out or exchanged, and what the rest still gets right.

After Veit, Wilber & Belongie 2016, "Residual Networks Behave Like Ensembles of Relatively Shallow Networks".
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from tlcore.errors import BadInputError
from tlcore.gradients.residual.rows import Group
from tlcore.train.judging.intervals import wilson_interval
from tlcore.zoo.nets import configurable, resnet

BATCH = 64
_AMOUNTS = 8
_LAST: dict[type[nn.Module], str] = {
    resnet.BasicBlock: "bn2", BasicBlock: "bn2", Bottleneck: "bn3", resnet.PreActivationBottleneck: "conv3",
    configurable.Block: "norm2",
}  # fmt: skip
"""The module at which each kind of block's branch ends, right before the sum; all of them begin with `conv1`."""
_SHORTCUTS = ("shortcut", "downsample", "projection")


@dataclass(frozen=True)
class Block:
    """A block of a network, counted from 1 in the order in which they run.

    `shape` is its maps in, its maps out, and its stride; `layers` have weights in its branch, `shortcut_layers` beside
    it. A plain block is the same two layers with nothing beside them.
    """

    number: int
    path: str
    residual: bool
    shape: tuple[int, int, int]
    layers: int
    shortcut_layers: int

    @property
    def resizes(self) -> bool:
        """Whether what comes out is shaped differently from what goes in."""
        return self.shape[0] != self.shape[1] or self.shape[2] != 1

    @property
    def can_be_dropped(self) -> bool:
        """Whether the network still fits together without it: a residual block leaves its shortcut."""
        return self.residual or not self.resizes


@dataclass(frozen=True)
class Lesion:
    """What is done to a network: pairs of blocks are exchanged one after the other, then blocks are left out."""

    dropped: tuple[str, ...] = ()
    swapped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How many of the images a network with this lesion gets right."""

    lesion: Lesion
    correct: int
    seen: int

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return self.correct / self.seen

    def to_json(self) -> dict[str, Any]:
        """The outcome as JSON values, with Wilson's 95 % interval."""
        low, high = wilson_interval(self.correct, self.seen)
        return {
            "dropped": self.lesion.dropped, "swapped": self.lesion.swapped,
            "correct": self.correct, "seen": self.seen, "accuracy": self.accuracy, "low": low, "high": high,
        }  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """A lesion and why it is tried: nothing, each block alone, or an `amount` of blocks or exchanges at random."""

    group: Group
    amount: int
    lesion: Lesion


class Emptied(nn.Module):
    """The beginning of a branch that is left out: nothing of the batch goes on, so the branch costs nothing."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part, self.images = part, 0

    def forward(self, x: Tensor) -> Tensor:
        """What the part makes of no image."""
        self.images = len(x)
        out: Tensor = self.part(x[:0])
        return out


class Refilled(nn.Module):
    """The end of a branch that is left out: zeros, shaped as the branch would have given them."""

    def __init__(self, part: nn.Module, begun: Emptied) -> None:
        super().__init__()
        self.part, self.begun = part, begun

    def forward(self, x: Tensor) -> Tensor:
        """A zero for every value of the batch."""
        out: Tensor = self.part(x)
        return out.new_zeros(self.begun.images, *out.shape[1:])


def blocks_of(network: nn.Module) -> tuple[Block, ...]:
    """The blocks of a ResNet, or of its plain twin; other networks have none."""
    kinds: tuple[type[nn.Module], ...] = tuple(_LAST)
    blocks = [(path, module) for path, module in network.named_modules() if isinstance(module, kinds)]
    return tuple(_block(number, path, module) for number, (path, module) in enumerate(blocks, 1))


def named(network: nn.Module, wanted: Iterable[str]) -> tuple[str, ...]:
    """The paths of blocks that a person named by number or by path."""
    known = {name: block.path for block in _some(network) for name in (str(block.number), block.path)}
    for name in wanted:
        if name not in known:
            raise BadInputError(f"There is no block '{name}'; they are numbered from 1 to {len(known) // 2}.")
    return tuple(known[name] for name in wanted)


def each_dropped(blocks: Sequence[Block]) -> tuple[Lesion, ...]:
    """Every block that can be left out, one at a time."""
    return tuple(Lesion(dropped=(block.path,)) for block in blocks if block.can_be_dropped)


def random_drops(blocks: Sequence[Block], count: int, draws: int, seed: int = 0) -> tuple[Lesion, ...]:
    """Draws of `count` blocks that are left out together; fewer where there are not so many different ones."""
    able = [block.path for block in blocks if block.can_be_dropped]
    if not 1 <= count <= len(able):
        raise BadInputError(f"From 1 to {len(able)} of this network's blocks can be left out, not {count}.")
    rng, lesions = random.Random(f"{seed}-{count}"), dict[Lesion, None]()  # noqa: S311 - measurements are kept by these
    while len(lesions) < min(draws, comb(len(able), count)):
        lesions[Lesion(dropped=tuple(sorted(rng.sample(able, count), key=able.index)))] = None
    return tuple(lesions)


def shuffles(blocks: Sequence[Block], pairs: int, draws: int, seed: int = 0) -> tuple[Lesion, ...]:
    """Draws of `pairs` exchanges of two equally shaped blocks each, one after the other."""
    able = exchangeable(blocks)
    if not able:
        raise BadInputError("No two blocks of this network are shaped equally, so none can change places.")
    rng = random.Random(f"{seed}-{pairs}-pairs")  # noqa: S311 - likewise
    return tuple(Lesion(swapped=tuple(rng.choice(able) for _ in range(pairs))) for _ in range(draws))


def exchangeable(blocks: Sequence[Block]) -> tuple[tuple[str, str], ...]:
    """All pairs of equally shaped blocks."""
    alike = defaultdict[tuple[int, int, int], list[str]](list)
    for block in blocks:
        alike[block.shape].append(block.path)
    return tuple(pair for paths in alike.values() for pair in combinations(paths, 2))


def trials(blocks: Sequence[Block], draws: int, seed: int = 0) -> tuple[Trial, ...]:
    """The whole network, each block left out alone, then draws of more and more blocks left out, and exchanged."""
    able = sum(block.can_be_dropped for block in blocks)
    wanted = [Trial("whole", 0, Lesion()), *(Trial("each", 1, lesion) for lesion in each_dropped(blocks))]
    for amount in _spread(2, able) if draws else ():
        wanted += (Trial("drops", amount, lesion) for lesion in random_drops(blocks, amount, draws, seed))
    powers = (2**power for power in range(len(blocks).bit_length()))
    for amount in powers if draws and exchangeable(blocks) else ():
        wanted += (Trial("shuffles", amount, lesion) for lesion in shuffles(blocks, amount, draws, seed))
    return tuple(wanted)


def in_order(blocks: Sequence[Block], lesion: Lesion) -> float:
    """Kendall's rank correlation of the blocks' order with the one in which they were trained; 1 is unchanged."""
    from scipy.stats import kendalltau

    places = {block.path: block.number for block in blocks}
    for one, other in lesion.swapped:
        places[one], places[other] = places[other], places[one]
    return float(kendalltau(range(len(places)), list(places.values())).statistic) if len(places) > 1 else 1.0


def measured(
    network: nn.Module, images: Tensor, labels: Tensor, lesions: Iterable[Lesion],
    should_stop: Callable[[], bool] = lambda: False, batch: int = BATCH,
) -> Iterator[Outcome]:  # fmt: skip
    """The outcome of each lesion on images `(n, 3, h, w)` with labels `(n)`, until it is stopped.

    The network is run as it predicts, and between any two outcomes it is as it was found.
    """
    for lesion in lesions:
        with lesioned(network, lesion):
            correct = _correct(network, images.split(batch), labels.split(batch), should_stop)
        if correct is None:
            return
        yield Outcome(lesion, correct, len(labels))


@contextmanager
def lesioned(network: nn.Module, lesion: Lesion) -> Iterator[None]:
    """The network with a lesion, in evaluation mode; afterwards it is as it was found."""
    blocks = {block.path: block for block in _some(network)}
    modes = {module: module.training for module in network.modules()}
    with ExitStack() as undone:
        try:
            for pair in lesion.swapped:
                _swap(network, blocks, pair, undone)
            for path in lesion.dropped:
                _drop(network, blocks, path, undone)
            network.eval()
            yield
        finally:
            for module, training in modes.items():
                module.training = training


def replaced(network: nn.Module, path: str, module: nn.Module | None, undone: ExitStack) -> None:
    """Put another module in a place of the network until `undone` is closed."""
    parent, _, name = path.rpartition(".")
    owner = network.get_submodule(parent)
    undone.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, module)


def last_of_branch(block: nn.Module) -> str:
    """The name of the module at which a block's branch ends."""
    if isinstance(block, configurable.Block) and block.pre_activation:
        return "conv2"
    return next(name for kind, name in _LAST.items() if isinstance(block, kind))


def shortcut_of(block: nn.Module) -> str:
    """The name of a block's shortcut."""
    return next(name for name in _SHORTCUTS if hasattr(block, name))


def _spread(low: int, high: int) -> tuple[int, ...]:
    """Some whole numbers from low to high, both of them included."""
    steps = min(_AMOUNTS, high - low + 1)
    return tuple(sorted({low + round(at * (high - low) / max(1, steps - 1)) for at in range(steps)}))


def _some(network: nn.Module) -> tuple[Block, ...]:
    if not (blocks := blocks_of(network)):
        raise BadInputError("Only ResNets and their plain twins have blocks that can be left out.")
    return blocks


def _block(number: int, path: str, module: nn.Module) -> Block:
    beside: Any = getattr(module, shortcut_of(module))
    branch = [child for child in module.children() if isinstance(child, nn.Conv2d) and child is not beside]
    stride = max(conv.stride[0] for conv in branch)
    weighted = 0 if beside is None else sum(isinstance(part, nn.Conv2d) for part in beside.modules())
    return Block(
        number=number, path=path, residual=_is_residual(module), layers=len(branch), shortcut_layers=weighted,
        shape=(branch[0].in_channels, branch[-1].out_channels, stride),
    )  # fmt: skip


def _is_residual(module: nn.Module) -> bool:
    if isinstance(module, resnet.BasicBlock):
        return module.residual
    return module.shortcut is not None if isinstance(module, configurable.Block) else True


def _swap(network: nn.Module, blocks: Mapping[str, Block], pair: tuple[str, str], undone: ExitStack) -> None:
    one, other = (_known(blocks, path) for path in pair)
    if one.shape != other.shape:
        raise BadInputError(f"Blocks {one.number} and {other.number} are shaped differently and can't change places.")
    modules = network.get_submodule(one.path), network.get_submodule(other.path)
    replaced(network, one.path, modules[1], undone)
    replaced(network, other.path, modules[0], undone)


def _drop(network: nn.Module, blocks: Mapping[str, Block], path: str, undone: ExitStack) -> None:
    block = _known(blocks, path)
    if not block.can_be_dropped:
        raise BadInputError(f"Block {block.number} changes the shape and has no shortcut, so it can't be left out.")
    if not block.residual:
        replaced(network, path, nn.Identity(), undone)
        return
    module = network.get_submodule(path)
    begun, last = Emptied(module.get_submodule("conv1")), last_of_branch(module)
    replaced(network, f"{path}.conv1", begun, undone)
    replaced(network, f"{path}.{last}", Refilled(module.get_submodule(last), begun), undone)


def _known(blocks: Mapping[str, Block], path: str) -> Block:
    if path not in blocks:
        raise BadInputError(f"There is no block '{path}' in this network.")
    return blocks[path]


@torch.no_grad()
def _correct(
    network: nn.Module, images: Sequence[Tensor], labels: Sequence[Tensor], should_stop: Callable[[], bool]
) -> int | None:
    """How many are right; what is no number is never right. None when it was stopped."""
    correct = 0
    for some, true in zip(images, labels, strict=True):
        if should_stop():
            return None
        logits = network(some)
        correct += int(((logits.argmax(1) == true) & logits.isfinite().all(1)).sum())
    return correct
