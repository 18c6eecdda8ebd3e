"""Single files: broken, too big, of the wrong type, and in every mode that must work."""

import gzip
import struct
import zlib
from functools import cache
from io import BytesIO

from PIL import Image, ImageFile, PngImagePlugin

from tests.corpus.case import ImageCase, encoded, photo

SIDES = (6000, 4000)  # 24 megapixels, what a good camera makes
REDUCED = (1024, 683)
BGRA = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)  # where a BMP's red, green, blue and alpha lie


@cache
def gradient(mode: str = "RGB", size: tuple[int, int] = (96, 64)) -> Image.Image:
    """A picture in which no two directions look the same."""
    across = Image.linear_gradient("L").rotate(90).resize(size)
    down = Image.linear_gradient("L").resize(size)
    picture = Image.merge("RGB", (across, down, Image.radial_gradient("L").resize(size)))
    if mode == "RGBA":
        picture.putalpha(across)
        return picture
    return picture.convert(mode)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk with a right checksum."""
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes = b"", depth: int = 8, colour: int = 2, before: bytes = b"") -> bytes:
    """A PNG file with any header; `pixels` are the filtered scan lines."""
    header = png_chunk(b"IHDR", struct.pack(">2L5B", width, height, depth, colour, 0, 0, 0))
    body = png_chunk(b"IDAT", zlib.compress(pixels, 1)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + before + body


def bmp(
    picture: Image.Image,
    *,
    alpha: Image.Image | None = None,
    header: int = 40,
    masks: tuple[int, ...] = (),
    upside: int = 1,
    profile: bytes = b"",
) -> bytes:
    """A BMP of 32 bits a pixel in any version; `upside` of -1 begins with the uppermost row."""
    alpha = alpha or Image.new("L", picture.size, 255)
    pixels = Image.merge("RGBA", (*picture.split(), alpha))
    rows = (pixels if upside < 0 else pixels.transpose(Image.Transpose.FLIP_TOP_BOTTOM)).tobytes("raw", "BGRA")
    start = 14 + header
    info = struct.pack(
        "<L2l2H6L", header, picture.width, upside * picture.height, 1, 32, 3 * bool(masks), len(rows), 0, 0, 0, 0
    )
    info = (info + struct.pack(f"<{len(masks)}L", *masks)).ljust(header, b"\0")
    if profile:
        info = info[:56] + b"DEBM" + info[60:112] + struct.pack("<2L", header + len(rows), len(profile)) + info[120:]
    size = start + len(rows) + len(profile)
    return struct.pack("<2sL2HL", b"BM", size, 0, 0, start) + info + rows + profile


def zeros_png(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    """A black PNG made in strips, so that 169 megapixels fit into little memory here."""
    bits = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] * depth
    row = bytes(1 + (width * bits + 7) // 8)
    deflate = zlib.compressobj(1)
    strip, rest = divmod(height, 64)
    data = b"".join([deflate.compress(row * 64) for _ in range(strip)] + [deflate.compress(row * rest)])
    header = png_chunk(b"IHDR", struct.pack(">2L5B", width, height, depth, colour, 0, 0, 0))
    body = png_chunk(b"IDAT", data + deflate.flush())
    palette = png_chunk(b"PLTE", bytes(6)) + png_chunk(b"tRNS", b"\0\xff") if colour == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + header + palette + body + png_chunk(b"IEND", b"")


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _jpeg(**options: object) -> bytes:
    return encoded(gradient(), "JPEG", quality=90, **options)


def _without_end(data: bytes) -> bytes:
    return data[: data.rindex(b"\xff\xd9")]


def _png_with_bad_checksum() -> bytes:
    data = bytearray(encoded(gradient(), "PNG"))
    data[data.index(b"IDAT") + 20] ^= 0xFF
    return bytes(data)


def _ztxt_bomb() -> bytes:
    text = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000), 1))
    return png(16, 16, (b"\0" + bytes(48)) * 16, before=text)


def scan_bomb() -> bytes:
    """A progressive JPEG that has its decoder walk over 24 megapixels thousands of times."""
    data = _large("JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    refinement = data[scan:-2]
    return data[:-2] + refinement * min(3000, 9_000_000 // len(refinement)) + b"\xff\xd9"


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _located() -> bytes:
    exif = _exif(1)
    exif.get_ifd(0x8825)[2] = (47.0, 22.0, 33.0)
    return _jpeg(exif=exif)


def _mangled_exif() -> bytes:
    return _jpeg(exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")


def _thumbnail_then_cut() -> bytes:
    """A cut JPEG whose EXIF block holds a whole one, so that an end marker is there."""
    thumbnail = encoded(gradient().resize((24, 16)), "JPEG")
    return _jpeg(exif=b"Exif\0\0II*\0\x08\0\0\0\0\0" + thumbnail)[:-300]


def _motion_photo() -> bytes:
    """A telephone's photo with a film after its end, as Pixel and Galaxy telephones write it."""
    return _jpeg() + b"\0\0\0\x18ftypmp42" + b"\xff\xda\x00\x0c" * 50


