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


class InceptionV4(nn.Module):
    """Figure 9: images `(n, 3, 299, 299)` to logits `(n, 1000)`."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.stem = _stem4()
        self.a = nn.Sequential(*(_block_a() for _ in range(4)))
        self.reduction_a = Branches(
            halving(384, (384, 3)), halving(384, (192, 1), (224, 3), (256, 3)), nn.MaxPool2d(3, 2)
        )
        self.b = nn.Sequential(*(_block_b() for _ in range(7)))
        self.reduction_b = Branches(
            halving(1024, (192, 1), (192, 3)),
            halving(1024, (256, 1), (256, (1, 7)), (320, (7, 1)), (320, 3)),
            nn.MaxPool2d(3, 2),
        )
        self.c = nn.Sequential(*(_block_c() for _ in range(3)))
        self.head = _head(1536, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduction_a(self.a(self.stem(x)))
        x = self.reduction_b(self.b(x))
        return self.head(self.c(x))


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


class InceptionResNetV2(nn.Module):
    """The released network: images `(n, 3, 299, 299)` to logits `(n, 1000)`."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            _stem_residual(),
            nn.MaxPool2d(3, 2),
            Branches(
                chain(192, (96, 1)),
                chain(192, (48, 1), (64, 5)),
                chain(192, (64, 1), (96, 3), (96, 3)),
                _pooled(192, 64),
            ),
        )
        self.a = nn.Sequential(*(self._a() for _ in range(10)))
        self.reduction_a = Branches(
            halving(320, (384, 3)), halving(320, (256, 1), (256, 3), (384, 3)), nn.MaxPool2d(3, 2)
        )
        self.b = nn.Sequential(*(self._b() for _ in range(20)))
        self.reduction_b = Branches(
            halving(1088, (256, 1), (384, 3)),
            halving(1088, (256, 1), (288, 3)),
            halving(1088, (256, 1), (288, 3), (320, 3)),
            nn.MaxPool2d(3, 2),
        )
        self.c = nn.Sequential(*(self._c(0.2) for _ in range(9)), self._c(1.0, rectified=False))
        self.last = conv(2080, 1536, 1)
        self.head = _head(1536, classes)

    @staticmethod
    def _a() -> Residual:
        branches = Branches(chain(320, (32, 1)), chain(320, (32, 1), (32, 3)), chain(320, (32, 1), (48, 3), (64, 3)))
        return Residual(320, branches, 128, 0.17)

    @staticmethod
    def _b() -> Residual:
        branches = Branches(chain(1088, (192, 1)), chain(1088, (128, 1), (160, (1, 7)), (192, (7, 1))))
        return Residual(1088, branches, 384, 0.1)

    @staticmethod
    def _c(scale: float, *, rectified: bool = True) -> Residual:
        branches = Branches(chain(2080, (192, 1)), chain(2080, (192, 1), (224, (1, 3)), (256, (3, 1))))
        return Residual(2080, branches, 448, scale, rectified=rectified)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduction_a(self.a(self.stem(x)))
        x = self.reduction_b(self.b(x))
        return self.head(self.last(self.c(x)))


class FaceNet(nn.Module):
    """Inception-ResNet-v1 as faces are compared with it: `(n, 3, 160, 160)` to unit vectors `(n, 512)`.

    Schroff, Kalenichenko & Philbin 2015 ("FaceNet") learned embeddings by triplets; this is the network of the
    widely used open implementation, on the residual Inception of 2016.
    """

    def __init__(self, length: int = 512) -> None:
        super().__init__()
        self.stem = nn.Sequential(_stem_residual(), conv(192, 256, 3, 2))
        self.a = nn.Sequential(*(self._a() for _ in range(5)))
        self.reduction_a = Branches(
            halving(256, (384, 3)), halving(256, (192, 1), (192, 3), (256, 3)), nn.MaxPool2d(3, 2)
        )
        self.b = nn.Sequential(*(self._b() for _ in range(10)))
        self.reduction_b = Branches(
            halving(896, (256, 1), (384, 3)),
            halving(896, (256, 1), (256, 3)),
            halving(896, (256, 1), (256, 3), (256, 3)),
            nn.MaxPool2d(3, 2),
        )
        self.c = nn.Sequential(*(self._c(0.2) for _ in range(5)), self._c(1.0, rectified=False))
        self.embedding = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.6),
            nn.Linear(1792, length, bias=False),
            nn.BatchNorm1d(length, eps=0.001),
        )

    @staticmethod
    def _a() -> Residual:
        branches = Branches(chain(256, (32, 1)), chain(256, (32, 1), (32, 3)), chain(256, (32, 1), (32, 3), (32, 3)))
        return Residual(256, branches, 96, 0.17)

    @staticmethod
    def _b() -> Residual:
        branches = Branches(chain(896, (128, 1)), chain(896, (128, 1), (128, (1, 7)), (128, (7, 1))))
        return Residual(896, branches, 256, 0.1)

    @staticmethod
    def _c(scale: float, *, rectified: bool = True) -> Residual:
        branches = Branches(chain(1792, (192, 1)), chain(1792, (192, 1), (192, (1, 3)), (192, (3, 1))))
        return Residual(1792, branches, 384, scale, rectified=rectified)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduction_a(self.a(self.stem(x)))
        x = self.reduction_b(self.b(x))
        return F.normalize(self.embedding(self.c(x)))
