"""GoogLeNet (Inception-v1) as in its paper, and BN-Inception, its successor with normalised activations."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Unit = Callable[..., nn.Sequential]


def conv_relu(channels: int, maps: int, kernel: int, stride: int = 1, padding: int = 0) -> nn.Sequential:
    """A convolution with a rectifier, as in 2014."""
    return nn.Sequential(nn.Conv2d(channels, maps, kernel, stride, padding), nn.ReLU(inplace=True))


def conv_bn_relu(channels: int, maps: int, kernel: int, stride: int = 1, padding: int = 0) -> nn.Sequential:
    """A convolution whose outputs are normalised before the rectifier."""
    return nn.Sequential(
        nn.Conv2d(channels, maps, kernel, stride, padding), nn.BatchNorm2d(maps), nn.ReLU(inplace=True)
    )


class Inception(nn.Module):
    """Figure 2(b): four views of the same maps, concatenated; 1x1 convolutions first make 3x3 and 5x5 affordable."""

    def __init__(self, channels: int, ones: int, threes: tuple[int, int], fives: tuple[int, int], pool: int) -> None:
        super().__init__()
        self.branch1 = conv_relu(channels, ones, 1)
        self.branch3 = nn.Sequential(conv_relu(channels, threes[0], 1), conv_relu(*threes, 3, padding=1))
        self.branch5 = nn.Sequential(conv_relu(channels, fives[0], 1), conv_relu(*fives, 5, padding=2))
        self.branch_pool = nn.Sequential(nn.MaxPool2d(3, 1, padding=1), conv_relu(channels, pool, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch3(x), self.branch5(x), self.branch_pool(x)], 1)


class AuxiliaryHead(nn.Sequential):
    """A classifier halfway, whose loss counts 0.3 while training and which is then discarded (section 5)."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(5, 3)
        self.conv = conv_relu(channels, 128, 1)
        self.fc1 = nn.Sequential(nn.Flatten(), nn.Linear(4 * 4 * 128, 1024), nn.ReLU(inplace=True), nn.Dropout(0.7))
        self.fc2 = nn.Linear(1024, classes)


class GoogLeNet2014(nn.Module):
    """Szegedy et al. 2014, "Going Deeper with Convolutions", Table 1: images `(n, 3, 224, 224)` to logits `(n, 1000)`.

    With `auxiliary` it returns three logits: the network's, and those of the heads after 4a and 4d.
    """

    def __init__(self, classes: int = 1000, *, auxiliary: bool = False) -> None:
        super().__init__()
        self.conv1 = conv_relu(3, 64, 7, 2, 3)
        self.pool1 = nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), nn.LocalResponseNorm(5))
        self.conv2 = nn.Sequential(conv_relu(64, 64, 1), conv_relu(64, 192, 3, padding=1), nn.LocalResponseNorm(5))
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception3a = Inception(192, 64, (96, 128), (16, 32), 32)
        self.inception3b = Inception(256, 128, (128, 192), (32, 96), 64)
        self.pool3 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception4a = Inception(480, 192, (96, 208), (16, 48), 64)
        self.inception4b = Inception(512, 160, (112, 224), (24, 64), 64)
        self.inception4c = Inception(512, 128, (128, 256), (24, 64), 64)
        self.inception4d = Inception(512, 112, (144, 288), (32, 64), 64)
        self.inception4e = Inception(528, 256, (160, 320), (32, 128), 128)
        self.pool4 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception5a = Inception(832, 256, (160, 320), (32, 128), 128)
        self.inception5b = Inception(832, 384, (192, 384), (48, 128), 128)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.4), nn.Linear(1024, classes))
        self.aux1 = AuxiliaryHead(512, classes) if auxiliary else None
        self.aux2 = AuxiliaryHead(528, classes) if auxiliary else None

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        x = self.pool2(self.conv2(self.pool1(self.conv1(x))))
        x = self.pool3(self.inception3b(self.inception3a(x)))
        after_4a = self.inception4a(x)
        after_4d = self.inception4d(self.inception4c(self.inception4b(after_4a)))
        x = self.pool4(self.inception4e(after_4d))
        x = self.head(self.inception5b(self.inception5a(x)))
        if self.aux1 is None or self.aux2 is None:
            return x
        return x, self.aux1(after_4a), self.aux2(after_4d)


class NormalisedInception(nn.Module):
    """BN-Inception's block: the 5x5 is two 3x3 (Ioffe & Szegedy 2015, Appendix).

    Without `ones` it halves the sides: both branches end with stride 2, and pooling passes its input on.
    """

    def __init__(
        self, channels: int, ones: int, threes: Sequence[int], doubles: Sequence[int], pool: nn.Module
    ) -> None:
        super().__init__()
        stride = 1 if ones else 2
        self.branch1 = conv_bn_relu(channels, ones, 1) if ones else None
        self.branch3 = nn.Sequential(
            conv_bn_relu(channels, threes[0], 1), conv_bn_relu(threes[0], threes[1], 3, stride, 1)
        )
        self.double3 = nn.Sequential(
            conv_bn_relu(channels, doubles[0], 1),
            conv_bn_relu(doubles[0], doubles[1], 3, padding=1),
            conv_bn_relu(doubles[1], doubles[1], 3, stride, 1),
        )
        self.branch_pool = pool

    def forward(self, x: Tensor) -> Tensor:
        first = [] if self.branch1 is None else [self.branch1(x)]
        return torch.cat([*first, self.branch3(x), self.double3(x), self.branch_pool(x)], 1)


def _average(channels: int, maps: int) -> nn.Sequential:
    return nn.Sequential(nn.AvgPool2d(3, 1, padding=1), conv_bn_relu(channels, maps, 1))


def _maximum(channels: int, maps: int) -> nn.Sequential:
    return nn.Sequential(nn.MaxPool2d(3, 1, padding=1), conv_bn_relu(channels, maps, 1))


class BNInception(nn.Module):
    """Ioffe & Szegedy 2015, "Batch Normalization", figure 5: images `(n, 3, 224, 224)` to logits `(n, 1000)`."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        block = NormalisedInception
        self.conv1 = conv_bn_relu(3, 64, 7, 2, 3)
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = nn.Sequential(conv_bn_relu(64, 64, 1), conv_bn_relu(64, 192, 3, padding=1))
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception3a = block(192, 64, (64, 64), (64, 96), _average(192, 32))
        self.inception3b = block(256, 64, (64, 96), (64, 96), _average(256, 64))
        self.inception3c = block(320, 0, (128, 160), (64, 96), nn.MaxPool2d(3, 2, ceil_mode=True))
        self.inception4a = block(576, 224, (64, 96), (96, 128), _average(576, 128))
        self.inception4b = block(576, 192, (96, 128), (96, 128), _average(576, 128))
        self.inception4c = block(576, 160, (128, 160), (128, 160), _average(576, 128))
        self.inception4d = block(608, 96, (128, 192), (160, 192), _average(608, 128))
        self.inception4e = block(608, 0, (128, 192), (192, 256), nn.MaxPool2d(3, 2, ceil_mode=True))
        self.inception5a = block(1056, 352, (192, 320), (160, 224), _average(1056, 128))
        self.inception5b = block(1024, 352, (192, 320), (192, 224), _maximum(1024, 128))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, classes))

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool2(self.conv2(self.pool1(self.conv1(x))))
        x = self.inception3c(self.inception3b(self.inception3a(x)))
        x = self.inception4d(self.inception4c(self.inception4b(self.inception4a(x))))
        x = self.inception5b(self.inception5a(self.inception4e(x)))
        return self.head(x)
