"""What the weather does to a photograph of a road sign: fog, rain, snow, a low sun, and night.

Each weather takes a view and returns the scene with the sign in it; what is far suffers more than the sign.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import ImageDraw

from tlcore.data.samples.rendered.scene import (
    SIDE,
    Field,
    Point,
    Rng,
    between,
    blurred,
    chance,
    grid,
    mixed,
    noise,
    painted,
    pick,
    plane,
    step,
    to_field,
    varied,
)


@dataclass(frozen=True)
class View:
    """A backdrop, what stands before it with its opacity, and where the sign's centre is, in pixels."""

    backdrop: Field
    sign: Field
    alpha: Field
    centre: Point


Weather = Callable[[View, Rng], Field]


def clear(view: View, rng: Rng) -> Field:
    """Nothing in the way; the sun now and then casts the shadow of leaves on the sign."""
    light = 1.0 - step(noise(rng, SIDE, 6, 3), 0.1, 0.35) * between(rng, 0.3, 0.6) if chance(rng, 0.3) else 1.0
    return mixed(view.backdrop, view.sign * light, view.alpha)


def overcast(view: View, rng: Rng) -> Field:
    """Flat, cool light."""
    grey = between(rng, 0.7, 1.0)
    return mixed(_washed(view.backdrop, 0.35), _washed(view.sign, 0.15), view.alpha) * plane((grey, grey, grey * 1.06))


def fog(view: View, rng: Rng) -> Field:
    """The farther, the greyer; what is high up is thought of as far."""
    _, y = grid(SIDE)
    colour = varied(rng, pick(rng, ((0.74, 0.76, 0.78), (0.62, 0.64, 0.67), (0.84, 0.82, 0.78))), 0.08)
    banks = noise(rng, SIDE, 2, 3, stretch=3) * 0.15
    far = np.clip(between(rng, 0.55, 0.95) - y * 0.12 + banks, 0, 0.98)
    near = np.clip(between(rng, 0.15, 0.66) + banks * 0.6, 0, 0.75)
    return mixed(mixed(view.backdrop, colour, far), mixed(view.sign, colour, near), view.alpha)


def rain(view: View, rng: Rng) -> Field:
    """Dim light, streaks, and drops on the lens."""
    scene = mixed(_washed(view.backdrop, 0.4) * 0.6, view.sign * 0.78, view.alpha)
    scene = mixed(scene, (0.62, 0.65, 0.70), between(rng, 0.05, 0.3))
    streaks = to_field(painted(SIDE, partial(_streaks, rng), "L"))
    scene = mixed(scene, (0.86, 0.88, 0.92), blurred(streaks, 0.5) * between(rng, 0.25, 0.6))
    return _drops(scene, rng) if chance(rng, 0.6) else scene


def snow(view: View, rng: Rng) -> Field:
    """Flakes near and far, white ground, and snow that sticks to the sign."""
    _, y = grid(SIDE)
    settled = step(y + noise(rng, SIDE, 10, 3) * 0.4, between(rng, -0.3, 0.9), 1.1)
    backdrop = mixed(_washed(view.backdrop, 0.6), (0.88, 0.90, 0.94), settled * 0.9)
    sign = mixed(view.sign, (0.92, 0.93, 0.96), _stuck(rng))
    scene = mixed(mixed(backdrop, (0.80, 0.82, 0.85), between(rng, 0.1, 0.55)), sign, view.alpha)
    for count, size, soft in ((between(rng, 80, 260), 1.6, 0.5), (between(rng, 5, 45), 4.5, 1.3)):
        flakes = painted(SIDE, partial(_flakes, rng, round(count), size), "L")
        scene = mixed(scene, (0.96, 0.97, 1.0), blurred(to_field(flakes), soft) * between(rng, 0.6, 1))
    return scene


