"""Networks that are more than convolutions: attention, tables of positions, parameters that functions put together."""

import pytest
import timm
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from tlcore.measure.table import GLOBAL, NOT_RUN, Table, layer_table
from tlcore.measure.trace import trace

SIDE = 32


def table(network: nn.Module, side: int = SIDE) -> Table:
    """The layer table of a network without memory."""
    with torch.device("meta"):
        return layer_table(trace(network.to("meta"), torch.zeros(1, 3, side, side)))


class Positioned(nn.Module):
    """Patches, and to each a position that is computed from a table of parameters alone."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.places = nn.Parameter(torch.zeros(16, 4))
        self.mixed = nn.Parameter(torch.zeros(8, 4))
        self.bias = nn.Parameter(torch.zeros(4))
        self.last = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        places = (self.mixed @ self.places.T).view(1, 8, 4, 4).repeat(1, 1, 2, 2)
        bias = torch.cat([self.bias, torch.zeros_like(self.bias)])
        return self.last(self.patches(x) + places + bias[None, :, None, None])


def test_what_is_computed_from_parameters_alone_costs_and_widens_no_field() -> None:
    """As the positions of XCiT, Swin v2 and MaxViT are: 8 x 4 times 4 x 16 are 512 multiplications more."""
    found = table(Positioned())
    assert [(row.name, row.macs) for row in found.rows if not row.inputs] == [("matmul", 512)]
    assert found.macs == 512 + 64 * 8 * 3 * 16 + 64 * 8 * 8 * 9
    assert found.rows[-1].receptive_field == (12, 12)  # 4 + 2 windows' steps of 4


def test_parameters_that_a_function_puts_together_count_where_they_are_used() -> None:
    found = table(Positioned())
    assert not [row for row in found.rows if row.type == NOT_RUN]
    assert {row.name: row.params for row in found.rows if row.type in {"matmul", "add"} and row.params} == {
        "matmul": 16 * 4 + 8 * 4, "add_2": 4,
    }  # fmt: skip


class Expanded(nn.Module):
    """A class token, which is a view of a parameter that learns, handed to a module, as CaiT does."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 48))
        self.last = nn.Linear(48, 2)

    def forward(self, x: Tensor) -> Tensor:
        none_before = x.flatten(2)[:, 0:0].reshape(1, 0, 48)
        tokens = torch.cat([none_before, self.last.in_features * x.reshape(1, -1, 48)], 1)
        return self.last(self.token.expand(1, -1, -1)) + self.last(tokens).mean(1)


def test_a_view_of_a_parameter_and_an_empty_slice_are_measured() -> None:
    network = Expanded()
    assert table(network).macs == 48 * 2 + (3 * SIDE * SIDE // 48) * 48 * 2
    assert all(parameter.requires_grad for parameter in network.parameters())


class Attending(nn.Module):
    """Patches that look at one another, all of them or those of their window."""

    def __init__(self, windows: int = 1) -> None:
        super().__init__()
        self.patches, self.windows = nn.Conv2d(3, 8, 4, stride=4), windows

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2).reshape(self.windows, -1, 8)
        return functional.scaled_dot_product_attention(tokens, tokens, tokens)


def test_attention_sees_the_whole_and_attention_in_windows_is_not_said_in_one_window() -> None:
    assert table(Attending()).rows[-1].receptive_field == GLOBAL
    assert table(Attending(windows=4)).rows[-1].receptive_field is None


def test_a_dense_layer_over_positions_sees_the_whole_and_one_over_channels_a_patch() -> None:
    """The two layers of an MLP-Mixer (Tolstikhin et al. 2021)."""

    class Mixer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patches, self.channels, self.tokens = nn.Conv2d(3, 8, 4, 4), nn.Linear(8, 8), nn.Linear(64, 64)

        def forward(self, x: Tensor) -> Tensor:
            return self.tokens(self.channels(self.patches(x).flatten(2).transpose(1, 2)).transpose(1, 2))

    fields = {row.name: row.receptive_field for row in table(Mixer()).rows}
    assert (fields["channels"], fields["tokens"]) == ((4, 4), GLOBAL)


@pytest.mark.parametrize(
    ("name", "side"),
    [("xcit_nano_12_p16_224", 64), ("swinv2_tiny_window8_256", 256), ("cait_xxs24_224", 224), ("gmlp_s16_224", 224)],
)
def test_a_transformers_sums_are_torchs_own(name: str, side: int) -> None:
    with torch.device("meta"):
        network = timm.create_model(name).eval().requires_grad_(requires_grad=False)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(torch.zeros(1, 3, side, side))
    found = table(network, side)
    assert found.params == sum(parameter.numel() for parameter in network.parameters())
    assert found.macs == counter.get_total_flops() // 2
    assert not [row for row in found.rows if row.type == NOT_RUN]
    assert found.rows[-1].receptive_field in {GLOBAL, None}  # of windows that are shifted, none is said
