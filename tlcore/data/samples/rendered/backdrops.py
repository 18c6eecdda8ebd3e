"""What one sees behind a road sign: country roads, woods, streets, walls, or nothing but the sky."""

from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import ImageDraw

from tlcore.data.samples.rendered.scene import (
    SIDE,
    Colour,
    Field,
    Rng,
    between,
    chance,
    enlarged,
    grid,
    laid,
    mixed,
    noise,
    painted,
    pick,
    plane,
    rgb,
    step,
    to_field,
    varied,
)
from tlcore.data.samples.rendered.textures import cutting

_SKIES: tuple[tuple[Colour, Colour], ...] = (  # overhead, and at the horizon
    ((0.25, 0.47, 0.80), (0.72, 0.83, 0.93)), ((0.42, 0.60, 0.85), (0.86, 0.90, 0.94)),
    ((0.62, 0.66, 0.71), (0.80, 0.82, 0.84)), ((0.76, 0.77, 0.78), (0.86, 0.86, 0.86)),
    ((0.36, 0.44, 0.62), (0.95, 0.72, 0.50)), ((0.48, 0.52, 0.60), (0.86, 0.78, 0.72)),
)  # fmt: skip
_SEASONS: tuple[Colour, ...] = ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (0.8, 0.95, 0.9), (1.7, 0.95, 0.6), (1.3, 1.15, 0.8))
_FACADES: tuple[Colour, ...] = (
    (0.70, 0.62, 0.52), (0.62, 0.60, 0.58), (0.55, 0.32, 0.25), (0.78, 0.74, 0.66), (0.50, 0.52, 0.55),
    (0.76, 0.64, 0.42),
)  # fmt: skip
_CARS: tuple[Colour, ...] = (
    (0.7, 0.1, 0.1),
    (0.1, 0.2, 0.45),
    (0.85, 0.85, 0.86),
    (0.12, 0.12, 0.13),
    (0.5, 0.52, 0.55),
)


def any_backdrop(rng: Rng) -> Field:
    """One of the backdrops, `(3, SIDE, SIDE)`, by day and in dry weather."""
    light = 1 + noise(rng, SIDE, 2, 4) * between(rng, 0.05, 0.2)
    return pick(rng, _KINDS)(rng) * light


def _country(rng: Rng) -> Field:
    """Hills, a row of trees, a field, and the road."""
    season, horizon = plane(pick(rng, _SEASONS)), between(rng, -0.3, 0.55)
    scene = _sky(rng)
    for distance in range(pick(rng, (1, 2, 3)), 0, -1):
        hill = mixed(season * plane(varied(rng, (0.20, 0.28, 0.16), 0.3)), (0.62, 0.70, 0.80), 0.22 * distance)
        scene = mixed(scene, hill, _below(rng, horizon - 0.12 * distance * between(rng, 0.3, 1.2), 4, 0.25))
    if chance(rng, 0.8):
        trees = cutting("leaves", rng, (0, 0, 1)) * season * between(rng, 0.6, 1.0)
        scene = mixed(scene, trees, _below(rng, horizon - between(rng, 0.05, 0.5), 14, between(rng, 0.2, 0.6)))
    scene = mixed(scene, cutting("grass", rng) * season * between(rng, 0.8, 1.5), _below(rng, horizon, 3, 0.05))
    return _road(scene, horizon, rng) if chance(rng, 0.7) else scene


def _wood(rng: Rng) -> Field:
    """Leaves all over, gaps with light behind, and trunks."""
    season = plane(pick(rng, _SEASONS))
    scene: Field = cutting("leaves", rng) * season * between(rng, 0.6, 1.3)
    gaps = step(noise(rng, SIDE, 14, 2) + noise(rng, SIDE, 2, 1), between(rng, 0.5, 0.9), 1.2)
    scene = mixed(scene, varied(rng, (0.85, 0.90, 0.88), 0.1), gaps)
    scene = laid(scene, painted(SIDE, partial(_trunks, rng)))
    return mixed(scene, cutting("grass", rng) * season, _below(rng, between(rng, 0.4, 1.2), 5, 0.1))


