"""Woven cloth, thread by thread: drafts say which thread lies on top, yarns how a thread looks.

A draft is a boolean matrix with a row per weft thread and a column per warp thread, true where the warp passes over
the weft; it repeats over the cloth. See Emery 1966, "The Primary Structures of Fabrics".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlcore.data.samples.rendered.scene import Field, Point, Rng

Draft = NDArray[np.bool_]
_TABLE = 256
_STRANDS = 5
_SAMPLES = 6
_STRIP = 36


@dataclass(frozen=True, kw_only=True)
class Yarn:
    """How a thread looks; all but `width`, its share of the space it has, are strengths from 0 to 1."""

    width: float
    depth: float
    shine: float
    uneven: float
    fibre: float
    twist: float


@dataclass(frozen=True, kw_only=True)
class Cloth:
    """A draft with yarn in it; `warp` and `weft` are the colours of successive threads, `(n, 3)`, repeating."""

    draft: Draft
    warp: Field
    weft: Field
    yarn: Yarn


@dataclass(frozen=True)
class Lay:
    """How a cloth lies: where each pixel is on it, in threads, and the light there.

    `sheen` says where on its curve a smooth thread mirrors the light: it moves with the folds.
    """

    x: Field
    y: Field
    light: Field
    sheen: Field

    def part(self, rows: slice) -> "Lay":
        """Some rows of pixels."""
        return Lay(self.x[rows], self.y[rows], self.light[rows], self.sheen[rows])


@dataclass(frozen=True)
class _Tables:
    """What is looked up for every pixel: the draft's floats, each thread's tone, and the streaks along fibres."""

    floats: tuple[Field, Field]
    tone: Field
    fibres: Field


@dataclass(frozen=True)
class Threads:
    """What lies on top at each point of a cloth; `warp` is 1 where that is a warp thread, else 0.

    `across` runs from -1 to 1 over the thread's width, `along` from -1 to 1 over the length it floats, `place` is
    the thread's own length up to there, in threads crossed.
    """

    warp: Field
    column: Field
    row: Field
    across: Field
    along: Field
    place: Field


def plain() -> Draft:
    """Over one, under one."""
    return basket(1)


def basket(group: int) -> Draft:
    """Plain weave with groups of threads that go together."""
    lines = np.arange(2 * group) // group
    return (lines[:, None] + lines[None, :]) % 2 == 0


def twill(over: int, under: int, direction: int = 1) -> Draft:
    """Over some, under some, each row one thread further on: diagonal lines."""
    lines = np.arange(over + under)
    return (lines[None, :] + direction * lines[:, None]) % (over + under) < over


def satin(harness: int, move: int) -> Draft:
    """Each thread floats over all but one of `harness` threads, and the places where it goes under lie apart."""
    lines = np.arange(harness)
    return (lines[None, :] - move * lines[:, None]) % harness != 0


def herringbone(width: int) -> Draft:
    """A 2/2 twill that turns round every `width` warp threads."""
    there = np.arange(width)
    turned = np.concatenate([there, there[::-1] + 2])
    return (turned[None, :] + np.arange(4)[:, None]) % 4 < 2


def woven(cloth: Cloth, lay: Lay, light: Point, rng: Rng) -> Field:
    """The colours of the cloth as it lies, in a light that comes from `light`, in the directions of weft and warp."""
    tables = _Tables(
        floats=floats(cloth.draft),
        tone=rng.random(_TABLE, dtype=np.float32) - 0.5,
        fibres=_fibres(rng).ravel(),
    )
    strips = [slice(top, top + _STRIP) for top in range(0, len(lay.x), _STRIP)]  # each small enough for the cache
    return np.concatenate([_strip(cloth, lay.part(strip), light, tables) for strip in strips], axis=1)


def floats(draft: Draft) -> tuple[Field, Field]:
    """For each cell, the middle of its place in its thread's float, in cells, and how long the float is."""
    before = np.where(draft, _run(draft, 0, 1), _run(~draft, 1, 1))
    after = np.where(draft, _run(draft, 0, -1), _run(~draft, 1, -1))
    return (before + 0.5).astype(np.float32), (before + after + 1).astype(np.float32)


