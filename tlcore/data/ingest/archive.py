"""Zip archives, checked before anything is taken out: structure, sizes, names, overlaps.

The checks are our own because zipfile forgives much of what a hostile archive does, and Python before 3.11.14
lacks two of its fixes (CVE-2024-0450 overlapping entries, CVE-2025-8291 zip64 mismatch).
"""

import re
import stat
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo, is_zipfile

from tlcore.data.ingest.leftovers import is_leftover
from tlcore.data.ingest.zip_names import Names, names_of
from tlcore.data.ingest.zip_records import (
    DAMAGED,
    LOCAL_MAGIC,
    OVERLAP,
    Directory,
    check_layout,
    check_rows,
    find_directory,
)
from tlcore.data.names import clean_name
from tlcore.errors import BadArchiveError, LimitExceededError, NotAnArchiveError
from tlcore.settings import Limits

_MAX_COMPONENT = 255
_MAX_DEPTH = 32
_MOST_BESIDE = 12
"""Entries for each file that is allowed: folders, and the thumbnails of which a NAS keeps half a dozen an image."""
_ARCHIVE_SUFFIXES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar")
_ARCHIVE_MAGICS = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")
_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000
_DRIVE = re.compile("[A-Za-z]:(/|$)")
# what zipfile raises on hostile bytes; its own words are for programmers, so they stay in the cause
_DAMAGE = (BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, OverflowError)


@dataclass(frozen=True)
class Member:
    """An entry of a checked archive; `path` is its name, split into its components."""

    path: tuple[str, ...]
    name: str
    info: ZipInfo

    @property
    def shown(self) -> str:
        """The name of the file, fit to be shown."""
        return clean_name(self.path[-1])

    @property
    def is_folder(self) -> bool:
        """Whether the entry is a folder; some tools for Windows end its name in a backslash."""
        return self.name.endswith(("/", "\\")) or stat.S_ISDIR(self.info.external_attr >> 16)


class CheckedArchive:
    """An archive that passed every check that can be made without unpacking; a context manager.

    `members` are its files and `others` its folders and what systems left; `guessed` says what its names were taken
    for where they don't say it themselves, unless `code_page` does.
    """

    def __init__(self, path: Path, limits: Limits, code_page: str = "") -> None:
        self._limits = limits
        directory = self._find_directory(path)
        try:
            self._zip = ZipFile(path)
        except _DAMAGE as error:
            raise BadArchiveError(DAMAGED) from error
        try:
            infos = self._zip.infolist()
            if self._zip.start_dir != directory.place.start or len(infos) != directory.entries:
                raise BadArchiveError(DAMAGED)
            names = names_of(infos, code_page)
            self.guessed = names.guessed
            self.members, self.others = self._checked(infos, names)
            with path.open("rb") as file:
                check_layout(file, infos, self._zip.start_dir)
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

    def _find_directory(self, path: Path) -> Directory:
        size = path.stat().st_size
        if size > self._limits.zip_bytes:
            raise LimitExceededError(
                f"The archive has {size / 1e6:.0f} MB; at most {self._limits.zip_bytes / 1e6:.0f} MB are allowed."
            )
        with path.open("rb") as file:
            start = file.read(4)
            if not _is_zip(path):
                if start == LOCAL_MAGIC:
                    raise BadArchiveError("The zip archive is cut off: its table of contents is missing.")
                raise NotAnArchiveError
            directory = find_directory(file)
            if directory.entries > _MOST_BESIDE * self._limits.files:
                raise LimitExceededError(self._too_many(directory.entries))
            check_rows(file, directory)
        return directory

    def _checked(self, infos: Sequence[ZipInfo], names: Names) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
        if len(infos) != len({info.header_offset for info in infos}):
            raise BadArchiveError(OVERLAP)
        entries = [Member(_components(name), name, info) for name, info in zip(names.names, infos, strict=True)]
        wanted = [entry for entry in entries if not is_leftover(entry.path)]
        files = tuple(entry for entry in wanted if not entry.is_folder)
        if len(files) > self._limits.files:
            raise LimitExceededError(self._too_many(len(files)))
        for entry in entries:
            _check_entry(entry)
        self._check_unpacked(entries)
        _check_no_file_is_a_folder(wanted)
        return files, tuple(entry for entry in entries if entry.is_folder or is_leftover(entry.path))

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


def _is_zip(path: Path) -> bool:
    try:
        return is_zipfile(path)
    except BadZipFile:  # a zip64 record that says it is one of several
        return True


def _components(name: str) -> tuple[str, ...]:
    """The path of an entry; Windows tools write backslashes."""
    if "\0" in name:
        raise BadArchiveError("A name in the archive holds a null character.")
    name = name.replace("\\", "/")
    if name.startswith("/") or _DRIVE.match(name):
        raise BadArchiveError(f"'{clean_name(name)}' in the archive is an absolute path.")
    components = tuple(part for part in name.split("/") if part not in {"", "."})
    if ".." in components:
        raise BadArchiveError(f"'{clean_name(name)}' in the archive points outside of it.")
    if not components or len(components) > _MAX_DEPTH or max(map(len, components)) > _MAX_COMPONENT:
        raise BadArchiveError(f"A name in the archive is empty, too long or too deep: '{clean_name(name, '')}'.")
    return components


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
    if not member.is_folder and not is_leftover(member.path) and name.lower().endswith(_ARCHIVE_SUFFIXES):
        raise BadArchiveError(f"'{name}' is an archive inside the archive; unpack it first.")


def _check_no_file_is_a_folder(members: list[Member]) -> None:
    folders = {member.path[:depth] for member in members for depth in range(1, len(member.path))}
    folders.update(member.path for member in members if member.is_folder)
    for member in members:
        if not member.is_folder and member.path in folders:
            raise BadArchiveError(f"'{member.shown}' in the archive is both a file and a folder.")
