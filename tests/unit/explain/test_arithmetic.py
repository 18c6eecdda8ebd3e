"""One value, worked out: what is written equals what the network gives, on every kind of step."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.conftest import draw
from tlcore.explain.arithmetic import WRITTEN_OUT, arithmetic, one_value, strongest_map
from tlcore.explain.looking import look, random_network
from tlcore.measure.trace import trace
from tlcore.zoo import architectures

NETWORKS = (
    "lenet5", "lenet5_modern", "alexnet_2012", "cifar_resnet20", "squeezenet1_1", "densenet121", "shufflenet_v2_x0_5",
    "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "googlenet", "inception_v3", "se_resnet50",
    "convnext_tiny",
)  # fmt: skip


def stirred(network: nn.Module) -> nn.Module:
    """Running statistics and scales of their own, or normalisation would be the identity."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            shape = module.running_mean.shape
            module.running_mean.copy_(torch.randn(shape, generator=generator) * 0.1)
            module.running_var.copy_(torch.rand(shape, generator=generator) + 0.5)
            module.weight.data.copy_(torch.rand(shape, generator=generator) + 0.5)
            module.bias.data.copy_(torch.randn(shape, generator=generator) * 0.1)
    return network


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_written_out_is_what_the_network_gives(name: str) -> None:
    network = stirred(random_network(name))
    view = look(network, name, draw("rings", np.random.default_rng(0), 120, 90))
    steps = trace(network, *view.inputs).steps
    spatial = [step for step in steps if len(step.output_shape) == 3]
    seen: dict[str, list[int]] = {}
    for step in spatial:  # the first and the last of each kind
        seen.setdefault(step.kind, [step.index, step.index])[1] = step.index
    kept = {index for pair in seen.values() for index in pair}
    chance = np.random.default_rng(2)
    for step in trace(network, *view.inputs, keep=kept).steps:
        if step.index not in kept:
            continue
        high, wide = step.output_shape[1:]
        places = [(0, 0), (high - 1, wide - 1), (int(chance.integers(high)), int(chance.integers(wide)))]
        for row, column in places:
            at = (int(chance.integers(step.output_shape[0])), row, column)
            found = arithmetic(step, at)
            if step.kind.lower() not in WRITTEN_OUT:
                assert found is None
                continue
            if found is None:
                assert step.kind in {"cat", "MaxPool2d", "add", "mul"}, step.name  # along another axis, rounded up
                continue
            assert step.output is not None
            given = float(step.output[0][at])
            assert found.outcome == pytest.approx(given, rel=2e-3, abs=1e-4), (step.name, at)


def test_nearly_every_step_of_the_classics_is_written_out() -> None:
    for name in ("alexnet_2012", "vgg16", "cifar_resnet20", "mobilenet_v2"):
        rows = [step for step in trace(random_network(name), *_inputs(name)).steps if len(step.output_shape) == 3]
        assert {step.kind for step in rows if step.kind.lower() not in WRITTEN_OUT} <= {"ZeroPaddedShortcut"}


def _inputs(name: str) -> tuple[Tensor, ...]:
    return (torch.zeros(1, *architectures.get(name).input_shape),)


def one_step(layer: nn.Module, values: Tensor) -> object:
    return trace(nn.Sequential(layer), values, keep=(0,)).steps[0]


def test_a_convolution_by_hand() -> None:
    layer = nn.Conv2d(1, 1, 2, stride=2, padding=1)
    layer.weight.data = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    layer.bias.data = torch.tensor([10.0])
    values = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    corner = arithmetic(one_step(layer, values), (0, 0, 0))
    assert corner is not None
    assert corner.outcome == 4 * 1 + 10  # the rest of the window is padding
    assert corner.grids[0].read.tolist() == [[0, 0], [0, 1]]
    assert corner.grids[0].products.tolist() == [[0, 0], [0, 4]]
    assert corner.values == r"\underbrace{4}_{\text{map }0} \underbrace{+ 10}_{\text{bias}} = 14"


def test_the_maps_that_count_most_come_first_and_the_others_are_summed() -> None:
    layer = nn.Conv2d(6, 1, 1, bias=False)
    layer.weight.data = torch.tensor([0.1, -5.0, 0.2, 3.0, 0.3, 1.0]).view(1, 6, 1, 1)
    found = arithmetic(one_step(layer, torch.ones(1, 6, 1, 1)), (0, 0, 0))
    assert found is not None
    assert [grid.title for grid in found.grids] == ["map 1", "map 3", "map 5"]
    assert found.values.startswith(r"\underbrace{-5}_{\text{map }1} \underbrace{+ 3}_{\text{map }3}")
    assert r"\underbrace{+ 0.6}_{3\text{ other maps}}" in found.values
    assert found.outcome == pytest.approx(-0.4)


