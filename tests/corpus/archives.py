"""Zip archives that must be refused whole: paths that escape, structures that lie, and bombs."""

import stat
import struct
import tarfile
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZipFile

from tests.corpus.case import UploadCase, Writer, photo, zip_bytes, zip_of
from tests.corpus.rawzip import STORED, Entry, raw, raw_zip, zip64, zip64_end

_MEGABYTE = 1_000_000
_GOOD = {"ants/1.png": photo(1), "ants/2.png": photo(2), "bees/1.png": photo(3), "bees/2.png": photo(4)}
_ENTRIES = tuple(Entry(name=name.encode(), data=data) for name, data in _GOOD.items())
_BOMB = Entry(name=b"ants/9.bmp", data=bytes(20 * _MEGABYTE))


def _named(name: str | bytes) -> Writer:
    """Good images and one that lies at this path."""
    return raw(*_ENTRIES, Entry(name=name if isinstance(name, bytes) else name.encode(), data=photo(9)))


def _special(kind: int) -> Writer:
    """Good images and an entry that is no ordinary file."""
    return raw(*_ENTRIES, Entry(name=b"ants/odd.png", data=b"/etc/passwd", attributes=(kind | 0o777) << 16))


def _lying(**lies: object) -> Writer:
    """Good images and one whose headers lie."""
    return raw(*_ENTRIES, Entry(name=b"ants/9.png", data=photo(9), method=STORED, **lies))  # type: ignore[arg-type]


def _cut(data: bytes, keep: float) -> Writer:
    return lambda path: path.write_bytes(data[: int(len(data) * keep)])


def _bytes(data: bytes) -> Writer:
    return lambda path: path.write_bytes(data)


def _sparse(path: Path) -> None:
    """An archive of 101 MB that takes no space here."""
    with path.open("wb") as file:
        file.write(zip_bytes(_GOOD))
        file.truncate(101 * _MEGABYTE)


def _zeros(count: int, megabytes: int, name: str = "ants/{}.bmp") -> Writer:
    def write(path: Path) -> None:
        zeros = bytes(megabytes * _MEGABYTE)
        bombs = (Entry(name=name.format(n).encode(), data=zeros) for n in range(count))
        path.write_bytes(raw_zip((*_ENTRIES, *bombs)))

    return write


def _kernel(count: int) -> bytes:
    """The first bomb of Fifield (2019): many names for one compressed kernel."""
    kernel = Entry(name=b"ants/0.bmp", data=bytes(9 * _MEGABYTE))
    rows = [kernel] + [Entry(name=f"ants/{n}.bmp".encode(), data=kernel.data, offset=0) for n in range(1, count)]
    local = kernel.local()
    directory = b"".join(row.central(0) for row in rows)
    return local + directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(local), 0)


def _quoted_overlap() -> bytes:
    """Fifield's better bomb: the second entry lies within the bytes of the first."""
    inner = Entry(name=b"ants/2.png", data=photo(2), method=STORED)
    outer = Entry(name=b"ants/1.png", data=inner.local() + bytes(100), method=STORED)
    within = len(outer.local()) - len(outer.data)
    directory = outer.central(0) + inner.central(within)
    start = len(outer.local())
    return outer.local() + directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(directory), start, 0)


def _encrypted(flags: int) -> Writer:
    return raw(*_ENTRIES, Entry(name=b"ants/9.png", data=bytes(12) + photo(9), method=STORED, flags=flags))


def _compressed_with(method: int) -> Writer:
    def write(path: Path) -> None:
        with ZipFile(path, "w", method) as archive:
            archive.writestr("ants/1.png", photo(1))

    return write


def _tar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("ants/1.png")
        info.size = len(photo(1))
        archive.addfile(info, BytesIO(photo(1)))


def _empty_entries(number: int, claimed: int | None = None) -> Writer:
    def write(path: Path) -> None:
        entries = [Entry(name=f"a/{n}.png".encode(), method=STORED) for n in range(number)]
        path.write_bytes(raw_zip(entries, count=claimed))

    return write


def _flipped_deflate() -> bytes:
    entry = Entry(name=b"ants/9.bmp", data=bytes(range(256)) * 40)
    data = bytearray(raw_zip((*_ENTRIES, entry)))
    place = data.index(b"ants/9.bmp") + len(b"ants/9.bmp")
    data[place : place + 4] = b"\xff\xff\xff\xff"
    return bytes(data)


