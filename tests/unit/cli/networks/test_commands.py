"""`tlcore nets`, `layers`, `facts`, `compare` and `size`: their JSON, their text, and what they refuse."""

import csv
import io
import json
from typing import Any

import pytest

from tests.unit.cli.test_main import one_sentence, run
from tlcore.zoo import architectures

ROW = {
    "index", "name", "type", "block", "kernel", "stride", "padding", "dilation", "groups", "input_shape",
    "output_shape", "params", "macs", "activation_bytes", "receptive_field", "jump", "start",
}  # fmt: skip


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(one_sentence(out))


def test_nets_lists_every_network(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {row["name"]: row for row in answer(capsys, "nets")}
    assert tuple(rows) == architectures.names()
    assert rows["lenet5"] == {
        "name": "lenet5", "family": "LeNet", "year": 1998, "input_shape": [1, 32, 32], "params": 60000,
        "task": "classification", "source": "ours",
    }  # fmt: skip
    assert rows["vgg16"]["source"] == "torchvision"


def test_nets_finds_curated_networks_and_timms(capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(capsys, "nets", "densenet", "2016")
    assert [row["name"] for row in rows][1:3] == ["densenet121", "densenet161"]
    assert [row["name"] for row in rows if row["source"] == "timm"][:2] == ["timm/densenet121", "timm/densenet161"]
    assert rows[1]["params"] == rows[[row["name"] for row in rows].index("timm/densenet121")]["params"]
    code, _, said = run(capsys, "nets", "convnext_atoo")
    assert code == 2
    assert "No network has 'convnext_atoo' in its name, family or year. Did you mean convnext_atto" in said


def test_layers_and_compare_take_networks_of_timm(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "layers", "xcit_nano_12_p16_224", "--input", "64", "64")["totals"]["params"] == 3_053_224
    names = ["timm/resnet18", "resnet18", "xcit_nano_12_p16_224"]
    rows = answer(capsys, "compare", *names)
    assert [row["name"] for row in rows] == names
    assert [row["params"] for row in rows[:2]] == [11_689_512] * 2
    assert [row["year"] for row in rows] == [2015, 2015, 2021]
    assert len(answer(capsys, "size", "timm/resnet18")) == len(answer(capsys, "size", "resnet18"))


def test_layers_is_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "layers", "alexnet_2012")
    assert (found["net"], found["input_shape"]) == ("alexnet_2012", [3, 227, 227])
    assert all(set(row) == ROW for row in found["rows"])
    first = found["rows"][0]
    assert (first["name"], first["type"], first["block"]) == ("conv1.0", "Conv2d", "conv1")
    assert (first["kernel"], first["stride"], first["padding"]) == ([11, 11], [4, 4], [0, 0])
    assert (first["input_shape"], first["output_shape"]) == ([3, 227, 227], [96, 55, 55])
    assert (first["params"], first["macs"]) == (34944, 55 * 55 * 96 * 363)
    assert (first["activation_bytes"], first["receptive_field"]) == (55 * 55 * 96 * 4, [11, 11])
    assert (first["jump"], first["start"]) == ([4, 4], [5, 5])
    last = found["rows"][-1]
    assert (last["receptive_field"], last["jump"], last["kernel"]) == ("global", None, None)
    for column, total in (("params", 60965224), ("macs", 724406816)):
        assert sum(row[column] for row in found["rows"]) == found["totals"][column] == total


def test_layers_takes_another_size(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "layers", "resnet18", "--input", "64", "128")
    assert found["input_shape"] == [3, 64, 128]
    assert found["rows"][0]["output_shape"] == [64, 32, 64]


def test_layers_as_csv_and_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "layers", "lenet5_modern", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert (rows[0]["name"], rows[0]["kernel"], rows[0]["output_shape"]) == ("c1.0", "5x5", "6x28x28")
    assert sum(int(row["params"]) for row in rows) == 61706
    _, text, _ = run(capsys, "layers", "lenet5_modern")
    assert text.endswith("61,706 parameters, 416,520 multiply-adds, 0.1 MB of activations\n")


def test_facts_are_published_and_measured(capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(capsys, "facts", "resnet50")
    assert all(set(row) == {"fact", "value", "unit", "variant", "source", "measured", "note"} for row in rows)
    macs = next(row for row in rows if row["fact"] == "MACs" and row["source"] == "Table 1")
    assert (macs["value"], macs["measured"]) == (3_800_000_000, 4_089_184_256)
    assert "stride" in macs["note"]
    code, out, _ = run(capsys, "facts", "resnet50")
    assert code == 0
    assert "measured 25,557,032" in out


def test_compare_sets_networks_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(capsys, "compare", "vgg16", "resnet50")
    assert [row["name"] for row in rows] == ["vgg16", "resnet50"]
    assert [row["weighted_layers"] for row in rows] == [16, 54]  # ResNet-50 has four projections besides its fifty
    code, out, _ = run(capsys, "compare", "vgg16", "resnet50")
    assert code == 0
    assert "138,357,544" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--input 227 --kernel 11 --stride 4 --padding 0", {"output": 55, "dropped": 0}),
        ("--input 224 --kernel 11 --stride 4", {"output": 54, "dropped": 1}),
        ("--input 224 112 --kernel 3 --stride 2 --padding 1", {"output": [112, 56], "dropped": [0, 0]}),
        ("--input 112 --kernel 3 --stride 2 --pool --ceil", {"output": 56, "dropped": 0}),
        ("--input 28 --kernel 2 --stride 2 --transposed", {"output": 56, "dropped": 0}),
    ],
)
def test_size_calculates(capsys: pytest.CaptureFixture[str], arguments: str, expected: dict[str, Any]) -> None:
    found = answer(capsys, "size", *arguments.split())
    assert set(found) == {"output", "formula", "dropped"}
    assert {key: found[key] for key in expected} == expected


