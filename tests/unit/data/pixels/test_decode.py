"""Decoding against independent oracles: torchvision's transforms, Pillow's own conversions, and arithmetic."""

import ast
import struct
from functools import cache
from io import BytesIO

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tests.corpus.case import encoded
from tests.corpus.images import gradient, png
from tlcore.data.pixels import decode
from tlcore.data.pixels.decode import (
    CANONICAL_SIDE,
    UnreadableImageError,
    canonical,
    center_crop,
    evaluation_margin,
    open_stored,
    resized,
    stored_bytes,
    training_window,
)
from tlcore.export import bundle
from tlcore.settings import Limits
from tlcore.zoo import registry
from tlcore.zoo.network import Preprocessing

PREPROCESSINGS = sorted({registry.get(name).preprocessing for name in registry.names()}, key=repr)
_SIDES = st.tuples(st.integers(8, 260), st.integers(8, 260)).filter(lambda size: max(size) <= 20 * min(size))


@cache
def _noise(width: int, height: int) -> Image.Image:
    values = np.random.default_rng(width * 1024 + height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=int)


def _reopened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


# --- from the canonical image to a network's input


@settings(max_examples=300)
@given(size=_SIDES, prep=st.sampled_from(PREPROCESSINGS), crop=st.integers(32, 240))
@example(size=(1024, 683), prep=Preprocessing(), crop=224)
@example(size=(1024, 52), prep=Preprocessing(), crop=64)
@example(size=(257, 256), prep=Preprocessing(), crop=224)
def test_resize_and_crop_equal_torchvision_bit_for_bit(size: tuple[int, int], prep: Preprocessing, crop: int) -> None:
    from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

    prep, image = prep.at(crop), _noise(*size)
    mode = InterpolationMode(prep.interpolation)
    theirs = Compose([Resize(prep.resize, mode, antialias=True), CenterCrop(prep.crop)])(image)
    ours = center_crop(resized(image, prep), prep.crop)
    assert ours.size == (crop, crop)
    assert ours.tobytes() == theirs.tobytes()


@settings(max_examples=300)
@given(size=_SIDES, prep=st.sampled_from(PREPROCESSINGS), crop=st.integers(8, 240))
def test_the_centre_of_a_training_window_is_the_evaluation_crop(
    size: tuple[int, int], prep: Preprocessing, crop: int
) -> None:
    prep, image = prep.at(crop), _noise(*size)
    window = training_window(image, prep)
    margin = evaluation_margin(prep)
    assert window.shape == (prep.resize, prep.resize, 3)
    assert window.dtype == np.uint8
    centre = window[margin : margin + crop, margin : margin + crop]
    assert np.array_equal(centre, np.asarray(center_crop(resized(image, prep), crop)))


@given(st.integers(8, 300), st.integers(0, 200), st.integers(0, 80), st.booleans())
def test_a_window_lies_within_the_image_for_every_rounding(crop: int, more: int, longer: int, tall: bool) -> None:
    """All four roundings are to even, and their differences never leave the picture."""
    prep = Preprocessing(resize=crop + more, crop=crop)
    size = (prep.resize, prep.resize + longer)
    image = Image.new("RGB", size if tall else size[::-1], "white")
    assert training_window(image, prep).min() == 255


def test_a_training_window_holds_no_padding_when_the_crop_equals_the_resize() -> None:
    prep = Preprocessing(resize=64, crop=64)
    assert np.array_equal(training_window(_noise(64, 64), prep), np.asarray(_noise(64, 64)))


# --- stored bytes


@given(_SIDES)
@settings(max_examples=25)
def test_stored_bytes_lose_nothing(size: tuple[int, int]) -> None:
    image = _noise(*size)
    data = stored_bytes(image)
    assert open_stored(data).tobytes() == image.tobytes()
    assert stored_bytes(open_stored(data)) == data


