"""The pictures that the page begins with have edges that every filter shows."""

import numpy as np
import pytest

from tlcore.filters.pictures import PICTURES, picture_of
from tlcore.filters.show import as_tensor, full_colour, respond
from tlcore.settings import PROJECT_ROOT


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_clear(name: str) -> None:
    """Its strong edges stand far above what lies between them, as noise does not let them."""
    image = picture_of(name)
    assert image.mode == "RGB"
    assert min(image.size) >= 400
    slopes = respond(as_tensor(image, grey=True, longest=512), "gradient-sobel")
    assert full_colour(slopes) > 5 * float(slopes.median())
    assert full_colour(slopes) > 0.1


def test_photographs_have_a_licence_and_a_source() -> None:
    sources = (PROJECT_ROOT / "assets" / "samples" / "SOURCES.md").read_text()
    for name in ("camera", "coffee"):
        assert "CC0" in PICTURES[name]
        assert f"`{name}.webp`" in sources


def test_the_card_has_edges_of_every_direction() -> None:
    """Each of eight directions gives the largest response to at least a twentieth of the steep pixels."""
    from tlcore.filters.engine import compass

    found = compass(as_tensor(picture_of("card"), grey=True), "robinson")
    steep = found.direction[found.maximum > 0.1].numpy()
    assert (np.bincount(steep, minlength=8) / steep.size > 1 / 20).all()
