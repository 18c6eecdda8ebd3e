"""Ingest: what is stored, what is reported, and what happens when the reader is stopped."""

import hashlib
import os
import struct
from itertools import product
from pathlib import Path

import pytest
from PIL import Image

from tests.corpus.case import encoded, folder_of, photo, zip_of
from tests.corpus.images import gradient, png, zeros_png
from tlcore.data.ingest import reading
from tlcore.data.ingest.reading import ingest_files, ingest_path
from tlcore.data.ingest.report import IngestReport, Reading, UploadedFile
from tlcore.data.ingest.spool import spool_files
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.decode import canonical
from tlcore.errors import BadInputError, LimitExceededError, NotFoundError
from tlcore.settings import Limits, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def blobs(settings: Settings) -> BlobStore:
    return BlobStore(settings.blobs)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two classes with two images each."""
    folder_of({f"{label}/{n}.png": photo(n + 4 * (label == "dog")) for label in ("cat", "dog") for n in range(2)})(
        tmp_path / "pets"
    )
    return tmp_path / "pets"


def test_a_blob_holds_the_canonical_pixels_under_their_hash(pets: Path, blobs: BlobStore, settings: Settings) -> None:
    report = ingest_path(pets, blobs, settings=settings)
    assert report.classes == {"cat": 2, "dog": 2}
    for image in report.images:
        stored = blobs.read(image.blob)
        assert hashlib.sha256(stored).hexdigest() == image.blob
        assert len(stored) == image.bytes
        original = canonical((pets / image.label / image.name).read_bytes())
        assert blobs.image(image.blob).tobytes() == original.tobytes()


def test_a_folder_and_its_zip_give_the_same(pets: Path, blobs: BlobStore, settings: Settings, tmp_path: Path) -> None:
    from shutil import make_archive

    archive = Path(make_archive(str(tmp_path / "packed"), "zip", pets))
    from_zip = ingest_path(archive, blobs, settings=settings)
    from_folder = ingest_path(pets, blobs, settings=settings)
    assert sorted(i.blob for i in from_zip.images) == sorted(i.blob for i in from_folder.images)
    assert from_zip.classes == from_folder.classes


def test_progress_reaches_the_number_of_files(pets: Path, blobs: BlobStore, settings: Settings) -> None:
    seen: list[tuple[int, int]] = []
    ingest_path(pets, blobs, lambda done, total: seen.append((done, total)), settings)
    assert seen[-1] == (4, 4)


def test_single_files_carry_their_class(blobs: BlobStore, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(photo(1))
    (tmp_path / "2").write_bytes(b"no image")
    files = [
        UploadedFile(label="Cats\n", name="../../etc/cat.png", path=str(tmp_path / "1"), part="val"),
        UploadedFile(label="cats", name="two.png", path=str(tmp_path / "2")),
        UploadedFile(label="cats", name="gone.png", path=str(tmp_path / "3")),
        UploadedFile(label=None, name="loose.png", path=str(tmp_path / "1")),
    ]
    report = ingest_files(files, blobs, settings=settings)
    assert [(image.label, image.name, image.part) for image in report.images] == [("Cats", "cat.png", "val")]
    assert [item.file for item in report.skipped] == ["cats/two.png", "cats/gone.png", "loose.png"]


def test_a_folder_from_a_browser_is_read_as_its_zip_is(blobs: BlobStore, settings: Settings, tmp_path: Path) -> None:
    files = {f"set/{label}/{part}/1.png": photo(n) for n, (label, part) in enumerate(product("ab", ("train", "test")))}
    files |= {"set/c/@eaDir/1.png/SYNOFILE_THUMB_M.jpg": photo(9), "set/a/notes.txt": b"x"}
    zip_of(files)(tmp_path / "set.zip")
    from_zip = ingest_path(tmp_path / "set.zip", blobs, settings=settings)
    (tmp_path / "spooled").mkdir()
    from_browser = ingest_files(spool_files(files.items(), tmp_path / "spooled"), blobs, settings=settings)
    assert from_browser == from_zip
    assert [(i.label, i.part) for i in from_zip.images] == [(a, b) for a, b in product("ab", ("train", "test"))]
    assert from_zip.lost == "The class 'c' is missing: its folder holds no image that can be used."


def test_a_person_says_which_folders_are_classes(blobs: BlobStore, settings: Settings, tmp_path: Path) -> None:
    folder_of({f"{a}/{b}/1.png": photo(n) for n, (a, b) in enumerate(product("ab", "xy"))})(tmp_path / "set")
    asked = Reading(classes_from="last")
    assert ingest_path(tmp_path / "set", blobs, settings=settings, reading=asked).classes == {"x": 2, "y": 2}
    with pytest.raises(BadInputError, match="No image lies in a folder of level 3"):
        ingest_path(tmp_path / "set", blobs, settings=settings, reading=Reading(classes_from=3))


def test_a_relative_home_works(pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader runs in a folder of its own, so every path that it gets must be absolute."""
    monkeypatch.chdir(tmp_path)
    settings = Settings(home=Path("lab"))
    file = UploadedFile(label="cat", name="0.png", path=str(pets.relative_to(tmp_path) / "cat" / "0.png"))
    assert len(ingest_files([file], BlobStore(settings.blobs), settings=settings).images) == 1


