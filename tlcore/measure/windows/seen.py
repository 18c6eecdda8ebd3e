"""Which input pixels each position really reads along one axis: borders, padding and pixels that are left out counted.

A receptive field is one rule for all positions and ignores where the image ends. Whether a dense layer or a global pool
reads all of an image is no matter of that rule: the last windows may end before the image does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
_NEIGHBOURS = {"nearest": (0, 0), "nearest-exact": (0, 0), "bicubic": (-1, 2)}


@dataclass(frozen=True, eq=False)
class Seen:
    """The first and the last of `side` pixels that each position reads; `side` and -1 where it reads none.

    That is where it reads padding alone, and what is empty altogether reads none either.
    """

    first: Places
    last: Places
    side: int

    @property
    def covers(self) -> bool:
        """Whether the positions together reach from the first pixel to the last."""
        return self.ends == (0, self.side - 1)

    @property
    def ends(self) -> tuple[int, int]:
        """The first and the last pixel that any position reads."""
        return int(self.first.min(initial=self.side)), int(self.last.max(initial=-1))

    def through(self, taps: Places) -> "Seen":
        """What positions read that look at others: `taps` `(positions, n)` are indices, those outside are padding."""
        count = len(self.first)
        taps = np.where((taps >= 0) & (taps < count), taps, count)
        first, last = np.append(self.first, self.side), np.append(self.last, -1)
        return Seen(first[taps].min(1, initial=self.side), last[taps].max(1, initial=-1), self.side)

    def together(self) -> "Seen":
        """One position that looks at all of them."""
        return self.through(np.arange(len(self.first))[None])


def pixels(side: int) -> Seen:
    """The input itself: each position is its own pixel."""
    return Seen(np.arange(side), np.arange(side), side)


def met(parts: Sequence[Seen]) -> Seen:
    """What is read where several meet, position by position; as a whole where their positions don't correspond."""
    longest = max(len(part.first) for part in parts)
    if any(len(part.first) not in {1, longest} for part in parts):
        parts = [part.together() for part in parts]
    firsts = np.broadcast_arrays(*(part.first for part in parts))
    lasts = np.broadcast_arrays(*(part.last for part in parts))
    return Seen(np.minimum.reduce(firsts), np.maximum.reduce(lasts), parts[0].side)


def slid(count: int, reach: int, stride: int, padding: int, dilation: int) -> Places:
    """The taps of `count` windows that slide over padded positions."""
    return np.arange(count)[:, None] * stride - padding + np.arange(0, reach, dilation)


def transposed(count: int, reach: int, stride: int, padding: int, dilation: int) -> Places:
    """The taps of the outputs of a transposed convolution: the inputs that were spread over them."""
    spread = np.arange(count)[:, None] + padding - np.arange(0, reach, dilation)
    return np.where(spread % stride == 0, spread // stride, -1)


def adapted(before: int, count: int) -> Places:
    """The taps of adaptive pooling: window i reaches from floor(i h / r) to ceil((i + 1) h / r)."""
    place = np.arange(count)[:, None]
    low, high = place * before // count, -(-(place + 1) * before // count)
    taps = low + np.arange((high - low).max())
    return np.where(taps < high, taps, -1)


def interpolated(before: int, count: int, mode: str, *, corners: bool) -> Places:
    """The taps of interpolation: the nearest position, or neighbours on both sides."""
    place = np.arange(count)
    if mode == "nearest":
        return (place * before // count)[:, None]
    if mode == "nearest-exact":
        return ((2 * place + 1) * before // (2 * count))[:, None]
    exact = place * (before - 1) / max(count - 1, 1) if corners else (place + 0.5) * before / count - 0.5
    low, high = _NEIGHBOURS.get(mode, (0, 1))
    base = np.floor(exact if mode == "bicubic" else exact.clip(0)).astype(np.int64)
    taps = base[:, None] + np.arange(low, high + 1)
    return np.where((np.arange(low, high + 1) == 0) | (exact != base)[:, None], taps.clip(0, before - 1), base[:, None])


def padded(before: int, left: int, right: int, mode: str) -> Places:
    """The taps of padding; negative padding crops."""
    taps = np.arange(-left, before + right)
    if mode == "reflect":
        taps = before - 1 - abs(before - 1 - abs(taps))
    elif mode == "replicate":
        taps = taps.clip(0, before - 1)
    elif mode == "circular":
        taps = taps % before
    return taps[:, None]


def cut(start: int, every: int, count: int) -> Places:
    """The taps of a slice."""
    return (start + every * np.arange(count))[:, None]
