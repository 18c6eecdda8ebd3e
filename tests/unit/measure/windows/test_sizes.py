"""Output sizes against the layers of PyTorch themselves."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tlcore.errors import BadInputError, ImpossibleSizeError, TlcoreError
from tlcore.measure.windows.sizes import Sliding, output_size


def by_torch(side: int, given: dict[str, Any]) -> int | None:
    """The side of the real layer's output; None where torch refuses."""
    values = dict(given)
    transposed, pool, ceil = values.pop("transposed", False), values.pop("pool", False), values.pop("ceil", False)
    kernel = values.pop("kernel")
    try:
        layer = (
            nn.MaxPool2d(kernel, **values, ceil_mode=ceil)
            if pool
            else (nn.ConvTranspose2d if transposed else nn.Conv2d)(1, 1, kernel, **values)
        )
        found = layer(torch.zeros(1, 1, side, side)).shape[-1]
    except (RuntimeError, ValueError):
        return None
    return found or None


WINDOWS = st.fixed_dictionaries(
    {
        "kernel": st.integers(1, 8),
        "stride": st.integers(1, 5),
        "padding": st.integers(0, 5),
        "dilation": st.integers(1, 3),
    }
)
KINDS = st.sampled_from([{}, {"pool": True}, {"pool": True, "ceil": True}, {"transposed": True}])


@settings(max_examples=400)
@given(st.integers(1, 40), WINDOWS, KINDS, st.integers(0, 2))
def test_the_side_is_torchs_and_so_are_the_refusals(
    side: int, window: dict[str, int], kind: dict[str, bool], extra: int
) -> None:
    values = {**window, **kind, **({"output_padding": extra} if kind.get("transposed") else {})}
    try:
        mine = output_size(side, Sliding(**values)).output
    except TlcoreError:
        mine = None
    assert mine == by_torch(side, values)


@pytest.mark.parametrize(
    ("side", "window", "formula", "dropped"),
    [
        (227, {"kernel": 11, "stride": 4}, "floor((227 + 2*0 - 1*(11 - 1) - 1) / 4) + 1 = 55", 0),
        (224, {"kernel": 11, "stride": 4}, "floor((224 + 2*0 - 1*(11 - 1) - 1) / 4) + 1 = 54", 1),
        (6, {"kernel": 2, "stride": 4, "pool": True}, "floor((6 + 2*0 - 1*(2 - 1) - 1) / 4) + 1 = 2", 0),
        (7, {"kernel": 2, "stride": 2, "pool": True, "ceil": True}, "ceil((7 + 2*0 - 1*(2 - 1) - 1) / 2) + 1 = 4", 0),
        (7, {"kernel": 2, "stride": 2, "transposed": True}, "(7 - 1)*2 - 2*0 + 1*(2 - 1) + 0 + 1 = 14", 0),
    ],
)
def test_the_formula_has_its_values_and_dropped_pixels_are_counted(
    side: int, window: dict[str, Any], formula: str, dropped: int
) -> None:
    found = output_size(side, Sliding(**window))
    assert (found.formula, found.dropped) == (formula, dropped)
    assert formula.endswith(f" = {by_torch(side, window)}")


@pytest.mark.parametrize(
    ("side", "window", "sentence"),
    [
        (5, {"kernel": 9}, "reaches over 9 pixels, but the padded input has only 5"),
        (0, {"kernel": 1}, "The input has from 1 to"),
        (5, {"kernel": 0}, "The kernel is at least 1, not 0"),
        (5, {"kernel": 3, "stride": -1}, "The stride is at least 1, not -1"),
        (5, {"kernel": 3, "stride": 10**12}, "The stride is at most 100000, not 1000000000000"),
        (5, {"kernel": 3, "padding": 2, "pool": True}, "Pooling pads by at most half its kernel, 1, not by 2"),
        (5, {"kernel": 3, "ceil": True}, "Only pooling rounds up"),
        (1, {"kernel": 1, "padding": 2, "transposed": True}, "Nothing would be left"),
    ],
)
def test_an_impossible_size_is_a_sentence(side: int, window: dict[str, Any], sentence: str) -> None:
    with pytest.raises((BadInputError, ImpossibleSizeError), match=sentence):
        output_size(side, Sliding(**window))
