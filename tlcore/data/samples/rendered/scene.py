"""What rendered photographs share: chance from a name, noise fields, perspective, and layers of paint.

Pixels are to be equal on every machine, so fields use only arithmetic that IEEE 754 rounds exactly: no `np.exp`,
`np.sin`, sum or matrix product, whose last bit depends on the processor. Single numbers may come from `math`, in
double precision; their last bit does not outlive the rounding to float32. Every image has a generator of its own.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIDE = 192
"""The side of a rendered photograph in pixels."""

Field = NDArray[np.floating]
"""Grey `(h, w)`, or colour in planes `(3, h, w)`, as float32; 1 is white."""
Colour = tuple[float, float, float]
Point = tuple[float, float]
Rng = np.random.Generator
T = TypeVar("T")
Painter = Callable[[ImageDraw.ImageDraw, int], None]
"""Paints on a square of so many pixels."""

_DISTANCE = 2.0  # from the camera to what it sees in perspective, in sides of that


def pick(rng: Rng, options: Sequence[T]) -> T:
    """One of the options."""
    return options[int(rng.integers(len(options)))]


def chance(rng: Rng, probability: float) -> bool:
    """True as often as the probability says."""
    return bool(rng.random() < probability)


def between(rng: Rng, low: float, high: float) -> float:
    """A number from low to high."""
    return float(low + (high - low) * rng.random())


def scale_between(rng: Rng, low: float, high: float) -> float:
    """A scale from low to high, as likely to be in the lower half of the octaves as in the upper."""
    return float(low * (high / low) ** rng.random())


def varied(rng: Rng, colour: Sequence[float], amount: float) -> Colour:
    """The colour, brighter or darker as a whole and a little in each channel."""
    whole = 1 + amount * (2 * rng.random() - 1)
    red, green, blue = (float(c * whole * (1 + 0.4 * amount * (2 * rng.random() - 1))) for c in colour)
    return min(red, 1.0), min(green, 1.0), min(blue, 1.0)


@cache
def grid(side: int) -> tuple[Field, Field]:
    """The x and y of every pixel's centre, from -1 at the left and top to 1."""
    line = ((np.arange(side, dtype=np.float32) + 0.5) * (2 / side) - 1).astype(np.float32)
    x, y = np.meshgrid(line, line)
    return x, y


def enlarged(coarse: Field, width: int, height: int | None = None) -> Field:
    """A coarse field, enlarged smoothly."""
    size = (width, height or width)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def noise(rng: Rng, side: int, cells: float, octaves: int = 3, stretch: float = 1.0) -> Field:
    """Cloudy noise about 0, within about ±1: octave k has `cells * 2**k` cells, each half as strong as the one before.

    A stretch above 1 draws the clouds out sideways, one below 1 from top to bottom.
    """
    clouds = np.zeros((2, 2), dtype=np.float32)
    for octave in range(octaves):
        count = cells * 2**octave
        height = min(side, max(2, round(count * min(stretch, 1.0))))
        width = min(side, max(2, round(count / max(stretch, 1.0))))
        fresh = rng.random((height, width), dtype=np.float32) * 2 - 1
        clouds = enlarged(clouds, width, height) + fresh * (0.5**octave)
    return enlarged(clouds, side)


def step(values: Field, low: float, high: float) -> Field:
    """0 below `low`, 1 above `high`, and smooth between."""
    t = np.clip((values - low) * (1 / (high - low)), 0, 1)
    return t * t * (3 - 2 * t)


def mixed(under: Field, over: Field | Colour, share: Field | float) -> Field:
    """`over` laid on `under`, as opaque as the share says."""
    colour = plane(over) if isinstance(over, tuple) else over
    return under + (colour - under) * np.asarray(share, dtype=np.float32)


def plane(colour: Sequence[float]) -> Field:
    """A colour as a field of one pixel, `(3, 1, 1)`."""
    return np.array(colour, dtype=np.float32).reshape(3, 1, 1)


