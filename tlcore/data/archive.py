"""Zip archives, checked before anything is taken out: structure, sizes, names, overlaps.

The checks are our own because zipfile forgives much of what a hostile archive does, and Python before 3.11.14
lacks two of its fixes (CVE-2024-0450 overlapping entries, CVE-2025-8291 zip64 mismatch).
"""

import re
import stat
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo, is_zipfile

from tlcore.data.names import clean_name, is_ignored
from tlcore.errors import BadArchiveError, LimitExceededError, NotAnArchiveError
from tlcore.settings import Limits

_MAX_COMPONENT = 255
_MAX_DEPTH = 32
_ARCHIVE_SUFFIXES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar")
_ARCHIVE_MAGICS = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")
_END = struct.Struct("<4s4H2LH")
_END_MAGIC = b"PK\x05\x06"
_MAX_COMMENT = 0xFFFF
_ZIP64_LOCATOR = b"PK\x06\x07"
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_ROW_SIZE, _ROW_LENGTHS = 46, struct.Struct("<3H")
_UTF8_NAME = 0x800
_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000
_DRIVE = re.compile("[A-Za-z]:(/|$)")
# what zipfile raises on hostile bytes; its own words are for programmers, so they stay in the cause
_DAMAGE = (BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, OverflowError)
_OVERLAP = "Entries of the archive overlap; a tool that makes such archives is not to be trusted."
_DAMAGED = "The zip archive is damaged or cut off."
_LIES = "The table of contents of the archive does not list what it says."


@dataclass(frozen=True)
class Member:
    """A file in a checked archive; `path` is split into its components."""

    path: tuple[str, ...]
    info: ZipInfo

    @property
    def shown(self) -> str:
        """The name of the file, fit to be shown."""
        return clean_name(self.path[-1])

    @property
    def is_folder(self) -> bool:
        """Whether the entry is a folder; some tools for Windows end its name in a backslash."""
        return self.info.filename.endswith(("/", "\\")) or stat.S_ISDIR(self.info.external_attr >> 16)


class CheckedArchive:
    """An archive that passed every check that can be made without unpacking; a context manager."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._check_size(path)
        try:
            self._zip = ZipFile(path)
        except _DAMAGE as error:
            raise BadArchiveError(_DAMAGED) from error
        try:
            self.members = self._checked_members()
            with path.open("rb") as file:
                _check_layout(file, self._zip.infolist(), self._zip.start_dir)
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def read(self, member: Member) -> bytes:
        """The bytes of a member; a damaged one condemns the archive."""
        most = self._limits.image_bytes + 1
        try:
            with self._zip.open(member.info) as file:
                data = file.read(most)
            if len(data) != min(member.info.file_size, most):
                raise BadZipFile("less data than declared")
        except _DAMAGE as error:
            raise BadArchiveError(f"'{member.shown}' in the archive is damaged.") from error
        if data.startswith(_ARCHIVE_MAGICS):
            raise BadArchiveError(f"'{member.shown}' is an archive inside the archive; unpack it first.")
        return data

    def _check_size(self, path: Path) -> None:
        size = path.stat().st_size
        if size > self._limits.zip_bytes:
            raise LimitExceededError(
                f"The archive has {size / 1e6:.0f} MB; at most {self._limits.zip_bytes / 1e6:.0f} MB are allowed."
            )
        with path.open("rb") as file:
            start = file.read(4)
        if not is_zipfile(path):
            if start == b"PK\x03\x04":
                raise BadArchiveError("The zip archive is cut off: its table of contents is missing.")
            raise NotAnArchiveError
        with path.open("rb") as file:
            entries, directory = _end_record(file)
            if entries > 4 * self._limits.files:  # folders and what is ignored count as well, so not the limit itself
                raise LimitExceededError(self._too_many(entries))
            _check_rows(file, entries, directory)

    def _checked_members(self) -> tuple[Member, ...]:
        infos = self._zip.infolist()
        if len(infos) != len({info.header_offset for info in infos}):
            raise BadArchiveError(_OVERLAP)
        members = [Member(_components(info), info) for info in infos]
        wanted = [member for member in members if not is_ignored(member.path)]
        files = tuple(member for member in wanted if not member.is_folder)
        if len(files) > self._limits.files:
            raise LimitExceededError(self._too_many(len(files)))
        for member in members:
            _check_entry(member)
        self._check_unpacked(members)
        _check_no_file_is_a_folder(wanted)
        return files

    def _check_unpacked(self, members: list[Member]) -> None:
        unpacked = sum(member.info.file_size for member in members)
        if unpacked > self._limits.unpacked_bytes:
            raise LimitExceededError(
                f"Unpacked, the archive has {unpacked / 1e6:.0f} MB; "
                f"at most {self._limits.unpacked_bytes / 1e6:.0f} MB are allowed."
            )
        for member in members:
            info = member.info
            if info.file_size > self._limits.image_bytes and info.file_size > 100 * max(info.compress_size, 1):
                raise BadArchiveError(
                    f"'{member.shown}' unpacks to {info.file_size / 1e6:.0f} MB of nothing: a zip bomb."
                )

    def _too_many(self, count: int) -> str:
        return f"The archive holds {count:,} files; at most {self._limits.files:,} are allowed."


def _components(info: ZipInfo) -> tuple[str, ...]:
    """The path of an entry; Windows tools write backslashes."""
    if "\0" in info.orig_filename:
        raise BadArchiveError("A name in the archive holds a null character.")
    name = _decoded_name(info).replace("\\", "/")
    if name.startswith("/") or _DRIVE.match(name):
        raise BadArchiveError(f"'{clean_name(name)}' in the archive is an absolute path.")
    components = tuple(part for part in name.split("/") if part not in {"", "."})
    if ".." in components:
        raise BadArchiveError(f"'{clean_name(name)}' in the archive points outside of it.")
    if not components or len(components) > _MAX_DEPTH or max(map(len, components)) > _MAX_COMPONENT:
        raise BadArchiveError(f"A name in the archive is empty, too long or too deep: '{clean_name(name, '')}'.")
    return components


def _decoded_name(info: ZipInfo) -> str:
    """The name as it was meant: macOS writes UTF-8 without saying so, which zipfile reads as code page 437."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _check_entry(member: Member) -> None:
    info, name = member.info, member.shown
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise BadArchiveError(f"'{name}' in the archive is a symbolic link.")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise BadArchiveError(f"'{name}' in the archive is neither a file nor a folder.")
    if info.flag_bits & _ENCRYPTED_FLAGS:
        raise BadArchiveError("The archive is encrypted; make one without a password.")
    if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise BadArchiveError(f"'{name}' is compressed in an unusual way; make an ordinary zip archive.")
    if not member.is_folder and not is_ignored(member.path) and name.lower().endswith(_ARCHIVE_SUFFIXES):
        raise BadArchiveError(f"'{name}' is an archive inside the archive; unpack it first.")


