"""`tlcore gradients` and `tlcore recurrent`: their JSON, their text, and what they refuse."""

import json
from typing import Any

import pytest

from tests.unit.cli.test_main import one_sentence, run

SMALL = ("gradients", "--depth", "8", "--width", "4", "--images", "4", "--side", "16")


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(one_sentence(out))


def test_gradients_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, *SMALL)
    assert [row["depth"] for row in found["layers"]] == list(range(1, 9))
    assert {"name", "depth", "grad_norm", "activation_std", "dead"} <= set(found["layers"][0])
    first, last = found["layers"][0], found["layers"][-2]  # the last one is the classifier
    assert found["first_to_last"] == pytest.approx(first["grad_norm"] / last["grad_norm"])
    assert found["verdict"] == "healthy"
    assert last["name"] in found["sentence"]
    assert "below 0.001" in found["criterion"]


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        ("--depth 30 --no-skip --no-bn --activation sigmoid --init xavier", "vanishing"),
        ("--depth 30 --no-skip --no-bn --activation relu --init he", "healthy"),
        ("--depth 30 --no-skip --no-bn --activation relu --init large", "exploding"),
        ("--depth 20 --skip --shortcut dense --bn", "healthy"),
    ],
)
def test_the_options_change_the_network(capsys: pytest.CaptureFixture[str], arguments: str, verdict: str) -> None:
    small = ("gradients", "--width", "8", "--images", "8", "--side", "16")
    assert answer(capsys, *small, *arguments.split())["verdict"] == verdict


def test_the_seed_draws_other_weights(capsys: pytest.CaptureFixture[str]) -> None:
    one, same, other = (answer(capsys, *SMALL, "--seed", seed)["first_to_last"] for seed in ("1", "1", "2"))
    assert one == same != other


def test_a_well_known_network_and_a_switch(capsys: pytest.CaptureFixture[str]) -> None:
    small = ("gradients", "--net", "mobilenet_v2", "--images", "4", "--side", "32")
    whole, cut = answer(capsys, *small), answer(capsys, *small, "--off", "features.3:block")
    assert len(whole["layers"]) - len(cut["layers"]) == 3


def test_gradients_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, *SMALL)
    lines = out.splitlines()
    assert code == 0
    assert lines[1].startswith("stem.0")
    assert lines[-2].endswith(": healthy.")
    assert len(lines) == 1 + 8 + 2


def test_recurrent_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(
        capsys, "recurrent", "--cell", "lstm", "--lag", "12", "--units", "4", "--steps", "2", "--clip", "0.1"
    )
    assert (found["cell"], found["lag"], len(found["grad_norms"])) == ("lstm", 12, 13)
    assert found["last_to_first"] == pytest.approx(found["grad_norms"][-1] / found["grad_norms"][0])
    assert [step["clipped_norm"] <= 0.1 + 1e-9 for step in found["training"]] == [True, True]


def test_recurrent_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "recurrent", "--lag", "3", "--units", "4", "--steps", "1")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith("step    1: loss")
    assert lines[1].startswith("    0 before the end")
    assert "the state 3 steps before" in lines[-2]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("gradients --images 0", "A batch has from 2 to 128 images, not 0."),
        ("gradients --side 0", "Images have from 16 to 256 pixels a side here, not 0."),
        ("gradients --depth 57", "even number from 4 to 152, not 57"),
        ("gradients --activation swish", "activation is one of"),
        ("gradients --net resnet19", "no network named 'resnet19'"),
        ("gradients --net resnet18 --off conv1:shortcut", "no switch 'conv1:shortcut'"),
        ("gradients --pretrained", "--pretrained needs --net"),
        ("gradients --sample cats", "no sample set 'cats'"),
        ("gradients --lr nan", "not nan"),
        ("recurrent --cell elman", "cell is one of rnn, lstm, gru, not 'elman'"),
        ("recurrent --lag 0", "lag is from 1 to 1000, not 0"),
    ],
)
def test_bad_input_is_a_sentence(capsys: pytest.CaptureFixture[str], arguments: str, sentence: str) -> None:
    code, out, err = run(capsys, *arguments.split())
    assert (code, out) == (2, "")
    assert sentence in one_sentence(err)
