"""From a file's bytes to a picture that is upright, in sRGB and on white, and what is to be said of it.

`predict.py` carries this module as it stands, so it needs Pillow and the standard library alone.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce
from io import BytesIO

from PIL import Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError

CUT_OFF, DAMAGED = "the image is cut off", "the image is damaged"
_PNG = b"\x89PNG\r\n\x1a\n"
_SIGNATURES = {
    "PNG": re.compile(rb"\x89PNG"),  # the rest of the eight bytes is there to show damage
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "WEBP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "GIF": re.compile(rb"GIF8[79]a"),
    "BMP": re.compile(rb"BM(.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0|.{0,15}\Z)", re.DOTALL),
}
_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # those that stand alone or for data are no borders
_JPEG_END, _JPEG_SCAN = b"\xff\xd9", b"\xff\xda"
_JPEG_FRAMES = {bytes((255, kind)) for kind in range(0xC0, 0xD0) if kind not in {0xC4, 0xC8, 0xCC}}
_MAX_SCANS = 64
_MAX_CHUNKS = 100_000
_LARGEST_PROFILE = 4_000_000  # bytes; those of printing presses have two millions
_ALIKE = 2  # of 255 levels: what nobody sees
_HIDDEN = "transparent all over, so only white is seen"
_FLATTENED = "comes out as one flat colour, though the file holds more"
_FLAT_FIRST = "one flat colour in the first of its pictures, the only one that is read"
_DEPTHS = (8, 10, 12, 14, 16)  # bits a value that cameras and scanners give
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_SAMPLES = {0: 1, 2: 3, 4: 1, 6: 3}  # colours a pixel of PNG's colour types, but for palettes
_WITH_ALPHA = {"LA", "La", "PA", "RGBA", "RGBa"}


class NoPictureError(ValueError):
    """The file is damaged, or no picture of a kind that is read."""


@dataclass(frozen=True)
class Remark:
    """What a person should know of a picture that was read; the words stand after its name and a colon."""

    words: str
    serious: bool = True


@dataclass(frozen=True)
class Source:
    """A file that was recognised, whose pixels are not decoded yet.

    `transparent` is the colour that a PNG calls transparent, a byte for each band: of 16 bits first the high bytes,
    then the low ones. Of a grey PNG in 16 bits both bytes are bands.
    """

    data: bytes
    format: str
    profile: bytes = b""
    transparent: tuple[int, ...] = ()
    sixteen_bits: bool = False
    animated: bool = False

    def open(self) -> Image.Image:
        """The image, of which Pillow has read no more than the header."""
        Image.MAX_IMAGE_PIXELS = None  # our own limit is lower and its message is ours
        try:
            return Image.open(BytesIO(self.data), formats=(self.format,))
        except UnidentifiedImageError as error:
            raise NoPictureError(CUT_OFF if self.ends_early else DAMAGED) from error

    @property
    def ends_early(self) -> bool:
        """Whether the file is shorter than it says."""
        if self.format == "GIF":
            return b";" not in self.data[-16:]
        said = self.data[4:8] if self.format == "WEBP" else self.data[2:6] if self.format == "BMP" else b""
        return len(self.data) < int.from_bytes(said, "little") + 8 * (self.format == "WEBP")


def identified(data: bytes) -> Source:
    """Which kind of picture this is; raises `NoPictureError` when it is none, is cut off, or is damaged."""
    kind = next((kind for kind, signature in _SIGNATURES.items() if signature.match(data)), None)
    if kind is None:
        raise NoPictureError("not a JPEG, PNG, WebP, BMP or GIF image")
    if kind == "PNG":
        return _png(data)
    if kind == "JPEG":
        _check_jpeg(data)
    return Source(data, kind, profile=_bmp_profile(data) if kind == "BMP" else b"")


def decoded(source: Source, longest: int | None) -> tuple[Image.Image, tuple[Remark, ...]]:
    """The picture in RGB without metadata, at most `longest` pixels on its long side, and what is to be said of it."""
    orientation, profile = _described(source)
    image, used = _eight_bits(source, longest)
    image = _upright(_on_white(image, profile, longest), orientation)
    return image, _remarks(source, image, used)


# Damage


def _check_jpeg(data: bytes) -> None:
    """Walk from segment to segment to the end marker; what follows it (a film, a second view) is not ours.

    Thousands of scans that each say nothing cost a decoder minutes (libjpeg-turbo, "Two Issues with the JPEG
    Standard"); a progressive photograph has about ten.
    """
    position = scans = 0
    while marker := _JPEG_MARKER.search(data, position):
        if marker[0] == _JPEG_END:
            return
        scans += marker[0] == _JPEG_SCAN
        if marker[0] in _JPEG_FRAMES and data[marker.end() + 2 : marker.end() + 3] != b"\x08":
            raise NoPictureError("a JPEG with more than 8 bits a value, which can't be read here")
        if scans > _MAX_SCANS:
            raise NoPictureError(f"a JPEG with more than {_MAX_SCANS} scans")
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    raise NoPictureError(CUT_OFF)


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """The chunks of a PNG to its end; one that is damaged is left out if the picture does without it (libpng)."""
    view, place = memoryview(data), len(_PNG)
    if not data.startswith(_PNG):
        raise NoPictureError(CUT_OFF if _PNG.startswith(data) else DAMAGED)
    for _ in range(_MAX_CHUNKS):
        length, kind = struct.unpack(">L4s", data[place : place + 8].ljust(8, b"A"))
        if not kind.isalpha():
            raise NoPictureError(DAMAGED)
        body, end = view[place + 8 : place + 8 + length], place + 12 + length
        if end > len(data):
            if kind == b"IEND":  # all that it says was said
                return
            raise NoPictureError(CUT_OFF)
        if zlib.crc32(body, zlib.crc32(kind)) == int.from_bytes(data[end - 4 : end], "big"):
            yield kind, body
        elif kind[:1].isupper():  # critical
            raise NoPictureError(DAMAGED)
        if kind == b"IEND":
            return
        place = end
    raise NoPictureError(f"a PNG in more than {_MAX_CHUNKS:,} pieces")


def _png(data: bytes) -> Source:
    """What Pillow needs to see of a PNG; texts, which may unpack to anything, and what it misreads are left out."""
    pixels, first = bytearray(), dict[bytes, memoryview]()
    for kind, body in _chunks(data):
        if kind == b"IDAT":
            pixels += body
        first.setdefault(kind, body)
    header = bytes(first.get(b"IHDR", b""))
    if len(header) != 13 or not pixels:
        raise NoPictureError(DAMAGED)
    depth, colour = header[8], header[9]
    kept = [(b"PLTE", bytes(first.get(b"PLTE", b"")))] if colour == 3 else []
    if colour == 3 and b"tRNS" in first:
        kept.append((b"tRNS", bytes(first[b"tRNS"][: len(kept[0][1]) // 3])))
    if b"eXIf" in first:
        kept.append((b"eXIf", bytes(first[b"eXIf"])))
    parts = [(b"IHDR", _readable(header)), *kept, (b"IDAT", bytes(pixels)), (b"IEND", b"")]
    return Source(
        _PNG + b"".join(_chunk(kind, body) for kind, body in parts),
        "PNG",
        _unpacked(bytes(first.get(b"iCCP", b""))),
        _transparent(bytes(first.get(b"tRNS", b"")), depth, colour),
        sixteen_bits=depth == 16,
        animated=b"fdAT" in first,
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L4s", len(body), kind) + body + struct.pack(">L", zlib.crc32(body, zlib.crc32(kind)))


def _readable(header: bytes) -> bytes:
    """Grey values of 16 bits are two bands of 8 in the same bytes: so neither byte is lost."""
    return header[:8] + {b"\x10\0": b"\x08\x04", b"\x10\x04": b"\x08\x06"}.get(header[8:10], header[8:10]) + header[10:]


def _transparent(chunk: bytes, depth: int, colour: int) -> tuple[int, ...]:
    """The transparent colour as its bands hold it; of each value only the lowest `depth` bits count (PNG, 11.3.2.1)."""
    count = _SAMPLES.get(colour, 0)
    if not count or len(chunk) < 2 * count:
        return ()
    values = [value & ((1 << depth) - 1) for value in struct.unpack(f">{count}H", chunk[: 2 * count])]
    if depth == 16:
        return (*(value >> 8 for value in values), *(value & 255 for value in values))
    return tuple(value * 255 // ((1 << depth) - 1) for value in values)


# Eight bits a value


def _eight_bits(source: Source, longest: int | None) -> tuple[Image.Image, int]:
    """The pixels as the file has them, in bands of eight bits; and how many bits of sixteen are used."""
    if source.sixteen_bits:
        return _from_sixteen(source)
    image: Image.Image = source.open()
    if longest:
        image.draft(None, (longest, longest))  # lets the JPEG decoder skip what is reduced anyway
    image.load()
    vars(image).pop("_decoder", None)  # WebP's holds two more canvases, 200 MB for 25 megapixels
    if source.transparent:
        bands = image.convert("L" if image.mode == "1" else image.mode).split()
        alpha = reduce(ImageChops.lighter, map(_unlike, bands, source.transparent))
        image = Image.merge(_MODES[len(bands) + 1], (*bands, alpha))
    if source.format == "BMP" and image.mode == "RGBA" and _is_hidden(image):
        image = image.convert("RGB")  # a plane that nobody filled: Windows and browsers show it opaque
    return image, 16


def _from_sixteen(source: Source) -> tuple[Image.Image, int]:
    """The eight highest bits that are used: 12 bits in 16 would be nearly black."""
    bands = list(source.open().split())
    colours, alpha = (bands[:1], bands[2:3]) if _is_grey(source) else (bands[:3], bands[3:])
    used = next(bits for bits in _DEPTHS if _largest(colours) < 1 << (bits - 8))
    unlike = [_unlike(*pair) for pair in zip(colours, source.transparent, strict=False)]
    for place, low in enumerate(_low_bytes(source) if unlike or used < 16 else ()):
        unlike += [_unlike(low, value) for value in source.transparent[len(colours) :][place : place + 1]]
        if used < 16:
            high = colours[place].point([value << (16 - used) & 255 for value in range(256)])
            colours[place] = ImageChops.add(high, low.point([value >> (used - 8) for value in range(256)]))
    bands = colours + ([reduce(ImageChops.lighter, unlike)] if unlike else alpha)
    return Image.merge(_MODES[len(bands)], bands), used


def _is_grey(source: Source) -> bool:
    return source.data[24] == 8  # bits a value, as `_readable` wrote it


def _low_bytes(source: Source) -> Iterator[Image.Image]:
    """The lower half of every value of a PNG in 16 bits, band by band; of colours Pillow reads the upper one."""
    image = source.open()
    if _is_grey(source):
        yield image.getchannel(1)
        return
    image.tile = [(name, box, start, f"{image.mode};16L") for name, box, start, _ in image.tile]  # type: ignore[attr-defined]
    yield from (image.getchannel(place) for place in range(3))


def _largest(bands: Iterable[Image.Image]) -> int:
    return max(int(band.getextrema()[1]) for band in bands)  # type: ignore[arg-type]


def _unlike(band: Image.Image, value: int) -> Image.Image:
    """255 wherever a pixel has not exactly this value."""
    return band.point([255 * (level != value) for level in range(256)])


def _is_hidden(image: Image.Image) -> bool:
    return image.mode in _WITH_ALPHA and _largest([image.getchannel("A")]) == 0


# Colours


def _on_white(image: Image.Image, profile: bytes, longest: int | None) -> Image.Image:
    """RGB as the profile means it, with what is transparent laid on white."""
    grey = image.mode in {"1", "L", "LA", "La"}
    if image.mode not in _WITH_ALPHA and "transparency" not in image.info:
        plain = image.mode if profile and image.mode in {"L", "CMYK"} else "RGB"
        return _in_srgb(_reduced(_in_mode(image, plain), longest), profile, grey=grey)
    image = _reduced(_in_mode(image, "RGBA"), longest)
    if profile:
        alpha = image.getchannel("A")
        image = _in_srgb(image.convert("RGB"), profile, grey=grey)
        image.putalpha(alpha)
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)  # `convert` would copy even what is in that mode


def _in_srgb(image: Image.Image, profile: bytes, *, grey: bool) -> Image.Image:
    """The colours that the profile describes; one for another kind of picture than this describes nothing."""
    space = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}.get(profile[16:20])
    if space is None or (space == "L" and not grey) or (space == "CMYK") != (image.mode == "CMYK"):
        return _in_mode(image, "RGB")
    transform = _transform(profile, space)
    return ImageCms.applyTransform(_in_mode(image, space), transform) if transform else _in_mode(image, "RGB")  # type: ignore[return-value]


@lru_cache(maxsize=4)
def _transform(profile: bytes, mode: str) -> "ImageCms.ImageCmsTransform | None":
    """From a profile's colours to sRGB; None if it is damaged, or sRGB by another name.

    Elements in floating point ("mpet") could be chained by the hundred thousand; cameras and editors write none.
    """
    if len(profile) > _LARGEST_PROFILE or b"mpet" in profile:
        return None
    try:
        meant = ImageCms.ImageCmsProfile(BytesIO(profile))
        transform = ImageCms.buildTransform(meant, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    across = Image.linear_gradient("L")
    ramps = (across, across.rotate(90), Image.radial_gradient("L"), across.rotate(180))
    probe = Image.merge(mode, ramps[: len(Image.new(mode, (1, 1)).getbands())])
    shown = ImageCms.applyTransform(probe, transform)
    if shown is None or _flat(shown):  # a damaged profile that makes one colour of all
        return None
    change = max(high for _, high in ImageChops.difference(shown, probe.convert("RGB")).getextrema())  # type: ignore[misc]
    return transform if mode == "CMYK" or change > _ALIKE else None


def _unpacked(chunk: bytes) -> bytes:
    """The profile in a PNG's iCCP chunk: a name, a zero, the method, and what zlib packed."""
    packed = chunk.partition(b"\0")[2][1:]
    try:
        profile = zlib.decompressobj().decompress(packed, _LARGEST_PROFILE + 1)
    except zlib.error:
        return b""
    return profile if len(profile) <= _LARGEST_PROFILE else b""


def _bmp_profile(data: bytes) -> bytes:
    """The profile embedded in a BMP whose header has the fifth version."""
    if len(data) < 138 or data[14] != 124 or data[70:74] != b"DEBM":
        return b""
    start, length = struct.unpack("<2L", data[126:134])
    return data[14 + start : 14 + start + min(length, _LARGEST_PROFILE + 1)]


# Size, direction, and what is to be said


def _reduced(image: Image.Image, longest: int | None) -> Image.Image:
    if longest is None or max(image.size) <= longest:
        return image
    scale = longest / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)