def to_field(image: Image.Image) -> Field:
    """An 8-bit image as numbers from 0 to 1: `(h, w)` when it is grey, else `(3, h, w)`."""
    pixels = np.asarray(image)
    planes = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., :3].transpose(2, 0, 1))
    return planes.astype(np.float32) * (1 / 255)


def to_image(field: Field) -> Image.Image:
    """Numbers from 0 to 1 as an 8-bit image."""
    levels = (np.clip(field, 0, 1) * 255 + 0.5).astype(np.uint8)
    bands = [Image.fromarray(band) for band in levels.reshape(-1, *levels.shape[-2:])]
    return Image.merge("RGB", bands) if len(bands) == 3 else bands[0]


def blurred(field: Field, deviation: float) -> Field:
    """The field out of focus: passes of a three-point kernel whose variances add up (PIL's filters take longer)."""
    passes = math.ceil(2 * deviation * deviation)
    side = deviation * deviation / max(passes, 1) / 2
    for _ in range(passes):
        rows = field * (1 - 2 * side)
        rows[..., 1:-1, :] += (field[..., :-2, :] + field[..., 2:, :]) * side
        rows[..., [0, -1], :] = field[..., [0, -1], :]
        field = rows * (1 - 2 * side)
        field[..., 1:-1] += (rows[..., :-2] + rows[..., 2:]) * side
        field[..., [0, -1]] = rows[..., [0, -1]]
    return field


def rgb(colour: Sequence[float]) -> tuple[int, int, int, int]:
    """A colour of numbers from 0 to 1 as PIL takes it, opaque."""
    red, green, blue = colour
    return min(255, round(red * 255)), min(255, round(green * 255)), min(255, round(blue * 255)), 255


def painted(side: int, paint: Painter, mode: str = "RGBa") -> Image.Image:
    """A transparent layer, or a mask of mode L, painted at twice its size so that edges come out smooth.

    Layers hold colours multiplied by their opacity (Porter & Duff 1984), so that they resize without dark fringes.
    """
    layer = Image.new(mode, (2 * side, 2 * side))
    paint(ImageDraw.Draw(layer), 2 * side)
    return layer.reduce(2)


def laid(under: Field, layer: Image.Image) -> Field:
    """A transparent layer laid on a scene of its size."""
    return under * (1 - opacity(layer)) + to_field(layer)


def opacity(layer: Image.Image) -> Field:
    """How opaque a layer is."""
    return to_field(layer.getchannel("a"))


def undiluted(layer: Field, alpha: Field) -> Field:
    """A layer's colours as they are where it is opaque."""
    return layer / np.maximum(alpha, 1 / 255)


def perspective(quad: Sequence[Point], width: float, height: float) -> tuple[float, ...]:
    """The coefficients with which PIL lays a `width` x `height` image on a quad, clockwise from its top left corner.

    Square to quad as in Heckbert 1989, "Fundamentals of Texture Mapping", 2.2.3; then inverted by the adjugate.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quad
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    g, h = (dx3 * dy2 - dx2 * dy3) / area, (dx1 * dy3 - dx3 * dy1) / area
    a, b, c = x1 - x0 + g * x1, x3 - x0 + h * x3, x0
    d, e, f = y1 - y0 + g * y1, y3 - y0 + h * y3, y0
    top = ((e - f * h) * width, (c * h - b) * width, (b * f - c * e) * width)
    left = ((f * g - d) * height, (a - c * g) * height, (c * d - a * f) * height)
    p, q, r = d * h - e * g, b * g - a * h, a * e - b * d
    return tuple(value / r for value in (*top, *left, p, q))


def tilted_corners(centre: Point, size: float, yaw: float, pitch: float, roll: float) -> tuple[Point, ...]:
    """Where a camera sees the corners of a square that is turned by these angles, in radians, before it."""
    corners = []
    for left, top in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
        x, y = left * math.cos(roll) - top * math.sin(roll), left * math.sin(roll) + top * math.cos(roll)
        away = _DISTANCE + x * math.sin(yaw) + y * math.sin(pitch)
        scale = size * _DISTANCE / away
        corners.append((centre[0] + x * math.cos(yaw) * scale, centre[1] + y * math.cos(pitch) * scale))
    return tuple(corners)
