"""LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998, "Gradient-Based Learning Applied to Document Recognition")."""

import torch
from torch import Tensor, nn

# Which of S2's six maps each of C3's sixteen maps sees (Table I).
C3_TABLE = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)  # fmt: skip
# A digit a line, twelve rows of seven pixels in hexadecimal. The paper draws such bitmaps in figure 3; these are ours.
BITMAPS = (
    "1c2241414141414141221c00",
    "080c0a080808080808083e00",
    "1c22404020100804027f0000",
    "1c2240403840404040221c00",
    "2030282422217f2020200000",
    "7f01011f2040404040221c00",
    "380402011d23414141221c00",
    "7f4040202010100808080000",
    "1c2241221c22414141221c00",
    "1c224141625c4040201c0000",
)


class Squash(nn.Module):
    """The scaled hyperbolic tangent of Appendix A: 1.7159 tanh(2x / 3), so that f(1) = 1 and f(-1) = -1."""

    def forward(self, x: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(x * (2 / 3))


class Subsampling(nn.Module):
    """S2 and S4: the sum over 2x2 pixels, times one trainable coefficient a map, plus one bias (section II.B)."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.sum = nn.AvgPool2d(2, divisor_override=1)
        self.weight = nn.Parameter(torch.full((maps, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.zeros(maps, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.sum(x) * self.weight + self.bias


class PartialConvolution(nn.Module):
    """C3: each map sees only some of the maps below, which breaks the symmetry and saves weights (Table I)."""

    def __init__(self, table: tuple[tuple[int, ...], ...], kernel: int) -> None:
        super().__init__()
        self.table = table
        self.maps = nn.ModuleList(nn.Conv2d(len(seen), 1, kernel) for seen in table)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([conv(x[:, seen]) for conv, seen in zip(self.maps, self.table, strict=True)], 1)


class RadialBasis(nn.Module):
    """The output: squared distances to fixed bitmaps of the digits; the smallest one wins (section II.B)."""

    codes: Tensor

    def __init__(self) -> None:
        super().__init__()
        rows = [list(bytes.fromhex(line)) for line in BITMAPS]
        codes = [[1.0 if row >> column & 1 else -1.0 for row in digit for column in range(7)] for digit in rows]
        self.register_buffer("codes", torch.tensor(codes))

    def forward(self, x: Tensor) -> Tensor:
        return (x[:, None] - self.codes).square().sum(2)


class LeNet5(nn.Module):
    """The network of section II.B: grey images `(n, 1, 32, 32)` to penalties `(n, 10)`, the smallest is the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Sequential(nn.Conv2d(1, 6, 5), Squash())
        self.s2 = nn.Sequential(Subsampling(6), Squash())
        self.c3 = nn.Sequential(PartialConvolution(C3_TABLE, 5), Squash())
        self.s4 = nn.Sequential(Subsampling(16), Squash())
        self.c5 = nn.Sequential(nn.Conv2d(16, 120, 5), Squash())
        self.f6 = nn.Sequential(nn.Flatten(), nn.Linear(120, 84), Squash())
        self.output = RadialBasis()

    def forward(self, x: Tensor) -> Tensor:
        x = self.s2(self.c1(x))
        x = self.s4(self.c3(x))
        return self.output(self.f6(self.c5(x)))


class ModernLeNet5(nn.Sequential):
    """LeNet-5 as most textbooks print it: full C3, plain average pooling, a linear output for softmax."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.c1 = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Tanh())
        self.s2 = nn.AvgPool2d(2)
        self.c3 = nn.Sequential(nn.Conv2d(6, 16, 5), nn.Tanh())
        self.s4 = nn.AvgPool2d(2)
        self.c5 = nn.Sequential(nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten())
        self.f6 = nn.Sequential(nn.Linear(120, 84), nn.Tanh())
        self.output = nn.Linear(84, classes)
