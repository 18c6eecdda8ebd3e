"""What happens to a road sign over the years: posts, plates, stickers, dirt, and branches that grow before it."""

import math
from functools import partial

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tlcore.data.samples.rendered.scene import (
    SIDE,
    Colour,
    Field,
    Point,
    Rng,
    between,
    chance,
    mixed,
    noise,
    painted,
    pick,
    rgb,
    step,
    varied,
)
from tlcore.data.samples.rendered.textures import leaf

_POSTS: tuple[Colour, ...] = ((0.55, 0.56, 0.58), (0.42, 0.43, 0.44), (0.30, 0.24, 0.18), (0.68, 0.68, 0.66))
_STICKERS: tuple[Colour, ...] = ((0.9, 0.9, 0.88), (0.1, 0.1, 0.1), (0.9, 0.75, 0.1), (0.2, 0.6, 0.3), (0.8, 0.3, 0.6))
_PLATES = ("50 m", "0 - 100 m", "7 - 19 h", "300 m", "Bus", "2,8 t")


def posts(rng: Rng, centre: Point, size: float, lean: float) -> Image.Image:
    """What holds the sign up, as a layer: a post or two, with an extra plate now and then; or nothing on a wall."""
    return painted(SIDE, partial(_posts, rng, centre, size, lean))


def with_stickers(face: Image.Image, rng: Rng) -> Image.Image:
    """The face with what people put on it: stickers, a scrawl, scratches."""
    marked = face.copy()
    draw = ImageDraw.Draw(marked)
    for _ in range(pick(rng, (0, 0, 0, 1, 1, 2, 4))):
        _sticker(rng, draw, face.width)
    if chance(rng, 0.15):
        draw.line(
            _scrawl(rng, face.width), fill=rgb(pick(rng, _STICKERS)), width=int(rng.integers(3, 7)), joint="curve"
        )
    for _ in range(pick(rng, (0, 0, 3, 8))):
        x, y, length = between(rng, 0, face.width), between(rng, 0, face.width), between(rng, 4, 40)
        draw.line((x, y, x + length, y + between(rng, -9, 9)), fill=rgb((0.66, 0.66, 0.66)), width=1)
    inside = face.getchannel("a").point([0] + [255] * 255)
    return Image.composite(marked, face, inside)


def soiled(sign: Field, rng: Rng) -> Field:
    """The sign in its age: faded by the sun, rained on, dirty, unevenly lit."""
    age = between(rng, 0, 1)
    sign = mixed(sign, varied(rng, (0.80, 0.78, 0.76), 0.1), 0.35 * age * rng.random())
    streaks = step(noise(rng, SIDE, 16, 3, stretch=0.25), between(rng, 0.2, 1.0), 1.6)
    sign = mixed(sign, varied(rng, (0.24, 0.21, 0.17), 0.3), streaks * (0.75 * age))
    clouds = noise(rng, SIDE, 2, 4)
    sign = mixed(sign, (0.42, 0.39, 0.33), np.clip(clouds, 0, 1.6) * (0.35 * age))
    return sign * (between(rng, 0.7, 1.15) - clouds * between(rng, 0, 0.2))


def branches(rng: Rng, centre: Point, size: float) -> Image.Image:
    """Twigs with leaves, or bare, that reach over the sign's edge, as a layer."""
    return painted(SIDE, partial(_branches, rng, centre, size))


def _posts(rng: Rng, centre: Point, size: float, lean: float, draw: ImageDraw.ImageDraw, side: int) -> None:
    kind, scale = rng.random(), side / SIDE
    x, y, reach = centre[0] * scale, centre[1] * scale, size * scale
    if kind > 0.85:
        return
    width, colour = reach * between(rng, 0.05, 0.11), varied(rng, pick(rng, _POSTS), 0.2)
    for offset in (0.0,) if kind < 0.7 else (-0.22 * reach, 0.22 * reach):
        _post(draw, (x + offset, y - reach * 0.15), (width, 2.0 * side), lean, colour)
    if chance(rng, 0.25):
        _plate(rng, draw, (x, y + reach * 0.66), reach * 0.42)