def threads_at(draft: Draft, lengths: tuple[Field, Field], x: Field, y: Field, width: float) -> Threads:
    """The threads at the points `(x, y)` of a cloth, measured in threads; `lengths` are the `floats` of the draft."""
    column, row = np.floor(x), np.floor(y)
    u, v = x - column - 0.5, y - row - 0.5
    rows, columns = draft.shape
    cell = (_wrapped(row, rows) * columns + _wrapped(column, columns)).astype(np.intp)
    before, length = lengths
    warp = draft.astype(np.float32).ravel()[cell]
    along = (_either(warp, v, u) + before.ravel()[cell]) * (2 / length).ravel()[cell] - 1
    return Threads(warp, column, row, _either(warp, u, v) * (2 / width), along, _either(warp, y, x))


def _strip(cloth: Cloth, lay: Lay, light: Point, tables: _Tables) -> Field:
    yarn = cloth.yarn
    threads = threads_at(cloth.draft, tables.floats, lay.x, lay.y, yarn.width)
    rise = threads.along * threads.along * threads.along
    slope_x = _either(threads.warp, threads.across, rise)
    slope_y = threads.across + rise - slope_x
    lit = 1 + yarn.depth * (slope_x * light[0] + slope_y * light[1])
    round_ = np.clip(1 - threads.across * threads.across, 0, 1)
    dip = rise * rise * (0.55 * yarn.depth)
    lit *= (1 - yarn.depth * (1 - round_)) * (1 - dip) * _unevenness(threads, yarn, tables)
    away = (threads.along - lay.sheen) * 1.3
    gleam = yarn.shine * np.clip(1 - away * away, 0, 1) * round_
    return (_dyed(cloth, threads) * (lit + gleam * 0.6) + gleam * 0.22) * lay.light


def _either(warp: Field, of_warp: Field, of_weft: Field) -> Field:
    """What belongs to the thread on top; `np.where` is many times slower on so fine a pattern."""
    return of_weft + (of_warp - of_weft) * warp


def _wrapped(number: Field, repeat: int) -> Field:
    """Whole numbers modulo the repeat, exactly: a quotient of small integers never rounds up to the next."""
    return number - np.floor(number / repeat) * repeat


def _run(same: Draft, axis: int, shift: int) -> NDArray[np.int64]:
    """How many true cells follow each other in one direction, round the repeat."""
    count = np.zeros(same.shape, dtype=np.int64)
    unbroken = same.copy()
    for distance in range(1, same.shape[axis]):
        unbroken &= np.roll(same, shift * distance, axis)
        count += unbroken
    return count


def _dyed(cloth: Cloth, threads: Threads) -> Field:
    """The colour of the thread on top."""
    dyes = np.concatenate([cloth.warp, cloth.weft])
    in_warp = _wrapped(threads.column, len(cloth.warp))
    in_weft = _wrapped(threads.row, len(cloth.weft)) + len(cloth.warp)
    number = _either(threads.warp, in_warp, in_weft).astype(np.intp)
    return np.stack([channel[number] for channel in dyes.T])


def _unevenness(threads: Threads, yarn: Yarn, tables: _Tables) -> Field:
    """How much lighter or darker the yarn is here: thread by thread, along a thread, and from fibre to fibre."""
    number = _either(threads.warp, threads.column, threads.row + _TABLE // 2).astype(np.intp) & (_TABLE - 1)
    strand = (number * _STRANDS + (threads.across * (_STRANDS / 2)).astype(np.intp)) & (_TABLE - 1)
    along = threads.place * _SAMPLES + threads.across * (3 * yarn.twist)
    fibres = tables.fibres[strand * _TABLE + (along.astype(np.intp) & (_TABLE - 1))]
    return 1 + yarn.uneven * 0.5 * tables.tone[number] + yarn.fibre * fibres


def _fibres(rng: Rng) -> Field:
    """A table of streaks: a row for every strand, along which its tone changes now slowly, now at once."""
    streaks = rng.random((_TABLE, _TABLE), dtype=np.float32) - 0.5
    slow = streaks[:, : _TABLE // 8].repeat(8, axis=1)
    return streaks * 0.6 + slow * 0.5
