"""Pixels as pictures: what is read again is what was written, and nothing else writes such files."""

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tlcore.data.pixels.encode import data_url, jpeg, png
from tlcore.settings import PROJECT_ROOT

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)


def read(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 1), (7, 5, 3)])
def test_a_png_holds_the_very_pixels(shape: tuple[int, ...]) -> None:
    values = np.resize(PIXELS, shape)
    image = read(png(values))
    assert (image.format, image.mode) == ("PNG", "RGB" if shape[2:] == (3,) else "L")
    assert np.array_equal(np.asarray(image).reshape(shape), values)


def test_an_image_is_written_as_it_is() -> None:
    assert png(Image.fromarray(PIXELS)) == png(PIXELS)
    assert jpeg(Image.fromarray(PIXELS)) == jpeg(PIXELS)


def test_values_beyond_the_range_are_cut_off() -> None:
    assert np.asarray(read(png([[-4.0, 12.9], [255.9, 1e6]]))).tolist() == [[0, 12], [255, 255]]


def test_with_a_palette_values_are_its_numbers() -> None:
    colours = bytes(range(30))
    image = read(png([[0, 9]], colours))
    assert image.mode == "P"
    assert np.asarray(image.convert("RGB"))[0].tolist() == [[0, 1, 2], [27, 28, 29]]


def test_a_sharp_jpeg_keeps_colours_as_fine_as_light() -> None:
    wide = Image.fromarray(np.tile(np.array([[255, 0, 0], [0, 0, 255]], np.uint8), (16, 8, 1)))
    sharp, usual = (np.asarray(read(jpeg(wide, 92, sharp=sharp)), np.int32) for sharp in (True, False))
    assert np.abs(sharp - np.asarray(wide)).max() < 40 < np.abs(usual - np.asarray(wide)).max()


@pytest.mark.parametrize(("write", "kind"), [(png, "png"), (jpeg, "jpeg")])
def test_an_address_holds_the_picture(write: type, kind: str) -> None:
    head, _, body = data_url(write(PIXELS)).partition(",")
    assert head == f"data:image/{kind};base64"
    assert b64decode(body) == write(PIXELS)


def test_nothing_else_writes_pictures() -> None:
    """But for the lossless WebP that is stored, and the sample sets that go through a JPEG."""
    writes = re.compile(r"\.save\([^)]*\"(PNG|JPEG)\"|data:image/")
    files = [file for folder in ("tlcore", "pages") for file in (PROJECT_ROOT / folder).rglob("*.py")]
    names = {file.name for file in files if writes.search(file.read_text("utf-8"))}
    assert names == {"encode.py", "camera.py"}