PATHS = (
    UploadCase("parent.zip", _named("../../evil.png"), "refused", "outside"),
    UploadCase("parent-inside.zip", _named("ants/../../evil.png"), "refused", "outside"),
    UploadCase("absolute.zip", _named("/tmp/evil.png"), "refused", "absolute"),
    UploadCase("drive.zip", _named("C:\\ants\\evil.png"), "refused", "absolute"),
    UploadCase("share.zip", _named("\\\\host\\ants\\evil.png"), "refused", "absolute"),
    UploadCase("backslash-parent.zip", _named("..\\..\\evil.png"), "refused", "outside"),
    UploadCase("parent-with-newline.zip", _named("a\nb\x1b[31m/../../evil\u202e.png"), "refused", "outside"),
    UploadCase("null-in-name.zip", _named(b"ants/1.png\0.exe"), "refused", "null"),
    UploadCase("no-name.zip", _named(b""), "refused", "empty"),
    UploadCase("dots-only.zip", _named("./."), "refused", "empty"),
    UploadCase("symlink.zip", _special(stat.S_IFLNK), "refused", "symbolic link"),
    UploadCase("fifo.zip", _special(stat.S_IFIFO), "refused", "neither a file nor a folder"),
    UploadCase("device.zip", _special(stat.S_IFCHR), "refused", "neither a file nor a folder"),
    UploadCase("file-and-folder.zip", _named("ants/1.png/x/2.png"), "refused", "both a file and a folder"),
    UploadCase("file-and-empty-folder.zip", _named("ants/1.png/"), "refused", "both a file and a folder"),
    UploadCase("300-characters.zip", _named("ants/" + "x" * 296 + ".png"), "refused", "too long"),
    UploadCase("200-levels.zip", _named("d/" * 200 + "1.png"), "refused", "too deep"),
)

