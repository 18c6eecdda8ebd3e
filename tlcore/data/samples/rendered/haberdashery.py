"""What lies about where cloth is photographed: a table under it; buttons, labels, pins and rulers on it."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tlcore.data.samples.rendered.scene import (
    SIDE,
    Colour,
    Field,
    Rng,
    between,
    blurred,
    laid,
    noise,
    opacity,
    painted,
    pick,
    plane,
    rgb,
    varied,
)

_TABLES: tuple[Colour, ...] = (
    (0.55, 0.38, 0.22), (0.35, 0.22, 0.13), (0.72, 0.58, 0.40), (0.80, 0.80, 0.78), (0.25, 0.26, 0.28),
    (0.45, 0.55, 0.42), (0.62, 0.62, 0.66),
)  # fmt: skip
_BUTTONS: tuple[Colour, ...] = (
    (0.9, 0.87, 0.8),
    (0.15, 0.14, 0.14),
    (0.5, 0.33, 0.2),
    (0.2, 0.27, 0.45),
    (0.7, 0.2, 0.2),
)
_WORDS = ("COTTON", "LINEN", "WOOL", "SILK", "M", "XL", "38", "No. 7", "30°")


def table_top(rng: Rng) -> Field:
    """A table: wood with its grain, or a plain painted board."""
    wood = noise(rng, SIDE, pick(rng, (24, 48)), 2, stretch=pick(rng, (0.05, 12.0))) * 0.09
    speckle = rng.standard_normal((SIDE, SIDE), dtype=np.float32) * 0.02
    return plane(varied(rng, pick(rng, _TABLES), 0.2)) * (1 + wood * pick(rng, (1.0, 2.0, 0.2)) + speckle)


def add_things(scene: Field, rng: Rng) -> Field:
    """Lay one or two things on the cloth, each with its shadow."""
    for _ in range(pick(rng, (1, 1, 2))):
        thing = _placed(pick(rng, (_button, _button, _label, _ruler, _stitches, _pin))(rng, SIDE), rng)
        dark = blurred(opacity(thing.transform(thing.size, *_SHADOW)), 1.8)
        scene = scene * (1 - dark * 0.55)
        scene = laid(scene, thing)
    return scene


_SHADOW = (Image.Transform.AFFINE, (1, 0, -2, 0, 1, -3))


def _placed(layer: Image.Image, rng: Rng) -> Image.Image:
    """The layer, turned and moved to somewhere off the middle."""
    angle, distance = between(rng, 0, 2 * math.pi), between(rng, 0.2, 0.42) * SIDE
    shift = (round(distance * math.cos(angle)), round(distance * math.sin(angle)))
    return layer.rotate(between(rng, 0, 360), Image.Resampling.BICUBIC, translate=shift)


def _button(rng: Rng, side: int) -> Image.Image:
    colour, radius, holes = varied(rng, pick(rng, _BUTTONS), 0.15), between(rng, 0.06, 0.13), pick(rng, (2, 4))

    def paint(draw: ImageDraw.ImageDraw, size: int) -> None:
        for share, shade in ((1.0, 0.8), (0.95, 1.1), (0.76, 0.82), (0.72, 1.0)):
            _disc(draw, size, (0.5, 0.5), radius * share, tuple(min(c * shade, 1.0) for c in colour))
        for hole in range(holes):
            turn = 2 * math.pi * hole / holes
            at = (0.5 + 0.26 * radius * math.cos(turn), 0.5 + 0.26 * radius * math.sin(turn))
            _disc(draw, size, at, radius * 0.12, (0.08, 0.07, 0.06))

    return painted(side, paint)


def _label(rng: Rng, side: int) -> Image.Image:
    paper, word = varied(rng, (0.88, 0.87, 0.83), 0.12), pick(rng, _WORDS)
    width, height = between(rng, 0.14, 0.24), between(rng, 0.06, 0.11)

    def paint(draw: ImageDraw.ImageDraw, size: int) -> None:
        font = ImageFont.load_default(size=height * size)
        draw.rectangle(_box(size, width, height), fill=rgb(paper))
        draw.rectangle(_box(size, width * 0.94, height * 0.86), outline=rgb((0.6, 0.3, 0.3)), width=2)
        draw.text((size / 2, size / 2), word, fill=rgb((0.15, 0.15, 0.25)), font=font, anchor="mm")

    return painted(side, paint)


def _ruler(rng: Rng, side: int) -> Image.Image:
    colour, height = varied(rng, pick(rng, ((0.9, 0.8, 0.3), (0.85, 0.84, 0.8), (0.72, 0.58, 0.4))), 0.1), 0.07

    def paint(draw: ImageDraw.ImageDraw, size: int) -> None:
        draw.rectangle(_box(size, 1.4, height), fill=rgb(colour))
        font, top = ImageFont.load_default(size=0.045 * size), (0.5 - height) * size
        for tick in range(60):
            x, length = tick * size / 60, (0.055 if tick % 10 == 0 else 0.03) * size
            draw.line((x, top, x, top + length), fill=rgb((0.1, 0.1, 0.1)), width=2)
            if tick % 10 == 5:
                draw.text((x, 0.54 * size), str(tick // 10 + 1), fill=rgb((0.1, 0.1, 0.1)), font=font, anchor="mm")

    return painted(side, paint)


def _stitches(rng: Rng, side: int) -> Image.Image:
    colour, length = varied(rng, pick(rng, _BUTTONS), 0.2), between(rng, 0.02, 0.05)

    def paint(draw: ImageDraw.ImageDraw, size: int) -> None:
        for row in (0.5, 0.53):
            for start in np.arange(-0.2, 1.2, length * 1.45).tolist():
                draw.line((start * size, row * size, (start + length) * size, row * size), fill=rgb(colour), width=4)

    return painted(side, paint)


def _pin(rng: Rng, side: int) -> Image.Image:
    head, length = varied(rng, pick(rng, _BUTTONS[3:]), 0.3), between(rng, 0.25, 0.5)

    def paint(draw: ImageDraw.ImageDraw, size: int) -> None:
        ends = ((0.5 - length / 2) * size, 0.5 * size, (0.5 + length / 2) * size, 0.5 * size)
        draw.line(ends, fill=rgb((0.72, 0.73, 0.75)), width=4)
        _disc(draw, size, (0.5 + length / 2, 0.5), 0.025, head)
        _disc(draw, size, (0.494 + length / 2, 0.493), 0.008, (1.0, 1.0, 1.0))

    return painted(side, paint)


def _disc(
    draw: ImageDraw.ImageDraw, size: int, at: tuple[float, float], radius: float, colour: tuple[float, ...]
) -> None:
    x, y, r = at[0] * size, at[1] * size, radius * size
    draw.ellipse((x - r, y - r, x + r, y + r), fill=rgb(colour))


def _box(size: int, width: float, height: float) -> tuple[float, float, float, float]:
    return (0.5 - width) * size, (0.5 - height) * size, (0.5 + width) * size, (0.5 + height) * size
