"""Zip archives: what tools write is read as it was meant, and no byte that is changed makes anything but a refusal."""

import shutil
import struct
from dataclasses import replace
from functools import cache
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.corpus.case import photo, zip_bytes
from tests.corpus.rawzip import STORED, Entry, raw_zip, zip64
from tlcore.data.ingest.archive import CheckedArchive
from tlcore.errors import BadArchiveError, BadInputError, LimitExceededError, NotAnArchiveError
from tlcore.settings import Limits

_FILES = {"set/ants/1.png": photo(1), "set/ants/2.png": photo(2), "set/bees/1.png": photo(3)}


def _written(folder: Path, data: bytes) -> Path:
    path = folder / "upload.zip"
    path.write_bytes(data)
    return path


def _contents(path: Path, limits: Limits | None = None) -> dict[str, bytes]:
    with CheckedArchive(path, limits or Limits()) as archive:
        return {"/".join(member.path): archive.read(member) for member in archive.members}


def test_an_archive_gives_back_its_files(tmp_path: Path) -> None:
    assert _contents(_written(tmp_path, zip_bytes(_FILES))) == _FILES


def test_folders_are_no_members(tmp_path: Path) -> None:
    for name, data in _FILES.items():
        (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "source" / name).write_bytes(data)
    assert _contents(Path(shutil.make_archive(str(tmp_path / "made"), "zip", tmp_path / "source"))) == _FILES


def test_a_streamed_archive_is_read(tmp_path: Path) -> None:
    """Streams can't seek back, so sizes follow each file in a data descriptor."""

    class Stream:
        def __init__(self) -> None:
            self.data = bytearray()

        def write(self, data: bytes) -> int:
            self.data += data
            return len(data)

        def flush(self) -> None:
            pass

    stream = Stream()
    with ZipFile(stream, "w", ZIP_STORED) as archive:  # type: ignore[arg-type]
        for name, data in _FILES.items():
            archive.writestr(name, data)
    assert _contents(_written(tmp_path, bytes(stream.data))) == _FILES


def test_a_comment_and_bytes_in_front_do_no_harm(tmp_path: Path) -> None:
    entries = [Entry(name=name.encode(), data=data) for name, data in _FILES.items()]
    assert _contents(_written(tmp_path, raw_zip(entries, comment=b"from the camera"))) == _FILES
    assert _contents(_written(tmp_path, b"#!/bin/sh\n" + raw_zip(entries))) == _FILES


@pytest.mark.parametrize(
    ("name", "flags"), [("Köln".encode(), 0x800), ("Köln".encode(), 0), ("Köln".encode("cp437"), 0)]
)
def test_names_are_read_as_windows_macos_and_everyone_else_write_them(name: bytes, flags: int, tmp_path: Path) -> None:
    entry = Entry(name=name + b"/1.png", data=photo(), flags=flags)
    assert list(_contents(_written(tmp_path, raw_zip([entry])))) == ["Köln/1.png"]


@pytest.mark.parametrize(("name", "page"), [("ソース", "cp932"), ("功能", "cp950"), ("表", "cp932")])
def test_a_name_is_not_split_within_a_character(name: str, page: str, tmp_path: Path) -> None:
    """The second byte of these is that of a backslash, which Windows tools write between folders."""
    assert b"\\" in name.encode(page)
    entries = [Entry(name=f"写真\\{name}\\{n}.png".encode(page, "replace"), data=photo(n)) for n in range(2)]
    path = _written(tmp_path, raw_zip(entries))
    with CheckedArchive(path, Limits(), page) as archive:
        assert {member.path[-2] for member in archive.members} == {name}


@pytest.mark.parametrize("saturated", [True, False])
@pytest.mark.parametrize("front", [b"", b"#!/bin/sh\n"])
def test_the_zip64_form_is_read(front: bytes, saturated: bool, tmp_path: Path) -> None:
    entries = [Entry(name=name.encode(), data=data) for name, data in _FILES.items()]
    assert _contents(_written(tmp_path, front + zip64(entries, saturated=saturated))) == _FILES


def test_zip64_sizes_of_files_are_read(tmp_path: Path) -> None:
    """As Python's `force_zip64` writes them, and tools that don't know a size before they have written it."""
    path = tmp_path / "forced.zip"
    with ZipFile(path, "w") as archive:
        for name, data in _FILES.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(data)
    assert _contents(path) == _FILES


