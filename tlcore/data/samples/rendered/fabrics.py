"""Woven fabrics: six weaves, woven thread by thread and photographed as they lie on somebody's table."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tlcore.data.samples.rendered import weaves
from tlcore.data.samples.rendered.camera import any_camera, photograph
from tlcore.data.samples.rendered.haberdashery import add_things, table_top
from tlcore.data.samples.rendered.scene import (
    SIDE,
    Colour,
    Field,
    Rng,
    between,
    chance,
    enlarged,
    grid,
    mixed,
    noise,
    pick,
    scale_between,
    step,
    varied,
)
from tlcore.data.samples.rendered.weaves import Cloth, Draft, Lay, Yarn, woven
from tlcore.seeds import numpy_generator

CLASSES = ("basket weave", "herringbone", "houndstooth", "plain weave", "satin", "twill")
PER_CLASS = 48
_CANVAS = SIDE * 3 // 2
_COARSE = SIDE // 2

_DARK: tuple[Colour, ...] = (
    (0.08, 0.08, 0.09), (0.10, 0.13, 0.25), (0.22, 0.22, 0.24), (0.30, 0.08, 0.11), (0.12, 0.22, 0.16),
    (0.25, 0.16, 0.10), (0.10, 0.26, 0.30), (0.27, 0.14, 0.30),
)  # fmt: skip
_MIDDLE: tuple[Colour, ...] = (
    (0.45, 0.46, 0.48), (0.25, 0.38, 0.58), (0.62, 0.20, 0.20), (0.42, 0.45, 0.27), (0.60, 0.44, 0.28),
    (0.72, 0.52, 0.18), (0.24, 0.50, 0.50), (0.60, 0.40, 0.50), (0.66, 0.36, 0.22), (0.40, 0.34, 0.52),
)  # fmt: skip
_LIGHT: tuple[Colour, ...] = (
    (0.88, 0.86, 0.82), (0.82, 0.76, 0.62), (0.72, 0.73, 0.74), (0.68, 0.76, 0.84), (0.86, 0.70, 0.68),
    (0.76, 0.80, 0.66), (0.88, 0.80, 0.50),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Habit:
    """How a weave is usually made and worn; every photograph draws from these.

    `pitch` is the range of pixels from thread to thread, `closeness` how far the weft's colour may lie from the
    warp's (0: alike), `striped` and `shiny` are probabilities, `packed` is how tightly the threads lie.
    """

    pitch: tuple[float, float]
    closeness: tuple[float, ...]
    folds: tuple[str, ...] = ("flat", "flat", "flat", "waves", "drape", "creases")
    striped: float = 0.0
    shiny: float = 0.1
    packed: float = 0.0


_HABITS = {
    "basket weave": _Habit(pitch=(3.4, 9.0), closeness=(0.0, 0.4, 0.8, 1.0), striped=0.05),
    "herringbone": _Habit(pitch=(2.4, 5.0), closeness=(0.5, 0.8, 1.0, 1.0)),
    "houndstooth": _Habit(pitch=(1.7, 5.0), closeness=(1.0,)),
    "plain weave": _Habit(pitch=(5.0, 13.0), closeness=(0.0, 0.0, 0.2, 0.7), striped=0.15),
    "satin": _Habit(
        pitch=(1.4, 3.8), closeness=(0.0, 0.0, 0.1), shiny=0.9, packed=0.22, folds=("flat", "waves", "drape", "drape")
    ),
    "twill": _Habit(pitch=(2.8, 6.0), closeness=(0.4, 0.8, 1.0, 1.0), packed=0.08),
}


def generate() -> Iterator[tuple[str, str, Image.Image]]:
    """Every photograph of every weave."""
    for label in CLASSES:
        for number in range(1, PER_CLASS + 1):
            yield label, f"{label}-{number:02d}", _photograph(label, number)


def examples() -> list[Image.Image]:
    """The first photograph of every weave."""
    return [_photograph(label, 1) for label in CLASSES]


def _photograph(label: str, number: int) -> Image.Image:
    rng = numpy_generator("fabrics", label, number)
    habit = _HABITS[label]
    pitch = scale_between(rng, *habit.pitch)
    angle = between(rng, -0.4, 0.4) if chance(rng, 0.7) else between(rng, -math.pi, math.pi)
    lay, cloth = _lay(rng, pitch, angle, pick(rng, habit.folds)), _cloth(rng, label, habit)
    sun = between(rng, 0, 2 * math.pi) - angle
    scene = _reduced(woven(cloth, lay, (math.cos(sun), math.sin(sun)), rng))
    if chance(rng, 0.22):
        scene = _with_edge(scene, lay, pitch, rng)
    if chance(rng, 0.3):
        scene = add_things(scene, rng)
    scene = scene * _room_light(rng)
    return photograph(scene, any_camera(rng, blur=min(0.8, pitch / 5), grain=0.5), rng)


def _draft(rng: Rng, label: str) -> Draft:
    if label == "basket weave":
        return weaves.basket(pick(rng, (2, 3, 3, 4)))
    if label == "herringbone":
        return weaves.herringbone(pick(rng, (6, 8, 8, 10)))
    if label == "twill":
        return weaves.twill(*pick(rng, ((2, 1), (2, 2), (2, 2), (3, 1), (3, 3))), direction=pick(rng, (-1, 1)))
    if label == "satin":
        draft = weaves.satin(*pick(rng, ((5, 2), (8, 3), (8, 3), (10, 3))))
        return draft if chance(rng, 0.7) else ~draft
    return weaves.plain() if label == "plain weave" else weaves.twill(2, 2)


def _cloth(rng: Rng, label: str, habit: _Habit) -> Cloth:
    warp, weft = _houndstooth_dyes(rng) if label == "houndstooth" else _dyes(rng, habit)
    yarn = Yarn(
        width=between(rng, 0.84, 1.06) + habit.packed,
        depth=between(rng, 0.3, 0.75) - habit.packed,
        shine=between(rng, 0.35, 0.9) if chance(rng, habit.shiny) else between(rng, 0, 0.2),
        uneven=between(rng, 0.05, 0.45),
        fibre=between(rng, 0.08, 0.4),
        twist=between(rng, -1, 1),
    )
    return Cloth(draft=_draft(rng, label), warp=warp, weft=weft, yarn=yarn)


def _houndstooth_dyes(rng: Rng) -> tuple[Field, Field]:
    """Four dark threads and four light ones, in warp and weft alike."""
    dark, light = varied(rng, pick(rng, _DARK + _MIDDLE[:3]), 0.2), varied(rng, pick(rng, _LIGHT), 0.1)
    dyes = np.array([dark] * 4 + [light] * 4, dtype=np.float32)
    return dyes, dyes


def _dyes(rng: Rng, habit: _Habit) -> tuple[Field, Field]:
    """The colours of warp and weft: alike, near each other, or in contrast; sometimes in stripes or checks."""
    shades = [_DARK, _MIDDLE, _LIGHT]
    ground = varied(rng, pick(rng, shades.pop(int(rng.integers(3)))), 0.2)
    other = varied(rng, pick(rng, pick(rng, shades)), 0.2)
    closeness = pick(rng, habit.closeness)
    weft = np.array([[a + (b - a) * closeness for a, b in zip(ground, other, strict=True)]], dtype=np.float32)
    if not chance(rng, habit.striped):
        return np.array([ground], dtype=np.float32), weft
    stripes = np.array([ground] * pick(rng, (3, 6, 14)) + [other] * pick(rng, (1, 3, 6, 8)), dtype=np.float32)
    return stripes, pick(rng, (stripes, weft))


def _lay(rng: Rng, pitch: float, angle: float, folds: str) -> Lay:
    """Turn, tilt and fold the cloth under the camera."""
    x, y = grid(_CANVAS)
    away = 1 + between(rng, -0.25, 0.25) * x + between(rng, -0.25, 0.25) * y
    height, light, sheen = _folds(rng, folds)
    push = between(rng, 0.04, 0.16)
    x, y = (x + height * push) / away, (y + height * push) / away
    turn_x, turn_y = math.cos(angle), math.sin(angle)
    count = SIDE / pitch / 2
    left, top = between(rng, 0, 40), between(rng, 0, 40)
    along, down = (turn_x * x + turn_y * y) * count + left, (turn_x * y - turn_y * x) * count + top
    drift = noise(rng, _CANVAS, 4, 2) * between(rng, 0.05, 0.35)
    if chance(rng, 0.5):  # hairy yarn, whose edges blur into each other
        drift += (rng.random((_CANVAS, _CANVAS), dtype=np.float32) - 0.5) * between(rng, 0.1, 0.5)
    return Lay(along + drift, down - drift.T, light, sheen)


def _folds(rng: Rng, kind: str) -> tuple[Field, Field, Field]:
    """The height of the cloth, the light on its slopes, and how far the slopes shift the sheen."""
    if kind == "creases":
        ridges = np.abs(noise(rng, _COARSE, 3, 3))
        height = 0.5 - np.minimum(ridges, 0.5) + noise(rng, _COARSE, 2, 1) * 0.3
    else:
        height = noise(rng, _COARSE, 3 if kind == "drape" else 2, 2, stretch=pick(rng, (0.3, 1.0, 3.0)))
    strength = {"flat": 1.8, "waves": 7.5, "drape": 15.0, "creases": 9.0}[kind] * between(rng, 0.6, 1.4)
    height, heading = enlarged(height, _CANVAS), between(rng, 0, 2 * math.pi)
    slope = np.zeros_like(height)
    slope[:, 1:] = np.diff(height, axis=1) * (math.cos(heading) * strength)
    slope[1:] += np.diff(height, axis=0) * (math.sin(heading) * strength)
    sheen = slope * 6 + between(rng, -0.6, 0.6)
    light = 1 + slope * 2.2 / (1 + np.abs(slope * 3))  # never quite black nor burnt out
    return height * (strength / 24), light, sheen


def _with_edge(scene: Field, lay: Lay, pitch: float, rng: Rng) -> Field:
    """Cut the cloth along a warp thread, so that it frays, and let the table show beside it."""
    middle = lay.x[_CANVAS // 2, _CANVAS // 2]
    cut = middle + SIDE / pitch * between(rng, 0.05, 0.35)
    fray = between(rng, 0.5, 8) if chance(rng, 0.6) else 0.3
    ends = (rng.random(256, dtype=np.float32) * fray).take(np.floor(lay.y).astype(np.intp) & 255)
    weft = np.abs(lay.y - np.floor(lay.y) - 0.5) < 0.36
    cloth = (lay.x < cut) | ((lay.x < cut + ends) & weft)
    shadow = step(lay.x - cut, 0, 10 / pitch) * 0.55 + 0.45
    table = table_top(rng) * _reduced(shadow)
    return mixed(table, scene, _reduced(cloth.astype(np.float32)))


def _room_light(rng: Rng) -> Field:
    """A window to one side, now and then with a shadow across, or a lamp overhead."""
    x, y = grid(SIDE)
    heading = between(rng, 0, 2 * math.pi)
    across = x * math.cos(heading) + y * math.sin(heading)
    light = 1 + across * between(rng, 0, 0.3)
    if chance(rng, 0.25):
        wobble = noise(rng, SIDE, 3, 2) * 0.3
        light *= 1 - between(rng, 0.3, 0.6) * step(across + wobble, between(rng, -0.2, 0.3), 0.5)
    if chance(rng, 0.2):
        x, y = x - between(rng, -0.8, 0.8), y - between(rng, -0.8, 0.8)
        light *= 0.6 + 0.7 / (1 + (x * x + y * y) * between(rng, 1, 3))
    return light


def _reduced(canvas: Field) -> Field:
    """The canvas at the size of the photograph: two pixels from every three, each the mean of what it covers."""
    for _ in range(2):  # rows, then columns
        first, middle, last = canvas[..., ::3, :], canvas[..., 1::3, :], canvas[..., 2::3, :]
        pairs = np.stack([2 * first + middle, middle + 2 * last], axis=-2) * (1 / 3)
        canvas = pairs.reshape(*canvas.shape[:-2], SIDE, canvas.shape[-1]).swapaxes(-1, -2)
    return canvas
