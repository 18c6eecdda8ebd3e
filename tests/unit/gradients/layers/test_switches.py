"""Switches in real networks do what they say, and only where that means something."""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tlcore.errors import BadInputError
from tlcore.gradients.layers.measured import NETS, Named, build, switches_of
from tlcore.gradients.layers.switches import WORDS, switch_off, switches
from tlcore.zoo.nets.configurable import ConfigurableNet, Design
from tlcore.zoo.nets.resnet import CifarResNet

COUNTS = {
    # shortcuts, blocks that keep their shape, branches, layers whose new maps can be dropped
    "resnet18": (8, 5, 0, 0),
    "resnet50": (16, 12, 0, 0),
    "vgg16": (0, 9, 0, 0),
    "densenet121": (0, 0, 0, 58),
    "googlenet": (0, 0, 36, 0),
    "mobilenet_v2": (10, 10, 0, 0),
}


@pytest.mark.parametrize("name", NETS)
def test_every_network_has_the_switches_that_mean_something(name: str) -> None:
    found = switches_of(Named(name))
    kinds = [switch.rpartition(":")[2] for switch in found]
    counts = (kinds.count("shortcut"), kinds.count("block"), sum("branch" in k for k in kinds), kinds.count("maps"))
    assert counts == COUNTS[name]
    assert set(kinds) <= set(WORDS)


@pytest.fixture(scope="module", params=["resnet18", "resnet50", "densenet121", "googlenet", "mobilenet_v2"])
def network(request: pytest.FixtureRequest) -> Iterator[tuple[str, nn.Module]]:
    yield request.param, build(Named(request.param), 10, 0).eval()


IMAGES = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def after(network: nn.Module, path: str, x: Tensor) -> Tensor:
    """What a block makes of x."""
    with torch.no_grad():
        return network.get_submodule(path)(x)


def test_a_residual_block_without_its_shortcut_is_its_branch() -> None:
    network = build(Named("resnet18"), 10, 0).eval()
    for path, channels in (("layer1.0", 64), ("layer2.0", 64)):  # with the identity, and with a projection
        block, x = network.get_submodule(path), torch.randn(1, channels, 8, 8)
        branch = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))
        switch_off(network, [f"{path}:shortcut"])
        assert torch.allclose(after(network, path, x), F.relu(branch), atol=1e-6)


def test_an_inverted_residual_without_its_shortcut_is_its_branch() -> None:
    network = build(Named("mobilenet_v2"), 10, 0).eval()
    block, x = network.features[3], torch.randn(1, 24, 8, 8)
    whole, branch = block(x), block.conv(x)
    assert torch.allclose(whole, x + branch)
    switch_off(network, ["features.3:shortcut"])
    assert torch.equal(after(network, "features.3", x), branch)


@pytest.mark.parametrize(("name", "path", "channels"), [("resnet50", "layer1.1", 256), ("vgg11", "features.8", 256)])
def test_a_block_that_is_left_out_passes_its_input_on(name: str, path: str, channels: int) -> None:
    network = build(Named(name), 10, 0).eval() if name != "vgg11" else _vgg()
    x = torch.randn(1, channels, 4, 4)
    assert not torch.equal(after(network, path, x), x)
    switch_off(network, [f"{path}:block"])
    assert torch.equal(after(network, path, x), x)


def _vgg() -> nn.Module:
    """VGG-11, its hundred million weights of dense layers on the meta device."""
    from torchvision.models.vgg import VGG, cfgs, make_layers

    with torch.device("meta"):
        network = VGG(nn.Sequential(), init_weights=False)
    network.features = make_layers(cfgs["A"])
    return network.eval()


def test_a_branch_that_is_dropped_leaves_zeros_in_its_place() -> None:
    network = build(Named("googlenet"), 10, 0).eval()
    x = torch.randn(1, 192, 8, 8)
    whole = after(network, "inception3a", x)
    switch_off(network, ["inception3a:branch2"])
    dropped = after(network, "inception3a", x)
    assert torch.equal(dropped[:, 64:192], torch.zeros(1, 128, 8, 8))
    assert torch.equal(dropped[:, :64], whole[:, :64])
    assert torch.equal(dropped[:, 192:], whole[:, 192:])


def test_a_dense_layer_without_new_maps_hands_on_the_old_ones() -> None:
    network = build(Named("densenet121"), 10, 0).eval()
    x = torch.randn(1, 64, 8, 8)
    switch_off(network, ["features.denseblock1.denselayer1:maps"])
    made = after(network, "features.denseblock1", x)
    assert torch.equal(made[:, :64], x)
    assert torch.equal(made[:, 64:96], torch.zeros(1, 32, 8, 8))


def test_networks_of_our_own_have_switches_too() -> None:
    design = Design(depth=20, width=4)
    ours, cifar = ConfigurableNet(design).eval(), CifarResNet(20).eval()
    assert len([s for s in switches(ours) if s.endswith("shortcut")]) == 9
    assert len([s for s in switches(cifar) if s.endswith("shortcut")]) == 9
    every = [s for s in switches(ours) if s.endswith("shortcut")]
    plain = ConfigurableNet(Design(depth=20, width=4, skip="none")).eval()
    plain.load_state_dict(ours.state_dict())
    switch_off(ours, every)
    assert torch.allclose(ours(IMAGES), plain(IMAGES))
    switch_off(cifar, ["layer1.0:shortcut"])
    assert "layer1.0:shortcut" not in switches(cifar)
    dense = ConfigurableNet(Design(depth=10, width=4, skip="dense")).eval()
    x = torch.randn(1, 8, 8, 8)
    switch_off(dense, ["stages.0.0:maps"])
    made = after(dense, "stages.0.0", x)
    assert torch.equal(made[:, :8], x)
    assert not made[:, 8:].any()


def test_all_switches_at_once_still_make_a_network(network: tuple[str, nn.Module]) -> None:
    _, built = network
    switch_off(built, switches(built))
    with torch.no_grad():
        assert built(IMAGES).shape == (1, 10)


@pytest.mark.parametrize(("name", "switch"), [("resnet18", "layer9.0:shortcut"), ("resnet18", "layer2.0:block")])
def test_a_switch_that_is_not_there_is_refused(name: str, switch: str) -> None:
    with pytest.raises(BadInputError, match=r"no switch '.*' in this network; it has layer1.0:shortcut"):
        switch_off(build(Named(name), 10, 0), [switch])
