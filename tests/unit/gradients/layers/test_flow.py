"""The gradients are right, by derivations that know nothing of autograd, and measuring leaves no trace."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tests.unit.gradients.conftest import gratings
from tlcore.errors import BadInputError
from tlcore.gradients.layers.batches import Images, load
from tlcore.gradients.layers.flow import flow, norm
from tlcore.gradients.layers.recording import ALIVE, LIVELY, Recorder
from tlcore.zoo.nets.configurable import ConfigurableNet, Design
from tlcore.zoo.nets.googlenet import conv_relu


class Small(nn.Module):
    """Two dense layers with sigmoids, the second with a shortcut around it, and a classifier; no biases."""

    def __init__(self, residual: bool) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(5, 4, bias=False), nn.Linear(4, 4, bias=False)
        self.last, self.residual = nn.Linear(4, 3, bias=False), residual

    def forward(self, x: Tensor) -> Tensor:
        h = torch.sigmoid(self.first(x))
        z = self.second(h)
        return self.last(torch.sigmoid(z + h if self.residual else z))


def by_hand(
    weights: list[np.ndarray], x: np.ndarray, labels: np.ndarray, residual: bool
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Backpropagation of `Small` written out: gradients of h, g and the logits, and of the three matrices."""
    first, second, last = weights
    h = 1 / (1 + np.exp(-x @ first.T))
    g = 1 / (1 + np.exp(-(h @ second.T + residual * h)))
    logits = g @ last.T
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    d_logits = (shares - np.eye(3)[labels]) / len(x)
    d_g = d_logits @ last
    d_z = d_g * g * (1 - g)
    d_h = d_z @ second + residual * d_z
    d_y = d_h * h * (1 - h)
    return [d_h, d_g, d_logits], [d_y.T @ x, d_z.T @ h, d_logits.T @ g]


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_gradients_are_those_derived_by_hand(residual: bool, seed: int) -> None:
    torch.manual_seed(seed)
    network = Small(residual).double()
    x, labels = torch.randn(7, 5).double(), torch.tensor([0, 1, 2, 0, 1, 2, 0])
    found = flow(network, x, labels, lr=0.5)
    weights = [p.detach().numpy() for p in network.parameters()]
    values, matrices = by_hand(weights, x.numpy(), labels.numpy(), residual)
    for layer, value, gradient, weight in zip(found.layers, values, matrices, weights, strict=True):
        assert layer.grad_norm == pytest.approx(np.linalg.norm(value), rel=1e-12)
        assert layer.weight_grad_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-12)
        assert layer.weight_norm == pytest.approx(np.linalg.norm(weight), rel=1e-12)
        assert layer.update_ratio == pytest.approx(0.5 * layer.weight_grad_norm / layer.weight_norm, rel=1e-12)
    assert [layer.depth for layer in found.layers] == [1, 2, 3]
    assert found.verdict.ratio == pytest.approx(np.linalg.norm(values[0]) / np.linalg.norm(values[1]), rel=1e-12)


def test_adams_first_step_is_as_long_as_adam_makes_it() -> None:
    """Algorithm 1 of Kingma & Ba 2015, written out for its first step."""
    torch.manual_seed(0)
    network = Small(residual=True).double()
    x, labels = torch.randn(7, 5).double(), torch.tensor([0, 1, 2, 0, 1, 2, 0])
    weights = [p.detach().numpy() for p in network.parameters()]
    _, gradients = by_hand(weights, x.numpy(), labels.numpy(), residual=True)
    found = flow(network, x, labels, optimizer="adam", lr=0.01)
    for layer, weight, gradient in zip(found.layers, weights, gradients, strict=True):
        first, second = 0.1 * gradient / (1 - 0.9), 0.001 * gradient**2 / (1 - 0.999)
        step = 0.01 * first / (np.sqrt(second) + 1e-8)
        assert layer.update_ratio == pytest.approx(np.linalg.norm(step) / np.linalg.norm(weight), rel=1e-9)


@pytest.mark.parametrize(
    "design",
    [
        Design(depth=6, width=2, stages=1, activation="tanh"),
        Design(depth=6, width=2, stages=1, activation="gelu", pre_activation=True, alpha=0.7, beta=1.3),
        Design(depth=8, width=2, activation="sigmoid", skip="projection"),
        Design(depth=10, width=2, activation="tanh", skip="dense"),
    ],
    ids=lambda design: design.skip + "-" + design.activation,
)
def test_gradients_of_convolutions_equal_differences_of_the_loss(design: Design) -> None:
    """One weight after the other is moved, and the loss computed again: no derivative is used."""
    torch.manual_seed(1)
    network = ConfigurableNet(design).double()
    images, labels = gratings(4, side=8)
    found = {layer.name: layer for layer in flow(network, images, labels).layers}
    name = next(name for name, m in network.named_modules() if isinstance(m, nn.Conv2d) and name != "stem.0")
    weight = network.get_submodule(name).weight.detach().view(-1)
    slopes = []
    for place in range(len(weight)):
        losses = []
        for step in (1e-5, -2e-5):
            weight[place] += step
            losses.append(F.cross_entropy(network.train()(images), labels).item())
        weight[place] += 1e-5
        slopes.append((losses[0] - losses[1]) / 2e-5)
    assert found[name].weight_grad_norm == pytest.approx(np.linalg.norm(slopes), rel=1e-5)


