"""What files say beside their pixels: transparency, profiles, depth, damage; the right colours are known by hand."""

import ast
import re
import struct
import sys
import time
import zlib
from inspect import getsource
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.corpus import profiles
from tests.corpus.case import encoded
from tests.corpus.images import BGRA, bmp, gradient, png, png_chunk
from tests.corpus.profiles import ADOBE_RGB, DISPLAY_P3, SRGB, grey_profile, in_srgb, ink_profile, rgb_profile
from tlcore.data.pixels import picture
from tlcore.data.pixels.decode import UnreadableImageError, canonical, open_image
from tlcore.settings import Limits

WHITE = (255, 255, 255)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(canonical(data), dtype=int)


def said(data: bytes) -> list[str]:
    return [remark.words for remark in open_image(data).remarks]


def rows_of(values: np.ndarray, depth: int) -> bytes:
    """The scan lines of a PNG of these values, each after the filter 'none'."""
    if depth == 16:
        return b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    bits = np.unpackbits(values.astype(np.uint8)[..., None], axis=-1)[..., 8 - depth :]
    return b"".join(b"\0" + np.packbits(row.ravel()).tobytes() for row in bits)


# Transparency


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("extra", [0, 1])
def test_a_grey_that_is_transparent_is_white(depth: int, extra: int) -> None:
    """Bits above the depth do not count (PNG, 11.3.2.1); in 16 bits a grey that differs in its last bit stays."""
    largest = (1 << depth) - 1
    see_through = largest // 3 or 1
    values = np.linspace(0, largest, 16 * 16).round().astype(int).reshape(16, 16)
    values[0, :3] = see_through, max(0, see_through - 1), see_through
    noise = extra << depth if depth < 16 else 0
    chunk = png_chunk(b"tRNS", struct.pack(">H", see_through + noise))
    ours = pixels(png(16, 16, rows_of(values, depth), depth=depth, colour=0, before=chunk))
    expected = np.where(values == see_through, 255, values * 255 / largest)
    assert np.abs(ours - expected[..., None]).max() <= 1
    assert ours[0, 1, 0] < 255


@pytest.mark.parametrize("depth", [8, 16])
def test_a_colour_that_is_transparent_is_white_and_its_neighbours_stay(depth: int) -> None:
    see_through = np.array([40, 80, 120]) << (depth - 8)
    values = np.full((8, 9, 3), (1 << depth) - 1) - np.arange(72).reshape(8, 9, 1)
    values[:, :4] = see_through
    values[:, 1] += [0, 0, 1]
    chunk = png_chunk(b"tRNS", struct.pack(">3H", *see_through))
    ours = pixels(png(9, 8, rows_of(values.reshape(8, 27), depth), depth=depth, before=chunk))
    assert tuple(ours[0, 0]) == WHITE
    assert tuple(ours[0, 1]) == (40, 80, 121 if depth == 8 else 120)
    assert tuple(ours[7, 3]) == WHITE


@pytest.mark.parametrize("chunk", [b"", b"\1", b"\0\1\0"])
def test_a_transparent_colour_that_is_cut_off_is_none(chunk: bytes) -> None:
    data = png(8, 8, (b"\0" + bytes(range(0, 240, 10))) * 8, before=png_chunk(b"tRNS", chunk))
    assert tuple(pixels(data)[0, 1]) == (30, 40, 50)


def test_more_transparent_entries_than_colours_are_read_as_far_as_they_go() -> None:
    palette = png_chunk(b"PLTE", bytes((200, 10, 10, 10, 200, 10))) + png_chunk(b"tRNS", b"\xff\0\0\0\0")
    ours = pixels(png(8, 8, (b"\0" + bytes((0, 1) * 4)) * 8, colour=3, before=palette))
    assert (tuple(ours[0, 0]), tuple(ours[0, 1])) == ((200, 10, 10), WHITE)


