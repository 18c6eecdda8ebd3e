"""Inception-v4, Inception-ResNet-v2, and Inception-ResNet-v1 as FaceNet uses it.

Szegedy, Ioffe, Vanhoucke & Alemi 2016, "Inception-v4, Inception-ResNet and the Impact of Residual Connections on
Learning". The residual networks follow the released code, whose stem and widths differ from the paper's figures.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Tensor, nn

Shape = int | tuple[int, int]


def conv(channels: int, maps: int, kernel: Shape, stride: int = 1, padding: Shape | str = 0) -> nn.Sequential:
    """A convolution, normalised, with a rectifier."""
    return nn.Sequential(
        nn.Conv2d(channels, maps, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(maps, eps=0.001),
        nn.ReLU(inplace=True),
    )


def chain(channels: int, *steps: tuple[int, Shape]) -> nn.Sequential:
    """Convolutions after one another that keep the sides, each `(maps, kernel)`."""
    parts = []
    for maps, kernel in steps:
        parts.append(conv(channels, maps, kernel, padding="same"))
        channels = maps
    return nn.Sequential(*parts)


def halving(channels: int, *steps: tuple[int, Shape]) -> nn.Sequential:
    """As `chain`, with stride 2 and no padding in the last one."""
    *kept, (maps, kernel) = steps
    before = kept[-1][0] if kept else channels
    return nn.Sequential(*chain(channels, *kept), conv(before, maps, kernel, 2))


class Branches(nn.Module):
    """Several views of the same maps, concatenated."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


class Fork(nn.Module):
    """A chain whose end is seen by two kernels, 1x3 and 3x1 (figure 6)."""

    def __init__(self, channels: int, steps: Sequence[tuple[int, Shape]], maps: int) -> None:
        super().__init__()
        self.stem = chain(channels, *steps)
        self.wide = conv(steps[-1][0], maps, (1, 3), padding="same")
        self.high = conv(steps[-1][0], maps, (3, 1), padding="same")

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return torch.cat([self.wide(x), self.high(x)], 1)


def _pooled(channels: int, maps: int) -> nn.Sequential:
    return nn.Sequential(nn.AvgPool2d(3, 1, padding=1, count_include_pad=False), conv(channels, maps, 1))


def _stem4() -> nn.Sequential:
    """Figure 3: 299x299x3 to 35x35x384."""
    return nn.Sequential(
        conv(3, 32, 3, 2),
        conv(32, 32, 3),
        conv(32, 64, 3, padding=1),
        Branches(nn.MaxPool2d(3, 2), conv(64, 96, 3, 2)),
        Branches(
            nn.Sequential(chain(160, (64, 1)), conv(64, 96, 3)),
            nn.Sequential(chain(160, (64, 1), (64, (1, 7)), (64, (7, 1))), conv(64, 96, 3)),
        ),
        Branches(conv(192, 192, 3, 2), nn.MaxPool2d(3, 2)),
    )


def _block_a() -> Branches:
    """Figure 4, on 35x35."""
    return Branches(
        chain(384, (96, 1)),
        chain(384, (64, 1), (96, 3)),
        chain(384, (64, 1), (96, 3), (96, 3)),
        _pooled(384, 96),
    )


def _block_b() -> Branches:
    """Figure 5, on 17x17."""
    return Branches(
        chain(1024, (384, 1)),
        chain(1024, (192, 1), (224, (1, 7)), (256, (7, 1))),
        chain(1024, (192, 1), (192, (7, 1)), (224, (1, 7)), (224, (7, 1)), (256, (1, 7))),
        _pooled(1024, 128),
    )


def _block_c() -> Branches:
    """Figure 6, on 8x8."""
    return Branches(
        chain(1536, (256, 1)),
        Fork(1536, [(384, 1)], 256),
        Fork(1536, [(384, 1), (448, (3, 1)), (512, (1, 3))], 256),
        _pooled(1536, 256),
    )


def _head(channels: int, classes: int) -> nn.Sequential:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(channels, classes))


def _reduction_a(channels: int, widths: tuple[int, int, int]) -> Branches:
    """From 35x35 to 17x17; the widths are the paper's k, l and m, and its n is 384 in all three networks."""
    ones, first, second = widths
    return Branches(
        halving(channels, (384, 3)), halving(channels, (ones, 1), (first, 3), (second, 3)), nn.MaxPool2d(3, 2)
    )


class Stages(nn.Module):
    """What all three have in common: blocks on 35x35, 17x17 and 8x8 maps (for 299 pixels), and reductions between."""

    def __init__(
        self,
        stem: nn.Module,
        a: Sequence[nn.Module],
        reduction_a: nn.Module,
        b: Sequence[nn.Module],
        reduction_b: nn.Module,
        c: Sequence[nn.Module],
    ) -> None:
        super().__init__()
        self.stem = stem
        self.a, self.reduction_a = nn.Sequential(*a), reduction_a
        self.b, self.reduction_b = nn.Sequential(*b), reduction_b
        self.c = nn.Sequential(*c)

    def features(self, x: Tensor) -> Tensor:
        """The last maps."""
        x = self.reduction_a(self.a(self.stem(x)))
        x = self.reduction_b(self.b(x))
        return self.c(x)


