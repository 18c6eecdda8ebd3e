"""The bones of a zip archive, read before zipfile makes an object of each entry: its end, its table of contents.

After PKWARE's APPNOTE 6.3.10: local headers in 4.3.7, the table of contents and what follows it in 4.3.12 to 4.3.16.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZipInfo

from tlcore.data.names import clean_name
from tlcore.errors import BadArchiveError

UTF8_NAME = 0x800
LOCAL_MAGIC = b"PK\x03\x04"
DAMAGED = "The zip archive is damaged or cut off."
OVERLAP = "Entries of the archive overlap; a tool that makes such archives is not to be trusted."
_END, _END_MAGIC = struct.Struct("<4s4H2LH"), b"PK\x05\x06"
_LOCATOR, _LOCATOR_MAGIC = struct.Struct("<4sLQL"), b"PK\x06\x07"
_END64, _END64_MAGIC = struct.Struct("<4sQ2H2L4Q"), b"PK\x06\x06"
_END64_REST = _END64.size - 12  # the size that it gives leaves out its first two fields
_MAX_COMMENT = 0xFFFF
_IN_ZIP64 = (0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
"""What the end record says of entries, size and place where the zip64 record has the numbers."""
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_ROW_SIZE, _ROW_LENGTHS = 46, struct.Struct("<3H")
_SEVERAL = "The archive is one part of several; make a single archive."
_LIES = "The table of contents of the archive does not list what it says."
_LIES64 = "The zip64 record at the end of the archive contradicts what lies beside it."


@dataclass(frozen=True)
class Directory:
    """The table of contents: how many entries it declares, and which bytes it is."""

    entries: int
    place: range


def find_directory(file: BinaryIO) -> Directory:
    """What the end of the archive says of its table of contents, whether in the plain form or in the zip64 form."""
    size = file.seek(0, 2)
    start = file.seek(max(0, size - _END.size - _MAX_COMMENT - _LOCATOR.size - _END64.size))
    tail = file.read()
    position = tail.rfind(_END_MAGIC)
    if position < 0 or position + _END.size > len(tail):
        raise BadArchiveError("The zip archive is cut off: its end is missing.")
    _, disk, first_disk, *numbers, _ = _END.unpack_from(tail, position)
    before = tail[:position]
    if before[-_LOCATOR.size :].startswith(_LOCATOR_MAGIC):
        return _zip64_directory(before, start, numbers)
    here, entries, length, offset = numbers
    if entries == _IN_ZIP64[1] or _IN_ZIP64[2] in {length, offset}:
        raise BadArchiveError("The zip archive is cut off: its zip64 record is missing.")
    if disk or first_disk or here != entries:
        raise BadArchiveError(_SEVERAL)
    return _directory(entries, length, start + position)


def _zip64_directory(before: bytes, start: int, plain: Sequence[int]) -> Directory:
    """What the zip64 record says, which must lie where its locator points and agree with the `plain` end record."""
    locator_at = len(before) - _LOCATOR.size
    record_at = locator_at - _END64.size
    _, record_disk, record_offset, disks = _LOCATOR.unpack_from(before, locator_at)
    if record_at < 0 or not before.startswith(_END64_MAGIC, record_at):
        raise BadArchiveError(_LIES64)
    _, size, _, _, disk, first_disk, *numbers = _END64.unpack_from(before, record_at)
    here, entries, length, offset = numbers
    if record_disk or disks > 1 or disk or first_disk or here != entries:
        raise BadArchiveError(_SEVERAL)
    in_front = start + record_at - length - offset  # bytes before the archive, which offsets don't count
    agrees = all(one in {full, number} for one, full, number in zip(plain, _IN_ZIP64, numbers, strict=True))
    if size != _END64_REST or not agrees or in_front < 0 or record_offset + in_front != start + record_at:
        raise BadArchiveError(_LIES64)
    return _directory(entries, length, start + record_at)


def _directory(entries: int, length: int, end: int) -> Directory:
    if length > end:
        raise BadArchiveError(DAMAGED)
    return Directory(entries, range(end - length, end))


def check_rows(file: BinaryIO, directory: Directory) -> None:
    """The table of contents must have as many rows as declared; counted before zipfile makes an object of each."""
    file.seek(directory.place.start)
    table = file.read(len(directory.place))
    position = rows = 0
    while position + _ROW_SIZE <= len(table) and rows <= directory.entries:
        position += _ROW_SIZE + sum(_ROW_LENGTHS.unpack_from(table, position + 28))
        rows += 1
    if rows != directory.entries or position != len(table):
        raise BadArchiveError(_LIES)


def check_layout(file: BinaryIO, infos: Sequence[ZipInfo], directory_start: int) -> None:
    """Entries must lie one after another, each under the name that the table of contents gives it."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        file.seek(max(info.header_offset, 0))
        header = file.read(_LOCAL_HEADER.size)
        if info.header_offset < 0 or len(header) < _LOCAL_HEADER.size or not header.startswith(LOCAL_MAGIC):
            raise BadArchiveError("The table of contents of the archive points to where no file is.")
        fields = _LOCAL_HEADER.unpack(header)
        name_length, extra_length = fields[9], fields[10]
        encoding = "utf-8" if info.flag_bits & UTF8_NAME else "cp437"
        if file.read(name_length) != info.orig_filename.encode(encoding, "replace"):
            raise BadArchiveError(f"The archive gives one file two names, one of them '{clean_name(info.filename)}'.")
        if info.header_offset < end:
            raise BadArchiveError(OVERLAP)
        end = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length + info.compress_size
    if end > directory_start:
        raise BadArchiveError("Entries of the archive overlap its table of contents.")