def test_pictures_that_look_wrong_are_warnings_and_flat_ones_a_note(
    blobs: BlobStore, settings: Settings, tmp_path: Path
) -> None:
    """A sentence for all of which the same is true; of many the first are named."""
    hidden = [gradient("RGB", (20 + n, 20)).copy() for n in range(5)]
    for picture in hidden:
        picture.putalpha(0)
    dark = png(
        64, 64, b"".join(b"\0" + struct.pack(">64H", *range(y, 4096, 64)) for y in range(64)), depth=16, colour=0
    )
    files = {f"a/{n}.png": encoded(picture, "PNG") for n, picture in enumerate(hidden)}
    files |= {
        "b/dark.png": dark,
        "b/plain.png": encoded(gradient(), "PNG"),
        "b/teal.png": photo(3),
        "b/grey.png": photo(4),
    }
    folder_of(files)(tmp_path / "odd")
    report = ingest_path(tmp_path / "odd", blobs, settings=settings)
    assert len(report.images) == 9
    assert report.warnings[:2] == (
        "'a/0.png', 'a/1.png', 'a/2.png' and 2 more: transparent all over, so only white is seen.",
        "'b/dark.png': only 12 of 16 bits are used, so it was made 16 times brighter.",
    )
    assert report.notes == ("'b/grey.png' and 'b/teal.png': one flat colour.",)


def test_too_many_single_files_are_refused(blobs: BlobStore, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", limits=Limits(files=2))
    files = [UploadedFile(label="a", name=f"{n}.png", path="/nowhere") for n in range(3)]
    with pytest.raises(LimitExceededError, match="3 files were given; at most 2"):
        ingest_files(files, blobs, settings=settings)


def test_equal_pixels_are_one_blob_whatever_the_file(blobs: BlobStore, settings: Settings, tmp_path: Path) -> None:
    picture = Image.new("RGB", (20, 20), "teal")
    folder_of({"a/1.png": encoded(picture, "PNG"), "a/2.bmp": encoded(picture, "BMP")})(tmp_path / "set")
    report = ingest_path(tmp_path / "set", blobs, settings=settings)
    assert len({image.blob for image in report.images}) == 1
    assert any("exact duplicate" in warning for warning in report.warnings)


def test_a_copy_across_given_parts_is_told(blobs: BlobStore, settings: Settings, tmp_path: Path) -> None:
    shades = {f"{label}{n}": Image.new("RGB", (20, 20), (60 * n, 0, ord(label))) for label in "ab" for n in range(3)}
    files = {
        f"{'val' if n == 2 else 'train'}/{label}/{n}.png": shades[f"{label}{n}"] for label in "ab" for n in range(3)
    }
    files["val/a/copy.png"] = shades["a0"]
    folder_of({path: encoded(picture, "PNG") for path, picture in files.items()})(tmp_path / "set")
    warnings = ingest_path(tmp_path / "set", blobs, settings=settings).warnings
    assert warnings[0].startswith("1 copy of held-out images is left out of the other parts")


def _refusal(source: Path, blobs: BlobStore, settings: Settings) -> str:
    with pytest.raises(LimitExceededError) as caught:
        ingest_path(source, blobs, settings=settings)
    assert list(settings.scratch.iterdir()) == []
    assert not blobs.root.exists()
    return str(caught.value)


def test_processor_time_is_limited(blobs: BlobStore, tmp_path: Path) -> None:
    black = zeros_png(5000, 5000)
    folder_of({f"a/{n}.png": black for n in range(5)})(tmp_path / "set")
    settings = Settings(home=tmp_path / "home", limits=Limits(ingest_cpu_seconds=1))
    assert "1 s" in _refusal(tmp_path / "set", blobs, settings)


def test_a_reader_that_hangs_is_stopped(
    pets: Path, blobs: BlobStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_WALL_PER_CPU_SECOND", 1e-4)
    assert "signal 9" in _refusal(pets, blobs, settings)


def test_memory_is_limited(pets: Path, blobs: BlobStore, tmp_path: Path) -> None:
    """An image that needs more is skipped, and its neighbours are kept."""
    (pets / "cat" / "huge.png").write_bytes(zeros_png(5000, 5000))
    settings = Settings(home=tmp_path / "home", limits=Limits(ingest_memory_bytes=120_000_000))
    report = ingest_path(pets, blobs, settings=settings)
    assert [(item.file, item.reason) for item in report.skipped] == [
        ("cat/huge.png", "needs more memory than is allowed")
    ]
    assert len(report.images) == 4


def test_a_reader_that_fails_says_so(
    pets: Path, blobs: BlobStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_bare_environment", lambda: {"PYTHONPATH": "/nowhere", "PATH": os.environ["PATH"]})
    with pytest.raises(BadInputError, match="failed with exit code 1"):
        ingest_path(pets, blobs, settings=settings)


def test_giving_up_stops_the_reader_and_leaves_nothing(pets: Path, blobs: BlobStore, settings: Settings) -> None:
    def give_up(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_path(pets, blobs, give_up, settings)
    assert list(settings.scratch.iterdir()) == []
    assert not blobs.root.exists()


@pytest.mark.parametrize("name", ["x" * 300, "gone\nand\x1b[31m.zip", "not\udcffutf8"])
def test_a_path_that_can_not_be_read_is_a_sentence(name: str, blobs: BlobStore, settings: Settings) -> None:
    with pytest.raises(BadInputError) as caught:
        ingest_path(settings.home / name, blobs, settings=settings)
    assert str(caught.value).isprintable()


def test_blob_names_are_hashes_and_nothing_else(blobs: BlobStore) -> None:
    for name in ("../../etc/passwd", "A" * 64, "a" * 63, ""):
        with pytest.raises(NotFoundError):
            blobs.path(name)


def test_a_report_survives_its_way_between_the_processes(pets: Path, blobs: BlobStore, settings: Settings) -> None:
    report = ingest_path(pets, blobs, settings=settings)
    assert IngestReport.model_validate_json(report.model_dump_json()) == report
