"""Inputs that a network can't take are a sentence that names the layer."""

import pytest

from tlcore.errors import ImpossibleSizeError, UnknownNameError
from tlcore.measure.networks import measure


def test_the_layer_where_it_breaks_is_named() -> None:
    with pytest.raises(ImpossibleSizeError, match=r"An input of 3x40x40 is impossible: features\.12 breaks"):
        measure("alexnet", (40, 40))


def test_a_dense_layer_that_was_made_for_another_size_is_named() -> None:
    with pytest.raises(ImpossibleSizeError, match=r"3x300x300 is impossible: classifier\.1 breaks"):
        measure("alexnet_2012", (300, 300))


@pytest.mark.parametrize("size", [(0, 224), (224, -1), (100_000, 224)])
def test_no_network_sees_such_a_size(size: tuple[int, int]) -> None:
    with pytest.raises(ImpossibleSizeError, match="from 1 to 4096 pixels a side"):
        measure("resnet18", size)


def test_other_sizes_and_shapes_are_measured() -> None:
    table = measure("resnet18", (160, 320))
    assert table.rows[0].output_shape == (64, 80, 160)
    assert table.params == measure("resnet18").params
    assert table.macs != measure("resnet18").macs


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean resnet"):
        measure("resnet19")
