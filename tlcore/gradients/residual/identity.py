"""Identity learning: a plain and a residual stack of layers asked for the simplest function there is, f(x) = x.

He et al. 2015, section 1: added layers could always be identities, so a deeper network should be no worse; that it is
shows how hard a stack of nonlinear layers finds them. With a shortcut it has to learn zeros instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Tensor, nn

from tlcore.errors import BadInputError
from tlcore.gradients.layers import batches
from tlcore.gradients.layers.batches import Images
from tlcore.seeded import seeded
from tlcore.specs import SEEDS
from tlcore.zoo.nets.configurable import Activation, Block, Design, Init, Skip, initialise

STEPS, EVERY, RATE = 200, 10, 3e-3
BLOCKS = range(1, 9)
_MAPS, _SIDE, _IMAGES, _HELD_OUT = 8, 16, 8, 8


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What is trained: so many blocks of two convolutions, without a shortcut around each and with it."""

    blocks: int = 1
    activation: Activation = "relu"
    init: Init = "default"
    sample: str = "digits"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.blocks not in BLOCKS:
            raise BadInputError(f"There are from {BLOCKS[0]} to {BLOCKS[-1]} blocks, not {self.blocks}.")
        if self.seed not in SEEDS:
            raise BadInputError(f"A seed is a whole number from 0 to {SEEDS[-1]}, not {self.seed}.")


@dataclass(frozen=True)
class Frame:
    """After so many steps: how far each stack's outcome is from its input, as a share of it, on held-out maps.

    1 is as far as an outcome of zeros is.
    """

    step: int
    plain: float
    residual: float


def learning(wanted: Identity) -> Iterator[Frame]:
    """Train both stacks with Adam on the same maps, from the same weights; a frame every few steps."""
    maps, held_out = _maps(wanted.sample, wanted.seed)
    plain, residual = (_stack(wanted, shortcut=shortcut) for shortcut in (False, True))
    optimizers = [torch.optim.Adam(stack.parameters(), lr=RATE) for stack in (plain, residual)]
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            yield Frame(step, _error(plain, held_out), _error(residual, held_out))
        for stack, optimizer in zip((plain, residual), optimizers, strict=True):
            with torch.enable_grad():
                loss = F.mse_loss(stack.train()(maps), maps)
                optimizer.zero_grad()
                loss.backward()
            optimizer.step()


@torch.no_grad()
def _error(stack: nn.Module, maps: Tensor) -> float:
    return float((stack.eval()(maps) - maps).norm() / maps.norm())


def _stack(wanted: Identity, *, shortcut: bool) -> nn.Sequential:
    """Blocks that end without an activation, so that any maps can come out; the same seed draws the same weights."""
    skip: Skip = "identity" if shortcut else "none"
    design = Design(skip=skip, activation=wanted.activation, batch_norm=False)
    with seeded(wanted.seed):
        blocks = [Block(_MAPS, _MAPS, 1, design) for _ in range(wanted.blocks)]
        stack = nn.Sequential(*blocks)
        initialise(stack, wanted.init)
    for block in blocks:
        block.act2 = nn.Identity()
    return stack


@lru_cache(maxsize=16)
def _maps(sample: str, seed: int) -> tuple[Tensor, Tensor]:
    """Maps `(n, 8, 16, 16)` of real images to learn on, and others: a random convolution's, rectified."""
    images = Images(sample=sample, count=_IMAGES + _HELD_OUT, side=_SIDE, seed=seed)
    batch = batches.load(images)
    with seeded(seed), torch.no_grad():
        maps = F.relu(nn.Conv2d(3, _MAPS, 3, padding=1)(batch.images))
    maps = maps / maps.square().mean().sqrt()
    return maps[:_IMAGES], maps[_IMAGES:]
