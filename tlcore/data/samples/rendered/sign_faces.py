"""The faces of eight road signs of the Vienna Convention, drawn as shapes; each class has its national variants."""

import math
from collections.abc import Callable, Iterable
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from tlcore.data.samples.rendered.scene import Colour, Point, painted, rgb

FACE = 224
"""The side of a drawn face in pixels."""

_RED, _BLUE, _YELLOW = (0.72, 0.07, 0.11), (0.05, 0.25, 0.60), (0.96, 0.74, 0.07)
_WHITE, _BLACK, _METAL, _CREAM = (0.93, 0.93, 0.92), (0.06, 0.06, 0.07), (0.62, 0.63, 0.65), (0.95, 0.83, 0.30)
_LIMITS = ("20", "30", "40", "50", "60", "70", "80", "90", "100", "120")

VARIANTS: dict[str, int] = {
    "give way": 4,
    "keep right": 2,
    "no entry": 2,
    "pedestrian crossing": 2,
    "priority road": 2,
    "roundabout": 2,
    "speed limit": 2 * len(_LIMITS),
    "stop": 2,
}
"""How many variants each class has."""


class _Pen:
    """Draws in units of the face: its centre is (0, 0) and its edges are 1 away."""

    def __init__(self, draw: ImageDraw.ImageDraw, size: int) -> None:
        self._draw, self._half = draw, size / 2

    def disc(self, radius: float, colour: Colour, at: Point = (0.0, 0.0)) -> None:
        x, y = at
        self._draw.ellipse(self._scaled([(x - radius, y - radius), (x + radius, y + radius)]), fill=rgb(colour))

    def shape(self, corners: Iterable[Point], colour: Colour, rounding: float = 0.0) -> None:
        """A polygon; the rounding is added round its corners."""
        corners = list(corners)
        self._draw.polygon(self._scaled(corners), fill=rgb(colour))
        if rounding:
            self.line([*corners, corners[0]], 2 * rounding, colour)

    def line(self, points: Iterable[Point], width: float, colour: Colour) -> None:
        """A line with round corners and ends."""
        points = list(points)
        self._draw.line(self._scaled(points), fill=rgb(colour), width=round(width * self._half))
        for point in points:
            self.disc(width / 2, colour, point)

    def arc(self, radius: float, start: float, end: float, width: float, colour: Colour) -> None:
        """A part of a circle about the centre; angles are in degrees, clockwise from the right."""
        box = self._scaled([(-radius, -radius), (radius, radius)])
        self._draw.arc(box, start, end, fill=rgb(colour), width=round(width * self._half))

    def text(self, words: str, height: float, colour: Colour, weight: float = 0.035) -> None:
        """Bold capitals or digits in the middle: the bundled font, with a stroke round it."""
        font = ImageFont.load_default(size=height * self._half)
        stroke = round(weight * self._half)
        middle = (self._half, self._half)
        self._draw.text(middle, words, fill=rgb(colour), font=font, anchor="mm", stroke_width=stroke)

    def _scaled(self, points: Iterable[Point]) -> list[Point]:
        return [((x + 1) * self._half, (y + 1) * self._half) for x, y in points]


@lru_cache(maxsize=64)
def face(label: str, variant: int) -> Image.Image:
    """The face of a sign as a layer, `FACE` pixels wide; its edge is a thin rim of metal."""
    return painted(FACE, lambda draw, size: _PAINTERS[label](_Pen(draw, size), variant))


def _stop(pen: _Pen, variant: int) -> None:
    edge = (0.05, 0.09)[variant]
    for radius, colour in ((0.99, _METAL), (0.97, _WHITE), (0.97 - edge, _RED)):
        pen.shape(_ring(8, radius / math.cos(math.pi / 8), 22.5), colour)
    pen.text("STOP", (0.66, 0.60)[variant], _WHITE)