@pytest.mark.parametrize("header", [40, 56, 108, 124])
@pytest.mark.parametrize("upside", [1, -1])
def test_a_bitmap_whose_alpha_nobody_filled_is_opaque(header: int, upside: int) -> None:
    """As Windows and browsers show it."""
    picture = gradient("RGB", (13, 11))
    masks = BGRA if header > 40 else ()
    ours = canonical(bmp(picture, alpha=Image.new("L", (13, 11), 0), header=header, masks=masks, upside=upside))
    assert ours.tobytes() == picture.tobytes()


def test_a_bitmap_whose_alpha_is_filled_is_laid_on_white() -> None:
    picture, alpha = Image.new("RGB", (13, 11), (10, 20, 30)), Image.new("L", (13, 11), 0)
    alpha.paste(255, (0, 0, 6, 11))
    ours = canonical(bmp(picture, alpha=alpha, header=124, masks=BGRA))
    assert (ours.getpixel((5, 0)), ours.getpixel((6, 0))) == ((10, 20, 30), WHITE)


@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_a_picture_that_hides_behind_its_alpha_is_white_and_that_is_said(image_format: str) -> None:
    hidden = gradient("RGB").copy()
    hidden.putalpha(0)
    data = encoded(hidden, image_format, lossless=True, exact=True)
    assert set(canonical(data).get_flattened_data()) == {WHITE}
    assert said(data) == ["transparent all over, so only white is seen"]


# Sixteen bits


@pytest.mark.parametrize("used", [8, 10, 12, 14, 16])
@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_the_bits_that_are_used_are_those_that_are_seen(used: int, colour: int, channels: int) -> None:
    largest = (1 << used) - 1
    values = np.random.default_rng(used).integers(0, largest, (24, 24, channels), endpoint=True)
    values[0, 0] = largest
    if colour in {4, 6}:
        values[..., -1] = 65535
    data = png(24, 24, rows_of(values.reshape(24, -1), 16), depth=16, colour=colour)
    expected = values[..., : channels - (colour in {4, 6})] * (255 / largest)
    assert np.abs(pixels(data) - expected).max() <= 1
    times = 1 << (16 - used)
    words = f"only {used} of 16 bits are used, so it was made {times} times brighter"
    assert said(data) == ([words] if used < 16 else [])


def test_a_dark_picture_in_sixteen_bits_stays_dark() -> None:
    values = np.random.default_rng(0).integers(0, 20_000, (16, 16))
    data = png(16, 16, rows_of(values, 16), depth=16, colour=0)
    assert np.abs(pixels(data)[..., 0] - values / 257).max() <= 1
    assert said(data) == []


def test_interlaced_pictures_in_sixteen_bits_are_read_alike() -> None:
    """The first of Adam7's seven passes is every eighth pixel."""
    values = np.random.default_rng(0).integers(0, 4096, (16, 16))
    values[0, 0] = 4095
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    lines = b"".join(rows_of(values[top::down, left::right], 16) for top, left, down, right in passes)
    header = png_chunk(b"IHDR", struct.pack(">2L5B", 16, 16, 16, 0, 0, 0, 1))
    data = b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(lines)) + png_chunk(b"IEND", b"")
    assert np.abs(pixels(data)[..., 0] - values / 4095 * 255).max() <= 1


# One flat colour


def test_a_flat_picture_is_a_mild_remark() -> None:
    (remark,) = open_image(encoded(Image.new("RGB", (20, 20), "teal"), "PNG")).remarks
    assert (remark.words, remark.serious) == ("one flat colour", False)
    assert open_image(encoded(gradient(), "PNG")).remarks == ()


def _narrow() -> bytes:
    values = 30_000 + np.arange(256).reshape(16, 16) % 90
    return png(16, 16, rows_of(values, 16), depth=16, colour=0)


