"""Surfaces that many photographs share: leaves, grass, bricks and plaster, each drawn once and cut to size."""

import math
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tlcore.data.samples.rendered.scene import (
    SIDE,
    Field,
    Rng,
    between,
    noise,
    painted,
    pick,
    rgb,
    to_field,
    varied,
)
from tlcore.seeds import numpy_generator

_SHEET = 400


def cutting(texture: str, rng: Rng, sheets: tuple[int, ...] = (0, 1, 2)) -> Field:
    """A piece of a texture, `(3, SIDE, SIDE)`, from somewhere on one of its sheets, which go from fine to coarse."""
    sheet = _SHEETS[texture](pick(rng, sheets))
    left, top = (int(rng.integers(_SHEET - SIDE)) for _ in range(2))
    piece = sheet[:, top : top + SIDE, left : left + SIDE]
    return piece[..., ::-1] if rng.random() < 0.5 else piece


@cache
def _leaves(sheet: int) -> Field:
    """A crown of a tree from outside: shade within, and layers of leaves, the nearer the lighter."""
    rng, size, side = numpy_generator("leaves", sheet), (4.5, 9.0, 17.0)[sheet], (_SHEET // 2, _SHEET, _SHEET)[sheet]
    image = Image.new("RGB", (side, side), (15, 20, 13))
    shapes = [leaf(rng, (0, 0), size * between(rng, 0.6, 1.2)) for _ in range(40)]
    for light in (0.25, 0.42, 0.62, 0.85):
        draw = ImageDraw.Draw(image)
        colours = [rgb(varied(rng, (0.43 * light, 0.56 * light, 0.24 * light), 0.35)) for _ in range(30)]
        for left, top, which in _scattered(rng, round(0.55 * side * side / size**2), side):
            shape = [(left + x, top + y) for x, y in shapes[which % 40]]
            draw.polygon(shape, fill=colours[which % 30])
        image = image.filter(ImageFilter.BoxBlur(0.5))
    crown = to_field(image)
    return _clumped(crown if side == _SHEET else np.block([[crown, crown[..., ::-1]], [crown[:, ::-1], crown]]), rng)


def _scattered(rng: Rng, count: int, side: int) -> list[tuple[int, int, int]]:
    """Places on a sheet, each with a number to vary what is put there."""
    places = np.stack([*rng.integers(-10, side, (2, count)), rng.integers(0, 1200, count)], axis=1)
    return [(x, y, which) for x, y, which in places.tolist()]


def leaf(rng: Rng, centre: tuple[float, float], length: float) -> list[tuple[float, float]]:
    """The outline of one leaf, turned anyhow."""
    turn, slim = between(rng, 0, 2 * math.pi), between(rng, 0.25, 0.5)
    shape = (
        (-0.5, 0.0),
        (-0.2, slim * 0.5),
        (0.15, slim * 0.45),
        (0.5, 0.0),
        (0.15, -slim * 0.45),
        (-0.2, -slim * 0.5),
    )
    cos, sin = math.cos(turn) * length, math.sin(turn) * length
    return [(centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos) for x, y in shape]


def _clumped(field: Field, rng: Rng) -> Field:
    """Light and shade over the clumps of a crown or a meadow."""
    return field * np.clip(1 + noise(rng, _SHEET, 7, 3) * 0.7, 0.15, 2)


@cache
def _grass(sheet: int) -> Field:
    rng, length = numpy_generator("grass", sheet), (5, 9, 16)[sheet]
    image = Image.new("RGB", (_SHEET, _SHEET), (52, 66, 30))
    draw = ImageDraw.Draw(image)
    colours = [rgb(varied(rng, (0.36, 0.44, 0.17), 0.5)) for _ in range(50)]
    for x, y, which in _scattered(rng, 5000, _SHEET):
        draw.line((x, y, x + which % 7 - 3, y + length * (6 + which % 8) // 10), fill=colours[which % 50])
    return _clumped(to_field(image.filter(ImageFilter.BoxBlur(0.4))), rng)


@cache
def _bricks(sheet: int) -> Field:
    rng, course = numpy_generator("bricks", sheet), (11, 16, 25)[sheet]
    ground, mortar = ((0.52, 0.27, 0.19), (0.60, 0.42, 0.28), (0.40, 0.22, 0.19))[sheet], (0.62, 0.60, 0.56)

    def paint(draw: ImageDraw.ImageDraw, size: int) -> None:
        draw.rectangle((0, 0, size, size), fill=rgb(mortar))
        high, joint = 2 * course, max(2, course // 5)
        for row in range(size // high + 1):
            for left in range(-3 * high + (row % 2) * high, size, 2 * high + high // 2):
                box = (left, row * high, left + 5 * high // 2 - joint, (row + 1) * high - joint)
                draw.rectangle(box, fill=rgb(varied(rng, ground, 0.3)))

    return _rough(to_field(painted(_SHEET, paint).convert("RGB")), rng, 0.05)


@cache
def _plaster(sheet: int) -> Field:
    rng = numpy_generator("plaster", sheet)
    ground = np.array(((0.72, 0.69, 0.62), (0.60, 0.60, 0.60), (0.76, 0.64, 0.46))[sheet], dtype=np.float32)
    stains = np.clip(noise(rng, _SHEET, 5, 4, stretch=0.4), -1, 0.2) * 0.22
    return _rough(ground.reshape(3, 1, 1) * (1 + stains), rng, 0.03)


@cache
def _asphalt(sheet: int) -> Field:
    rng = numpy_generator("asphalt", sheet)
    ground = np.array(((0.30, 0.30, 0.31), (0.40, 0.39, 0.38), (0.22, 0.22, 0.24))[sheet], dtype=np.float32)
    patches = noise(rng, _SHEET, 6, 3, stretch=3) * 0.15
    return _rough(ground.reshape(3, 1, 1) * (1 + patches), rng, 0.12)


def _rough(field: Field, rng: Rng, amount: float) -> Field:
    """Grit, and broad differences in tone."""
    grit = rng.standard_normal(field.shape[1:], dtype=np.float32) * amount
    return field * (1 + grit + noise(rng, _SHEET, pick(rng, (4, 6)), 3) * 0.12)


_SHEETS = {"leaves": _leaves, "grass": _grass, "bricks": _bricks, "plaster": _plaster, "asphalt": _asphalt}