def _check_no_file_is_a_folder(members: list[Member]) -> None:
    folders = {member.path[:depth] for member in members for depth in range(1, len(member.path))}
    folders.update(member.path for member in members if member.is_folder)
    for member in members:
        if not member.is_folder and member.path in folders:
            raise BadArchiveError(f"'{member.shown}' in the archive is both a file and a folder.")


def _check_layout(file: BinaryIO, infos: list[ZipInfo], directory_start: int) -> None:
    """Entries must lie one after another, each under the name that the table of contents gives it."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        file.seek(max(info.header_offset, 0))
        header = file.read(_LOCAL_HEADER.size)
        if info.header_offset < 0 or len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
            raise BadArchiveError("The table of contents of the archive points to where no file is.")
        fields = _LOCAL_HEADER.unpack(header)
        name_length, extra_length = fields[9], fields[10]
        encoding = "utf-8" if info.flag_bits & _UTF8_NAME else "cp437"
        if file.read(name_length) != info.orig_filename.encode(encoding, "replace"):
            raise BadArchiveError(f"The archive gives one file two names, one of them '{clean_name(info.filename)}'.")
        if info.header_offset < end:
            raise BadArchiveError(_OVERLAP)
        end = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length + info.compress_size
    if end > directory_start:
        raise BadArchiveError("Entries of the archive overlap its table of contents.")


def _end_record(file: BinaryIO) -> tuple[int, range]:
    """How many entries the end record declares, and where it says that the table of contents lies."""
    size = file.seek(0, 2)
    start = file.seek(max(0, size - _END.size - _MAX_COMMENT - 20))
    tail = file.read()
    position = tail.rfind(_END_MAGIC)
    if position < 0 or position + _END.size > len(tail):
        raise BadArchiveError("The zip archive is cut off: its end is missing.")
    _, disk, first_disk, here, entries, length, offset, _ = _END.unpack_from(tail, position)
    locator = tail[max(0, position - 20) : position]
    if entries == 0xFFFF or 0xFFFFFFFF in {length, offset} or locator.startswith(_ZIP64_LOCATOR):
        raise BadArchiveError("The archive is in the zip64 form, which is for more files than are allowed here.")
    if disk or first_disk or here != entries:
        raise BadArchiveError("The archive is one part of several; make a single archive.")
    end = start + position
    if length > end:
        raise BadArchiveError(_DAMAGED)
    return entries, range(end - length, end)


def _check_rows(file: BinaryIO, entries: int, directory: range) -> None:
    """The table of contents must have as many rows as declared; counted before zipfile makes an object of each."""
    file.seek(directory.start)
    table = file.read(len(directory))
    position = rows = 0
    while position + _ROW_SIZE <= len(table) and rows <= entries:
        position += _ROW_SIZE + sum(_ROW_LENGTHS.unpack_from(table, position + 28))
        rows += 1
    if rows != entries or position != len(table):
        raise BadArchiveError(_LIES)
