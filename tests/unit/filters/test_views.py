"""The rose and the steps of Canny: what is shown is what was computed."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from tlcore.filters.bank import DIRECTIONS
from tlcore.filters.views import ROSE, WORDS, canny_steps, rose


def step(direction: str) -> torch.Tensor:
    """A plane that is light on that side of its middle."""
    y, x = torch.meshgrid(torch.arange(41.0) - 20, torch.arange(41.0) - 20, indexing="ij")
    across = {"N": -y, "S": y, "W": -x, "E": x, "NW": -x - y, "SE": x + y, "NE": x - y, "SW": y - x}[direction]
    return (across > 0).float()[None]


def test_the_rose_is_a_map_with_the_maximum_in_its_middle() -> None:
    assert sorted(ROSE) == sorted(["", *DIRECTIONS])
    assert [ROSE[place] for place in (1, 3, 4, 5, 7)] == ["N", "W", "", "E", "S"]
    assert set(WORDS) == set(DIRECTIONS)


@pytest.mark.parametrize("operator", ["robinson", "kirsch"])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_direction_that_wins_is_where_the_light_is(operator: str, direction: str) -> None:
    found = rose(step(direction), operator, "signed", threshold=0.45)  # below, Kirsch has ties
    assert max(found.wins, key=found.wins.__getitem__) == direction
    assert sum(found.wins.values()) == pytest.approx(1)


def test_opposite_robinson_masks_are_negatives_and_kirschs_are_not() -> None:
    image = torch.rand(1, 40, 40, generator=torch.Generator().manual_seed(0))
    assert rose(image, "robinson", "signed").opposite < 1e-6
    assert rose(image, "kirsch", "signed").opposite > 0.1


def test_all_nine_pictures_share_a_scale() -> None:
    found = rose(step("E"), "robinson", "absolute")
    pixels = {name: np.asarray(Image.open(BytesIO(png))) for name, png in found.pictures.items()}
    assert pixels[""].max() == pixels["E"].max() == 255
    assert 0 < pixels["NE"].max() < 255  # three quarters of the east's
    assert pixels["N"][20].max() == 0


def test_nobody_wins_on_a_flat_image() -> None:
    assert rose(torch.full((1, 9, 9), 0.5), "kirsch", "signed").wins == {}


def test_cannys_steps_count_what_they_did() -> None:
    image = torch.zeros(1, 40, 40)
    image[:, 10:30, 10:30] = 1
    steps = canny_steps(image, 1.0, 0.05, 0.1)
    assert [one.title[0] for one in steps] == list("123456")
    last = np.asarray(Image.open(BytesIO(steps[-1].picture)))
    assert f"{int((last > 0).sum()):,} edge pixels" in steps[-1].words
    colours = np.asarray(Image.open(BytesIO(steps[2].picture)).convert("RGB")).astype(int)
    assert colours[20, 10, 2] > colours[20, 10, 0]  # an upright edge is held to left and right: blue
    assert colours[10, 20, 0] > colours[10, 20, 2]  # a level one to above and below: orange


def test_one_pixel_has_steps_too() -> None:
    assert len(canny_steps(torch.rand(3, 1, 1), 1.4, 0.03, 0.08)) == 6
    assert set(rose(torch.rand(1, 1, 1), "robinson", "signed").pictures) == set(ROSE)
