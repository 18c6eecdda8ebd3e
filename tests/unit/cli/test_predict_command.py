"""`tlcore predict`: a model that was taken home, on image files."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Backbone, draw
from tests.unit.cli.test_main import one_sentence, run
from tests.unit.export.conftest import LABELS, small_model
from tlcore.data.decode import canonical
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


@pytest.mark.parametrize("as_json", [True, False])
def test_an_image_that_is_not_there_or_not_an_image_is_a_sentence(
    capsys: pytest.CaptureFixture[str], model: Path, files: list[str], tmp_path: Path, as_json: bool
) -> None:
    flags = ["--json"] if as_json else []
    missing = str(tmp_path / "missing.jpg")
    code, out, err = run(capsys, "predict", str(model), files[0], missing, *flags)
    assert (code, one_sentence(err)) == (2, f"tlcore: There is no image at {missing}.")
    assert out == (json.dumps({"error": f"There is no image at {missing}."}) + "\n" if as_json else "")
    text = tmp_path / "text.jpg"
    text.write_text("not an image")
    code, _, err = run(capsys, "predict", str(model), str(text), *flags)
    assert code == 2
    assert one_sentence(err).startswith(f"tlcore: {text} can't be used: not a JPEG")


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