def test_zip64_sizes_in_the_table_of_contents_are_read(tmp_path: Path) -> None:
    entries = [Entry(name=name.encode(), data=data, method=STORED) for name, data in _FILES.items()]
    told = [
        replace(
            entry,
            size=0xFFFFFFFF,
            compressed_size=0xFFFFFFFF,
            extra=struct.pack("<2H2Q", 1, 16, len(entry.data), len(entry.data)),
        )
        for entry in entries
    ]
    assert _contents(_written(tmp_path, zip64(told))) == _FILES


def test_a_colon_makes_no_drive_of_a_longer_word(tmp_path: Path) -> None:
    entry = Entry(name=b"Ratio 4:3/1.png", data=photo())
    assert list(_contents(_written(tmp_path, raw_zip([entry])))) == ["Ratio 4:3/1.png"]


def test_a_member_above_the_image_limit_is_read_only_that_far(tmp_path: Path) -> None:
    limits = Limits(image_bytes=100)
    contents = _contents(_written(tmp_path, zip_bytes({"ants/1.png": bytes(range(200))})), limits)
    assert len(contents["ants/1.png"]) == 101


@pytest.mark.parametrize("files", [8, 9])
def test_ignored_files_count_as_unpacked_but_not_as_files(files: int, tmp_path: Path) -> None:
    limits = Limits(files=8, unpacked_bytes=10_000)
    junk = {f"__MACOSX/{n}": bytes(10) for n in range(10)}
    path = _written(tmp_path, zip_bytes({**{f"ants/{n}.png": b"x" for n in range(files)}, **junk}))
    if files <= limits.files:
        assert len(_contents(path, limits)) == files
    else:
        with pytest.raises(LimitExceededError, match="9 files"):
            _contents(path, limits)


def test_the_thumbnails_of_a_nas_fit_beside_the_images(tmp_path: Path) -> None:
    thumbnails = [f"ants/@eaDir/{n}.png/SYNOPHOTO_THUMB_{size}.jpg" for n in range(8) for size in ("S", "M", "B", "XL")]
    files = {f"ants/{n}.png": photo(n) for n in range(8)}
    path = _written(tmp_path, zip_bytes({**files, **dict.fromkeys(thumbnails, photo(9))}))
    assert _contents(path, Limits(files=8)) == files


def test_a_refused_archive_is_closed(tmp_path: Path) -> None:
    path = _written(tmp_path, raw_zip([Entry(name=b"../1.png", data=photo())]))
    with pytest.raises(BadArchiveError):
        CheckedArchive(path, Limits())
    path.rename(tmp_path / "moved.zip")  # an open file could not be moved on Windows; here it would warn


def test_anything_else_is_not_an_archive(tmp_path: Path) -> None:
    with pytest.raises(NotAnArchiveError):
        CheckedArchive(_written(tmp_path, b"x" * 100), Limits())


@cache
def _valid() -> bytes:
    entries = [Entry(name=name.encode(), data=data) for name, data in _FILES.items()]
    return raw_zip([replace(entries[0], method=STORED), *entries[1:]], comment=b"comment")


@cache
def _valid64() -> bytes:
    return zip64([Entry(name=name.encode(), data=data) for name, data in _FILES.items()])


_FLIPS64 = st.lists(st.tuples(st.integers(1, 98 + 200), st.integers(1, 255)), min_size=1, max_size=4)
_FLIPS = st.lists(st.tuples(st.integers(0, len(_valid()) - 1), st.integers(1, 255)), min_size=1, max_size=4)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=_FLIPS, cut=st.integers(0, 40) | st.just(0))
def test_a_changed_archive_is_read_or_refused(flips: list[tuple[int, int]], cut: int, tmp_path: Path) -> None:
    data = bytearray(_valid())
    for place, change in flips:
        data[place] ^= change
    _is_read_or_refused(bytes(data[: len(data) - cut]), tmp_path)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=_FLIPS64)
def test_a_changed_zip64_end_is_read_or_refused(flips: list[tuple[int, int]], tmp_path: Path) -> None:
    data = bytearray(_valid64())
    for before_end, change in flips:
        data[-before_end] ^= change
    _is_read_or_refused(bytes(data), tmp_path)


def _is_read_or_refused(data: bytes, folder: Path) -> None:
    try:
        contents = _contents(_written(folder, data))
    except BadInputError as refusal:
        assert str(refusal).endswith(".")
        assert str(refusal).isprintable()
    else:
        assert set(contents.values()) <= {*_FILES.values(), b""}
