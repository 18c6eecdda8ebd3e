"""What lesions, paths and surfaces come to, as rows for figures and stores; nothing here needs torch."""

from dataclasses import dataclass
from typing import Literal

Group = Literal["whole", "each", "drops", "shuffles"]
Place = tuple[int, int, float | None]
"""A row and a column of a surface's grid, and the loss there; None where it is not finite."""


@dataclass(frozen=True, kw_only=True)
class BlockRow:
    """A block of a network, as `lesions.Block` describes it."""

    number: int
    path: str
    residual: bool
    shape: tuple[int, int, int]
    layers: int
    shortcut_layers: int
    resizes: bool
    can_be_dropped: bool


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """What a lesion left: of the images that were `seen`, how many are right, with Wilson's 95 % interval.

    `order` is how much of the blocks' order an exchange leaves, as a rank correlation.
    """

    group: Group
    amount: int
    order: float | None = None
    dropped: tuple[str, ...] = ()
    swapped: tuple[tuple[str, str], ...] = ()
    correct: int
    seen: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class PathsRow:
    """How many paths a network has, `by_blocks` that they pass, and between which lengths the middle `share` lie."""

    blocks: int
    paths: int
    by_blocks: tuple[int, ...]
    depth: int
    most_blocks: tuple[int, int]
    most_layers: tuple[int, int]
    share: float


@dataclass(frozen=True, kw_only=True)
class GradientRow:
    """The mean gradient along so many `paths` of one length, and its standard error; None where there is one path."""

    length: int
    mean: float
    error: float | None
    paths: int