# --- from a file to the canonical image


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_as_pillow_does(orientation: int, image_format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(gradient(), image_format, exif=exif)
    ours = canonical(data)
    assert ours.tobytes() == ImageOps.exif_transpose(_reopened(data)).convert("RGB").tobytes()
    assert not ours.getexif()
    assert ours.info == {}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize(
    "block", [b"", b"Exif\0\0", b"Exif\0\0XX*\0\x08\0\0\0", b"II*\0\xff\xff\xff\xff", b"\xff" * 30]
)
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_exif_block_does_not_cost_the_picture(block: bytes, image_format: str) -> None:
    assert canonical(encoded(gradient(), image_format, exif=block)).size == gradient().size


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_none(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    assert canonical(encoded(gradient(), "PNG", exif=exif)).tobytes() == gradient().tobytes()


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    values = np.linspace(0, 65535, 64 * 64).astype(">u2").reshape(64, 64)
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    ours = _pixels(canonical(png(64, 64, rows, depth=16, colour=0)))
    assert np.abs(ours - values[..., None] / 257.0).max() <= 1
    assert (ours.min(), ours.max()) == (0, 255)


def test_sixteen_bit_colour_keeps_its_high_bytes() -> None:
    row = struct.pack(">48H", *range(0, 48 * 1365, 1365))
    ours = _pixels(canonical(png(16, 16, (b"\0" + row) * 16, depth=16, colour=2)))
    assert ours[0].ravel().tolist() == [value >> 8 for value in range(0, 48 * 1365, 1365)]


@pytest.mark.parametrize(("alpha", "expected"), [(0, 255), (255, 40), (128, 147), (51, 212)])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(mode: str, alpha: int, expected: int) -> None:
    """`expected` is 255 + (40 - 255) alpha / 255."""
    colour = (40, 40, 40, alpha) if mode == "RGBA" else (40, alpha)
    ours = _pixels(canonical(encoded(Image.new(mode, (16, 16), colour), "PNG")))
    assert np.abs(ours - expected).max() <= 1


def test_transparent_palette_entries_and_colours_are_white() -> None:
    palette = Image.new("P", (16, 16), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.paste(0, (0, 0, 8, 16))
    for data in (
        encoded(palette, "PNG", transparency=0),
        encoded(palette, "GIF", transparency=0),
        encoded(palette.convert("RGB"), "PNG", transparency=(255, 0, 0)),
    ):
        ours = canonical(data)
        assert (ours.getpixel((0, 0)), ours.getpixel((15, 0))) == ((255, 255, 255), (0, 0, 255))


def test_cmyk_is_converted_as_pillow_does() -> None:
    data = encoded(gradient("CMYK"), "JPEG", quality=95)
    assert np.array_equal(_pixels(canonical(data)), _pixels(_reopened(data).convert("RGB")))
    assert np.abs(_pixels(canonical(data)) - _pixels(gradient())).mean() < 6


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P"])
def test_lossless_files_keep_their_pixels(mode: str) -> None:
    picture = gradient(mode)
    for image_format in ("PNG", "BMP"):
        assert canonical(encoded(picture, image_format)).tobytes() == picture.convert("RGB").tobytes()


@pytest.mark.parametrize("size", [(3000, 2000), (1500, 4100), (1025, 1024)])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_large_images_are_reduced_to_the_canonical_side(size: tuple[int, int], image_format: str) -> None:
    """The decoder's and the reducer's shortcuts stay close to a plain resize of the whole picture."""
    picture = gradient("RGB", (96, 64)).resize(size, Image.Resampling.BICUBIC)
    ours = canonical(encoded(picture, image_format))
    assert max(ours.size) == CANONICAL_SIDE
    assert abs(ours.width / ours.height - size[0] / size[1]) < 0.01
    plain = picture.resize(ours.size, Image.Resampling.BICUBIC)
    assert np.abs(_pixels(ours) - _pixels(plain)).mean() < 1.5


@pytest.mark.parametrize("size", [(1024, 1024), (1024, 52), (8, 8), (8, 160)])
def test_images_within_the_limits_keep_their_size(size: tuple[int, int]) -> None:
    assert canonical(encoded(_noise(*size), "PNG")).size == size


@pytest.mark.parametrize(
    ("size", "reason"), [((7, 8), "only 7 x 8"), ((8, 161), "too long"), ((60, 60), "more than 0 megapixels")]
)
def test_images_outside_of_the_limits_are_refused(size: tuple[int, int], reason: str) -> None:
    with pytest.raises(UnreadableImageError, match=reason):
        canonical(encoded(_noise(*size), "PNG"), Limits(image_pixels=3000))


# --- damage


@cache
def _valid(image_format: str) -> bytes:
    return encoded(gradient("RGB", (24, 16)), image_format)


@given(image_format=st.sampled_from(["JPEG", "PNG", "WEBP", "BMP"]), share=st.floats(0, 1, exclude_max=True))
def test_a_file_that_is_cut_anywhere_is_refused(image_format: str, share: float) -> None:
    whole = _valid(image_format)
    with pytest.raises(UnreadableImageError):
        canonical(whole[: int((len(whole) - 4) * share)])  # a PNG's last four bytes only say that it ended


def test_a_jpeg_without_its_last_byte_is_refused() -> None:
    for options in ({}, {"progressive": True}, {"restart_marker_blocks": 1}):
        data = encoded(gradient(), "JPEG", **options)
        canonical(data)
        with pytest.raises(UnreadableImageError, match="cut off"):
            canonical(data[:-1])


_FLIPS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4)


@settings(max_examples=400)
@given(image_format=st.sampled_from(["JPEG", "PNG", "WEBP", "BMP", "GIF"]), flips=_FLIPS)
def test_a_changed_file_is_an_image_or_is_refused(image_format: str, flips: list[tuple[float, int]]) -> None:
    data = bytearray(_valid(image_format))
    for share, change in flips:
        data[int(len(data) * share)] ^= change
    try:
        image = canonical(bytes(data), Limits(image_pixels=1_000_000))
    except UnreadableImageError as refusal:
        assert str(refusal).isprintable()
    else:
        assert image.mode == "RGB"
        assert max(image.size) <= CANONICAL_SIDE


@given(
    st.binary(max_size=400), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"RIFF"])
)
def test_random_bytes_are_refused(data: bytes, magic: bytes) -> None:
    with pytest.raises(UnreadableImageError):
        canonical(magic + data)


# --- the script that a person takes home


def test_quoted_functions_use_only_what_the_script_has() -> None:
    """`predict.py` quotes these functions, so a helper or constant of this module alone would be missing there."""
    at_hand = set()
    body = ast.parse(bundle.script("resnet18")).body
    for node in (inner for outer in body for inner in (outer.body if isinstance(outer, ast.Try) else [outer])):
        if isinstance(node, ast.Import | ast.ImportFrom):
            at_hand.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            at_hand.add(node.name)
        elif isinstance(node, ast.Assign):
            at_hand.update(target.id for target in node.targets if isinstance(target, ast.Name))
    for function in (part for part in bundle._SHARED if callable(part)):
        assert {name for name in function.__code__.co_names if name in vars(decode)} <= at_hand, function.__name__
