"""`tlcore data`: what is in a folder or a zip, without keeping any of it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import SHAPE_CLASSES
from tests.corpus.case import photo, zip_of
from tests.corpus.rawzip import Entry, raw_zip
from tests.unit.cli.test_main import one_sentence, run
from tlcore.settings import get_settings


def test_json_counts_images_by_class(capsys: pytest.CaptureFixture[str], image_folder: Path, tmp_path: Path) -> None:
    code, out, err = run(capsys, "data", str(image_folder), "--json")
    report = json.loads(one_sentence(out))
    assert (code, err) == (0, "")
    assert report["images"] == 96
    assert report["classes"] == dict.fromkeys(SHAPE_CLASSES, 24)
    assert (report["skipped"], report["warnings"]) == ([], [])
    assert list(get_settings().scratch.iterdir()) == []
    # The name of the set depends on images and classes alone.
    archive = shutil.make_archive(str(tmp_path / "renamed"), "zip", image_folder)
    _, zipped, _ = run(capsys, "data", archive, "--json")
    assert json.loads(zipped)["dataset"] == report["dataset"]
    shutil.copytree(image_folder, tmp_path / "other")
    (tmp_path / "other" / "rows").rename(tmp_path / "other" / "lines")
    _, other, _ = run(capsys, "data", str(tmp_path / "other"), "--json")
    assert json.loads(other)["dataset"] != report["dataset"]


def test_a_person_reads_a_line_a_class(capsys: pytest.CaptureFixture[str], image_folder: Path) -> None:
    code, out, err = run(capsys, "data", str(image_folder))
    assert (code, err) == (0, "")
    assert out.splitlines() == ["96 images in 4 classes", *(f"      24  {label}" for label in SHAPE_CLASSES)]


def test_what_is_missing_for_training_is_a_warning(
    capsys: pytest.CaptureFixture[str], image_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(image_folder / "rings", tmp_path / "set" / "rings")
    (tmp_path / "set" / "rings" / "notes.txt").write_text("x")
    code, out, err = run(capsys, "data", str(tmp_path / "set"))
    assert code == 0
    assert out.splitlines()[2].startswith("skipped rings/notes.txt: ")
    assert one_sentence(err) == "warning: Add a second class: a network needs something to tell 'rings' from."


def test_a_folder_without_images_is_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, out, err = run(capsys, "data", str(tmp_path / "empty"))
    assert (code, out) == (2, "")
    assert one_sentence(err).endswith("put the images of each class into a folder named after the class.")


def test_what_is_understood_of_folders_is_said_with_a_way_to_say_otherwise(
    capsys: pytest.CaptureFixture[str], image_folder: Path, tmp_path: Path
) -> None:
    for label, session, source in (("a", "x", 0), ("a", "y", 1), ("b", "x", 2), ("b", "y", 3)):
        shutil.copytree(image_folder / SHAPE_CLASSES[source], tmp_path / "set" / label / session)
    code, out, err = run(capsys, "data", str(tmp_path / "set"))
    assert (code, out.splitlines()[0]) == (0, "96 images in 2 classes")
    assert err.splitlines()[0] == (
        "note: The outermost folders are taken for classes ('a' and 'b'); folders below the classes, such as 'x', only "
        "group their images. Otherwise: --classes-from last for 'x' and 'y'."
    )
    _, out, _ = run(capsys, "data", str(tmp_path / "set"), "--classes-from", "last", "--json")
    assert json.loads(out)["classes"] == {"x": 48, "y": 48}
    assert json.loads(out)["notes"][0].endswith("Otherwise: --classes-from first for 'a' and 'b'.")


def test_parts_are_pooled_when_asked(capsys: pytest.CaptureFixture[str], image_folder: Path, tmp_path: Path) -> None:
    for part, label, source in (("Training", "a", 0), ("Training", "b", 1), ("Testing", "a", 2), ("Testing", "b", 3)):
        shutil.copytree(image_folder / SHAPE_CLASSES[source], tmp_path / "set" / part / label)
    _, _, err = run(capsys, "data", str(tmp_path / "set"))
    assert "Otherwise: --pool-parts to split anew." in err
    assert "There is no val folder, so the images in test are the ones to validate with." in err
    _, _, err = run(capsys, "data", str(tmp_path / "set"), "--pool-parts")
    assert "are put together." in err
    assert "warning: " not in err


def test_letters_are_kept_apart_when_asked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    zip_of({"A/1.png": photo(1), "A/2.png": photo(2), "a/3.png": photo(3), "a/4.png": photo(4)})(tmp_path / "abc.zip")
    _, out, _ = run(capsys, "data", str(tmp_path / "abc.zip"), "--json")
    assert json.loads(out)["classes"] == {"A": 4}
    _, out, _ = run(capsys, "data", str(tmp_path / "abc.zip"), "--json", "--case-matters")
    assert json.loads(out)["classes"] == {"A": 2, "a": 2}


def test_a_guessed_code_page_is_said_and_may_be_given(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    entries = [Entry(name=f"{name}/1.png".encode("cp850"), data=photo(n)) for n, name in enumerate(("groß", "klein"))]
    (tmp_path / "a.zip").write_bytes(raw_zip(entries))
    _, _, err = run(capsys, "data", str(tmp_path / "a.zip"))
    assert "note: The archive does not say how its names are encoded; they were read as " in err
    assert "Otherwise: --zip-names CODEPAGE." in err
    _, out, err = run(capsys, "data", str(tmp_path / "a.zip"), "--zip-names", "cp850", "--json")
    assert list(json.loads(out)["classes"]) == ["groß", "klein"]
    assert not any("encoded" in note for note in json.loads(out)["notes"])


def test_a_class_without_images_is_said_last(
    capsys: pytest.CaptureFixture[str], image_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(image_folder / "rings", tmp_path / "set" / "rings")
    (tmp_path / "set" / "owls").mkdir()
    (tmp_path / "set" / "owls" / "Thumbs.db").write_bytes(b"x")
    code, out, err = run(capsys, "data", str(tmp_path / "set"))
    assert code == 0
    assert err.splitlines()[-1] == ("WARNING: The class 'owls' is missing: its folder holds no image that can be used.")
    _, out, _ = run(capsys, "data", str(tmp_path / "set"), "--json")
    assert json.loads(out)["warnings"][0].startswith("The class 'owls' is missing")


@pytest.mark.parametrize("which", ["middle", "0", "-1", "99"])
def test_classes_come_from_somewhere_that_there_is(capsys: pytest.CaptureFixture[str], which: str) -> None:
    code, _, err = run(capsys, "data", "x", f"--classes-from={which}")
    assert code == 2
    assert f"it can be first, last, or a level from 1 to 32, and not '{which}'" in one_sentence(err)
