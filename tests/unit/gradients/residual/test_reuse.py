"""Dense blocks: their connections by the formula, their weights by hand, and where the whole block is read."""

from math import pi, sqrt
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import densenet121, resnet18

from tlcore.errors import BadInputError
from tlcore.gradients.residual.reuse import NETS, of_design, of_named, reuse
from tlcore.settings import get_settings
from tlcore.zoo.nets.configurable import ConfigurableNet, Design

LAYERS = {
    "densenet121": (6, 12, 24, 16), "densenet169": (6, 12, 32, 32), "densenet201": (6, 12, 48, 32),
    "densenet161": (6, 12, 36, 24),
}  # fmt: skip
"""Huang et al. 2017, table 1."""


@pytest.mark.parametrize("name", NETS)
def test_torchvisions_densenets_have_the_published_blocks(name: str) -> None:
    found = of_named(name)
    assert found.is_random
    assert tuple(block.layers for block in found.blocks) == LAYERS[name]
    growth = 48 if name == "densenet161" else 32
    entering = 2 * growth
    for block in found.blocks:
        assert (block.growth, block.entering) == (growth, entering)
        assert block.connections == block.layers * (block.layers + 1) // 2
        entering = (entering + growth * block.layers) // 2  # transitions halve
    assert [block.then for block in found.blocks] == ["transition"] * 3 + ["classifier"]


def test_a_weight_is_the_mean_of_the_absolute_ones_between_two_layers() -> None:
    torch.manual_seed(0)
    network = densenet121()
    block = reuse(network).blocks[1]
    third = network.features.denseblock2.denselayer3.conv1.weight.detach().abs()
    slices = (third[:, :128], third[:, 128:160], third[:, 160:192])
    assert [row[2] for row in block.weights[:4]] == [*(pytest.approx(float(s.mean())) for s in slices), None]
    read = network.features.transition2.conv.weight.detach().abs()[:, 128 + 11 * 32 :]
    assert block.weights[12][12] == pytest.approx(float(read.mean()))
    last = reuse(network).blocks[3]
    assert last.weights[16][16] == pytest.approx(float(network.classifier.weight.detach().abs()[:, -32:].mean()))
    for source, row in enumerate(block.weights):
        assert [value is None for value in row] == [target < source for target in range(13)]


def test_random_weights_read_all_sources_alike() -> None:
    """A normal weight's mean absolute value is its deviation times the root of 2 / pi, whatever it reads."""
    block = of_named("densenet121").blocks[2]
    for target in range(block.layers):
        expected = sqrt(2 / (block.entering + target * block.growth)) * sqrt(2 / pi)  # He, fan in of a 1x1
        column = [row[target] for row in block.weights if row[target] is not None]
        assert column == pytest.approx([expected] * len(column), rel=0.05)


def test_dense_networks_of_our_own_are_read_too() -> None:
    found = of_design(Design(depth=22, width=4, skip="dense", classes=10))
    assert found.is_random
    assert [(block.layers, block.growth) for block in found.blocks] == [(3, 4), (3, 4), (3, 4)]
    assert [block.entering for block in found.blocks] == [8, 10, 11]
    assert [block.then for block in found.blocks] == ["transition", "transition", "classifier"]
    network = ConfigurableNet(Design(depth=22, width=4, skip="dense"))
    unit = network.stages[2][1].conv1.weight.detach().abs()
    assert reuse(network).blocks[1].weights[1][1] == pytest.approx(float(unit[:, 10:14].mean()))
    assert not reuse(network).is_random


def test_pretrained_weights_are_read_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(5)
    network = densenet121()
    save_file(network.state_dict(), tmp_path / "densenet121.safetensors")
    monkeypatch.setenv("TLCORE_WEIGHTS", str(tmp_path))
    get_settings.cache_clear()
    found = of_named("densenet121", str(tmp_path))
    assert found == reuse(network)
    assert not found.is_random
    assert found.blocks != of_named("densenet121").blocks


def test_a_network_without_dense_blocks_is_a_sentence() -> None:
    for network in (resnet18(), nn.Sequential()):
        with pytest.raises(BadInputError, match="no dense blocks"):
            reuse(network)


def test_a_new_classifier_is_what_reads_the_last_block() -> None:
    network = densenet121()
    network.classifier = nn.Sequential(nn.Linear(1024, 7), nn.ReLU(), nn.Linear(7, 3))
    found = reuse(network).blocks[3]
    assert found.weights[0][16] == pytest.approx(float(network.classifier[0].weight.detach().abs()[:, :512].mean()))
    assert found.to_json()["connections"] == 136