@pytest.mark.parametrize("skip", ["none", "identity", "projection"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_what_a_block_hands_on_is_its_outcome(skip: str, batch_norm: bool, batch: tuple[Tensor, Tensor]) -> None:
    design = Design(depth=12, width=4, skip=skip, batch_norm=batch_norm)  # type: ignore[arg-type]
    network = ConfigurableNet(design).double()
    found = {layer.name: layer for layer in flow(network, *batch).layers}
    made: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(_module: nn.Module, _given: tuple[Tensor], outcome: Tensor) -> None:
            outcome.retain_grad()
            made[name] = outcome

        return hook

    for stage, blocks in enumerate(design.blocks):
        for block in range(blocks):
            path = f"stages.{stage}.{block}"
            network.get_submodule(path).register_forward_hook(keep(path))
    F.cross_entropy(network.train()(batch[0]), batch[1]).backward()
    assert len(made) == 5
    for path, outcome in made.items():
        assert outcome.grad is not None
        layer = found[f"{path}.conv2"]
        assert layer.grad_norm == pytest.approx(float(outcome.grad.norm()), rel=1e-9)
        assert layer.activation_mean == pytest.approx(outcome.mean().item(), rel=1e-9)
        assert layer.activation_std == pytest.approx(outcome.std(correction=0).item(), rel=1e-9)


def everything(network: nn.Module) -> list[object]:
    """All that measuring might change: weights, buffers, modes, gradients, what learns, and hooks."""
    tensors = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    parameters = [(p.requires_grad, None if p.grad is None else p.grad.clone()) for p in network.parameters()]
    hooks = [
        len(hooks)
        for module in network.modules()
        for hooks in (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks)
    ]
    hooks += [len(p._post_accumulate_grad_hooks or ()) + len(p._backward_hooks or ()) for p in network.parameters()]
    return [tensors, parameters, [module.training for module in network.modules()], hooks]


def same(one: object, other: object) -> bool:
    if isinstance(one, Tensor):
        return isinstance(other, Tensor) and torch.equal(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def test_measuring_leaves_the_network_as_it_was(batch: tuple[Tensor, Tensor]) -> None:
    network = ConfigurableNet(Design(depth=8, width=4)).double()
    network.train().stages[0].eval()
    network.head.requires_grad_(requires_grad=False)
    F.cross_entropy(network(batch[0]), batch[1]).backward()  # gradients that somebody else still needs
    before, random_state = everything(network), torch.random.get_rng_state()
    first, second = flow(network, *batch), flow(network, *batch)
    assert same(everything(network), before)
    assert torch.equal(torch.random.get_rng_state(), random_state)
    assert first == second


def test_a_failed_measurement_leaves_it_too(batch: tuple[Tensor, Tensor]) -> None:
    network = ConfigurableNet(Design(depth=4, width=4)).eval()
    before = everything(network)
    with pytest.raises(RuntimeError):
        flow(network, *batch)  # double images on single weights
    assert same(everything(network), before)


def test_the_gradients_of_a_frozen_network_are_measured(batch: tuple[Tensor, Tensor]) -> None:
    network = ConfigurableNet(Design(depth=4, width=4)).double()
    expected = flow(network, *batch)
    assert flow(network.requires_grad_(requires_grad=False).eval(), *batch) == expected
    assert not any(p.requires_grad for p in network.parameters())


def test_dead_units_are_counted() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 1), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(4, 2)).double()
    with torch.no_grad():
        network[0].weight.fill_(1)
        network[0].bias.copy_(torch.tensor([0.0, -5.0, 5.0, -0.5]))
    images = torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1).double()  # the second unit is never positive, the fourth once
    found = flow(network, images, torch.tensor([0, 1]))
    assert [layer.dead for layer in found.layers] == [0.25, 0.0]


def test_a_saturated_unit_is_dead_behind_normalisation_too() -> None:
    network = nn.Sequential(nn.Linear(1, 2), nn.BatchNorm1d(2), nn.Sigmoid(), nn.Linear(2, 2)).double()
    with torch.no_grad():
        network[1].bias.copy_(torch.tensor([0.0, 12.0]))
    found = flow(network, torch.randn(16, 1).double(), torch.arange(16) % 2)
    assert found.layers[0].dead == 0.5