STACK = "stack:3x64x64:c16k3s64-fl-fc10"


def test_layers_takes_a_stack(capsys: pytest.CaptureFixture[str]) -> None:
    """The dense layer reads a 1x1 map that saw nine pixels."""
    found = answer(capsys, "layers", STACK)
    assert (found["net"], found["input_shape"], found["totals"]["params"]) == (STACK, [3, 64, 64], 448 + 170)
    dense = found["rows"][-1]
    assert (dense["type"], dense["receptive_field"], dense["start"]) == ("Linear", [3, 3], [1, 1])
    _, text, _ = run(capsys, "layers", STACK)
    assert text.endswith("618 parameters, 592 multiply-adds, 0.0 MB of activations\n")
    assert answer(capsys, "layers", "stack:3x64x64:c4-gap", "--input", "9", "12")["rows"][0]["output_shape"] == [
        4,
        7,
        10,
    ]


def test_compare_takes_stacks_beside_networks(capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(capsys, "compare", "lenet5_modern", STACK)
    assert [(row["name"], row["year"], row["weighted_layers"]) for row in rows] == [
        ("lenet5_modern", 1998, 5),
        (STACK, None, 2),
    ]
    _, text, _ = run(capsys, "compare", "lenet5", STACK)
    assert len({len(line) for line in text.splitlines()}) == 1  # columns stand below one another


def test_size_of_a_network_is_that_of_each_layer_that_slides(capsys: pytest.CaptureFixture[str]) -> None:
    (only,) = answer(capsys, "size", STACK)
    assert only == {
        "name": "layers.0", "type": "Conv2d", "input": [64, 64], "output": [1, 1], "dropped": [61, 61],
        "formula": ["floor((64 + 2*0 - 1*(3 - 1) - 1) / 64) + 1 = 1"] * 2,
    }  # fmt: skip
    found = {layer["name"]: layer for layer in answer(capsys, "size", "resnet18", "--input", "224", "225")}
    assert (found["conv1"]["output"], found["layer3.0.downsample.0"]["dropped"]) == ([112, 113], [1, 0])
    _, text, _ = run(capsys, "size", "resnet18", "--input", "224")
    assert len(text.splitlines()) == len(found) == 21
    assert "columns:" not in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (f"facts {STACK}", "Nothing is published about a network of one's own"),
        (f"predict {STACK} photo.jpg", "knows nothing until it is trained"),
        (f"lesion {STACK} photos", "knows nothing until it is trained"),
        (f"fetch-weights {STACK}", "has none until it is trained"),
        (f"size {STACK} --kernel 3 --pool", "leave --kernel, --pool out"),
        (f"size {STACK} --input 5 5 5", "--input takes one number, or two"),
        ("size", "--input and --kernel is missing"),
        ("size --input 5", "--kernel is missing"),
        ("layers stack:3x64x64:c16k99", "window of 99 pixels is larger"),
        ("compare stack:3x64x64:nothing", "There is no layer 'nothing'"),
        ("layers resnet19", "no network named 'resnet19'. Did you mean"),
        ("layers alexnet --input 40 40", "impossible: features.12 breaks"),
        ("facts nothing", "no network named 'nothing'"),
        ("compare resnet18 nothing", "no network named 'nothing'"),
        ("size --input 5 --kernel 9", "reaches over 9 pixels"),
        ("size --input 5 5 5 --kernel 3", "--input takes one number, or two"),
    ],
)
def test_bad_input_is_a_sentence(capsys: pytest.CaptureFixture[str], arguments: str, sentence: str) -> None:
    code, out, err = run(capsys, *arguments.split())
    assert (code, out) == (2, "")
    assert sentence in one_sentence(err)
