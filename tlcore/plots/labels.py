"""Names beside the points of a chart: each where it covers least, and none where it would lie on another name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CAPITAL, CHARACTER, LINE = 7.6, 6.2, 14.0
"""How wide a capital and another character, and how high a line of a label is, in pixels."""
_BOLD = 1.1
# Where a label may stand, in Plotly's words, and how far its middle then is from its point, in halves of its size.
PLACES = {
    "middle right": (1, 0), "middle left": (-1, 0), "top center": (0, -1), "bottom center": (0, 1),
    "top right": (1, -1), "bottom right": (1, 1), "top left": (-1, -1), "bottom left": (-1, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """How much it covers."""
        return (self.right - self.left) * (self.bottom - self.top)

    def shared(self, other: "Box") -> float:
        """The area that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(wide, 0.0) * max(high, 0.0)


@dataclass(frozen=True)
class Marked:
    """A point, as shares of the canvas from its left and its top; the diameter of its mark in pixels; and its name."""

    x: float
    y: float
    diameter: float
    text: str
    bold: bool = False

    def mark(self, canvas: Box) -> Box:
        """The square around the mark."""
        x, y, half = canvas.right * self.x, canvas.bottom * self.y, self.diameter / 2
        return Box(x - half, y - half, x + half, y + half)

    def label(self, place: str, canvas: Box) -> Box:
        """Where the name then stands: Plotly leaves a quarter of the mark's radius and a pixel between the two."""
        right, down = PLACES[place]
        text = sum(CAPITAL if character.isupper() else CHARACTER for character in self.text)
        wide, high = text * (_BOLD if self.bold else 1) / 2, LINE / 2
        away = 0.625 * self.diameter + 1
        x, y = canvas.right * self.x + right * (away + wide), canvas.bottom * self.y + down * (away + high)
        return Box(x - wide, y - high, x + wide, y + high)


def placed(points: Sequence[Marked], canvases: Sequence[Box], order: Sequence[int] = ()) -> list[str | None]:
    """The place of each point's name: where it covers least on all canvases, sizes that the chart may have.

    Those in `order` come first, then the most crowded ones while there is room around them. None for a name that would
    lie on another one or be cut off, unless it is bold.
    """
    places: dict[int, str | None] = {}
    taken: list[tuple[Box, ...]] = []
    for index in (*order, *(index for index in _by_crowd(points, canvases[-1]) if index not in order)):
        point = points[index]
        boxes = {place: tuple(point.label(place, canvas) for canvas in canvases) for place in PLACES}
        free = [p for p in PLACES if not _lies_on(boxes[p], taken) and not _leaves(boxes[p], canvases)]
        if not free and not point.bold:
            places[index] = None
            continue
        others = [*points[:index], *points[index + 1 :]]
        marks = [[other.mark(canvas) for other in others] for canvas in canvases]
        places[index] = best = min(free or PLACES, key=lambda place: _cost(boxes[place], marks, canvases))
        taken.append(boxes[best])
    return [places[index] for index in range(len(points))]


def _lies_on(label: tuple[Box, ...], taken: Iterable[tuple[Box, ...]]) -> bool:
    """Whether it shares anything with another label on any of the canvases."""
    return any(one.shared(other) > 0 for others in taken for one, other in zip(label, others, strict=True))


def _leaves(label: tuple[Box, ...], canvases: Iterable[Box]) -> bool:
    """Whether more than a tenth of it lies outside."""
    return any(one.shared(canvas) < 0.9 * one.area for one, canvas in zip(label, canvases, strict=True))


def _by_crowd(points: Sequence[Marked], canvas: Box) -> Iterable[int]:
    """The most crowded first."""

    def near(index: int) -> int:
        here = points[index]
        return sum(
            abs(here.x - one.x) * canvas.right < 90 and abs(here.y - one.y) * canvas.bottom < 30 for one in points
        )

    return sorted(range(len(points)), key=near, reverse=True)


def _cost(label: Sequence[Box], marks: Sequence[Sequence[Box]], canvases: Sequence[Box]) -> float:
    """What it covers of marks, and how much of it leaves the canvas."""
    return sum(
        sum(one.shared(mark) for mark in around) + 3 * (one.area - one.shared(canvas))
        for one, around, canvas in zip(label, marks, canvases, strict=True)
    )