def _street(rng: Rng) -> Field:
    """A row of houses, a pavement, the carriageway, and perhaps cars."""
    horizon = between(rng, 0.1, 0.7)
    scene = laid(_sky(rng), painted(SIDE, partial(_houses, rng, horizon)))
    if chance(rng, 0.4):
        crowns = _below(rng, horizon - between(rng, 0.2, 0.7), 8, 0.9) * step(noise(rng, SIDE, 3, 2), 0, 0.4)
        scene = mixed(scene, cutting("leaves", rng, (0, 1)), crowns)
    scene = mixed(scene, cutting("asphalt", rng) * 1.5, _below(rng, horizon, 2, 0.0))
    return laid(scene, painted(SIDE, partial(_traffic, rng, horizon)))


def _wall(rng: Rng) -> Field:
    """A wall close behind the sign, in a slanting light."""
    x, y = grid(SIDE)
    light = 1 + x * between(rng, -0.25, 0.25) + y * between(rng, -0.25, 0.25)
    wall = cutting(pick(rng, ("bricks", "bricks", "plaster")), rng) * light * between(rng, 0.7, 1.3)
    if chance(rng, 0.5):
        wall = mixed(wall, cutting("leaves", rng), _below(rng, between(rng, 0.3, 0.9), 8, 0.6))
    return wall


def _sky(rng: Rng) -> Field:
    """A clear, a clouded or an evening sky."""
    overhead, low = pick(rng, _SKIES)
    _, y = grid(SIDE)
    sky = mixed(plane(varied(rng, overhead, 0.1)), varied(rng, low, 0.05), step(y, -1.2, between(rng, 0.2, 1)))
    if chance(rng, 0.65):
        clouds = noise(rng, SIDE, between(rng, 1.5, 4), 5, stretch=pick(rng, (1.5, 3.0)))
        bank = step(clouds, between(rng, -0.3, 0.4), 1.0) * between(rng, 0.4, 0.9)
        sky = mixed(sky, plane(varied(rng, (0.93, 0.93, 0.94), 0.07)) * (1 - np.clip(clouds, 0, 1) * 0.2), bank)
    return sky


def _looking_up(rng: Rng) -> Field:
    """The sky above the sign, with wires or the tops of trees."""
    scene = laid(_sky(rng), painted(SIDE, partial(_wires, rng))) if chance(rng, 0.4) else _sky(rng)
    if chance(rng, 0.6):
        scene = mixed(scene, cutting("leaves", rng), _below(rng, between(rng, 0.1, 0.9), 10, 0.8))
    return scene


def _below(rng: Rng, level: float, cells: int, roughness: float) -> Field:
    """Where the ground is that begins at that level (-1 is the top), behind a skyline of so many bumps."""
    _, y = grid(SIDE)
    skyline = np.zeros((2, 2), dtype=np.float32)
    for octave in range(4):
        bumps = rng.random((2, cells * 2**octave), dtype=np.float32) - 0.5
        skyline = enlarged(skyline, bumps.shape[1], 2) + bumps * (roughness * 0.55**octave)
    line = enlarged(skyline, SIDE, 2)[0] + level
    return step(y - line[None, :], -0.008, 0.008)


def _road(scene: Field, horizon: float, rng: Rng) -> Field:
    """A road that comes from the horizon towards us, with its lines."""
    far, left, right = between(rng, -0.8, 0.8), between(rng, -2.5, 0.2), between(rng, 0.5, 3)

    def across(share: float, depth: float) -> tuple[float, float]:
        return far + (left + (right - left) * share - far) * depth, horizon + (1 - horizon) * depth

    def surface(draw: ImageDraw.ImageDraw, size: int) -> None:
        draw.polygon(_pixels([across(0, 0), across(1, 0), across(1, 1.1), across(0, 1.1)], size), fill=255)

    def lines(draw: ImageDraw.ImageDraw, size: int) -> None:
        for share in (0.03, 0.95):
            strip = [across(share, 0), across(share + 0.02, 0), across(share + 0.02, 1.1), across(share, 1.1)]
            draw.polygon(_pixels(strip, size), fill=200)
        for near in (1.0, 0.6, 0.36, 0.21, 0.12):
            dash = [across(0.49, near * 0.75), across(0.51, near * 0.75), across(0.51, near), across(0.49, near)]
            draw.polygon(_pixels(dash, size), fill=200)

    asphalt = cutting("asphalt", rng) * between(rng, 0.9, 1.6)
    scene = mixed(scene, asphalt, to_field(painted(SIDE, surface, "L")))
    return mixed(scene, (0.85, 0.85, 0.83), to_field(painted(SIDE, lines, "L")))