def test_a_group_reads_only_its_own_maps() -> None:
    layer = nn.Conv2d(4, 4, 1, groups=2, bias=False)
    values = torch.arange(4.0).view(1, 4, 1, 1)
    found = arithmetic(one_step(layer, values), (3, 0, 0))
    assert found is not None
    assert {grid.title for grid in found.grids} == {"map 2", "map 3"}
    assert found.outcome == pytest.approx(layer(values)[0, 3, 0, 0].item())


def test_a_rectifier_in_place_shows_what_it_read() -> None:
    found = arithmetic(one_step(nn.ReLU(inplace=True), torch.full((1, 1, 1, 1), -2.0)), (0, 0, 0))
    assert found is not None
    assert found.outcome == 0
    assert "x = -2" in found.values


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"), [(2, 2, 0, 1), (3, 2, 1, 1), (4, 2, 1, 1), (3, 1, 1, 2), (5, 3, 2, 1)]
)
def test_a_transposed_convolution_gathers_what_was_spread(
    kernel: int, stride: int, padding: int, dilation: int
) -> None:
    torch.manual_seed(0)
    layer = nn.ConvTranspose2d(3, 2, kernel, stride, padding, dilation=dilation)
    values = torch.randn(1, 3, 4, 5)
    given, step = layer(values)[0].detach(), one_step(layer, values)
    for at in np.ndindex(*given.shape):
        found = arithmetic(step, at)
        assert found is not None
        assert found.outcome == pytest.approx(float(given[at]), abs=1e-5)


def test_a_largest_value_of_a_window_that_hangs_over() -> None:
    values = torch.arange(25.0).view(1, 1, 5, 5)
    layer = nn.MaxPool2d(2, stride=2, ceil_mode=True)
    found = arithmetic(one_step(layer, values), (0, 2, 2))
    assert found is not None
    assert found.outcome == 24 == layer(values)[0, 0, 2, 2].item()


def test_padding_counts_in_a_mean_only_where_the_layer_counts_it() -> None:
    values = torch.ones(1, 1, 2, 2)
    for counted, expected in ((True, 1 / 4), (False, 1.0)):
        layer = nn.AvgPool2d(2, padding=1, count_include_pad=counted)
        found = arithmetic(one_step(layer, values), (0, 0, 0))
        assert found is not None
        assert found.outcome == expected == float(layer(values)[0, 0, 0, 0])


def test_a_mean_of_unequal_windows() -> None:
    values = torch.arange(25.0).view(1, 1, 5, 5)
    layer = nn.AdaptiveAvgPool2d(3)
    for row in range(3):
        found = arithmetic(one_step(layer, values), (0, row, 1))
        assert found is not None
        assert found.outcome == pytest.approx(float(functional.adaptive_avg_pool2d(values, 3)[0, 0, row, 1]))


def test_a_sum_in_place_and_one_with_a_number() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Identity()  # steps inside a module without children would belong to it

        def forward(self, x: Tensor) -> Tensor:
            y = x * 2
            y += x
            return y + 1

    steps = trace(Residual(), torch.full((1, 1, 1, 1), 3.0), keep=(0, 1, 2)).steps
    found = [arithmetic(step, (0, 0, 0)) for step in steps]
    assert [one.outcome for one in found if one] == [6, 9, 10]
    assert [one.values for one in found if one] == [r"3\cdot 2 = 6", "6 + 3 = 9", "9 + 1 = 10"]


def test_numbers_read_as_people_write_them() -> None:
    found = arithmetic(one_step(nn.Sigmoid(), torch.full((1, 1, 1, 1), -20.0)), (0, 0, 0))
    assert found is not None
    assert found.values == r"x = -20 \quad\Rightarrow\quad y = 2.06\cdot 10^{-9}"


def test_the_strongest_map_is_found_and_looked_at() -> None:
    view = look(random_network("cifar_resnet20"), "cifar_resnet20", draw("rings", np.random.default_rng(0), 60, 60))
    output = trace(view.network, *view.inputs, keep=(0,)).steps[0].output
    assert output is not None
    place = strongest_map(view, 0, 5, 7)
    found = one_value(view, 0, (place, 5, 7))
    assert found is not None
    assert abs(found.outcome) == pytest.approx(float(output[0, :, 5, 7].abs().max()), rel=1e-4)
