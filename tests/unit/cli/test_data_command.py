"""`tlcore data`: what is in a folder or a zip, without keeping any of it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import SHAPE_CLASSES
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