STRUCTURES = (
    UploadCase("200mb-of-zeros.zip", _zeros(1, 200), "refused", "bomb"),
    UploadCase("350mb-in-all.zip", _zeros(39, 9), "refused", "351 MB", error="LimitExceededError"),
    UploadCase("350mb-ignored.zip", _zeros(39, 9, "__MACOSX/{}"), "refused", "351 MB", error="LimitExceededError"),
    UploadCase("101mb.zip", _sparse, "refused", "101 MB", error="LimitExceededError"),
    UploadCase("one-kernel.zip", lambda path: path.write_bytes(_kernel(40)), "refused", "overlap"),
    UploadCase("quoted-overlap.zip", _bytes(_quoted_overlap()), "refused", "overlap"),
    UploadCase("claims-less.zip", _lying(size=40), "refused", "damaged"),
    UploadCase("claims-more.zip", _lying(size=9000), "refused", "damaged"),
    UploadCase("claims-past-the-end.zip", _lying(compressed_size=9000, size=9000), "refused", "overlap"),
    UploadCase("claims-4gb.zip", _lying(size=0xFFFFFFF0), "refused", "MB", error="LimitExceededError"),
    UploadCase("bad-crc.zip", _lying(crc=1), "refused", "damaged"),
    UploadCase("broken-deflate.zip", _bytes(_flipped_deflate()), "refused", "damaged"),
    UploadCase("encrypted.zip", _encrypted(0x1), "refused", "encrypted"),
    UploadCase("strongly-encrypted.zip", _encrypted(0x41), "refused", "encrypted"),
    UploadCase("half.zip", _cut(zip_bytes(_GOOD), 0.5), "refused", "cut off"),
    UploadCase("no-last-bytes.zip", _cut(zip_bytes(_GOOD), 0.99), "refused", "cut off"),
    UploadCase("no-entries.zip", raw(), "refused", "no files", error="BadInputError"),
    UploadCase("zero-bytes.zip", _bytes(b""), "refused", "not a zip", error="NotAnArchiveError"),
    UploadCase("text.zip", _bytes(b"This is no archive.\n" * 9), "refused", "not a zip", error="NotAnArchiveError"),
    UploadCase("image.zip", _bytes(photo()), "refused", "not a zip", error="NotAnArchiveError"),
    UploadCase("tar.zip", _tar, "refused", "not a zip", error="NotAnArchiveError"),
    UploadCase("nested.zip", zip_of({**_GOOD, "ants/more.zip": zip_bytes(_GOOD)}), "refused", "inside the archive"),
    UploadCase("nested-as.zip", zip_of({**_GOOD, "ants/9.png": zip_bytes(_GOOD)}), "refused", "inside the archive"),
    UploadCase("3000-files.zip", _empty_entries(3000), "refused", "3,000 files", error="LimitExceededError"),
    UploadCase("50k-files.zip", _empty_entries(50_000), "refused", "50,000 files", error="LimitExceededError"),
    UploadCase("50k-claims-5.zip", _empty_entries(50_000, claimed=5), "refused", "table of contents"),
    UploadCase("3-claims-5.zip", _empty_entries(3, claimed=5), "refused", "table of contents"),
    UploadCase("zip64-mismatch.zip", raw(*_ENTRIES, before_end=zip64_end(9, 0, 0)), "refused", "zip64"),
    UploadCase("zip64-count.zip", raw(*_ENTRIES, count=0xFFFF), "refused", "zip64"),
    UploadCase("zip64-fewer.zip", _bytes(zip64(_ENTRIES, entries=3)), "refused", "does not list"),
    UploadCase("zip64-other.zip", _bytes(zip64(_ENTRIES, saturated=False, entries=3)), "refused", "zip64"),
    UploadCase("zip64-elsewhere.zip", _bytes(zip64(_ENTRIES, place=4)), "refused", "zip64"),
    UploadCase("zip64-longer.zip", _bytes(zip64(_ENTRIES, size=60)), "refused", "zip64"),
    UploadCase("zip64-huge.zip", _bytes(zip64(_ENTRIES, length=2**62)), "refused", "zip64"),
    UploadCase(
        "zip64-50k-claimed.zip",
        _bytes(zip64(_ENTRIES, entries=50_000)),
        "refused",
        "50,000 files",
        error="LimitExceededError",
    ),
    UploadCase("zip64-bomb.zip", _bytes(zip64((*_ENTRIES, _BOMB))), "refused", "bomb"),
    UploadCase(
        "zip64-size.zip",
        _lying(size=0xFFFFFFFF, extra=struct.pack("<2HQ", 1, 8, 2**63)),
        "refused",
        "MB",
        error="LimitExceededError",
    ),
    UploadCase("zip64-no-size.zip", _lying(size=0xFFFFFFFF, extra=struct.pack("<2HL", 1, 4, 1)), "refused", "damaged"),
    UploadCase("bad-extra.zip", _lying(extra=struct.pack("<2H", 1, 900)), "refused", "damaged"),
    UploadCase("one-of-several.zip", raw(*_ENTRIES, disk=1), "refused", "one part of several"),
    UploadCase("lzma.zip", _compressed_with(ZIP_LZMA), "refused", "unusual"),
    UploadCase("bzip2.zip", _compressed_with(ZIP_BZIP2), "refused", "unusual"),
    UploadCase("unknown-method.zip", raw(Entry(name=b"ants/1.png", data=b"x", method=77)), "refused", "unusual"),
    UploadCase("future-version.zip", _lying(version=99), "refused", "damaged"),
    UploadCase("points-nowhere.zip", _lying(offset=3), "refused", "points to where no file is"),
    UploadCase("points-far-away.zip", _lying(offset=0xFFFFFFF0), "refused", "points to where no file is"),
    UploadCase("two-names.zip", _lying(local_name=b"bees/9.png"), "refused", "two names"),
    UploadCase(
        "directory-before-start.zip",
        raw(*_ENTRIES, directory_offset=2**32 - 2),
        "refused",
        "points to where no file is",
    ),
    UploadCase("end-in-comment.zip", raw(*_ENTRIES, comment=b"x" * 30 + b"PK\5\6" + b"y" * 9), "refused", "cut off"),
    UploadCase(
        "not-utf8.zip",
        raw(*_ENTRIES, Entry(name=b"ants/\xff\xfe.png", data=photo(9), flags=0x800)),
        "refused",
        "damaged",
    ),
)

ARCHIVES: tuple[UploadCase, ...] = (*PATHS, *STRUCTURES)
