"""The loss around a network: its directions, its centre, a slice that is known by its formula, and its order."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tests.unit.gradients.conftest import CLASSES, gratings
from tlcore.errors import BadInputError
from tlcore.gradients.residual import surface
from tlcore.gradients.residual.surface import Point, coarse_to_fine, directions, measured, steps_of, surface_of
from tlcore.zoo.nets.resnet import CifarResNet


@pytest.fixture
def network() -> nn.Module:
    """A small network in training mode, whose normalisation has seen something."""
    torch.manual_seed(0)
    made = CifarResNet(8, CLASSES).train()
    with torch.no_grad():
        made(torch.randn(8, 3, 16, 16))
    return made


@pytest.fixture
def some() -> tuple[Tensor, Tensor]:
    """More images than fit into one batch."""
    images, labels = gratings(surface.BATCH + 9)
    return images.float(), labels


def test_every_filter_of_a_direction_is_as_long_as_the_networks(network: nn.Module) -> None:
    weights = dict(network.named_parameters())
    for direction in directions(network, seed=3):
        for name, values in direction.items():
            for moved, own in zip(values, weights[name], strict=True):
                assert float(moved.norm()) == pytest.approx(float(own.detach().norm()), rel=1e-5)


def test_biases_and_normalisation_are_not_moved(network: nn.Module) -> None:
    one, other = directions(network)
    expected = {
        f"{path}.weight" for path, module in network.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)
    }
    assert set(one) == set(other) == expected


def test_directions_repeat_with_their_seed_and_are_all_but_perpendicular(network: nn.Module) -> None:
    (one, other), (again, _), (elsewhere, _) = (directions(network, seed) for seed in (0, 0, 1))
    flat = [torch.cat([values.flatten() for values in d.values()]) for d in (one, other, again, elsewhere)]
    assert torch.equal(flat[0], flat[2])
    for apart in (flat[1], flat[3]):
        assert abs(float(F.cosine_similarity(flat[0], apart, 0))) < 0.05


def test_a_filter_of_zeros_stays_one() -> None:
    layer = nn.Linear(4, 2)
    with torch.no_grad():
        layer.weight[0] = 0
    assert not directions(layer)[0]["weight"][0].any()


def test_the_centre_is_the_loss_measured_otherwise(network: nn.Module, some: tuple[Tensor, Tensor]) -> None:
    images, labels = some
    found = next(measured(network, images, labels, directions(network), 9, 1.0))
    with torch.no_grad():
        logits = network.eval()(images).double()
    by_hand = -logits.log_softmax(1)[torch.arange(len(labels)), labels].mean()
    assert (found.row, found.column) == (4, 4)
    assert found.loss == pytest.approx(float(by_hand), rel=1e-5)


def test_a_corner_is_the_network_whose_weights_are_moved_by_hand(
    network: nn.Module, some: tuple[Tensor, Tensor]
) -> None:
    along = directions(network)
    points = {(p.row, p.column): p.loss for p in measured(network, *some, along, 9, 0.5)}
    moved = CifarResNet(8, CLASSES).eval()
    state = network.state_dict()
    moved.load_state_dict(
        {name: v - 0.5 * along[0][name] + 0.25 * along[1][name] if name in along[0] else v for name, v in state.items()}
    )
    with torch.no_grad():
        assert points[6, 0] == pytest.approx(float(F.cross_entropy(moved(some[0]), some[1])), rel=1e-5)


def test_a_quadratic_loss_is_its_formula() -> None:
    """The mean squared error of a linear layer, along a and b: a parabola in both, with a mixed term."""
    torch.manual_seed(0)
    layer = nn.Linear(5, 1, bias=False).double()
    x, y = torch.randn(90, 5).double(), torch.randn(90, 1).double()
    along = directions(layer, seed=1)
    found = measured(layer, x, y, along, 9, 2.0, criterion=F.mse_loss)
    grid = np.array(surface_of(9, 2.0, found).losses)
    w, a, b = (v.detach().numpy()[0] for v in (layer.weight, along[0]["weight"], along[1]["weight"]))
    left, gram = x.numpy() @ w - y.numpy()[:, 0], x.numpy().T @ x.numpy() / 90
    across, up = np.meshgrid(np.linspace(-2, 2, 9), np.linspace(-2, 2, 9))
    slope = [2 * (x.numpy() @ d) @ left / 90 for d in (a, b)]
    formula = (
        (left**2).mean() + across * slope[0] + up * slope[1]
        + across**2 * (a @ gram @ a) + up**2 * (b @ gram @ b) + 2 * across * up * (a @ gram @ b)
    )  # fmt: skip
    np.testing.assert_allclose(grid, formula, rtol=1e-6)


@pytest.mark.parametrize("close_after", [None, 3])
def test_the_network_is_left_as_it_was_found(
    network: nn.Module, some: tuple[Tensor, Tensor], close_after: int | None
) -> None:
    network.stem.eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    stream = measured(network, *some, directions(network), 9, 1.0)
    for place, _ in enumerate(stream):
        if place == close_after:
            stream.close()
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert [module.training for module in network.modules()] == modes


def test_a_stop_leaves_what_there_is(network: nn.Module, some: tuple[Tensor, Tensor]) -> None:
    told = iter([False] * 8 + [True])  # two batches a point
    points = list(measured(network, *some, directions(network), 9, 1.0, lambda: next(told)))
    assert len(points) == 4
    assert surface_of(9, 1.0, points).known == 4


@pytest.mark.parametrize("side", surface.SIDES)
def test_the_order_goes_from_coarse_to_fine(side: int) -> None:
    order, half = coarse_to_fine(side), side // 2
    assert sorted(order) == [(row, column) for row in range(side) for column in range(side)]
    assert order[0] == (half, half)
    step = max(2**power for power in range(5) if half % 2**power == 0)
    assert step > 1
    while step >= 1:  # each grid, from border to border, is whole before the next finer one begins
        coarse = {(row, column) for row in range(0, side, step) for column in range(0, side, step)}
        assert set(order[: len(coarse)]) == coarse
        step //= 2


def test_the_grid_is_even_and_its_middle_is_nothing() -> None:
    steps = steps_of(17, 1.5)
    assert (steps[0], steps[8], steps[-1]) == (-1.5, 0.0, 1.5)
    assert np.diff(steps) == pytest.approx([3 / 16] * 16)
    for wrong in (0, 8, 11, 51):
        with pytest.raises(BadInputError, match="one of 9, 17, 25, 33, 41, 49 places"):
            steps_of(wrong, 1)


def test_losses_that_are_no_numbers_stay_unknown_and_survive_json() -> None:
    made = surface_of(9, 1.0, [Point(4, 4, 0.5), Point(0, 1, math.inf), [8, 8, 2.5]])
    assert (made.centre, made.losses[0][1], made.losses[8][8], made.known) == (0.5, None, 2.5, 2)
    assert made.to_json()["losses"][4][4] == 0.5