def _mpo() -> bytes:
    return encoded(gradient(), "MPO", save_all=True, append_images=[gradient().rotate(180)])


def _cut_mpo() -> bytes:
    data = _mpo()
    return data[: data.index(b"\xff\xd9") - 400]


def _frames(image_format: str, count: int, **options: object) -> bytes:
    first, *others = [Image.new("RGB", (48, 40), (n * 40 % 256, 0, 255 - n * 30 % 256)) for n in range(count)]
    return encoded(first, image_format, save_all=True, append_images=others, **options)


@cache
def _large(image_format: str, mode: str = "RGB", **options: object) -> bytes:
    ImageFile.MAXBLOCK = 1 << 22
    return encoded(Image.new(mode, SIDES, 60), image_format, **options)


def _rle_bmp(width: int, height: int) -> bytes:
    """A run-length encoded BMP: 24 megapixels in a few hundred kilobytes."""
    runs = (bytes([250, 1]) * (width // 250) + b"\0\0") * height + b"\0\1"
    header = struct.pack("<L2l2H6L", 40, width, height, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return struct.pack("<2sL2HL", b"BM", 54 + 1024 + len(runs), 0, 0, 54 + 1024) + header + bytes(1024) + runs


def _webp_canvas(width: int, height: int) -> bytes:
    """An animated WebP that claims a large canvas and draws a small frame on it."""
    data = bytearray(_frames("WEBP", 2))
    place = data.index(b"VP8X") + 12
    data[place : place + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def _sixteen_bit() -> bytes:
    rows = b"".join(b"\0" + struct.pack(">64H", *range(y * 1000, y * 1000 + 64)) for y in range(64))
    return png(64, 64, rows, depth=16, colour=0)


def _palette_with_alpha() -> bytes:
    picture = gradient("RGBA").quantize(16)
    return encoded(picture, "PNG", transparency=bytes(range(0, 256, 16)))


def _fits() -> bytes:
    cards = (
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    0",
        "END",
    )
    return gzip.compress("".join(card.ljust(80) for card in cards).encode())


def _tiff() -> bytes:
    return encoded(Image.new("F", (16, 16), 0.5), "TIFF")


def _text_chunk() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "<script>alert(1)</script>", zip=True)
    return encoded(gradient(), "PNG", pnginfo=info)


def metadata_of(data: bytes) -> dict[str, object]:
    """What Pillow finds in a stored image beside its pixels."""
    image = Image.open(BytesIO(data))
    return {key: image.info[key] for key in ("exif", "xmp", "icc_profile", "comment") if key in image.info}


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\n(/etc/passwd) run\n"
_POLYGLOT = b"GIF89a=1/*" + bytes(40) + b"*/;alert(1);"
_CUT, _DAMAGED, _OTHER = "cut off", "damaged", "not a JPEG, PNG, WebP, BMP or GIF"

BROKEN = (
    ImageCase("zero-bytes.jpg", bytes, "skipped", "empty"),
    ImageCase("half.jpg", lambda: _half(_jpeg()), "skipped", _CUT),
    ImageCase("half-progressive.jpg", lambda: _half(_jpeg(progressive=True)), "skipped", _CUT),
    ImageCase("no-end.jpg", lambda: _without_end(_jpeg()), "skipped", _CUT),
    ImageCase("thumbnail-then-cut.jpg", _thumbnail_then_cut, "skipped", _CUT),
    ImageCase("half-mpo.jpg", _cut_mpo, "skipped", _CUT),
    ImageCase("scan-bomb.jpg", scan_bomb, "skipped", "scans"),
    ImageCase("half.png", lambda: _half(encoded(gradient(), "PNG")), "skipped", _CUT),
    ImageCase("half.webp", lambda: _half(encoded(gradient(), "WEBP")), "skipped"),
    ImageCase("half.gif", lambda: _half(encoded(gradient("P"), "GIF")), "skipped", _CUT),
    ImageCase("half.bmp", lambda: _half(encoded(gradient(), "BMP")), "skipped", _CUT),
    ImageCase("bad-checksum.png", _png_with_bad_checksum, "skipped", _DAMAGED),
    ImageCase("zero-by-zero.png", lambda: png(0, 0), "skipped"),
    ImageCase("two-billion.png", lambda: png(2**31 - 1, 2**31 - 1), "skipped", "megapixels"),
    ImageCase("header-only-81mp.png", lambda: png(9000, 9000), "skipped", "megapixels"),
    ImageCase("header-only-16mp.png", lambda: png(4000, 4000), "skipped", _CUT),
    ImageCase("ztxt-bomb.png", _ztxt_bomb, "accepted", size=(16, 16)),
    ImageCase("random.png", lambda: bytes(range(256)) * 8, "skipped", _OTHER),
    ImageCase("random-after-magic.png", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "skipped"),
    ImageCase("text.jpg", lambda: b"this is no image", "skipped", _OTHER),
    ImageCase("magic-only.jpg", lambda: b"\xff\xd8\xff", "skipped"),
    ImageCase("magic-only.gif", lambda: b"GIF89a", "skipped"),
    ImageCase("magic-only.bmp", lambda: b"BM", "skipped"),
    ImageCase("magic-only.webp", lambda: b"RIFF\4\0\0\0WEBPVP8 ", "skipped"),
)

BIG_OR_ODD = (
    ImageCase("100mp.png", lambda: zeros_png(10_000, 10_000, depth=1, colour=0), "skipped", "megapixels"),
    ImageCase("169mp-1bit.png", lambda: zeros_png(13_000, 13_000, depth=1, colour=0), "skipped", "megapixels"),
    ImageCase("182mp-1bit.png", lambda: zeros_png(13_500, 13_500, depth=1, colour=0), "skipped", "megapixels"),
    ImageCase("long.png", lambda: zeros_png(65_535, 1, depth=1, colour=0), "skipped", "only 65535 x 1"),
    ImageCase("thin.png", lambda: zeros_png(20_000, 16, depth=1, colour=0), "skipped", "too long"),
    ImageCase("one-pixel.png", lambda: zeros_png(1, 1), "skipped", "only 1 x 1"),
    ImageCase("10mb.png", lambda: photo() + bytes(10_000_001), "skipped", "larger than 10 MB"),
    ImageCase("canvas-40mp.webp", lambda: _webp_canvas(8000, 5000), "skipped", "megapixels"),
    ImageCase("canvas-268mp.webp", lambda: _webp_canvas(16_384, 16_384), "skipped"),
    ImageCase("600-frames.gif", lambda: _frames("GIF", 600), "accepted", size=(48, 40)),
    ImageCase("24mp.jpg", lambda: _large("JPEG"), "accepted", size=REDUCED),
    ImageCase("24mp-progressive.jpg", lambda: _large("JPEG", progressive=True), "accepted", size=REDUCED),
    ImageCase("24mp.png", lambda: zeros_png(*SIDES), "accepted", size=REDUCED),
    ImageCase("24mp-rgba.png", lambda: zeros_png(*SIDES, colour=6), "accepted", size=REDUCED),
    ImageCase("24mp-palette-alpha.png", lambda: zeros_png(*SIDES, colour=3), "accepted", size=REDUCED),
    ImageCase("24mp-16bit-grey.png", lambda: zeros_png(*SIDES, depth=16, colour=0), "accepted", size=REDUCED),
    ImageCase("24mp-16bit-alpha.png", lambda: zeros_png(*SIDES, depth=16, colour=6), "accepted", size=REDUCED),
    ImageCase("24mp-alpha.webp", lambda: _large("WEBP", "RGBA", lossless=True, method=0), "accepted", size=REDUCED),
    ImageCase("24mp.gif", lambda: _large("GIF", "P"), "accepted", size=REDUCED),
    ImageCase("24mp-rle.bmp", lambda: _rle_bmp(*SIDES), "accepted", size=REDUCED),
)

WRONG_TYPE = (
    ImageCase("postscript.eps", lambda: _EPS, "skipped", _OTHER),
    ImageCase("postscript.png", lambda: _EPS, "skipped", _OTHER),
    ImageCase("float.tiff", _tiff, "skipped", _OTHER),
    ImageCase("stars.fits", _fits, "skipped", _OTHER),
    ImageCase("vector.svg", lambda: _SVG, "skipped", _OTHER),
    ImageCase("page.jpg", lambda: b"<!doctype html><script>alert(1)</script>", "skipped", _OTHER),
    ImageCase("polyglot.gif", lambda: _POLYGLOT, "skipped"),
    ImageCase("notes.txt", lambda: b"notes", "skipped", _OTHER),
    ImageCase("truly-a-jpeg.png", _jpeg, "accepted"),
    ImageCase("truly-a-png.exe", lambda: encoded(gradient(), "PNG"), "accepted"),
)

MODES = (
    ImageCase("cmyk.jpg", lambda: encoded(gradient("CMYK"), "JPEG"), "accepted"),
    ImageCase("grey.jpg", lambda: encoded(gradient("L"), "JPEG"), "accepted"),
    ImageCase("progressive.jpg", lambda: _jpeg(progressive=True), "accepted"),
    ImageCase("turned.jpg", lambda: _jpeg(exif=_exif(6)), "accepted", size=(64, 96)),
    ImageCase("turned.png", lambda: encoded(gradient(), "PNG", exif=_exif(8)), "accepted", size=(64, 96)),
    ImageCase("turned.webp", lambda: encoded(gradient(), "WEBP", exif=_exif(5)), "accepted", size=(64, 96)),
    ImageCase("located.jpg", _located, "accepted"),
    ImageCase("mangled-exif.jpg", _mangled_exif, "accepted"),
    ImageCase("motion-photo.jpg", _motion_photo, "accepted"),
    ImageCase("two-pictures.mpo", _mpo, "accepted"),
    ImageCase("rgba.png", lambda: encoded(gradient("RGBA"), "PNG"), "accepted"),
    ImageCase("grey-alpha.png", lambda: encoded(gradient("LA"), "PNG"), "accepted"),
    ImageCase("palette.png", lambda: encoded(gradient("P"), "PNG"), "accepted"),
    ImageCase("palette-alpha.png", _palette_with_alpha, "accepted"),
    ImageCase("one-bit.png", lambda: encoded(gradient("1"), "PNG"), "accepted"),
    ImageCase("16bit-grey.png", _sixteen_bit, "accepted", size=(64, 64)),
    ImageCase("text-chunk.png", _text_chunk, "accepted"),
    ImageCase("lossless.webp", lambda: encoded(gradient("RGBA"), "WEBP", lossless=True), "accepted"),
    ImageCase("animated.webp", lambda: _frames("WEBP", 5), "accepted", size=(48, 40)),
    ImageCase("animated.gif", lambda: _frames("GIF", 5), "accepted", size=(48, 40)),
    ImageCase("animated.png", lambda: _frames("PNG", 5), "accepted", size=(48, 40)),
    ImageCase("transparent.gif", lambda: encoded(gradient("RGBA"), "GIF"), "accepted"),
    ImageCase("plain.bmp", lambda: encoded(gradient(), "BMP"), "accepted"),
)

IMAGES: tuple[ImageCase, ...] = (*BROKEN, *BIG_OR_ODD, *WRONG_TYPE, *MODES)
