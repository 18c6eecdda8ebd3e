"""The working shown beside a number gives that number, for every layer of many networks."""

import re
from math import ceil, floor

import pytest

from tlcore.measure.networks import measure
from tlcore.measure.table import Row
from tlcore.measure.working import Working, row_sizes, workings

NETWORKS = (
    "lenet5",
    "alexnet_2012",
    "googlenet_2014",
    "resnet50",
    "mobilenet_v2",
    "unet",
    "convnext_tiny",
    "fcn8s",
    "fast_rcnn",
)


def value_of(latex: str) -> tuple[float, float]:
    """Both sides of `expression = number` of a working's values, calculated."""
    text = latex.partition(r"\qquad")[0].replace(r"\ \text{bytes}", "")
    text = text.replace(r"\,", "").replace(r"\cdot", "*")
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1) / (\2))", text)
    text = text.replace(r"\left\lfloor", "floor(").replace(r"\left\lceil", "ceil(")
    text = text.replace(r"\right\rfloor", ")").replace(r"\right\rceil", ")")
    left, right = text.split("=")
    assert re.fullmatch(r"[\d\s+*/().\-a-z]*", left)
    return eval(left, {"floor": floor, "ceil": ceil}), float(right)


def rows_of(name: str) -> list[tuple[Row, Row | None]]:
    rows = measure(name).rows
    return [(row, rows[row.inputs[0]] if row.inputs and row.inputs[0] >= 0 else None) for row in rows]


@pytest.mark.parametrize("name", NETWORKS)
def test_values_put_into_the_formula_give_the_number(name: str) -> None:
    shown: dict[str, int] = {}
    for row, before in rows_of(name):
        for working in workings(row, before):
            shown[working.title] = shown.get(working.title, 0) + 1
            if "=" in working.values and "r'" not in working.values:
                left, right = value_of(working.values)
                assert left == right, f"{row.name}: {working.values}"
    assert {"Parameters", "Multiply-adds", "Activation memory", "Receptive field"} <= set(shown)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_shown_is_what_the_table_says(name: str) -> None:
    columns = {"Parameters": "params", "Multiply-adds": "macs", "Activation memory": "activation_bytes"}
    for row, before in rows_of(name):
        for working in workings(row, before):
            if working.title in columns:
                assert value_of(working.values)[1] == getattr(row, columns[working.title])


@pytest.mark.parametrize(
    ("name", "layer", "shown"),
    [
        ("stack:3x64x64:c16k3s64-fl-fc10", 2, r"3 + (1 - 1)\cdot64 = 3"),
        ("stack:3x20x20:c4k3s7-fl-fc3", 2, r"3 + (3 - 1)\cdot7 = 17"),
        ("stack:3x20x20:c4k3s7-gap-fl-fc3", 1, r"3 + (3 - 1)\cdot7 = 17"),
        ("stack:3x20x20:c4k3s7p1-fl-fc3", 2, r"15 - 0 + 1 = 16"),  # the first window begins outside
        ("stack:3x20x20:c4k3p1-fl-fc3", 2, r"\text{all}"),
    ],
)
def test_the_field_of_a_layer_that_reads_all_positions(name: str, layer: int, shown: str) -> None:
    rows = measure(name).rows
    found = next(w for w in workings(rows[layer], rows[layer - 1]) if w.title == "Receptive field")
    assert found.values == shown
    if "=" in shown:
        assert value_of(shown)[0] == rows[layer].receptive_field[0] == value_of(shown)[1]


@pytest.mark.parametrize("name", NETWORKS)
def test_sizes_along_both_axes_are_what_the_network_gives(name: str) -> None:
    for row in measure(name, (301, 332) if name in {"resnet50", "mobilenet_v2"} else None).rows:
        if (sizes := row_sizes(row)) is not None:
            assert row.output_shape is not None
            assert tuple(size.output for size in sizes) == row.output_shape[-2:]


def test_every_layer_with_weights_shows_how_they_are_counted() -> None:
    known = {"Conv2d", "ConvTranspose2d", "Linear", "BatchNorm2d", "LayerNorm", "LayerNorm2d"}
    for name in NETWORKS:
        for row, before in rows_of(name):
            if row.params and row.type in known:
                assert any(working.title == "Parameters" for working in workings(row, before)), (name, row.name)


def test_a_convolution_by_hand() -> None:
    """AlexNet's first layer: (227 - 11) / 4 + 1 = 55; 11 * 11 * 3 * 96 + 96 = 34,944."""
    first = measure("alexnet_2012").rows[0]
    found: dict[str, Working] = {working.title: working for working in workings(first)}
    assert value_of(found["Output rows"].values) == (55, 55)
    assert value_of(found["Parameters"].values) == (34944, 34944)
    assert value_of(found["Multiply-adds"].values) == (105415200, 105415200)


def test_a_network_on_a_small_image_shows_how_its_pools_round_up() -> None:
    """GoogLeNet at 32 pixels pools 2x2 maps by windows of 3 that round up, to 1x1 as in PyTorch."""
    rows = measure("googlenet_2014", (32, 32)).rows
    pools = [row for row in rows if row.type == "MaxPool2d" and row.input_shape and row.input_shape[1] == 2]
    assert [row.output_shape for row in pools if row.stride == (2, 2)] == [(832, 1, 1)]
    for row in rows:
        for working in workings(row, rows[row.inputs[0]] if row.inputs and row.inputs[0] >= 0 else None):
            if "=" in working.values and "r'" not in working.values and "- 1 =" not in working.values:
                left, right = value_of(working.values)
                assert left == right, f"{row.name}: {working.values}"


def test_no_formula_ends_with_a_subscript() -> None:
    """KaTeX measures one there two pixels too narrow, and the formula gets a scroll bar that no key can reach."""
    formulas = {working.formula for name in NETWORKS for row in rows_of(name) for working in workings(*row)}
    assert len(formulas) > 8
    assert [formula for formula in formulas if re.search(r"_(\w|\{[^{}]*\})$", formula)] == []