def _described(source: Source) -> tuple[int, bytes]:
    """Orientation and profile; what was opened for them is let go, for a WebP's decoder holds two canvases."""
    header = source.open()
    return _orientation(header), source.profile or header.info.get("icc_profile") or b""


def _orientation(image: Image.Image) -> int:
    """How the camera was held, as EXIF says; a block that is damaged is no reason to refuse the picture."""
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # Pillow would decode all pixels, for there may be something after them
    try:
        return int(image.getexif().get(0x0112, 1))
    except (SyntaxError, struct.error, OSError, ValueError, TypeError, LookupError):
        return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    """Apply the EXIF orientation to the pixels; the new image carries no metadata."""
    upright = Image.new("RGB", image.size)
    upright.paste(image)
    if orientation not in range(2, 9):
        return upright
    upright.getexif()[0x0112] = orientation
    return ImageOps.exif_transpose(upright)


def _remarks(source: Source, image: Image.Image, used: int) -> tuple[Remark, ...]:
    few = image.resize((8, 8), Image.Resampling.NEAREST)  # enough to tell nearly all pictures, at once
    if not _flat(few) or not _flat(image):
        words = f"only {used} of 16 bits are used, so it was made {1 << (16 - used)} times brighter"
        return (Remark(words),) if used < 16 else ()
    held, _ = _eight_bits(source, None)
    held = held.convert("RGBA") if held.mode in {"P", "PA"} else held
    if not all(_flat(band) for band in _bands(source, held)):
        return (Remark(_HIDDEN if _is_hidden(held) else _FLATTENED),)
    return (Remark(_FLAT_FIRST) if _has_more_pictures(source) else Remark("one flat colour", serious=False),)


def _bands(source: Source, held: Image.Image) -> Iterator[Image.Image]:
    """Everything that the file says of its pixels, one band at a time, since each may be large."""
    yield from (held.getchannel(place) for place in range(len(held.getbands())))
    if source.sixteen_bits:
        yield from source.open().split()
        yield from _low_bytes(source)


def _has_more_pictures(source: Source) -> bool:
    try:
        return source.animated or bool(getattr(source.open(), "is_animated", False))
    except (OSError, SyntaxError, ValueError, LookupError, EOFError, struct.error):  # those that follow are damaged
        return True


def _flat(image: Image.Image) -> bool:
    """Whether all pixels have nearly one colour."""
    extrema = image.getextrema()
    return all(high - low <= _ALIKE for low, high in (extrema if isinstance(extrema[0], tuple) else (extrema,)))
