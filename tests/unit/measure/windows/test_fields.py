"""Receptive fields against the gradient: which input pixels move an output, measured."""

import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tlcore.measure.trace import trace
from tlcore.measure.windows.fields import Axis, receptive_fields


def seen_by_gradient(network: nn.Module, side: int, at: int) -> tuple[int, int]:
    """The first and last input column that moves the output's column `at`, of its middle row."""
    torch.manual_seed(0)
    network = network.double().eval()
    for parameter in network.parameters():
        nn.init.uniform_(parameter, 0.5, 1.5)  # nothing cancels out
    image = torch.rand(1, 2, side, side, dtype=torch.float64, requires_grad=True)
    out = network(image)
    out[0, :, out.shape[2] // 2, at].sum().backward()
    assert image.grad is not None
    columns = image.grad[0].abs().sum((0, 1)).nonzero().flatten()
    return int(columns.min()), int(columns.max())


def last_axis(network: nn.Module, side: int) -> Axis:
    found = receptive_fields(trace(network.double(), torch.zeros(1, 2, side, side, dtype=torch.float64)))
    assert found[-1] is not None
    return found[-1].axes[1]


def agrees(network: nn.Module, side: int, at: int) -> None:
    axis = last_axis(network, side)
    first, last = seen_by_gradient(network, side, at)
    assert (first, last) == (max(0, axis.low + at * axis.jump), min(side - 1, axis.high + at * axis.jump))


def layers() -> st.SearchStrategy[list[tuple[str, int, int, int, int]]]:
    """Random convolutions and average poolings: kind, kernel, stride, padding, dilation."""
    one = st.tuples(
        st.sampled_from(["conv", "pool"]), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2)
    )
    return st.lists(one, min_size=1, max_size=4)


