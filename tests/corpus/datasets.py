"""Whole data sets that are odd though every file in them is good."""

import os
import sys
from pathlib import Path

from tests.corpus.case import UploadCase, Writer, folder_of, photo, zip_of


def _classes(count: int) -> Writer:
    """One image in each of many classes."""

    def write(path: Path) -> None:
        zip_of({f"class {n:04d}/1.png": photo(n, 16) for n in range(count)})(path)

    return write


def _images(count: int) -> Writer:
    """Many images in one class."""

    def write(path: Path) -> None:
        zip_of({f"ants/{n}.png": photo(n, 16) for n in range(count)})(path)

    return write


def _with_links(path: Path) -> None:
    """A folder that points outside of itself, at itself and at a pipe, and a file that may not be read."""
    folder_of({"ants/1.png": photo(1), "ants/2.png": photo(2), "bees/1.png": photo(3)})(path)
    outside = path.with_name(path.name + "-outside")
    folder_of({"1.png": photo(4)})(outside)
    (path / "wasps").symlink_to(outside)
    (path / "ants" / "again").symlink_to(path)
    (path / "ants" / "3.png").symlink_to(outside / "1.png")
    (path / "ants" / "4.png").symlink_to("/dev/zero")
    os.mkfifo(path / "bees" / "2.png")


def _not_utf8(path: Path) -> None:
    folder_of({"ants/1.png": photo(1), "ants/2.png": photo(2)})(path)
    if sys.platform == "linux":  # elsewhere file names are Unicode
        odd = os.fsencode(path) + b"/be\xffs"
        os.mkdir(odd)  # noqa: PTH102 - a bytes path
        with open(odd + b"/\xfe.png", "wb") as file:  # noqa: PTH123
            file.write(photo(3))


_TWO = {"bees/1.png": photo(11), "bees/2.png": photo(12)}

DATASETS: tuple[UploadCase, ...] = (
    UploadCase("one-class.zip", zip_of(_TWO), "accepted", classes={"bees": 2}),
    UploadCase("one-image.zip", zip_of({**_TWO, "ants/1.png": photo(1)}), "accepted", classes={"ants": 1, "bees": 2}),
    UploadCase(
        "torn.zip",
        zip_of({**_TWO, "ants/1.png": photo(11), "ants/2.png": photo(2)}),
        "accepted",
        "The same image is in two classes: 'bees/1.png' and 'ants/1.png'.",
        {"ants": 2, "bees": 2},
    ),
    UploadCase(
        "repeated.zip",
        zip_of({**_TWO, "bees/3.png": photo(11), "bees/4.png": photo(11, image_format="BMP")}),
        "accepted",
        "2 images of the set are exact duplicates",
        {"bees": 4},
    ),
    UploadCase("100-classes.zip", _classes(100), "accepted", classes={f"class {n:04d}": 1 for n in range(100)}),
    UploadCase("101-classes.zip", _classes(101), "refused", "100", error="LimitExceededError"),
    UploadCase("1000-classes.zip", _classes(1000), "refused", "100", error="LimitExceededError"),
    UploadCase("2000-files.zip", _images(2000), "accepted", classes={"ants": 2000}),
    UploadCase("no-classes.zip", zip_of({"1.png": photo(1)}), "refused", "class folders", error="BadInputError"),
    UploadCase(
        "no-images.zip",
        zip_of({"ants/a.txt": b"a", "ants/b.txt": b"b"}),
        "refused",
        "not a JPEG",
        error="BadInputError",
    ),
    UploadCase(
        "parts.zip",
        zip_of({"set/train/ants/1.png": photo(1), "set/val/ants/1.png": photo(2), "set/readme.txt": b"hello"}),
        "accepted",
        classes={"ants": 2},
        skipped=1,
    ),
    UploadCase("empty-folder", Path.mkdir, "refused", "no files", error="BadInputError"),
    UploadCase("links", _with_links, "accepted", classes={"ants": 2, "bees": 1}, skipped=5),
    UploadCase("not-utf8-names", _not_utf8, "accepted", classes={"ants": 2, "bes": 1}),
    UploadCase("not-there.zip", lambda path: None, "refused", "no file or folder", error="BadInputError"),
    UploadCase("pipe.zip", os.mkfifo, "refused", "neither a file nor a folder", error="BadInputError"),
    UploadCase(
        "2001-files",
        folder_of({f"ants/{n}.png": b"" for n in range(2001)}),
        "refused",
        "2,000",
        error="LimitExceededError",
    ),
)
