"""Folded normalisation against the network's own forward and backward, one network of each family."""

import pytest
import torch
from torch import Tensor, nn

from tlcore.train.learning.folding import fold_fixed_norms
from tlcore.zoo import registry
from tlcore.zoo.network import Network
from tlcore.zoo.staged import new_network

# AlexNet, SqueezeNet and ConvNeXt have no batch normalisation, VGG-BN is a plain chain, Wide ResNet a wide ResNet.
LEFT_OUT = {"AlexNet", "SqueezeNet", "ConvNeXt", "VGG", "Wide ResNet"}
FAMILIES = sorted({registry.get(name).family for name in registry.names()} - LEFT_OUT)
SMALLEST = {
    family: min(
        (registry.get(name) for name in registry.names() if registry.get(name).family == family),
        key=lambda row: row.parameters,
    )
    for family in FAMILIES
}
# DenseNets normalise before they convolve, but for their stem and the bottleneck inside each layer.
PARTLY = {"DenseNet"}


def lively(row: Network) -> nn.Module:
    """The network in double precision, with statistics and affine parameters that differ from their initial values."""
    torch.manual_seed(0)
    network = new_network(row).double().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low, high in (
                (module.running_mean, -0.2, 0.2),
                (module.running_var, 0.5, 2.0),
                (module.weight, 0.5, 1.5),
                (module.bias, -0.3, 0.3),
            ):
                nn.init.uniform_(tensor, low, high)
    return network


def norms(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


def outcome(network: nn.Module, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    logits = network(x)
    network.zero_grad()
    logits[:, 0].sum().backward()
    return logits.detach(), {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("row", SMALLEST.values(), ids=SMALLEST.keys())
def test_logits_and_gradients_are_the_networks_own(row: Network) -> None:
    network = lively(row)
    x = torch.randn(2, 3, row.min_size + 1, row.min_size + 1, dtype=torch.float64)
    logits, gradients = outcome(network, x)
    names = list(network.state_dict())
    folded = fold_fixed_norms(network, row)
    assert folded < norms(network) if row.family in PARTLY else folded == norms(network)
    found, found_gradients = outcome(network, x)
    torch.testing.assert_close(found, logits, rtol=1e-6, atol=1e-8)
    assert found_gradients.keys() == gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(
            found_gradients[name], gradient, rtol=1e-5, atol=1e-7 * float(gradient.abs().max() + 1)
        )
    assert list(network.state_dict()) == names


def test_looking_changes_nothing() -> None:
    row = registry.get("resnet18")
    network = new_network(row).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    fold_fixed_norms(network, row)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(module.training for module in network.modules())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
