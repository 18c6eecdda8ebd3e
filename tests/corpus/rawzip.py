"""A writer of zip archives in which every field can lie, after PKWARE's APPNOTE 6.3.10."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tests.corpus.case import Writer

STORED, DEFLATED = 0, 8


@lru_cache(maxsize=8)  # a bomb holds the same data many times
def _deflated(data: bytes) -> bytes:
    deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
    return deflate.compress(data) + deflate.flush()


@lru_cache(maxsize=8)
def _checksum(data: bytes) -> int:
    return zlib.crc32(data)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file; what is None tells the truth, anything else is written into both headers or the one that is named."""

    name: bytes
    data: bytes = b""
    method: int = DEFLATED
    flags: int = 0
    crc: int | None = None
    compressed_size: int | None = None
    size: int | None = None
    attributes: int = 0
    local_name: bytes | None = None
    offset: int | None = None
    extra: bytes = b""
    version: int = 20

    def payload(self) -> bytes:
        """The bytes between the headers."""
        if self.method != DEFLATED:
            return self.data
        return _deflated(self.data)

    def fields(self, payload: bytes) -> tuple[int, int, int]:
        """Checksum, compressed size and size as the headers give them."""
        return (
            _checksum(self.data) if self.crc is None else self.crc,
            len(payload) if self.compressed_size is None else self.compressed_size,
            len(self.data) if self.size is None else self.size,
        )

    def local(self) -> bytes:
        """The local header and the payload."""
        payload, name = self.payload(), self.name if self.local_name is None else self.local_name
        head = struct.pack("<4s5H", b"PK\3\4", self.version, self.flags, self.method, 0, 0x21)
        return head + struct.pack("<3L2H", *self.fields(payload), len(name), 0) + name + payload

    def central(self, offset: int) -> bytes:
        """The row of the table of contents."""
        head = struct.pack("<4s6H", b"PK\1\2", 0x314, self.version, self.flags, self.method, 0, 0x21)
        sizes = struct.pack("<3L3H", *self.fields(self.payload()), len(self.name), len(self.extra), 0)
        place = struct.pack("<2H2L", 0, 0, self.attributes, offset if self.offset is None else self.offset)
        return head + sizes + place + self.name + self.extra


def zip64_end(entries: int, length: int, offset: int, *, place: int | None = None, size: int = 44) -> bytes:
    """A zip64 end record and its locator, as they follow a table of contents."""
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", size, 45, 45, 0, 0, entries, entries, length, offset)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, offset + length if place is None else place, 1)


def zip64(files: Sequence[Entry], *, saturated: bool = True, **claims: int) -> bytes:
    """An archive in the zip64 form; its end record refers to the zip64 one or repeats what that says."""
    plain = raw_zip(files)
    length, offset = struct.unpack_from("<2L", plain, len(plain) - 10)
    told = {"entries": len(files), "length": length, "offset": offset, **claims}
    end = struct.pack("<4s4H2LH", b"PK\5\6", *([0xFFFF] * 4), *([0xFFFFFFFF] * 2), 0) if saturated else plain[-22:]
    return plain[:-22] + zip64_end(**told) + end


def unicode_path(name: str, legacy: bytes) -> bytes:
    """The extra field that gives the name in UTF-8 beside the one in an old code page (APPNOTE 4.6.9)."""
    data = struct.pack("<BL", 1, zlib.crc32(legacy)) + name.encode()
    return struct.pack("<2H", 0x7075, len(data)) + data


def raw_zip(
    entries: Sequence[Entry],
    *,
    count: int | None = None,
    disk: int = 0,
    before_end: bytes = b"",
    directory_offset: int | None = None,
    comment: bytes = b"",
) -> bytes:
    """The archive; `count` and `directory_offset` are what the end record claims."""
    locals_, offsets = [], []
    position = 0
    for entry in entries:
        offsets.append(position)
        locals_.append(entry.local())
        position += len(locals_[-1])
    directory = b"".join(entry.central(offset) for entry, offset in zip(entries, offsets, strict=True))
    count = len(entries) if count is None else count
    start = position if directory_offset is None else directory_offset
    end = struct.pack("<4s4H2LH", b"PK\5\6", disk, disk, count, count, len(directory), start, len(comment))
    return b"".join((*locals_, directory, before_end, end, comment))


def raw(*entries: Entry, **claims: object) -> Writer:
    """A writer of a raw archive."""
    return lambda path: path.write_bytes(raw_zip(entries, **claims))  # type: ignore[arg-type]