def built(plan: list[tuple[str, int, int, int, int]]) -> nn.Sequential:
    return nn.Sequential(
        *(
            nn.Conv2d(2, 2, kernel, stride, padding, dilation)
            if kind == "conv"
            else nn.AvgPool2d(kernel, stride, min(padding, kernel // 2))
            for kind, kernel, stride, padding, dilation in plan
        )
    )


@settings(max_examples=40)
@given(layers())
def test_of_stacked_layers(plan: list[tuple[str, int, int, int, int]]) -> None:
    network = built(plan)
    side = 120
    out = network.double()(torch.zeros(1, 2, side, side, dtype=torch.float64)).shape[3]
    for at in {0, out // 2, out - 1}:
        axis = last_axis(network, side)
        first, last = seen_by_gradient(network, side, at)
        # a stride above the kernel skips pixels, and padding may be all that an edge position sees
        assert axis.low + at * axis.jump <= first
        assert last <= axis.high + at * axis.jump
    agrees(network, side, out // 2)


class Branching(nn.Module):
    """A skip, two branches that are concatenated, and cropping: all the ways in which maps meet."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 2, 3, 2, 1)
        self.block = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1))
        self.wide, self.narrow = nn.Conv2d(2, 2, 5, padding=2), nn.Conv2d(2, 2, 1)
        self.pool = nn.AvgPool2d(3, 2)
        self.last = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = x + self.block(x)
        x = torch.cat([self.wide(x), self.narrow(x)], 1)
        return self.last(self.pool(x))[:, :, 1:, 1:]


class Hourglass(nn.Module):
    """Down and up again beside a way that stays: padding, striding by slices, and an upsampled map."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(2, 2, 2, 2)
        self.across = nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        low = F.interpolate(self.across(self.down(x)), scale_factor=2.0, mode="nearest")
        return F.pad(x + low, (1, 1, 1, 1))[:, :, ::2, ::2]


def test_through_skips_branches_and_cropping() -> None:
    for at in (0, 5, 9):
        agrees(Branching(), 60, at)


def test_upsampled_maps_see_what_their_widest_place_sees() -> None:
    axis = last_axis(Hourglass(), 40)
    spans = [seen_by_gradient(Hourglass(), 40, at) for at in range(8, 12)]
    assert max(last - first + 1 for first, last in spans) <= axis.size <= 8
    assert axis.jump == 2


def test_a_gate_is_not_a_view() -> None:
    """Squeeze-and-excitation scales maps by what it saw of the whole image; where it looks stays local."""

    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.pool, self.fc = nn.Conv2d(2, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Conv2d(2, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return x * self.fc(self.pool(x)).sigmoid()

    field = receptive_fields(trace(Gated(), torch.zeros(1, 2, 20, 20)))[-1]
    assert field is not None
    assert (field.gated, field.whole, field.axes[0].size) == (True, False, 3)


def test_global_pooling_and_dense_layers_see_everything() -> None:
    network = nn.Sequential(nn.Conv2d(2, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2))
    fields = receptive_fields(trace(network, torch.zeros(1, 2, 20, 20)))
    assert [field.whole for field in fields if field] == [False, True, True, True]


def test_what_reads_all_positions_is_global_only_where_they_reach_all_of_the_image() -> None:
    """A 3x3 convolution with stride 64 on 64 pixels gives one position, which saw nine of them."""
    dense = nn.Sequential(nn.Conv2d(2, 2, 3, 64), nn.Flatten(), nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    for found in receptive_fields(trace(dense, torch.zeros(1, 2, 64, 64))):
        assert found is not None
        assert (found.whole, [(axis.size, axis.start) for axis in found.axes]) == (False, [(3, 1), (3, 1)])
    high, wide = nn.Sequential(nn.Conv2d(2, 2, 3, 7), nn.AdaptiveAvgPool2d(1)), torch.zeros(1, 2, 20, 17)
    last = receptive_fields(trace(high, wide))[-1]
    assert last is not None
    assert [(axis.size, axis.start, axis.jump) for axis in last.axes] == [(17, 8, 21), (17, 8, 21)]
    assert not last.whole  # all columns, but not all rows


class Everything(nn.Module):
    """What `end` makes of the maps of some layers: pooled as a function, pooled as a module, a gate, or dense."""

    def __init__(self, body: nn.Module, end: str) -> None:
        super().__init__()
        self.body, self.end = body, end
        self.pool, self.mix, self.fc = nn.AdaptiveAvgPool2d(1), nn.Conv2d(2, 2, 1), nn.LazyLinear(2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)
        if self.end == "gate":
            x = (x * self.mix(self.pool(x)).sigmoid()).flatten(1)
        if self.end == "mean":
            x = x.mean([2, 3])
        if self.end == "kept":
            x = x.mean([2, 3], keepdim=True)
        if self.end == "upsampled":
            x = F.interpolate(self.pool(x), (5, 5), mode="bilinear")
        return self.fc((self.pool(x) if self.end == "pool" else x).flatten(1))


@settings(max_examples=60)
@given(layers(), st.sampled_from(["dense", "gate", "mean", "kept", "pool", "upsampled"]), st.integers(16, 40))
def test_of_what_reads_all_positions(plan: list[tuple[str, int, int, int, int]], end: str, side: int) -> None:
    """Its field is the whole image, or else the very pixels that move it; columns are measured one by one."""
    torch.manual_seed(0)
    network = Everything(built(plan), end).double().eval()
    image = torch.rand(1, 2, side, side + 7, dtype=torch.float64, requires_grad=True)
    try:
        out = network(image)
    except RuntimeError:  # a window larger than what is left
        return
    for parameter in network.parameters():
        nn.init.uniform_(parameter, 0.5, 1.5)
    network(image).sum().backward()
    assert image.grad is not None and out.dim() == 2
    moved = image.grad[0].abs().sum(0)
    rows, columns = moved.sum(1).nonzero().flatten(), moved.sum(0).nonzero().flatten()
    if not len(rows):
        return  # nothing but padding is read
    found = receptive_fields(trace(network, image.detach()))[-1]
    assert found is not None
    seen = [(int(part.min()), int(part.max())) for part in (rows, columns)]
    assert found.whole == (seen == [(0, side - 1), (0, side + 6)])
    assert [(int(part.first.min()), int(part.last.max())) for part in found.seen] == seen
    for axis, (first, last) in zip(found.axes, seen, strict=True):
        assert axis.low <= first <= last <= axis.high


def test_a_gate_that_saw_only_part_scales_and_is_no_view() -> None:
    network = Everything(nn.Conv2d(2, 2, 3, 5), "gate")
    network(torch.zeros(1, 2, 19, 19))
    steps = trace(network, torch.zeros(1, 2, 19, 19))
    gated = receptive_fields(steps)[[step.kind for step in steps.steps].index("mul")]
    assert gated is not None
    assert (gated.gated, gated.pooled, gated.axes[0].size) == (True, False, 3)


def test_crops_are_counted_however_they_are_written() -> None:
    """With an ellipsis, from the end, along one axis alone."""

    class Cut(nn.Module):
        def __init__(self, *part: object) -> None:
            super().__init__()
            self.conv, self.part = nn.Conv2d(2, 2, 3, 2), part

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x)[self.part]

    every = slice(None)
    for part in (
        (Ellipsis, slice(2, 9, 3)), (every, every, every, slice(-7, -1)), (every, every, slice(3, None)), (every,),
    ):  # fmt: skip
        agrees(Cut(*part), 40, 1)


def test_adaptive_pooling_whose_sides_do_not_divide() -> None:
    """Its windows differ in size, also where there are more of them than rows; the widest counts."""
    for side in range(1, 13):
        for positions in range(2, 13):
            axis = last_axis(nn.Sequential(nn.AdaptiveAvgPool2d(positions)), side)
            spans = [seen_by_gradient(nn.AdaptiveAvgPool2d(positions), side, at) for at in range(positions)]
            assert axis.size == max(last - first + 1 for first, last in spans)
            assert axis.jump == side / positions
            middles = [(first + last) / 2 for first, last in spans]
            assert max(abs(axis.start + at * axis.jump - middle) for at, middle in enumerate(middles)) <= 1
