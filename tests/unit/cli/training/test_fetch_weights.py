"""`tlcore fetch-weights`: made ready, and copied to be handed out."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import Backbone
from tests.unit.cli.test_main import one_sentence, run
from tlcore.settings import get_settings
from tlcore.zoo.weights import WeightsFile, class_names


def test_weights_at_hand_are_ready_and_can_be_handed_out(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone, tmp_path: Path
) -> None:
    name = throwaway_backbone.name
    code, out, err = run(capsys, "fetch-weights", name, "--to", str(tmp_path / "out"))
    assert (code, err) == (0, "")
    ready, written = out.splitlines()
    assert ready.startswith(f"{name}: ready (")
    assert written == f"{name}: written to {tmp_path / 'out' / name}.safetensors"
    own, copy = load_file(throwaway_backbone.file), load_file(tmp_path / "out" / f"{name}.safetensors")
    assert own.keys() == copy.keys()
    assert all(torch.equal(own[tensor], copy[tensor]) for tensor in own)
    handed_out = WeightsFile(name, "folder", tmp_path / "out" / f"{name}.safetensors")
    assert class_names(handed_out) == throwaway_backbone.classes  # a copy still knows what it was trained on


def test_no_connection_is_a_sentence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLCORE_WEIGHTS_URL", "http://127.0.0.1:9/")  # the discard port: nothing listens
    get_settings.cache_clear()
    code, out, err = run(capsys, "fetch-weights", "vgg19")
    assert (code, out) == (2, "")
    assert one_sentence(err).startswith("tlcore: Pretrained weights for vgg19 are not on this machine and could not be")