def _white_on_nothing() -> bytes:
    drawing = Image.new("RGBA", (20, 20), (255, 255, 255, 0))
    drawing.paste((255, 255, 255, 255), (5, 5, 15, 15))
    return encoded(drawing, "PNG")


def _fine_checks() -> bytes:
    return encoded(Image.fromarray(np.indices((4096, 4096)).sum(0).astype(np.uint8) % 2 * 255).convert("1"), "PNG")


def _transparent_palette() -> bytes:
    return encoded(gradient("P"), "PNG", transparency=bytes(256))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_narrow, "comes out as one flat colour, though the file holds more"),
        (_white_on_nothing, "comes out as one flat colour, though the file holds more"),
        (_fine_checks, "comes out as one flat colour, though the file holds more"),
        (_transparent_palette, "transparent all over, so only white is seen"),
    ],
)
def test_a_file_that_holds_more_than_its_one_colour_is_a_warning(data: object, words: str) -> None:
    (remark,) = open_image(data()).remarks  # type: ignore[operator]
    assert (remark.words, remark.serious) == (words, True)


@pytest.mark.parametrize("image_format", ["GIF", "PNG", "WEBP"])
def test_a_film_that_begins_with_one_colour_is_a_warning(image_format: str) -> None:
    first, second = Image.new("RGB", (48, 40), "black"), gradient("RGB", (48, 40))
    data = encoded(first, image_format, save_all=True, append_images=[second])
    (remark,) = open_image(data).remarks
    assert (remark.serious, "first of its pictures" in remark.words) == (True, True)


# Profiles


def _flat(colour: tuple[int, ...], mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (16, 16), colour if len(colour) > 1 else colour[0])


@pytest.mark.parametrize("primaries", [ADOBE_RGB, DISPLAY_P3], ids=["Adobe RGB", "Display P3"])
@pytest.mark.parametrize("colour", [(200, 60, 60), (60, 160, 60), (40, 60, 190), (128, 128, 128), (255, 255, 255)])
@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "BMP"])
def test_a_profile_says_what_the_colours_mean(
    colour: tuple[int, int, int], primaries: tuple[tuple[float, float], ...], image_format: str
) -> None:
    profile = rgb_profile(primaries)
    if image_format == "BMP":
        data = bmp(_flat(colour), header=124, masks=BGRA, profile=profile)
    else:
        options = {"quality": 100, "subsampling": 0} if image_format == "JPEG" else {"lossless": True}
        data = encoded(_flat(colour), image_format, icc_profile=profile, **options)
    assert np.abs(pixels(data) - in_srgb(colour, primaries)).max() <= 2


def test_colours_differ_by_more_than_rounding() -> None:
    """Otherwise the test above would say nothing."""
    assert in_srgb((200, 60, 60), ADOBE_RGB) == [231, 57, 57]
    assert in_srgb((60, 160, 60), DISPLAY_P3)[0] == 0


@pytest.mark.parametrize("mode", ["L", "LA"])
@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_a_grey_profile_bends_greys(mode: str, gamma: float) -> None:
    grey = 90
    expected = 255 * float(profiles.srgb_curve(np.array((grey / 255) ** gamma)))
    data = encoded(_flat((grey, 255)[: len(mode)], mode), "PNG", icc_profile=grey_profile(gamma))
    assert np.abs(pixels(data) - expected).max() <= 1.5
    assert abs(expected - grey) > 5


def test_an_ink_profile_says_how_light_inks_are() -> None:
    """CIE lightness 50 is 119 in sRGB; cyan alone is set to that, no ink to 100, everything else to 0."""
    lightness = [0] * 16
    lightness[0b0000], lightness[0b1000] = 100, 50
    press = ink_profile(lightness)
    for inks, expected in (((0, 0, 0, 0), 255), ((255, 0, 0, 0), 119), ((0, 0, 0, 255), 0)):
        data = encoded(_flat(inks, "CMYK"), "JPEG", quality=100, subsampling=0, icc_profile=press)
        assert np.abs(pixels(data) - expected).max() <= 3