def low_sun(view: View, rng: Rng) -> Field:
    """The sun near the sign and in the lens: bloom, a warm veil, ghosts, and the sign in its own shade."""
    shade = between(rng, 0.3, 0.75)
    scene = mixed(view.backdrop * plane((1.05, 0.95, 0.8)), view.sign * shade * plane((1.0, 0.93, 0.85)), view.alpha)
    sun = (view.centre[0] / SIDE * 2 - 1 + between(rng, -1, 1), view.centre[1] / SIDE * 2 - 1 + between(rng, -1, 0.2))
    reach = _from(sun)
    bloom = between(rng, 0.5, 1.1) / (1 + reach * between(rng, 6, 16))
    disc = step(-reach, -0.02, -0.008)
    warm = pick(rng, ((1.0, 0.86, 0.62), (1.0, 0.93, 0.80), (1.0, 0.76, 0.48)))
    scene = scene + plane(warm) * (bloom + disc + between(rng, 0.02, 0.2))
    for _ in range(int(rng.integers(0, 4))):
        along, size = between(rng, -1, 0.5), between(rng, 0.002, 0.02)
        ghost = step(-_from((sun[0] * along, sun[1] * along)), -size, -size * 0.7)
        scene = scene + plane(varied(rng, (0.10, 0.13, 0.08), 0.6)) * ghost
    return scene


def night(view: View, rng: Rng) -> Field:
    """Headlights on the sign, which sends them back; lamps and windows far off, out of focus."""
    dusk, (x, y) = between(rng, 0.04, 0.35), view.centre
    scene = view.backdrop * plane((0.6, 0.75, 1.15)) * dusk
    lamps = painted(SIDE, partial(_flakes, rng, int(rng.integers(0, 16)), between(rng, 3, 12)), "L")
    glow = varied(rng, pick(rng, ((1.0, 0.75, 0.4), (1.0, 0.9, 0.75), (0.9, 0.3, 0.25))), 0.2)
    scene = scene + plane(glow) * blurred(to_field(lamps), 0.8) * between(rng, 0.3, 0.8)
    spot = (x / SIDE * 2 - 1 + between(rng, -0.5, 0.5), y / SIDE * 2 - 1 + between(rng, -0.3, 0.6))
    beam = between(rng, 0.8, 1.5) / (1 + _from(spot) * between(rng, 0.5, 3))
    warm = plane(pick(rng, ((1.0, 0.92, 0.78), (0.94, 0.98, 1.05), (1.0, 0.78, 0.5))))
    scene = scene + view.backdrop * warm * beam * between(rng, 0.02, 0.25)
    return mixed(scene, view.sign * warm * beam, view.alpha)


def _washed(field: Field, share: float) -> Field:
    """Less colourful."""
    grey = (field[0] + field[1] + field[2]) * (1 / 3)
    return mixed(field, np.stack([grey] * 3), share)


def _from(point: Point) -> Field:
    """The squared distance from a point, both in -1 to 1."""
    x, y = grid(SIDE)
    x, y = x - point[0], y - point[1]
    return x * x + y * y


def _stuck(rng: Rng) -> Field:
    """Where snow sticks to the sign: blown on from one side, most of it low down."""
    x, y = grid(SIDE)
    side = pick(rng, (-1.0, 1.0))
    drift = noise(rng, SIDE, 9, 3) + x * (side * 0.5) + y * 0.4
    return step(drift, between(rng, 0.6, 1.6), 1.8) * 0.95


def _streaks(rng: Rng, draw: ImageDraw.ImageDraw, size: int) -> None:
    slant, length = between(rng, -0.4, 0.4), between(rng, 12, 50)
    for _ in range(int(rng.integers(60, 220))):
        x, y, far = between(rng, 0, size), between(rng, -30, size), between(rng, 0.4, 1)
        draw.line((x, y, x + slant * length * far, y + length * far), fill=round(200 * far), width=pick(rng, (1, 2)))


def _flakes(rng: Rng, count: int, size: float, draw: ImageDraw.ImageDraw, side: int) -> None:
    for _ in range(count):
        x, y, r = between(rng, 0, side), between(rng, 0, side), size * between(rng, 0.5, 1.3)
        draw.ellipse((x - r, y - r * 1.1, x + r, y + r * 1.1), fill=int(rng.integers(110, 255)))


def _drops(scene: Field, rng: Rng) -> Field:
    """Drops on the lens; each shows the scene upside down, dark at its upper rim."""
    for _ in range(int(rng.integers(2, 9))):
        centre, radius = (between(rng, -1, 1), between(rng, -1, 1)), between(rng, 0.04, 0.12)
        reach = _from(centre) * (1 / radius**2)
        _, y = grid(SIDE)
        shade = 1.0 + (y - centre[1]) * (0.4 / radius)
        scene = mixed(scene, scene[:, ::-1, ::-1] * shade, step(-reach, -1.0, -0.7) * 0.8)
    return scene
