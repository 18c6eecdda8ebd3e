"""`tlcore pretrain`: from a folder of images to a backbone that the other commands find."""

import json
from pathlib import Path

import pytest

from tests.conftest import BACKBONE, SHAPE_CLASSES
from tests.unit.cli.test_main import one_sentence, run
from tlcore.settings import get_settings
from tlcore.zoo.weights import file_digest

QUICK = ("--backbone", BACKBONE, "--epochs", "1", "--image-size", "32", "--batch-size", "16", "--device", "cpu")


def test_a_backbone_is_written_and_found(
    capsys: pytest.CaptureFixture[str], image_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, work = tmp_path / "weights" / f"{BACKBONE}.safetensors", tmp_path / "work"
    command = ("pretrain", str(image_folder), *QUICK, "--work", str(work), "--out", str(out))
    code, printed, err = run(capsys, *command, "--json")
    assert code == 0, err
    result = json.loads(printed.splitlines()[-1])
    assert (result["event"], result["classes"], result["sha256"]) == ("result", len(SHAPE_CLASSES), file_digest(out))
    monkeypatch.setenv("TLCORE_WEIGHTS", str(out.parent))
    get_settings.cache_clear()
    code, printed, err = run(capsys, *command)  # complete, so it only writes the file again
    assert code == 0, err
    assert f"SHA-256 {result['sha256']}" in printed
    code, printed, err = run(capsys, "train", str(image_folder), "--json", *QUICK[:4], "--set", "image_size=32")
    assert code == 0, err
    assert json.loads(printed.splitlines()[-1])["event"] == "result"


def test_what_has_no_effect_is_told_and_what_was_watched_is_shown(
    capsys: pytest.CaptureFixture[str], image_folder: Path, tmp_path: Path
) -> None:
    given = ("--set", "views=8", "--set", "watch_gradients=true")
    work = ("--work", str(tmp_path / "work"), "--out", str(tmp_path / "x.safetensors"))
    code, printed, err = run(capsys, "pretrain", str(image_folder), *QUICK, *work, *given)
    assert code == 0
    assert "warning: views=8 has no effect: where every layer learns, " in err
    assert printed.startswith("after 0.00 epochs  gradients ")


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (("--out", "x.pt"), "tlcore: --out should name a .safetensors file, and x.pt does not."),
        (("--set", "strategy=full"), "tlcore: Pretraining starts from random weights; its strategy is 'scratch'."),
        (("--lr", "nan"), "tlcore: The learning rate can't be nan"),
        (("--backbone", "resnet"), "tlcore: There is no network named 'resnet'."),
    ],
)
def test_what_cannot_be_is_one_sentence(
    capsys: pytest.CaptureFixture[str], image_folder: Path, tmp_path: Path, more: tuple[str, ...], complaint: str
) -> None:
    work = ("--work", str(tmp_path / "work"), "--out", str(tmp_path / "x.safetensors"))
    code, out, err = run(capsys, "pretrain", str(image_folder), *QUICK, *work, *more)
    assert (code, out) == (2, "")
    assert one_sentence(err).startswith(complaint)
    assert not (tmp_path / "work").exists()


def test_a_source_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    work = ("--work", str(tmp_path / "work"), "--out", str(tmp_path / "x.safetensors"))
    code, out, err = run(capsys, "pretrain", str(tmp_path / "nowhere"), *QUICK, *work)
    assert (code, out) == (2, "")
    assert one_sentence(err).startswith("tlcore: There is no folder")