def _give_way(pen: _Pen, variant: int) -> None:
    inner, middle = (0.50, 0.42)[variant % 2], (_WHITE, _CREAM)[variant // 2]
    for radius, colour, rounding in ((0.94, _METAL, 0.11), (0.94, _RED, 0.09), (inner, middle, 0.05)):
        pen.shape([(x, y - 0.24) for x, y in _ring(3, radius, 90)], colour, rounding)


def _no_entry(pen: _Pen, variant: int) -> None:
    for radius, colour in ((0.98, _METAL), (0.96, _WHITE), ((0.90, 0.93)[variant], _RED)):
        pen.disc(radius, colour)
    pen.shape(_box(0.68, (0.15, 0.19)[variant]), _WHITE)


def _speed_limit(pen: _Pen, variant: int) -> None:
    limit, ground = _LIMITS[variant // 2], (_WHITE, _CREAM)[variant % 2]
    for radius, colour in ((0.98, _METAL), (0.96, _RED), (0.76 - 0.03 * (variant % 2), ground)):
        pen.disc(radius, colour)
    pen.text(limit, 0.92 if len(limit) == 2 else 0.68, _BLACK, weight=0.03)


def _pedestrian_crossing(pen: _Pen, variant: int) -> None:
    for half, colour in ((0.90, _METAL), (0.875, _WHITE), ((0.83, 0.85)[variant], _BLUE)):
        pen.shape(_box(half, half), colour, 0.08)
    pen.shape([(0, -0.72), (0.76, 0.62), (-0.76, 0.62)], _WHITE, 0.03)
    for left in (-0.52, -0.26, 0.0, 0.26):
        pen.shape([(left, 0.60), (left + 0.13, 0.60), (left + 0.17, 0.44), (left + 0.07, 0.44)], _BLACK)
    _walker(pen, (1, -1)[variant])


def _walker(pen: _Pen, way: int) -> None:
    """Somebody who walks to the right, or to the left when `way` is -1."""
    pen.disc(0.085, _BLACK, (0.02 * way, -0.36))
    for points, width in (
        ([(0.0, -0.22), (0.0, 0.08)], 0.17),
        ([(0.0, 0.06), (0.12, 0.24), (0.10, 0.46)], 0.09),
        ([(0.0, 0.06), (-0.08, 0.26), (-0.22, 0.42)], 0.09),
        ([(0.02, -0.22), (0.15, -0.06), (0.24, 0.0)], 0.06),
        ([(-0.02, -0.22), (-0.14, -0.08), (-0.16, 0.06)], 0.06),
    ):
        pen.line([(x * way, y) for x, y in points], width, _BLACK)


def _priority_road(pen: _Pen, variant: int) -> None:
    inner = (0.56, 0.62)[variant]
    for radius, colour in ((0.92, _METAL), (0.90, _BLACK), (0.88, _WHITE), (inner, _YELLOW)):
        pen.shape(_ring(4, radius, 0), colour, 0.06)


def _roundabout(pen: _Pen, variant: int) -> None:
    _blue_disc(pen)
    radius = (0.50, 0.54)[variant]
    for number in range(3):
        start = 120.0 * number + 20
        pen.arc(radius + 0.075, start, start + 78, 0.15, _WHITE)
        pen.shape(_arrow_head(radius, start), _WHITE)


def _arrow_head(radius: float, degrees: float) -> list[Point]:
    """A head that points anticlockwise along the circle, as traffic goes where one drives on the right."""
    reach = ((radius - 0.19, 4), (radius + 0.19, 4), (radius, -32))
    return [_polar(distance, degrees + turn) for distance, turn in reach]


def _keep_right(pen: _Pen, variant: int) -> None:
    _blue_disc(pen)
    width, tip = (0.19, 0.15)[variant], 0.52
    pen.shape(_turned([(-0.66, -width / 2), (0.2, -width / 2), (0.2, width / 2), (-0.66, width / 2)]), _WHITE)
    pen.shape(_turned([(0.66, 0.0), (0.66 - tip, -0.40), (0.66 - tip, 0.40)]), _WHITE)


def _blue_disc(pen: _Pen) -> None:
    for radius, colour in ((0.98, _METAL), (0.96, _WHITE), (0.92, _BLUE)):
        pen.disc(radius, colour)


def _ring(count: int, radius: float, first: float) -> list[Point]:
    """The corners of a regular polygon, the first at so many degrees clockwise from the right."""
    return [_polar(radius, first + 360 * corner / count) for corner in range(count)]


def _polar(radius: float, degrees: float) -> Point:
    return radius * math.cos(math.radians(degrees)), radius * math.sin(math.radians(degrees))


def _turned(points: Iterable[Point]) -> list[Point]:
    """Points turned by 45 degrees, so that what points right points down to the right."""
    half = math.sqrt(0.5)
    return [((x - y) * half, (x + y) * half) for x, y in points]


def _box(width: float, height: float) -> list[Point]:
    return [(-width, -height), (width, -height), (width, height), (-width, height)]


_PAINTERS: dict[str, Callable[[_Pen, int], None]] = {
    "give way": _give_way,
    "keep right": _keep_right,
    "no entry": _no_entry,
    "pedestrian crossing": _pedestrian_crossing,
    "priority road": _priority_road,
    "roundabout": _roundabout,
    "speed limit": _speed_limit,
    "stop": _stop,
}
