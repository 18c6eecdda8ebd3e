"""Pictures with clear edges that the project carries: two photographs, and a card that is drawn."""

import math
from functools import lru_cache

from PIL import Image, ImageDraw

from tlcore.settings import PROJECT_ROOT

PICTURES = {
    "camera": "Photograph by Lav Varshney, CC0",
    "coffee": "Photograph by Rachel Michetti, CC0",
    "card": "Drawn, with edges in every direction",
}
"""Their names, and where they come from."""
_FOLDER = PROJECT_ROOT / "assets" / "samples"
_SIDE, _FINER = 512, 4
_GREY, _LIGHT, _DARK, _FAINT = 150, 235, 30, 170


@lru_cache(maxsize=len(PICTURES))
def picture_of(name: str) -> Image.Image:
    """The picture of that name as RGB; it is shared, so nobody may draw on it."""
    if name == "card":
        return _card().convert("RGB")
    with Image.open(_FOLDER / f"{name}.webp") as image:
        return image.convert("RGB")


def _card() -> Image.Image:
    """Drawn four times as large and averaged, so that slanted edges are smooth."""
    card = Image.new("L", (_SIDE * _FINER, _SIDE * _FINER), _GREY)
    draw = ImageDraw.Draw(card)
    _star(draw, 150, 150, 110)
    draw.ellipse(_scaled(290, 40, 470, 220), fill=_LIGHT)
    draw.ellipse(_scaled(340, 90, 420, 170), fill=_DARK)
    draw.rectangle(_scaled(40, 300, 150, 410), fill=_DARK)
    draw.polygon(_scaled(215, 300, 275, 410, 155, 410), fill=_LIGHT)
    draw.rectangle(_scaled(300, 270, 470, 330), fill=_FAINT)
    for number, width in enumerate((1, 2, 4, 8)):
        draw.rectangle(_scaled(300 + 44 * number, 345, 300 + 44 * number + width, 410), fill=_LIGHT)
    _ramp(card)
    return card.reduce(_FINER)


def _star(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, rays: int = 16) -> None:
    """Rays that are light and dark in turn: every direction of an edge, ever finer towards the middle."""
    box = _scaled(x - radius, y - radius, x + radius, y + radius)
    for ray in range(2 * rays):
        draw.pieslice(box, 180 / rays * ray, 180 / rays * (ray + 1), fill=_LIGHT if ray % 2 else _DARK)


def _ramp(card: Image.Image) -> None:
    """A band from dark to light whose left edge is soft and whose right edge is sharp."""
    left, top, right, bottom = _scaled(40, 440, 470, 490)
    width = int(right - left)
    shares = (0.5 - 0.5 * math.cos(math.pi * min(1.0, column / width * 4)) for column in range(width))
    row = Image.new("L", (width, 1))
    row.putdata([round(_DARK + (_LIGHT - _DARK) * share) for share in shares])
    card.paste(row.resize((width, int(bottom - top))), (int(left), int(top)))


def _scaled(*places: float) -> list[float]:
    return [place * _FINER for place in places]
