"""`tlcore train`: from a folder or a zip to a model, and what it prints on the way."""

import json
import re
import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BACKBONE, SHAPE_CLASSES, Backbone
from tests.unit.cli.test_main import one_sentence, run
from tlcore.cli.training.train import spec_from
from tlcore.errors import BadSpecError
from tlcore.settings import PROJECT_ROOT, get_settings
from tlcore.train.recipe.spec import TrainSpec

QUICK = ("--backbone", BACKBONE, "--epochs", "2", "--set", "image_size=32", "--views", "1", "--device", "cpu")


def options(**given: Any) -> Namespace:
    """Parsed options in which only these are given."""
    names = ("backbone", "strategy", "stages", "epochs", "batch_size", "lr", "seed", "views")
    return Namespace(**{**dict.fromkeys(names), "backbone": "resnet18", "strategy": "frozen", "set": [], **given})


def lines(text: str) -> list[dict[str, Any]]:
    """JSON lines, read strictly."""
    return [json.loads(line, parse_constant=pytest.fail) for line in text.splitlines()]


# The spec that is asked for


def test_options_become_settings() -> None:
    spec = spec_from(options(strategy="last-k", stages=2, epochs=3, batch_size=8, lr=0.5, seed=7, views=2))
    assert (spec.strategy, spec.stages, spec.epochs, spec.batch_size) == ("last-k", 2, 3, 8)
    assert (spec.lr, spec.seed, spec.views) == (0.5, 7, 2)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("dropout=0.5", "dropout", 0.5),
        (" patience = 3", "patience", 3),
        ("class_weights=true", "class_weights", True),
        ("schedule=step", "schedule", "step"),
        ('schedule="step"', "schedule", "step"),
        ("image_size=null", "image_size", None),
    ],
)
def test_any_other_setting_is_set_by_name(text: str, name: str, value: object) -> None:
    assert getattr(spec_from(options(set=[text])), name) == value


def test_the_last_setting_of_a_name_counts() -> None:
    assert spec_from(options(epochs=3, set=["epochs=4", "epochs=5"])).epochs == 5


@pytest.mark.parametrize(
    "text", ["", "dropout", "=", "dropout=", "dropout=NaN", "lr=1e999", "epochs=" + "9" * 5000, "lr=" + "[" * 10**5]
)
def test_settings_that_are_none_are_a_sentence(text: str) -> None:
    with pytest.raises(BadSpecError):
        spec_from(options(set=[text]))


# A run


@pytest.fixture
def result(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, image_folder: Path, tmp_path: Path
) -> tuple[list[dict[str, Any]], str, Path]:
    """The events of a small run with --json, its standard error, and where its model is."""
    out = tmp_path / "new" / "model.zip"
    code, printed, err = run(capsys, "train", str(image_folder), *QUICK, "--json", "--out", str(out))
    assert code == 0, err
    return lines(printed), err, out


def test_json_lines_are_the_events_and_the_last_is_the_result(
    result: tuple[list[dict[str, Any]], str, Path], capsys: pytest.CaptureFixture[str], image_folder: Path
) -> None:
    events, err, out = result
    assert err == ""
    assert [event["event"] for event in events][-2:] == ["finished", "result"]
    assert {"started", "progress", "phase", "step", "epoch"} <= {event["event"] for event in events}
    last, finished = events[-1], events[-2]
    assert set(last) == {
        "event",
        "run_id",
        "accuracy",
        "val_loss",
        "seconds",
        "seconds_by_phase",
        "train_images",
        "val_images",
        "device",
        "out",
        "interval",
        "balance",
    }
    assert (last["balance"]["uneven"], last["balance"]["always"]) == (False, 0.25)
    assert last["interval"][0] < last["accuracy"] < last["interval"][1] or last["accuracy"] in last["interval"]
    assert len(last["run_id"]) == 16
    assert (last["train_images"], last["val_images"], last["device"]) == (60, 20, "cpu")
    assert last["accuracy"] == finished["correct"] / 20
    assert last["out"] == str(out)
    assert list(get_settings().scratch.iterdir()) == []
    # The model that was written predicts the images of the folder.
    files = sorted(image_folder.rglob("*.png"))[:3]
    code, printed, _ = run(capsys, "predict", str(out), *map(str, files), "--json")
    assert code == 0
    assert [set(row) for row in json.loads(printed)] == [{"file", "predictions"}] * 3


