"""The memory estimate: exact where it can be counted by hand, and near what autograd really keeps."""

import pytest
import torch
from torch import nn

from tlcore.measure.memory import to_learn, to_predict
from tlcore.measure.networks import measure
from tlcore.measure.table import layer_table
from tlcore.measure.trace import trace
from tlcore.zoo import architectures


def test_a_chain_holds_two_outcomes_at_once_to_predict() -> None:
    """8x8 maps of 4, 4 and 8: at most the second and the third are alive together, 4 and 8 maps of 64 values."""
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 8, 1))
    table = layer_table(trace(network, torch.zeros(1, 3, 8, 8)))
    memory = to_predict(table, batch=5)
    assert memory.activations == 5 * (4 + 8) * 64 * 4
    assert memory.weights == 4 * sum(p.numel() for p in network.parameters())
    assert (memory.gradients, memory.optimizer) == (0, 0)


def test_a_shortcut_keeps_its_input_alive() -> None:
    class Skip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.a, self.b = (nn.Conv2d(3, 3, 1) for _ in range(3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.first(x)
            return x + self.b(self.a(x))

    table = layer_table(trace(Skip(), torch.zeros(1, 3, 8, 8)))
    assert to_predict(table, 1).activations == 3 * 3 * 64 * 4  # the shortcut, and two of the branch


def test_learning_keeps_everything() -> None:
    table = measure("vgg16")
    memory = to_learn(table, batch=32, optimizer="adamw")
    assert memory.weights == memory.gradients == memory.optimizer // 2 == 4 * 138_357_544
    assert memory.activations == 32 * table.activation_bytes
    half = to_learn(table, batch=32, precision="bfloat16", optimizer="sgd")
    assert half.activations * 2 == memory.activations
    assert half.total < memory.total


@pytest.mark.parametrize("name", ["cifar_resnet20", "cifar_plain20", "mobilenet_v1"])
def test_it_is_near_what_autograd_keeps(name: str) -> None:
    row = architectures.get(name)
    network, batch = row.build("cpu").train(), 2
    kept: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        if not isinstance(tensor, nn.Parameter):
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        out = network(torch.rand(batch, *row.input_shape))
        total = sum(kept.values())
    assert out.requires_grad
    assert 0.5 < to_learn(measure(name), batch).activations / total < 2
