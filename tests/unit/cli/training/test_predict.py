"""`tlcore predict`: a model that was taken home, on image files."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Backbone, draw
from tests.corpus.case import encoded
from tests.unit.cli.test_main import one_sentence, run
from tests.unit.export.conftest import LABELS, small_model
from tlcore.data.pixels.decode import canonical
from tlcore.export.bundle import write_bundle
from tlcore.export.importing import read_bundle


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's zip."""
    return write_bundle(small_model(), tmp_path_factory.mktemp("model") / "model.zip")


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Three image files."""
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{name}.png" for name in ("rings", "rows", "größe")]
    for path in paths:
        draw("rings", rng).save(path)
    return [str(path) for path in paths]


def test_json_is_every_label_with_its_probability_the_highest_first(
    capsys: pytest.CaptureFixture[str], model: Path, files: list[str]
) -> None:
    code, out, err = run(capsys, "predict", str(model), *files, "--json")
    rows = json.loads(one_sentence(out))
    assert (code, err) == (0, "")
    assert [row["file"] for row in rows] == files
    expected = read_bundle(model).predict([canonical(Path(file).read_bytes()) for file in files])
    for row, probabilities in zip(rows, expected, strict=True):
        assert set(row) == {"file", "predictions"}
        assert all(set(prediction) == {"label", "probability"} for prediction in row["predictions"])
        by_label = {prediction["label"]: prediction["probability"] for prediction in row["predictions"]}
        assert by_label == dict(zip(LABELS, probabilities.tolist(), strict=True))
        shown = [prediction["probability"] for prediction in row["predictions"]]
        assert shown == sorted(shown, reverse=True)
        assert sum(shown) == pytest.approx(1, abs=1e-5)


def test_a_person_reads_one_line_an_image(capsys: pytest.CaptureFixture[str], model: Path, files: list[str]) -> None:
    code, out, _ = run(capsys, "predict", str(model), *files)
    assert code == 0
    assert [line.split(": ")[0] for line in out.splitlines()] == files
    assert all(label in out for label in LABELS)


def bad_files(folder: Path) -> dict[str, str]:
    """Files that can't be used, each with what is said of it."""
    (folder / "text.jpg").write_text("not an image")
    (folder / "empty.png").touch()
    (folder / "folder.png").mkdir()
    (folder / "cut.png").write_bytes(encoded(draw("rings", np.random.default_rng(0)), "PNG")[:-200])
    kinds = "not a JPEG, PNG, WebP, BMP or GIF image"
    said = {"text.jpg": kinds, "empty.png": "the file is empty", "cut.png": "the image is cut off"}
    found = {str(folder / name): f"{folder / name} can't be used: {reason}." for name, reason in said.items()}
    absent = (folder / "missing.jpg", folder / "folder.png")
    return found | {str(path): f"There is no image at {path}." for path in absent}


def test_files_that_can_not_be_used_stop_no_other(
    capsys: pytest.CaptureFixture[str], model: Path, files: list[str], tmp_path: Path
) -> None:
    bad = bad_files(tmp_path)
    given = [files[0], *list(bad)[:2], files[1], *list(bad)[2:], files[2]]
    code, out, err = run(capsys, "predict", str(model), *given)
    assert code == 2
    assert out.splitlines() == run(capsys, "predict", str(model), *files)[1].splitlines()
    assert err.splitlines() == [f"tlcore: {sentence}" for sentence in bad.values()]


def test_json_has_a_row_for_every_file_in_its_place(
    capsys: pytest.CaptureFixture[str], model: Path, files: list[str], tmp_path: Path
) -> None:
    bad = bad_files(tmp_path)
    given = [files[0], *bad, files[1]]
    code, out, err = run(capsys, "predict", str(model), *given, "--json")
    rows = json.loads(one_sentence(out))
    assert code == 2
    assert [row["file"] for row in rows] == given
    assert rows[1:-1] == [{"file": file, "error": sentence} for file, sentence in bad.items()]
    alone = json.loads(run(capsys, "predict", str(model), *files[:2], "--json")[1])
    assert [rows[0], rows[-1]] == alone
    assert err.splitlines() == [f"tlcore: {sentence}" for sentence in bad.values()]


def test_a_name_that_is_no_text_is_printed_as_far_as_it_goes(
    capsys: pytest.CaptureFixture[str], model: Path, files: list[str], tmp_path: Path
) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")
    try:
        shutil.copy(files[0], odd)
    except OSError:
        pytest.skip("this file system takes no such names")
    code, out, _ = run(capsys, "predict", str(model), odd, "--json")
    assert (code, json.loads(out)[0]["file"]) == (0, f"{tmp_path}/caf?.png")


def test_an_image_that_looks_wrong_is_predicted_and_that_is_said(
    capsys: pytest.CaptureFixture[str], model: Path, tmp_path: Path
) -> None:
    hidden = tmp_path / "hidden.png"
    photo = draw("rings", np.random.default_rng(0)).convert("RGBA")
    photo.putalpha(0)
    photo.save(hidden)
    code, out, err = run(capsys, "predict", str(model), str(hidden))
    assert (code, out.count("\n")) == (0, 1)
    assert one_sentence(err) == f"warning: {hidden}: transparent all over, so only white is seen."


def test_what_is_no_model_is_a_sentence(capsys: pytest.CaptureFixture[str], files: list[str], tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "model.png")
    code, out, err = run(capsys, "predict", str(tmp_path / "model.png"), *files)
    assert (code, out) == (2, "")
    assert one_sentence(err).startswith("tlcore: The file is not a readable model zip (")


def test_a_pretrained_network_answers_by_its_name(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, files: list[str]
) -> None:
    code, out, _ = run(capsys, "predict", throwaway_backbone.name, files[0], "--json")
    (row,) = json.loads(out)
    assert code == 0
    assert {prediction["label"] for prediction in row["predictions"]} == set(throwaway_backbone.classes)


def test_a_network_without_weights_is_a_sentence(capsys: pytest.CaptureFixture[str], files: list[str]) -> None:
    code, _, err = run(capsys, "predict", "vgg16", files[0])
    assert code == 2
    assert "weights for vgg16 are not on this machine" in one_sentence(err)