def test_profiles_are_applied_as_littlecms_does() -> None:
    photo, profile = gradient(), rgb_profile(ADOBE_RGB, 1.8)
    meant = ImageCms.ImageCmsProfile(BytesIO(profile))
    theirs = ImageCms.profileToProfile(photo, meant, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert canonical(encoded(photo, "PNG", icc_profile=profile)).tobytes() == theirs.tobytes()


def test_transparency_stays_beside_a_profile() -> None:
    photo = gradient("RGBA")
    ours = pixels(encoded(photo, "PNG", icc_profile=rgb_profile(ADOBE_RGB)))
    colours = pixels(encoded(photo.convert("RGB"), "PNG", icc_profile=rgb_profile(ADOBE_RGB)))
    alpha = np.asarray(photo.getchannel("A"), float)[..., None] / 255
    assert np.abs(ours - (255 - (255 - colours) * alpha)).max() <= 1


def test_srgb_by_another_name_changes_no_bit() -> None:
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (own, own.replace(b"sRGB", b"mine")):
        assert canonical(encoded(gradient(), "PNG", icc_profile=profile)).tobytes() == gradient().tobytes()
    assert canonical(encoded(gradient(), "PNG", icc_profile=rgb_profile(SRGB))).tobytes() != gradient().tobytes()


def _chained() -> bytes:
    """Two hundred thousand steps of floating-point arithmetic for every colour."""
    good = bytearray(rgb_profile(ADOBE_RGB))
    good += b"mpet" + bytes(1_000_000)
    return bytes(good)


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile",
        rgb_profile(ADOBE_RGB)[:200],
        rgb_profile(ADOBE_RGB)[:16] + b"LAB " + rgb_profile(ADOBE_RGB)[20:],
        grey_profile(1.0),
        ink_profile([0] * 16),
        re.sub(rb"XYZ \0{4}.{12}", b"XYZ " + bytes(16), rgb_profile(ADOBE_RGB), flags=re.DOTALL),
        _chained(),
        rgb_profile(ADOBE_RGB) + bytes(5_000_000),
    ],
    ids=["no profile", "cut", "another space", "grey", "inks", "one colour", "chained", "large"],
)
@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP"])
def test_a_profile_that_can_not_be_meant_is_ignored(profile: bytes, image_format: str) -> None:
    plain = encoded(gradient(), image_format, lossless=True)
    assert (
        canonical(encoded(gradient(), image_format, lossless=True, icc_profile=profile)).tobytes()
        == canonical(plain).tobytes()
    )


def test_a_packed_profile_is_unpacked_no_further_than_a_profile_is_long() -> None:
    bomb = png_chunk(b"iCCP", b"bomb\0\0" + zlib.compress(bytes(200_000_000), 9))
    began = time.process_time()
    assert pixels(png(8, 8, (b"\0" + bytes(range(0, 240, 10))) * 8, before=bomb))[0, 1, 0] == 30
    assert time.process_time() - began < 1


# Damage


def _with_chunk(kind: bytes, body: bytes, *, before_pixels: bool = True) -> bytes:
    data, broken = encoded(gradient(), "PNG"), bytearray(png_chunk(kind, body))
    broken[-1] ^= 1
    place = data.index(b"IDAT" if before_pixels else b"IEND") - 4
    return data[:place] + bytes(broken) + data[place:]


