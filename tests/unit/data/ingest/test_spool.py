"""Uploads on their way to the reader: names are kept as text and never used as paths."""

from pathlib import Path

import pytest

from tlcore.data.ingest.spool import spool_files, spool_folder
from tlcore.errors import BadInputError, LimitExceededError
from tlcore.settings import Limits, Settings, get_settings


def test_names_are_folders_to_be_read_but_no_path(tmp_path: Path) -> None:
    files = [
        ("ds/val/cats/1.png", b"1"),
        ("../../etc/passwd", b"2"),
        ("loose.png", b"3"),
        ("c:\\ds\\dogs\\x.png", b"4"),
    ]
    spooled = spool_files(files, tmp_path)
    assert [(f.label, f.part, f.name) for f in spooled] == [
        (None, None, "ds/val/cats/1.png"),
        (None, None, "etc/passwd"),
        (None, None, "loose.png"),
        (None, None, "c:/ds/dogs/x.png"),
    ]
    assert [Path(f.path).parent for f in spooled] == [tmp_path] * 4
    assert [Path(f.path).read_bytes() for f in spooled] == [b"1", b"2", b"3", b"4"]


def test_a_given_class_wins_and_system_files_are_left_out(tmp_path: Path) -> None:
    spooled = spool_files([("a/1.png", b"1"), ("a/.DS_Store", b"2"), ("Thumbs.db", b"3")], tmp_path, "cups")
    assert [(f.label, f.name) for f in spooled] == [("cups", "1.png")]


def test_what_a_system_left_in_a_folder_is_told_but_not_kept(tmp_path: Path) -> None:
    spooled = spool_files([("a/1.png", b"1"), ("b/@eaDir/1.png/SYNOFILE_THUMB_M.jpg", b"2")], tmp_path)
    assert [(f.name, bool(f.path)) for f in spooled] == [
        ("a/1.png", True),
        ("b/@eaDir/1.png/SYNOFILE_THUMB_M.jpg", False),
    ]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"1"]


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitExceededError, match="more than 2 files"):
        spool_files([(f"{n}.png", b"") for n in range(3)], tmp_path, "a", Settings(limits=Limits(files=2)))
    junk = [(f"a/@eaDir/{n}", b"") for n in range(9)]
    few = [*junk, ("a/1.png", b""), ("a/2.png", b"")]
    assert len(spool_files(few, tmp_path, settings=Settings(limits=Limits(files=2)))) == 11


@pytest.mark.parametrize("name", ["", "..", "../", "\\"])
def test_a_file_without_a_name_is_a_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="A file can't be called "):
        spool_files([(name, b"x")], tmp_path, "a")


def test_the_folder_is_gone_afterwards_whatever_happens() -> None:
    with pytest.raises(ZeroDivisionError), spool_folder() as folder:
        (folder / "x").write_bytes(b"x")
        raise ZeroDivisionError
    assert list(get_settings().scratch.iterdir()) == []