@pytest.mark.parametrize("name", ALIVE)
def test_a_unit_lives_where_its_slope_is_a_thousandth_of_the_steepest(name: str) -> None:
    function = getattr(F, name if name != "hardtanh" else "relu6")
    x = torch.linspace(-14, 14, 280_001, dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(function(x).sum(), x)
    steep = (slopes.abs() >= LIVELY * slopes.abs().max()).nonzero().flatten()
    ends = (float(x[steep[0]].detach()), float(x[steep[-1]].detach()))
    for end, bound, limit in zip(ends, ALIVE[name], (-14, 14), strict=True):
        assert end == pytest.approx(limit if math.isinf(bound) else bound, abs=2e-4)


def test_functions_and_in_place_modules_are_seen_as_modules_are() -> None:
    """A rectifier as a function, in place or not, is the same network."""

    class Functional(nn.Module):
        def __init__(self, in_place: bool) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.conv, self.last, self.in_place = nn.Conv2d(3, 4, 3), nn.Linear(4, 10), in_place

        def forward(self, x: Tensor) -> Tensor:
            return self.last(F.relu(self.conv(x), inplace=self.in_place).mean((2, 3)))

    images, labels = gratings(8)
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))
    flows = [
        flow(net.double(), images, labels) for net in (Functional(in_place=True), Functional(in_place=False), layers)
    ]
    rows = [[v for row in f.layers for v in (row.grad_norm, row.weight_grad_norm, row.activation_std)] for f in flows]
    assert rows[0] == pytest.approx(rows[1], rel=1e-9)
    assert rows[0] == pytest.approx(rows[2], rel=1e-9)


def test_branches_have_the_depth_of_the_longest_way() -> None:
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = conv_relu(3, 4, 1)
            self.short, self.long = conv_relu(4, 4, 1), nn.Sequential(conv_relu(4, 4, 1), conv_relu(4, 4, 3, padding=1))
            self.last = nn.Linear(8, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = self.stem(x)
            return self.last(torch.cat([self.long(x), self.short(x)], 1).mean((2, 3)))

    found = flow(Branches().double(), *gratings(4))
    assert [row.depth for row in found.layers] == [1, 2, 3, 2, 4]
    assert [row.name for row in found.ends] == ["stem.0", "long.1.0"]


def test_a_recorder_notes_no_step_without_gradient() -> None:
    network = nn.Linear(2, 2).requires_grad_(requires_grad=False)
    with Recorder(network) as recorder:
        network(torch.ones(1, 2))
    assert recorder.layers() == []


@pytest.mark.parametrize("scale", [1e-30, 1e-15, 1.0, 1e15, 1e30])
def test_norms_outlive_the_squares_of_single_precision(scale: float) -> None:
    values = torch.linspace(-1, 1, 101) * scale
    assert norm(values) == pytest.approx(np.linalg.norm(values.double().numpy()), rel=1e-5)


def test_what_single_precision_loses_double_precision_keeps() -> None:
    design = Design(depth=56, width=4, stages=1, activation="sigmoid", init="default", skip="none", batch_norm=False)
    torch.manual_seed(0)
    network = ConfigurableNet(design)
    images, labels = gratings(4)
    single = flow(network, images.float(), labels)
    double = flow(network.double(), images, labels)
    assert (single.verdict.word, single.verdict.ratio) == ("vanishing", 0)
    assert "smaller than float32 can hold" in single.verdict.sentence
    assert double.verdict.word == "vanishing"
    assert 0 < double.verdict.ratio < 1e-38


def test_what_is_no_number_is_exploding_and_null() -> None:
    design = Design(depth=152, width=2, stages=1, init="large", skip="none", batch_norm=False)
    images, labels = gratings(2, side=8)
    torch.manual_seed(0)
    found = flow(ConfigurableNet(design), images.float() * 1e10, labels)
    told = found.to_json()
    assert (told["verdict"], told["first_to_last"], told["loss"]) == ("exploding", None, None)


@pytest.mark.parametrize(
    ("changes", "sentence"), [({"optimizer": "lion"}, "sgd, adam, not 'lion'"), ({"lr": math.nan}, "not nan")]
)
def test_bad_input_is_a_sentence(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        flow(nn.Linear(1, 1), torch.ones(1, 1), torch.zeros(1).long(), **changes)  # type: ignore[arg-type]


def test_a_single_layer_has_no_flow() -> None:
    with pytest.raises(BadInputError, match="two layers at least"):
        flow(nn.Linear(2, 2), torch.ones(2, 2), torch.tensor([0, 1]))


def test_a_batch_of_digits_is_balanced_and_drawn_by_its_seed() -> None:
    found = load(Images(count=20, seed=3))
    assert found.images.shape == (20, 3, 32, 32)
    assert found.labels.tolist() == [*range(10), *range(10)]
    assert torch.equal(found.images, load(Images(count=20, seed=3)).images)
    assert not torch.equal(found.images, load(Images(count=20, seed=4)).images)
