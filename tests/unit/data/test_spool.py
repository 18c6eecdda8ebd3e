"""Uploads on their way to the reader: names are kept as text and never used as paths."""

from pathlib import Path

import pytest

from tlcore.data.spool import spool_files, spool_folder
from tlcore.errors import BadInputError, LimitExceededError
from tlcore.settings import Limits, Settings, get_settings


def test_names_give_class_and_part_but_no_path(tmp_path: Path) -> None:
    files = [
        ("ds/val/cats/1.png", b"1"),
        ("../../etc/passwd", b"2"),
        ("loose.png", b"3"),
        ("c:\\ds\\dogs\\x.png", b"4"),
    ]
    spooled = spool_files(files, tmp_path)
    assert [(f.label, f.part, f.name) for f in spooled] == [
        ("cats", "val", "1.png"),
        ("etc", None, "passwd"),
        (None, None, "loose.png"),
        ("dogs", None, "x.png"),
    ]
    assert [Path(f.path).parent for f in spooled] == [tmp_path] * 4
    assert [Path(f.path).read_bytes() for f in spooled] == [b"1", b"2", b"3", b"4"]


def test_a_given_class_wins_and_system_files_are_left_out(tmp_path: Path) -> None:
    spooled = spool_files([("a/1.png", b"1"), ("a/.DS_Store", b"2"), ("Thumbs.db", b"3")], tmp_path, "cups")
    assert [(f.label, f.name) for f in spooled] == [("cups", "1.png")]


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitExceededError, match="more than 2 files"):
        spool_files([(f"{n}.png", b"") for n in range(3)], tmp_path, "a", Settings(limits=Limits(files=2)))


@pytest.mark.parametrize("name", ["", "..", "../", "\\"])
def test_a_file_without_a_name_is_a_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="A file can't be called "):
        spool_files([(name, b"x")], tmp_path, "a")


def test_the_folder_is_gone_afterwards_whatever_happens() -> None:
    with pytest.raises(ZeroDivisionError), spool_folder() as folder:
        (folder / "x").write_bytes(b"x")
        raise ZeroDivisionError
    assert list(get_settings().scratch.iterdir()) == []
