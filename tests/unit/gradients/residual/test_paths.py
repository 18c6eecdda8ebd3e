"""Paths: counted against the binomial and by enumerating, and their gradients against the whole one."""

from itertools import combinations, product
from math import comb

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from scipy.stats import binom
from torch import Tensor, nn
from torchvision.models import resnet18
from torchvision.models.resnet import BasicBlock, ResNet

from tlcore.errors import BadInputError
from tlcore.gradients.residual.lesions import blocks_of
from tlcore.gradients.residual.paths import gradients, most, paths_of, single_path
from tlcore.zoo import architectures
from tlcore.zoo.nets.configurable import ConfigurableNet, Design
from tlcore.zoo.nets.resnet import CifarResNet, PreActivationResNet

LABELS = torch.tensor([0, 1])


def test_the_published_counts_of_resnet_110() -> None:
    """Veit et al. 2016: 54 modules; more than 95 % of the paths go through 19 to 35 of them."""
    found = paths_of(architectures.get("cifar_resnet110").build("cpu"))
    assert (found.blocks, found.total, found.depth) == (54, 2**54, 110)
    assert list(found.by_blocks) == [comb(54, k) for k in range(55)]
    low, high = most(found.by_blocks)
    assert 19 <= low < high <= 35
    assert sum(found.by_blocks[19:36]) / found.total > 0.95
    # by a block's two layers, with the first and the last layer of the network
    assert found.by_layers[2::2] == found.by_blocks
    assert not any(found.by_layers[1::2])


@pytest.mark.parametrize("n", [5, 27, 54])
def test_the_middle_is_the_binomials(n: int) -> None:
    low, high = most([comb(n, k) for k in range(n + 1)])
    assert (low, high) == (binom.ppf(0.025, n, 0.5), binom.ppf(0.975, n, 0.5))


def test_shortcuts_that_project_count_as_the_layers_that_they_are() -> None:
    """ResNet-18 by enumerating: three of its eight shortcuts are a convolution."""
    found = paths_of(resnet18())
    lengths = [2 + sum(way) for way in product(*([(0, 2)] * 5), *([(1, 2)] * 3))]
    assert found.depth == 18
    assert list(found.by_layers) == [lengths.count(length) for length in range(19)]
    assert sum(found.by_layers) == found.total == 256


def test_a_plain_network_has_one_path() -> None:
    found = paths_of(CifarResNet(20, residual=False))
    assert (found.total, found.blocks, found.depth) == (1, 9, 20)
    assert most(found.by_blocks) == (9, 9)
    with pytest.raises(BadInputError, match="Only ResNets"):
        paths_of(nn.Linear(1, 1))


def images(side: int = 16) -> Tensor:
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def own(skip: str, **more: object) -> nn.Module:
    return ConfigurableNet(Design(depth=8, width=3, skip=skip, **more))  # type: ignore[arg-type]


NETWORKS = {
    "cifar": lambda: CifarResNet(14),  # 64 paths
    "resnet": lambda: ResNet(BasicBlock, [1, 2, 1, 1]),  # 32 paths, through shortcuts of both kinds in the same stage
    "own": lambda: own("identity"),
    "own, projected, tanh, no norm": lambda: own("projection", activation="tanh", batch_norm=False),
    "own, pre-activated": lambda: own("identity", pre_activation=True, activation="gelu"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradients_of_all_paths_add_up_to_the_whole_gradient(name: str) -> None:
    torch.manual_seed(0)
    network: nn.Module = NETWORKS[name]().double()
    with torch.no_grad():
        network.train()(images(32))
    network.eval()
    whole = input_gradient(network)
    paths = [block.path for block in blocks_of(network)]
    total = torch.zeros_like(whole)
    for length in range(len(paths) + 1):
        for chosen in combinations(paths, length):
            with single_path(network, frozenset(chosen)):
                total += input_gradient(network)
    assert torch.allclose(total, whole, rtol=1e-8, atol=1e-12)
    assert torch.equal(input_gradient(network), whole)  # and nothing stays cut


def input_gradient(network: nn.Module) -> Tensor:
    x = images().requires_grad_()
    (gradient,) = torch.autograd.grad(F.cross_entropy(network(x), LABELS), x)
    return gradient


def test_each_length_is_drawn_and_the_network_is_left_as_found() -> None:
    network = CifarResNet(20).double().train()
    before = [(name, id(module), module.training) for name, module in network.named_modules()]
    found = list(gradients(network, images(), LABELS, draws=3))
    assert [(one.length, len(one.norms)) for one in found] == [(k, min(3, comb(9, k))) for k in range(10)]
    assert found[0].row().error is None
    assert [(name, id(module), module.training) for name, module in network.named_modules()] == before
    assert all(parameter.grad is None for parameter in network.parameters())
    with single_path(network, frozenset()):
        assert found[0].mean == pytest.approx(float(input_gradient(network).norm()))


def test_a_stop_ends_it() -> None:
    assert list(gradients(CifarResNet(8), images().float(), LABELS, should_stop=lambda: True)) == []


@pytest.mark.parametrize("network", [CifarResNet(8, residual=False), PreActivationResNet((1, 1, 1, 1)), nn.Flatten()])
def test_networks_without_paths_to_choose_among_are_refused(network: nn.Module) -> None:
    with pytest.raises(BadInputError, match=r"Only a network of residual blocks|no modules that could be cut"):
        list(gradients(network, images(), LABELS))