def test_the_same_folder_and_seed_give_the_same_accuracy(
    result: tuple[list[dict[str, Any]], str, Path],
    capsys: pytest.CaptureFixture[str],
    image_folder: Path,
    tmp_path: Path,
) -> None:
    """Also as a zip, and without a model to write."""
    archive = shutil.make_archive(str(tmp_path / "images"), "zip", image_folder)
    code, printed, _ = run(capsys, "train", archive, *QUICK, "--json")
    again = lines(printed)[-1]
    assert (code, again["out"]) == (0, None)
    assert (again["accuracy"], again["val_loss"]) == (result[0][-1]["accuracy"], result[0][-1]["val_loss"])
    assert again["run_id"] != result[0][-1]["run_id"]


def test_a_person_reads_epochs_and_an_interval(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, image_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model.zip"
    code, printed, _ = run(capsys, "train", str(image_folder), *QUICK, "--out", str(out))
    assert code == 0
    *answers, first, second, summary, written = printed.splitlines()
    assert re.fullmatch(r"after 60 of 60 images  accuracy 0\.\d+  \(95 % interval 0\.\d+ to [01]\.\d+\)", answers[-1])
    assert first.startswith("epoch   1/2  loss ")
    assert second.startswith("epoch   2/2  loss ")
    assert "on 20 validation images (95 % interval 0." in summary
    assert written == f"model written to {out}"


def test_of_lopsided_classes_the_balanced_accuracy_is_told_too(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, image_folder: Path, tmp_path: Path
) -> None:
    """24 images of one class and 3 of the other: 5 and 1 are held out."""
    shutil.copytree(image_folder / "rings", tmp_path / "images" / "rings")
    (tmp_path / "images" / "rows").mkdir()
    for path in sorted((image_folder / "rows").iterdir())[:3]:
        shutil.copy(path, tmp_path / "images" / "rows")
    command = ("train", str(tmp_path / "images"), *QUICK)
    code, printed, _ = run(capsys, *command)
    assert code == 0
    *_, summary, balanced, few = printed.splitlines()
    assert "on 6 validation images" in summary
    assert balanced.startswith("balanced accuracy ")
    assert "always saying 'rings' has accuracy 0.833, balanced 0.500" in balanced
    assert few == "There are hardly any held-out images of 'rows' (1), so its figure is 0 or 100 % and nothing between."
    result = lines(run(capsys, *command, "--json")[1])[-1]
    assert f"balanced accuracy {result['balance']['accuracy']:.3f} " in balanced
    assert (result["balance"]["few"], result["balance"]["largest"]) == ({"rows": 1}, "rings")


def test_skipped_files_are_told(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, image_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    shutil.copytree(image_folder, folder)
    (folder / "rings" / "notes.txt").write_text("not an image")
    code, _, err = run(capsys, "train", str(folder), *QUICK, "--json")
    assert code == 0
    assert one_sentence(err).startswith("skipped rings/notes.txt: not a JPEG")


def test_a_class_without_images_is_told_before_and_after_the_epochs(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, image_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    shutil.copytree(image_folder, folder)
    (folder / "stripes").mkdir()
    (folder / "stripes" / "1.jpg").write_bytes(b"")
    code, _, err = run(capsys, "train", str(folder), *QUICK, "--json")
    assert code == 0
    lost = "WARNING: The class 'stripes' is missing: its folder holds no image that can be used ('stripes/1.jpg':"
    assert [line.startswith(lost) for line in err.splitlines()] == [False, True, True]


def test_folders_are_read_as_they_are_asked_to_be(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, image_folder: Path, tmp_path: Path
) -> None:
    """The kinds as classes first, then the sizes of which each has two folders."""
    for number, label in enumerate(SHAPE_CLASSES[:2]):
        for size in ("large", "small"):
            shutil.copytree(image_folder / SHAPE_CLASSES[2 * number + (size == "small")], tmp_path / label / size)
    code, printed, err = run(capsys, "train", str(tmp_path), *QUICK, "--json")
    assert (code, lines(printed)[0]["classes"]) == (0, list(SHAPE_CLASSES[:2]))
    assert "Otherwise: --classes-from last for 'large' and 'small'." in err
    code, printed, err = run(capsys, "train", str(tmp_path), *QUICK, "--json", "--classes-from", "last")
    assert (code, lines(printed)[0]["classes"]) == (0, ["large", "small"])


# Settings without effect


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["words", "json"])
def test_a_setting_without_effect_is_told_in_a_sentence_and_the_run_is_the_one_without(
    result: tuple[list[dict[str, Any]], str, Path],
    capsys: pytest.CaptureFixture[str],
    image_folder: Path,
    as_json: list[str],
) -> None:
    more = ("--stages", "3", "--set", "dropout=0.9", "--set", "flip=true", "--set", "mixing=0")
    code, printed, err = run(capsys, "train", str(image_folder), *QUICK, *more, *as_json)
    assert code == 0
    stages, dropout, flip = err.splitlines()
    assert stages.startswith("warning: stages=3 has no effect: only the strategy 'last-k' asks how many stages learn")
    assert dropout.startswith("warning: dropout=0.9 has no effect: a linear classifier has no hidden units ")
    assert flip.startswith("warning: flip=true has no effect: the first cached view of an image is the image as it is")
    assert all(line.endswith(").") for line in (stages, dropout, flip))
    if as_json:
        assert lines(printed)[-1]["val_loss"] == result[0][-1]["val_loss"]


def test_weights_of_classes_that_are_equally_large_are_told_of(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, image_folder: Path
) -> None:
    """Which only the images tell, so that the run says it."""
    code, printed, err = run(capsys, "train", str(image_folder), *QUICK, "--set", "class_weights=true")
    assert (code, err) == (0, "")
    assert printed.startswith("The setting 'class weights' has no effect: every class has equally many training images")


# A validation folder


def held_out(image_folder: Path, folder: Path, *classes: str) -> Path:
    """A folder with two images of each class."""
    for label in classes:
        (folder / label).mkdir(parents=True)
        for path in sorted((image_folder / label).iterdir())[:2]:
            shutil.copy(path, folder / label)
    return folder


def test_a_validation_folder_is_all_that_is_validated_with(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, image_folder: Path, tmp_path: Path
) -> None:
    val = held_out(image_folder, tmp_path / "val", *SHAPE_CLASSES)
    code, printed, err = run(capsys, "train", str(image_folder), *QUICK, "--val", str(val), "--json")
    last = lines(printed)[-1]
    assert (code, last["train_images"], last["val_images"]) == (0, 88, 8)
    assert "warning: 8 copies of held-out images are left out" in err


def test_a_validation_folder_with_all_that_would_be_trained_on_is_refused(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, image_folder: Path
) -> None:
    code, _, err = run(capsys, "train", str(image_folder), *QUICK, "--val", str(image_folder))
    assert code == 2
    assert "The folders can't be kept apart, because 'checks' would have no images to train on." in err


@pytest.mark.parametrize(
    ("train_classes", "val_classes", "sentence"),
    [
        (SHAPE_CLASSES[:2], SHAPE_CLASSES[:3], "The validation folder has a class 'rings' that is not trained on."),
        (SHAPE_CLASSES[:3], SHAPE_CLASSES[:2], "The validation folder has no images of 'rings'."),
    ],
)
def test_a_validation_folder_must_have_the_same_classes(
    capsys: pytest.CaptureFixture[str],
    throwaway_backbone: Backbone,
    image_folder: Path,
    tmp_path: Path,
    train_classes: tuple[str, ...],
    val_classes: tuple[str, ...],
    sentence: str,
) -> None:
    train = held_out(image_folder, tmp_path / "train", *train_classes)
    val = held_out(image_folder, tmp_path / "val", *val_classes)
    code, _, err = run(capsys, "train", str(train), *QUICK, "--val", str(val))
    assert (code, one_sentence(err)) == (2, f"tlcore: {sentence}")


@pytest.mark.parametrize(
    ("out", "complaint"),
    [("", "tlcore: --out should name a file, and "), ("file/m.zip", "tlcore: --out can't be written: ")],
)
def test_a_file_that_can_not_be_written_is_refused_before_training(
    capsys: pytest.CaptureFixture[str], image_folder: Path, tmp_path: Path, out: str, complaint: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    code, told, err = run(capsys, "train", str(image_folder), *QUICK, "--out", str(tmp_path / out))
    assert (code, told) == (2, "")
    assert one_sentence(err).startswith(complaint)


def test_too_few_images_are_a_sentence(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, image_folder: Path, tmp_path: Path
) -> None:
    folder = held_out(image_folder, tmp_path / "one", "rings")
    code, _, err = run(capsys, "train", str(folder), *QUICK)
    assert (code, one_sentence(err)) == (
        2,
        "tlcore: Add a second class: a network needs something to tell 'rings' from.",
    )


# The machine


def test_full_memory_is_a_sentence_with_advice(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    throwaway_backbone: Backbone,
    image_folder: Path,
) -> None:
    import torch

    from tlcore.train.learning.loop import Loop

    monkeypatch.setattr(Loop, "run_phase", lambda *_: torch.empty(1 << 55, dtype=torch.uint8))
    code, _, err = run(capsys, "train", str(image_folder), *QUICK, "--batch-size", "64")
    assert code == 2
    assert err.splitlines()[-1].endswith(" ran out of memory; try --batch-size 32 or a smaller network.")


def test_a_diverging_run_is_a_sentence(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, image_folder: Path
) -> None:
    diverging = ("--strategy", "full", "--lr", "10", "--set", "body_lr_factor=1", "--set", "optimizer=sgd")
    code, _, err = run(capsys, "train", str(image_folder), *QUICK, *diverging, "--set", "warmup_epochs=0")
    assert code == 2
    assert err.splitlines()[-1].startswith("tlcore: The loss was no longer a number ")


def test_what_is_recommended_is_what_runs() -> None:
    common = {"backbone": "resnet18", "lr": 3e-3, "batch_size": 16}
    assert spec_from(options()) == TrainSpec(**common, optimizer="lbfgs", weight_decay=3e-4, epochs=25)
    in_steps = TrainSpec(**common, optimizer="adamw", weight_decay=1e-2, epochs=3)
    assert spec_from(options(epochs=3)) == in_steps  # whoever says how many epochs wants some


# Loading the trainer while images are read

_LOADED = """
import sys, threading
from argparse import Namespace
from pathlib import Path
from tlcore.cli.training.train import dataset_from
try:
    usual = {"classes_from": "first", "pool_parts": False, "case_matters": False, "zip_names": ""}
    dataset_from(Namespace(source=sys.argv[1], val=None, **usual), Path(sys.argv[2]))
except Exception as error:
    print(error, file=sys.stderr)
threads = [thread for thread in threading.enumerate() if thread.name == "loads the trainer"]
for thread in threads:
    thread.join()
print(len(threads), "tlcore.train.run" in sys.modules)
"""


@pytest.mark.parametrize("readable", [True, False])
def test_the_trainer_is_loaded_beside_the_reader_of_images_but_not_for_what_is_refused(
    image_folder: Path, tmp_path: Path, *, readable: bool
) -> None:
    source = image_folder if readable else tmp_path / "no.zip"
    if not readable:
        source.write_text("no archive")
    command = [sys.executable, "-c", _LOADED, str(source), str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == (["1", "True"] if readable else ["0", "False"])
