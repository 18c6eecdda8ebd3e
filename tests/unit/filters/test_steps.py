"""Small layers against their definitions, written out as loops over every window."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from tlcore.data.samples.rendered import digits
from tlcore.errors import BadInputError, ImpossibleSizeError
from tlcore.filters import steps
from tlcore.filters.bank import get_kernel
from tlcore.filters.steps import KINDS, PICTURES, POOLING, Layer
from tlcore.measure.windows.sizes import Sliding, output_size


def side_of(layer: Layer, side: int) -> int:
    """The side of the output; examples without one are left out."""
    try:
        out = steps.output_side(layer, side)
    except ImpossibleSizeError:
        out = 0
    assume(out > 0)
    return out


@st.composite
def layers(draw: Any) -> Layer:
    """Any layer that can be built."""
    kind, groups = draw(st.sampled_from(sorted(KINDS))), draw(st.integers(1, 2))
    pools = kind in POOLING
    inputs = draw(st.integers(1, 2)) * groups
    kernel = draw(st.integers(1, 4))
    return Layer(
        kind=kind,
        inputs=inputs,
        outputs=inputs if pools else draw(st.integers(1, 2)) * groups,
        kernel=kernel,
        stride=draw(st.integers(1, 3)),
        padding=draw(st.integers(0, kernel // 2 if pools else 3)),
        dilation=1 if kind in {"average", "sum"} else draw(st.integers(1, 3)),
        groups=1 if pools else groups,
    )


def numbers(layer: Layer, side: int, seed: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """An image and weights of whole numbers."""
    image = steps.picture("noise", layer.inputs, side, seed) - 4
    return image, steps.kernels("random", layer, seed)


def taps(layer: Layer, side: int, row: int, column: int) -> list[tuple[int, int, int, int]]:
    """The input pixels of one output with the tap that reads each; padding lies outside of the image."""
    found = []
    for y in range(layer.kernel):
        for x in range(layer.kernel):
            at = [place * layer.stride - layer.padding + tap * layer.dilation for place, tap in ((row, y), (column, x))]
            if layer.kind == "transposed":
                ends = [place + layer.padding - tap * layer.dilation for place, tap in ((row, y), (column, x))]
                at = [end // layer.stride for end in ends]
                if any(end % layer.stride or not 0 <= one < side for end, one in zip(ends, at, strict=True)):
                    continue
            found.append((at[0], at[1], y, x))
    return found


def by_definition(image: np.ndarray, weights: np.ndarray | None, layer: Layer, out: int) -> np.ndarray:
    """Every output by itself: the sum, mean or largest of what its window reads."""
    side, result = image.shape[-1], np.zeros((layer.outputs, out, out))
    slices, filters = layer.inputs // layer.groups, layer.outputs // layer.groups
    for o, row, column in np.ndindex(*result.shape):
        channels = [o] if weights is None else range(o // filters * slices, (o // filters + 1) * slices)
        values = []
        for channel in channels:
            for r, c, y, x in taps(layer, side, row, column):
                inside = 0 <= r < side and 0 <= c < side
                if layer.kind == "max" and not inside:
                    continue
                weight = 1.0
                if weights is not None and layer.kind == "transposed":
                    weight = weights[channel, o % filters, y, x]
                elif weights is not None:
                    weight = weights[o, channel % slices, y, x]
                values.append(weight * (image[channel, r, c] if inside else 0))
        total = max(values) if layer.kind == "max" else sum(values)
        result[o, row, column] = total / layer.kernel**2 if layer.kind == "average" else total
    return result


@given(layers(), st.integers(3, 6), st.integers(0, 99))
def test_pytorch_gives_what_the_definition_says(layer: Layer, side: int, seed: int) -> None:
    out = side_of(layer, side)
    image, weights = numbers(layer, side, seed)
    result = steps.run(image, weights, layer)
    assert result.shape == (layer.outputs, out, out)
    expected = by_definition(image.numpy(), None if weights is None else weights.numpy(), layer, out)
    np.testing.assert_allclose(result.numpy(), expected, atol=1e-12)


@given(layers(), st.integers(1, 12))
def test_the_side_is_that_of_the_formula_and_so_are_the_refusals(layer: Layer, side: int) -> None:
    window = Sliding(
        kernel=layer.kernel, stride=layer.stride, padding=layer.padding, dilation=layer.dilation, pool=layer.pools,
        transposed=layer.kind == "transposed",
    )  # fmt: skip
    try:
        mine: int | None = steps.output_side(layer, side)
    except ImpossibleSizeError as error:
        assert "gives nothing" in str(error)
        mine = None
    try:
        formula: int | None = output_size(side, window).output
    except ImpossibleSizeError:
        formula = None
    assert (mine or None) == formula


@given(layers(), st.integers(3, 7))
def test_every_pixel_feeds_the_outputs_whose_windows_read_it(layer: Layer, side: int) -> None:
    out = side_of(layer, side)
    found = steps.feeds(layer, side).numpy()
    reading = 1 if layer.pools else layer.outputs // layer.groups  # the filters that read a channel
    expected = np.zeros((side, side), int)
    for row, column in np.ndindex(out, out):
        for r, c, _, _ in taps(layer, side, row, column):
            if 0 <= r < side and 0 <= c < side:
                expected[r, c] += reading
    assert all((channel == expected).all() for channel in found)


@pytest.mark.parametrize(
    ("side", "stride", "kernel", "padding"), [(8, 2, 3, 0), (8, 3, 3, 0), (9, 4, 2, 0), (7, 2, 2, 1)]
)
def test_dropped_pixels_feed_nothing(side: int, stride: int, kernel: int, padding: int) -> None:
    dropped = output_size(side, Sliding(kernel=kernel, stride=stride, padding=padding)).dropped
    fed = steps.feeds(Layer(kernel=kernel, stride=stride, padding=padding), side)[0]
    assert (fed[side - dropped :] == 0).all()
    assert (fed[:, side - dropped :] == 0).all()
    assert fed[side - dropped - 1].any()


@given(layers(), st.integers(4, 7))
def test_multiplications_are_pytorchs(layer: Layer, side: int) -> None:
    side_of(layer, side)
    image, weights = numbers(layer, side, 0)
    with FlopCounterMode(display=False) as counter:
        steps.run(image, weights, layer)
    assert steps.multiplications(layer, side) == counter.get_total_flops() // 2


def test_a_setting_offers_what_can_be_drawn_and_nothing_else() -> None:
    layer = Layer(kernel=5)
    assert steps.possible(layer, 4, "padding", range(5)) == [1, 2, 3, 4]
    assert steps.possible(layer, 7, "dilation", range(1, 4)) == [1]
    assert steps.possible(Layer(kind="transposed"), 8, "stride", range(1, 5)) == [1, 2, 3]  # 7 * 3 + 3 is 24
    assert steps.possible(Layer(kind="max"), 4, "padding", range(4)) == [0, 1]
    assert steps.possible(Layer(kind="sum"), 8, "dilation", range(1, 4)) == [1]


@pytest.mark.parametrize("kind", ["convolution", "transposed"])
def test_groups_are_a_layer_whose_other_weights_are_zero(kind: Any) -> None:
    grouped = Layer(kind=kind, inputs=4, outputs=2, groups=2, padding=1)
    image = steps.picture("noise", 4, 6)
    pairs = steps._from_each_to_each("random", grouped, 3)
    pairs[0, 2:] = pairs[1, :2] = 0
    whole = replace(grouped, groups=1)
    together = steps.run(image, steps._grouped(pairs, whole), whole)
    torch.testing.assert_close(steps.run(image, steps.kernels("random", grouped, 3), grouped), together)


def test_depthwise_filters_each_see_one_channel() -> None:
    layer = Layer(inputs=3, outputs=3, groups=3)
    assert layer.depthwise
    assert layer.weight_shape == (3, 1, 3, 3)
    image = steps.picture("lines", 3, 8)
    before = steps.run(image, steps.kernels("sobel_x", layer), layer)
    image[1] += 5 * torch.rand(8, 8)
    after = steps.run(image, steps.kernels("sobel_x", layer), layer)
    assert [bool((one == other).all()) for one, other in zip(before, after, strict=True)] == [True, False, True]


def test_the_kernels_are_the_banks_and_further_filters_are_turned() -> None:
    weights = steps.kernels("sobel_x", Layer(inputs=2, outputs=2))
    assert weights is not None
    for slice_ in weights[0]:
        np.testing.assert_array_equal(slice_.numpy(), get_kernel("sobel_x").values)
    np.testing.assert_array_equal(weights[1, 0].numpy(), get_kernel("sobel_y").values)


@pytest.mark.parametrize("name", steps.kernel_choices(2))
def test_every_kernel_fits_its_layer(name: str) -> None:
    side = steps.kernel_side(name) or 3
    layer = Layer(inputs=3, outputs=2, kernel=side)
    weights = steps.kernels(name, layer)
    assert weights is not None
    assert weights.shape == layer.weight_shape
    assert steps.run(steps.picture("digit5", 3, 8), weights, layer).isfinite().all()


@pytest.mark.usefixtures("carried")
def test_learned_kernels_are_the_embedded_networks_rounded() -> None:
    colour, grey = (steps.kernels("learned", Layer(inputs=inputs, outputs=4, kernel=7)) for inputs in (3, 1))
    assert colour is not None
    assert grey is not None
    np.testing.assert_allclose(grey[:, 0], steps._first_layer()[:4].sum(1), atol=0.0051)
    np.testing.assert_allclose(colour, steps._first_layer()[:4], atol=0.0051)
    assert steps.kernel_side("learned") == 7
    assert ["learned" in steps.kernel_choices(inputs) for inputs in (1, 2, 3, 4)] == [True, False, True, False]


def test_without_the_embedded_network_there_are_no_learned_kernels() -> None:
    assert "learned" not in steps.kernel_choices(3)
    with pytest.raises(BadInputError, match="no learned kernels"):
        steps.kernel_side("learned")


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("side", [4, 7, 8, 12])
def test_pictures_are_small_whole_numbers(name: str, side: int) -> None:
    image = steps.picture(name, 4, side)
    assert image.shape == (4, side, side)
    assert torch.equal(image, image.round())
    assert 0 <= float(image.min()) <= float(image.max()) <= 16
    assert torch.equal(image, steps.picture(name, 4, side))
    channels = {tuple(channel.flatten().tolist()) for channel in image}
    assert len(channels) == (1 if name in {"impulse", "empty"} else 4)


def test_a_digit_is_its_scan() -> None:
    scan = next(ink for digit, ink in digits.scans() if digit == 3)
    assert steps.picture("digit3", 1, 8).flatten().tolist() == scan
    assert steps.picture("digit3", 1, 12).sum() == sum(scan)
    assert steps.picture("digit3", 1, 4)[0, 0, 0] == round(sum(scan[0:2] + scan[8:10]) / 4)


def test_values_are_changed_by_hand() -> None:
    image = steps.picture("digit3", 1, 4)
    changed = steps.edited(image, "0_7~5_-2.5~99_1")
    assert changed[0, 0, 0] == 7
    assert changed[0, 1, 1] == -2.5
    assert int((changed != image).sum()) == 2
    assert torch.equal(steps.edited(image, ""), image)


@pytest.mark.parametrize("changes", ["x", "1_", "_1", "1_nan", "1_inf", "1_1000", "-1_1", "1_2_3", "²_1"])
def test_what_is_no_change_is_a_sentence(changes: str) -> None:
    with pytest.raises(BadInputError, match="is no change of a value"):
        steps.edited(torch.zeros(4), changes)


@given(layers(), st.integers(5, 7))
def test_the_code_gives_the_same(layer: Layer, side: int) -> None:
    side_of(layer, side)
    image, weights = numbers(layer, side, 1)
    made = eval(steps.as_code(layer), {"torch": torch, "x": image[None], "w": weights})
    assert torch.equal(made[0], steps.run(image, weights, layer))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"kind": "median"}, "There is no layer 'median'"),
        ({"stride": 0}, "at least 1, not 0"),
        ({"padding": -1}, "A padding of -1 is impossible"),
        ({"kind": "max", "kernel": 2, "padding": 2}, "at most half its kernel"),
        ({"kind": "max", "inputs": 2}, "as many channels as it gets"),
        ({"kind": "sum", "dilation": 2}, "has no dilation"),
        ({"inputs": 3, "groups": 2}, "2 groups do not divide 3 and 1 channels"),
    ],
)
def test_an_impossible_layer_is_a_sentence(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        Layer(**settings)


def test_unknown_names_are_sentences() -> None:
    with pytest.raises(BadInputError, match="There is no picture 'cat'"):
        steps.picture("cat", 1, 8)