def _post(draw: ImageDraw.ImageDraw, top: Point, size: tuple[float, float], lean: float, colour: Colour) -> None:
    """A tube, lit from one side."""
    (x, y), (width, length) = top, size
    drift = -length * math.sin(lean)
    for share, shade in ((0.0, 0.55), (0.25, 0.85), (0.4, 1.2), (0.6, 1.0), (0.8, 0.75)):
        left, right = x + width * (share - 0.5), x + width * 0.5
        corners = [(left, y), (right, y), (right + drift, y + length), (left + drift, y + length)]
        draw.polygon(corners, fill=rgb([c * shade for c in colour]))


def _plate(rng: Rng, draw: ImageDraw.ImageDraw, centre: Point, width: float) -> None:
    x, y = centre
    high = width * 0.32
    draw.rounded_rectangle((x - width, y - high, x + width, y + high), high * 0.2, fill=rgb((0.12, 0.12, 0.13)))
    inner = (x - width * 0.96, y - high * 0.9, x + width * 0.96, y + high * 0.9)
    draw.rounded_rectangle(inner, high * 0.2, fill=rgb((0.88, 0.88, 0.86)))
    font = ImageFont.load_default(size=high * 1.1)
    draw.text((x, y), pick(rng, _PLATES), fill=rgb((0.1, 0.1, 0.1)), font=font, anchor="mm")


def _sticker(rng: Rng, draw: ImageDraw.ImageDraw, side: int) -> None:
    x, y, r = between(rng, 0.1, 0.9) * side, between(rng, 0.1, 0.9) * side, between(rng, 0.03, 0.09) * side
    colour, other = (varied(rng, pick(rng, _STICKERS), 0.2) for _ in range(2))
    box = (x - r, y - r * between(rng, 0.5, 1), x + r, y + r)
    if chance(rng, 0.4):
        draw.ellipse((x - r, y - r, x + r, y + r), fill=rgb(colour))
    else:
        draw.rectangle(box, fill=rgb(colour))
    draw.line((x - r * 0.6, y, x + r * 0.6, y + r * 0.2), fill=rgb(other), width=max(1, round(r * 0.4)))


def _scrawl(rng: Rng, side: int) -> list[Point]:
    """A loop of spray paint."""
    x, y, r = between(rng, 0.2, 0.6) * side, between(rng, 0.3, 0.8) * side, between(rng, 0.05, 0.14) * side
    turns = [number * 0.5 for number in range(int(rng.integers(8, 20)))]
    return [(x + r * 0.5 * turn * 0.5 + r * math.cos(turn * 1.7), y + r * math.sin(turn * 1.7)) for turn in turns]


def _branches(rng: Rng, centre: Point, size: float, draw: ImageDraw.ImageDraw, side: int) -> None:
    scale, angle = side / SIDE, between(rng, 0, 2 * math.pi)
    leafy, green = chance(rng, 0.75), varied(rng, pick(rng, ((0.30, 0.42, 0.14), (0.55, 0.35, 0.10))), 0.3)
    for _ in range(int(rng.integers(1, 5))):
        turn = angle + between(rng, -0.5, 0.5)
        start = (centre[0] + size * 1.6 * math.cos(turn), centre[1] + size * 1.6 * math.sin(turn))
        aim, reach = turn + math.pi + between(rng, -0.35, 0.35), size * between(rng, 1.1, 1.75)
        twig = _twig(rng, start, aim, reach)
        points = [(x * scale, y * scale) for x, y in twig]
        draw.line(points, fill=rgb(varied(rng, (0.22, 0.17, 0.12), 0.3)), width=int(rng.integers(2, 6)))
        for x, y in points if leafy else ():
            for _ in range(int(rng.integers(2, 6))):
                near = (x + between(rng, -14, 14), y + between(rng, -14, 14))
                draw.polygon(leaf(rng, near, between(rng, 10, 26)), fill=rgb(varied(rng, green, 0.4)))


def _twig(rng: Rng, start: Point, aim: float, length: float) -> list[Point]:
    points, (x, y) = [start], start
    for _ in range(12):
        aim += between(rng, -0.25, 0.25)
        x, y = x + length / 12 * math.cos(aim), y + length / 12 * math.sin(aim)
        points.append((x, y))
    return points