def _trunks(rng: Rng, draw: ImageDraw.ImageDraw, size: int) -> None:
    for _ in range(int(rng.integers(0, 6))):
        x, width, lean = between(rng, 0, size), between(rng, 0.01, 0.07) * size, between(rng, -0.1, 0.1) * size
        bark = varied(rng, (0.24, 0.19, 0.15), 0.4)
        for share, shade in ((0.0, 0.6), (0.3, 1.0), (0.6, 1.35)):
            left = x + width * share
            corners = [(left, 0), (x + width, 0), (x + width * 1.2 + lean, size), (left + lean, size)]
            draw.polygon(corners, fill=rgb([c * shade for c in bark]))


def _houses(rng: Rng, horizon: float, draw: ImageDraw.ImageDraw, size: int) -> None:
    left, ground = between(rng, -0.2, 0) * size, (horizon + 1.04) / 2 * size
    while left < size:
        width, top = between(rng, 0.2, 0.55) * size, ground - between(rng, 0.25, 1.0) * size
        wall = varied(rng, pick(rng, _FACADES), 0.2)
        draw.rectangle((left, top, left + width, ground), fill=rgb(wall))
        if chance(rng, 0.5):
            roof = [
                (left, top),
                (left + width, top),
                (left + width * 0.9, top - width * 0.2),
                (left + width * 0.1, top - width * 0.2),
            ]
            draw.polygon(roof, fill=rgb(varied(rng, (0.40, 0.24, 0.20), 0.3)))
        _windows(rng, draw, (left, top, width, ground), wall)
        left += width * between(rng, 1.0, 1.15)


def _windows(rng: Rng, draw: ImageDraw.ImageDraw, house: tuple[float, float, float, float], wall: Colour) -> None:
    left, top, width, ground = house
    columns, storey = int(rng.integers(2, 6)), between(rng, 26, 52)
    gap = width / columns
    for floor in range(int((ground - top) / storey)):
        for column in range(columns):
            x, y = left + gap * (column + 0.25), top + storey * (floor + 0.25)
            draw.rectangle((x - 2, y - 2, x + gap * 0.5 + 2, y + storey * 0.55 + 2), fill=rgb([c * 1.15 for c in wall]))
            glass = varied(rng, pick(rng, ((0.16, 0.20, 0.25), (0.45, 0.55, 0.65), (0.10, 0.11, 0.13))), 0.3)
            draw.rectangle((x, y, x + gap * 0.5, y + storey * 0.55), fill=rgb(glass))


def _traffic(rng: Rng, horizon: float, draw: ImageDraw.ImageDraw, size: int) -> None:
    kerb = (horizon + 1.12) / 2 * size
    draw.rectangle((0, kerb, size, kerb + 4), fill=rgb((0.62, 0.61, 0.59)))
    for _ in range(int(rng.integers(0, 4))):
        x, high = between(rng, -0.2, 1) * size, between(rng, 0.07, 0.16) * size
        base, colour = kerb + between(rng, 0, 0.06) * size, varied(rng, pick(rng, _CARS), 0.2)
        draw.rounded_rectangle((x, base - high * 0.62, x + high * 3, base - high * 0.1), high * 0.2, fill=rgb(colour))
        cabin = [
            (x + high * 0.5, base - high * 0.6),
            (x + high * 0.9, base - high),
            (x + high * 2, base - high),
            (x + high * 2.5, base - high * 0.6),
        ]
        draw.polygon(cabin, fill=rgb((0.20, 0.24, 0.28)))
        for wheel in (0.65, 2.35):
            centre = x + high * wheel
            draw.ellipse(
                (centre - high * 0.24, base - high * 0.3, centre + high * 0.24, base + high * 0.16),
                fill=rgb((0.06, 0.06, 0.06)),
            )


def _wires(rng: Rng, draw: ImageDraw.ImageDraw, size: int) -> None:
    start, end = between(rng, 0, size), between(rng, 0, size)
    for number in range(pick(rng, (1, 2, 4))):
        draw.line((0, start + number * 14, size, end + number * 12), fill=rgb((0.15, 0.15, 0.16)), width=2)


def _pixels(points: list[tuple[float, float]], size: int) -> list[tuple[float, float]]:
    """Points from -1 to 1 as pixels of the canvas."""
    return [((x + 1) / 2 * size, (y + 1) / 2 * size) for x, y in points]


_KINDS: tuple[Callable[[Rng], Field], ...] = (_country, _country, _wood, _street, _street, _wall, _looking_up)