@pytest.mark.parametrize("before_pixels", [True, False])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"tEXt", b"Comment\0hi"),
        (b"zTXt", b"Comment\0\0broken"),
        (b"iTXt", b"\xff"),
        (b"gAMA", b"\0\0"),
        (b"tRNS", b"\0\0\0\0\0\0"),
        (b"iCCP", b"name\0\0broken"),
        (b"eXIf", b"broken"),
        (b"tIME", b""),
        (b"acTL", b"\0\0\0\3"),
        (b"prVt", b"anything"),
    ],
)
def test_a_chunk_that_is_not_critical_may_be_damaged(kind: bytes, body: bytes, before_pixels: bool) -> None:
    """As in libpng and browsers: it is left out."""
    assert canonical(_with_chunk(kind, body, before_pixels=before_pixels)).tobytes() == gradient().tobytes()
    whole = bytearray(_with_chunk(kind, body, before_pixels=before_pixels))
    whole[whole.index(kind) + 4 + len(body) + 3] ^= 1
    if kind != b"tRNS":
        assert canonical(bytes(whole)).tobytes() == gradient().tobytes()


@pytest.mark.parametrize("kind", [b"IHDR", b"PLTE", b"IDAT", b"IEND"])
@pytest.mark.parametrize("where", [0, -1])
def test_a_critical_chunk_that_is_damaged_is_said_to_be(kind: bytes, where: int) -> None:
    data = bytearray(encoded(gradient("P"), "PNG"))
    start = data.index(kind)
    length = int.from_bytes(data[start - 4 : start], "big")
    data[start + 4 + length + 3 if where else start + 4 + (length > 0) * 8] ^= 1
    with pytest.raises(UnreadableImageError, match="the image is damaged"):
        canonical(bytes(data))


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.04, 0.3, 0.6, 0.95])
def test_a_file_that_was_cut_is_said_to_be(image_format: str, share: float) -> None:
    whole = encoded(gradient("P" if image_format == "GIF" else "RGB"), image_format)
    with pytest.raises(UnreadableImageError, match=r"cut off|damaged"):
        canonical(whole[: max(20, int(len(whole) * share))])


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "BMP"])
def test_a_file_without_its_second_half_is_cut_off(image_format: str) -> None:
    whole = encoded(gradient(), image_format)
    with pytest.raises(UnreadableImageError, match="the image is cut off"):
        canonical(whole[: len(whole) // 2])


def test_a_png_that_went_through_a_text_mode_transfer_is_damaged() -> None:
    with pytest.raises(UnreadableImageError, match="the image is damaged"):
        canonical(encoded(gradient(), "PNG").replace(b"\r\n", b"\n"))


@pytest.mark.parametrize("text", ["BMX riders of the world, unite", "<html>", "GIF of a cat", "RIFFraff and others"])
def test_text_is_no_image(text: str) -> None:
    with pytest.raises(UnreadableImageError, match="not a JPEG, PNG, WebP, BMP or GIF image"):
        canonical(text.encode())


def test_a_jpeg_in_twelve_bits_is_said_to_be_one() -> None:
    data = bytearray(encoded(gradient(), "JPEG"))
    data[data.index(b"\xff\xc0") + 4] = 12
    with pytest.raises(UnreadableImageError, match="more than 8 bits a value"):
        canonical(bytes(data))


@pytest.mark.parametrize("kind", [b"tEXt", b"IDAT"])
def test_a_png_in_very_many_pieces_is_refused(kind: bytes) -> None:
    data = png(8, 8, (b"\0" + bytes(range(0, 240, 10))) * 8, before=png_chunk(kind, b"") * 100_000)
    with pytest.raises(UnreadableImageError, match="in more than 100,000 pieces"):
        canonical(data)


# What predict.py takes along


def test_the_module_needs_pillow_and_the_standard_library_alone() -> None:
    """`predict.py` quotes it whole."""
    tree = ast.parse(getsource(picture))
    needed = {
        (alias.name if isinstance(node, ast.Import) else str(node.module)).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert needed <= {"PIL", *sys.stdlib_module_names}


def test_an_image_may_be_left_as_large_as_it_is() -> None:
    large = gradient("RGB", (1500, 1100))
    assert open_image(encoded(large, "PNG"), longest=None).image.tobytes() == large.tobytes()
    assert open_image(encoded(large, "PNG"), Limits()).image.size == (1024, 751)