class InceptionV4(Stages):
    """Figure 9: images `(n, 3, 299, 299)` to logits `(n, 1000)`."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__(
            stem=_stem4(),
            a=[_block_a() for _ in range(4)],
            reduction_a=_reduction_a(384, (192, 224, 256)),
            b=[_block_b() for _ in range(7)],
            reduction_b=Branches(
                halving(1024, (192, 1), (192, 3)),
                halving(1024, (256, 1), (256, (1, 7)), (320, (7, 1)), (320, 3)),
                nn.MaxPool2d(3, 2),
            ),
            c=[_block_c() for _ in range(3)],
        )
        self.head = _head(1536, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


class Residual(nn.Module):
    """Branches whose 1x1-mixed sum, scaled down, is added to their input (figures 10 to 19; scaling, section 3.3)."""

    def __init__(self, channels: int, branches: Branches, maps: int, scale: float, *, rectified: bool = True) -> None:
        super().__init__()
        self.branches = branches
        self.mix = nn.Conv2d(maps, channels, 1)
        self.scale = scale
        self.relu = nn.ReLU(inplace=True) if rectified else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x + self.scale * self.mix(self.branches(x)))


def _residual_a(channels: int, first: int, second: int) -> Residual:
    """On 35x35: 1x1; 1x1 and 3x3; 1x1 and two 3x3 of the given widths."""
    branches = Branches(
        chain(channels, (32, 1)),
        chain(channels, (32, 1), (32, 3)),
        chain(channels, (32, 1), (first, 3), (second, 3)),
    )
    return Residual(channels, branches, 64 + second, 0.17)


def _residual_line(
    channels: int, ones: int, widths: tuple[int, int, int], length: int, scale: float, *, rectified: bool = True
) -> Residual:
    """On 17x17 and 8x8: 1x1; and 1x1 of the first width, a row and a column of that length of the other two."""
    first, row, column = widths
    branches = Branches(
        chain(channels, (ones, 1)), chain(channels, (first, 1), (row, (1, length)), (column, (length, 1)))
    )
    return Residual(channels, branches, ones + column, scale, rectified=rectified)


def _residuals_c(channels: int, widths: tuple[int, int, int], count: int) -> list[Residual]:
    """The blocks on 8x8; the last one is neither scaled nor rectified."""
    scaled = [_residual_line(channels, 192, widths, 3, 0.2) for _ in range(count - 1)]
    return [*scaled, _residual_line(channels, 192, widths, 3, 1.0, rectified=False)]


def _residual_reduction_b(channels: int, width: int, last: int) -> Branches:
    """From 17x17 to 8x8."""
    return Branches(
        halving(channels, (256, 1), (384, 3)),
        halving(channels, (256, 1), (width, 3)),
        halving(channels, (256, 1), (width, 3), (last, 3)),
        nn.MaxPool2d(3, 2),
    )


def _stem_residual() -> nn.Sequential:
    """The stem of the released code up to 192 maps; 299 pixels become 71 before its last pooling."""
    return nn.Sequential(
        conv(3, 32, 3, 2),
        conv(32, 32, 3),
        conv(32, 64, 3, padding=1),
        nn.MaxPool2d(3, 2),
        conv(64, 80, 1),
        conv(80, 192, 3),
    )


class InceptionResNetV2(Stages):
    """The released network: images `(n, 3, 299, 299)` to logits `(n, 1000)`."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__(
            stem=nn.Sequential(
                _stem_residual(),
                nn.MaxPool2d(3, 2),
                Branches(
                    chain(192, (96, 1)),
                    chain(192, (48, 1), (64, 5)),
                    chain(192, (64, 1), (96, 3), (96, 3)),
                    _pooled(192, 64),
                ),
            ),
            a=[_residual_a(320, 48, 64) for _ in range(10)],
            reduction_a=_reduction_a(320, (256, 256, 384)),
            b=[_residual_line(1088, 192, (128, 160, 192), 7, 0.1) for _ in range(20)],
            reduction_b=_residual_reduction_b(1088, 288, 320),
            c=_residuals_c(2080, (192, 224, 256), 10),
        )
        self.last = conv(2080, 1536, 1)
        self.head = _head(1536, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.last(self.features(x)))


class FaceNet(Stages):
    """Inception-ResNet-v1 as faces are compared with it: `(n, 3, 160, 160)` to unit vectors `(n, 512)`.

    Schroff, Kalenichenko & Philbin 2015 ("FaceNet") learned embeddings by triplets; this is the network of the
    widely used open implementation, on the residual Inception of 2016.
    """

    def __init__(self, length: int = 512) -> None:
        super().__init__(
            stem=nn.Sequential(_stem_residual(), conv(192, 256, 3, 2)),
            a=[_residual_a(256, 32, 32) for _ in range(5)],
            reduction_a=_reduction_a(256, (192, 192, 256)),
            b=[_residual_line(896, 128, (128, 128, 128), 7, 0.1) for _ in range(10)],
            reduction_b=_residual_reduction_b(896, 256, 256),
            c=_residuals_c(1792, (192, 192, 192), 6),
        )
        self.embedding = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.6),
            nn.Linear(1792, length, bias=False),
            nn.BatchNorm1d(length, eps=0.001),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(self.embedding(self.features(x)))
