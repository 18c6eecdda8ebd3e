"""The blocks cost what their papers' laws say, counted on the modules; biases and normalisation aside."""

import pytest

from tlcore.errors import UnknownNameError
from tlcore.measure.blocks import BLOCKS, measure_block
from tlcore.measure.table import Table


def at_first(name: str, **values: int) -> list[Table]:
    block = BLOCKS[name]
    return [one.table for one in measure_block(name, {**{knob.name: knob.first for knob in block.knobs}, **values})]


def weights_of_convolutions(table: Table) -> int:
    return sum(row.weights for row in table.rows if row.type in {"Conv2d", "Linear"})


@pytest.mark.parametrize("name", BLOCKS)
def test_every_value_of_every_knob_can_be_built(name: str) -> None:
    for knob in BLOCKS[name].knobs:
        assert knob.first in knob.options
        for value in knob.options:
            tables = at_first(name, **{knob.name: value})
            assert len(tables) == 2
            assert all(table.params > 0 for table in tables)


def test_a_shortcut_costs_nothing() -> None:
    plain, residual = at_first("residual")
    assert (plain.params, plain.macs) == (residual.params, residual.macs)
    assert [row.type for row in residual.rows].count("add") == 1


@pytest.mark.parametrize("maps", [64, 256, 1024])
def test_a_bottleneck_has_seventeen_sixteenths_of_c_squared(maps: int) -> None:
    basic, bottleneck = at_first("bottleneck", maps=maps)
    assert weights_of_convolutions(basic) == 18 * maps**2
    assert weights_of_convolutions(bottleneck) == 17 * maps**2 // 16


def test_a_projection_adds_its_matrix() -> None:
    _, projected = at_first("projection", maps=64)
    assert weights_of_convolutions(projected) == 9 * 64 * 128 + 9 * 128 * 128 + 64 * 128
    assert projected.rows[-1].output_shape == (128, 14, 14)


def test_reducing_first_saves_what_the_law_says() -> None:
    full, reduced = at_first("reduction", maps=192, reduced=16, out=32)
    assert full.macs / reduced.macs == pytest.approx(25 * 192 * 32 / (192 * 16 + 25 * 16 * 32))


def test_two_threes_are_cheaper_than_a_five() -> None:
    five, threes = at_first("factorised", maps=64)
    assert weights_of_convolutions(five) / weights_of_convolutions(threes) == pytest.approx(25 / 18)
    assert five.rows[-1].receptive_field == threes.rows[-1].receptive_field == (5, 5)


@pytest.mark.parametrize("maps", [16, 512])
def test_a_separable_convolution_costs_one_over_c_and_a_ninth(maps: int) -> None:
    full, separable = at_first("separable", maps=maps)
    assert separable.macs / full.macs == pytest.approx(1 / maps + 1 / 9)


@pytest.mark.parametrize("layers", [2, 6])
def test_a_dense_block_grows_by_its_rate_and_connects_all(layers: int) -> None:
    block, transition = at_first("dense", maps=64, growth=32, layers=layers)
    assert block.rows[-1].output_shape == (64 + 32 * layers, 28, 28)
    assert transition.rows[-1].output_shape == ((64 + 32 * layers) // 2, 14, 14)
    # the concatenation before each layer, and the last one of all maps, read every layer before them and the input
    read = [len(row.inputs) for row in block.rows if row.type == "cat"]
    assert sum(read) - len(read) == layers * (layers + 1) // 2


def test_an_excitation_has_two_rths_of_c_squared_weights() -> None:
    conv, excited = at_first("excitation", maps=256, reduction=16)
    extra = weights_of_convolutions(excited) - weights_of_convolutions(conv)
    assert extra == 2 * 256**2 // 16


def test_an_unknown_block_is_a_sentence() -> None:
    with pytest.raises(UnknownNameError, match="no building block 'x'; there is residual"):
        measure_block("x", {})


def test_reductions_make_the_inception_module_affordable() -> None:
    naive, reduced = at_first("inception", maps=192, reduced=32, out=64)
    assert weights_of_convolutions(naive) == 35 * 192 * 64
    assert weights_of_convolutions(reduced) == 2 * 192 * 64 + 2 * 192 * 32 + 34 * 32 * 64
    assert naive.rows[-1].output_shape == (3 * 64 + 192, 28, 28)  # the pool's maps come on top, at every module
    assert reduced.rows[-1].output_shape == (4 * 64, 28, 28)


@pytest.mark.parametrize("expand", [2, 6])
def test_an_inverted_residual_costs_what_the_law_says(expand: int) -> None:
    bottleneck, inverted = at_first("inverted", maps=64, expand=expand)
    assert weights_of_convolutions(bottleneck) == 17 * 64**2
    assert weights_of_convolutions(inverted) == 2 * expand * 64**2 + 9 * expand * 64
    assert inverted.rows[-1].type == "add"
