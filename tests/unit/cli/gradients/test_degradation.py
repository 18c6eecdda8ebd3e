"""`tlcore degradation`: the race it prints, the file it writes, and what it refuses."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.test_main import one_sentence, run
from tlcore.gradients.residual import degradation, surface

NET = "cifar_plain20"


def test_a_race_is_written_as_the_app_reads_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, image_folder: Path, tmp_path: Path
) -> None:
    target = tmp_path / "race.json"
    monkeypatch.setattr(surface, "coarse_to_fine", lambda _: [(8, 8)])  # only the middle, to be quick
    options = ["--nets", NET, "--epochs", "1", "--seed", "3", "--probe", NET, "--out", str(target)]
    code, out, _ = run(capsys, "degradation", str(image_folder), *options, "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(e["network"], e["epoch"]) for e in told if e["event"] == "lap"] == [(NET, 1)]

    monkeypatch.setattr(degradation, "STORED", target)
    degradation.stored.cache_clear()
    try:
        found = degradation.stored()
    finally:
        degradation.stored.cache_clear()
    (lap,) = found.laps[NET]
    assert lap.train_error == next(e["train_error"] for e in told if e["event"] == "lap")
    assert found.finished is not None
    assert (found.finished.seed, found.finished.epochs, found.finished.stopped) == (3, 1, False)
    probed = found.probed[NET]
    whole = probed["lesions"]["trials"][0]
    assert whole["seen"] - whole["correct"] == round(lap.val_error * whole["seen"])  # as it was validated
    losses = probed["surface"]["losses"]
    assert len(losses) == probed["surface_spec"]["side"] == 17
    assert losses[8][8] > 0


def test_a_file_that_can_not_be_written_is_refused_before_the_race(
    capsys: pytest.CaptureFixture[str], image_folder: Path, tmp_path: Path
) -> None:
    code, out, err = run(capsys, "degradation", str(image_folder), "--out", str(tmp_path))
    assert (code, out) == (2, "")
    assert one_sentence(err) == f"tlcore: --out should name a file, and {tmp_path} is a folder."


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--nets", "resnet18"], "The list of networks can't hold 'resnet18': "),
        (["--epochs", "0"], "number of epochs can't be 0"),
        (["--nets", NET, "--probe", "cifar_plain56"], "cifar_plain56 is not in the race"),
    ],
)
def test_bad_requests_are_a_sentence(capsys: pytest.CaptureFixture[str], options: list[str], said: str) -> None:
    code, _, err = run(capsys, "degradation", *options)
    assert code == 2
    assert said in one_sentence(err)
