"""The configurable network against networks that are known, and against its own formula."""

import itertools

import pytest
import torch
from torch import nn

from tlcore.errors import BadInputError
from tlcore.zoo.nets.configurable import DEPTHS, ConfigurableNet, Design
from tlcore.zoo.nets.resnet import CifarResNet


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("residual", [True, False])
def test_with_usual_settings_it_is_the_resnet_for_cifar(residual: bool) -> None:
    ours = ConfigurableNet(Design(depth=20, skip="identity" if residual else "none")).eval()
    theirs = CifarResNet(20, residual=residual).eval()
    renamed = {f"stages.{stage}": f"layer{stage + 1}" for stage in range(3)} | {"norm": "bn"}
    state = ours.state_dict()
    for old, new in renamed.items():
        state = {name.replace(old, new): tensor for name, tensor in state.items()}
    theirs.load_state_dict(state)
    images = torch.randn(2, 3, 32, 32)
    assert torch.allclose(ours(images), theirs(images), atol=1e-5)


def test_the_dense_one_is_as_large_as_published() -> None:
    """DenseNet-BC with 100 layers and a growth rate of 12: 0.8 million (Huang et al. 2016, table 2)."""
    with torch.device("meta"):
        network = ConfigurableNet(Design(depth=100, width=12, skip="dense"))
    assert parameters(network) == 769_162  # as counted by others who built it from the paper
    assert round(parameters(network) / 1e6, 1) == 0.8


@pytest.mark.parametrize(
    ("depth", "skip"),
    [*itertools.product((DEPTHS[0], 6, 20), ("none", "identity", "projection", "dense")), (DEPTHS[-1], "identity")],
)
def test_the_depth_counts_the_layers_on_the_longest_way(depth: int, skip: str) -> None:
    with torch.device("meta"):
        network = ConfigurableNet(Design(depth=depth, width=2, skip=skip))  # type: ignore[arg-type]
    names = [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    assert len([name for name in names if "shortcut" not in name]) == depth
    assert network.eval()(torch.zeros(1, 3, 32, 32, device="meta")).shape == (1, 10)


def test_a_block_multiplies_shortcut_and_branch() -> None:
    design = Design(depth=4, width=3, stages=1, alpha=0.5, beta=2, activation="tanh")
    block = ConfigurableNet(design).eval().stages[0][0]
    x = torch.randn(2, 3, 5, 5)
    branch = block.norm2(block.conv2(torch.tanh(block.norm1(block.conv1(x)))))
    assert torch.allclose(block(x), torch.tanh(0.5 * x + 2 * branch), atol=1e-6)


def test_a_pre_activated_block_leaves_the_sum_alone() -> None:
    network = ConfigurableNet(Design(depth=4, width=3, stages=1, pre_activation=True)).eval()
    block = network.stages[0][0]
    nn.init.zeros_(block.conv2.weight)
    x = torch.randn(2, 3, 5, 5)
    assert torch.equal(block(x), x)


@pytest.mark.parametrize(
    ("init", "deviation"), [("he", (2 / 288) ** 0.5), ("xavier", (2 / 576) ** 0.5), ("large", 3 * (2 / 288) ** 0.5),
                            ("small", (2 / 288) ** 0.5 / 3), ("default", (1 / 3 / 288) ** 0.5)]
)  # fmt: skip
def test_weights_are_drawn_with_their_variance(init: str, deviation: float) -> None:
    torch.manual_seed(0)
    network = ConfigurableNet(Design(depth=4, width=32, stages=1, init=init, batch_norm=False))  # type: ignore[arg-type]
    layer = network.stages[0][0].conv1
    assert layer.weight.std().item() == pytest.approx(deviation, rel=0.03)
    assert (layer.bias.abs().max().item() > 0) == (init == "default")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"depth": 57}, "even number from 4 to 152, not 57"),
        ({"depth": 200}, "not 200"),
        ({"width": 0}, "from 1 to 64"),
        ({"activation": "swish"}, "activation is one of sigmoid, tanh"),
        ({"init": "zero"}, "init is one of default"),
        ({"skip": "maybe"}, "skip is one of none"),
        ({"skip": "dense", "stages": 1}, "a dense one has three"),
        ({"alpha": float("nan")}, "multiplied by 0 to 2"),
        ({"beta": 3.0}, "multiplied by 0 to 2"),
    ],
)
def test_an_impossible_design_is_a_sentence(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        Design(**values)  # type: ignore[arg-type]
