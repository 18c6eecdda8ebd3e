"""Road signs in weather: eight signs of the Vienna Convention, photographed from the road at any hour."""

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tlcore.data.samples.rendered import weather
from tlcore.data.samples.rendered.backdrops import any_backdrop
from tlcore.data.samples.rendered.camera import any_camera, photograph
from tlcore.data.samples.rendered.roadside import branches, posts, soiled, with_stickers
from tlcore.data.samples.rendered.scene import (
    SIDE,
    Field,
    Point,
    Rng,
    between,
    blurred,
    chance,
    laid,
    mixed,
    opacity,
    perspective,
    pick,
    scale_between,
    tilted_corners,
    to_field,
    undiluted,
)
from tlcore.data.samples.rendered.sign_faces import FACE, VARIANTS, face
from tlcore.data.samples.rendered.weather import View, Weather
from tlcore.seeds import numpy_generator

CLASSES = tuple(sorted(VARIANTS))
PER_CLASS = 48
_WEATHERS: tuple[Weather, ...] = (
    weather.clear, weather.clear, weather.clear, weather.overcast, weather.overcast, weather.fog, weather.rain,
    weather.snow, weather.low_sun, weather.night,
)  # fmt: skip


def generate() -> Iterator[tuple[str, str, Image.Image]]:
    """Every photograph of every sign."""
    for label in CLASSES:
        for number in range(1, PER_CLASS + 1):
            yield label, f"{label}-{number:02d}", _photograph(label, number)


def examples() -> list[Image.Image]:
    """The first photograph of every sign."""
    return [_photograph(label, 1) for label in CLASSES]


def _photograph(label: str, number: int) -> Image.Image:
    rng = numpy_generator("signs", label, number)
    size = SIDE * scale_between(rng, 0.28, 0.8)
    room = (SIDE - size) / 2 + 0.07 * size
    centre = (SIDE / 2 + between(rng, -room, room), SIDE / 2 + between(rng, -room, room))
    backdrop = blurred(any_backdrop(rng), between(rng, 0.3, 1.2))
    scene = pick(rng, _WEATHERS)(_view(rng, label, backdrop, centre, size), rng)
    return photograph(scene, any_camera(rng, blur=min(1.0, size / 90)), rng)


def _view(rng: Rng, label: str, backdrop: Field, centre: Point, size: float) -> View:
    """The sign, its posts and what grows before it, all as one layer."""
    roll = between(rng, -0.08, 0.08) if chance(rng, 0.8) else between(rng, -0.35, 0.35)
    plate = _plate(rng, label, centre, size, roll)
    stand, shape = posts(rng, centre, size, roll), opacity(plate)
    near = mixed(to_field(stand), soiled(undiluted(to_field(plate), shape), rng), shape)
    alpha = np.maximum(opacity(stand), shape)
    if chance(rng, 0.25):
        twigs = branches(rng, centre, size)
        near, alpha = laid(near, twigs), np.maximum(alpha, opacity(twigs))
    return View(backdrop, undiluted(near, alpha), alpha, centre)


def _plate(rng: Rng, label: str, centre: Point, size: float, roll: float) -> Image.Image:
    """The sign's face on a clear layer, as a camera before it or to its side sees it."""
    marked = with_stickers(face(label, int(rng.integers(VARIANTS[label]))), rng)
    yaw = between(rng, -0.4, 0.4) if chance(rng, 0.7) else between(rng, -0.95, 0.95)
    corners = tilted_corners(centre, size, yaw, between(rng, -0.35, 0.35), roll)
    side = min(FACE, round(size * 1.15))  # near its size in the photograph, so that it does not alias
    marked = marked.resize((side, side), Image.Resampling.HAMMING)
    return _laid_out(marked, corners)


def _laid_out(plate: Image.Image, corners: tuple[Point, ...]) -> Image.Image:
    """The plate on a clear layer, its corners where they are to be; only the box round it is computed."""
    left, top = (max(0, math.floor(min(corner[axis] for corner in corners)) - 1) for axis in (0, 1))
    right, bottom = (min(SIDE, math.ceil(max(corner[axis] for corner in corners)) + 1) for axis in (0, 1))
    coefficients = perspective([(x - left, y - top) for x, y in corners], plate.width, plate.height)
    box = (right - left, bottom - top)
    layer = Image.new("RGBa", (SIDE, SIDE))
    seen = plate.transform(box, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    layer.paste(seen, (left, top))
    return layer
