"""Squeeze-and-excitation networks (Hu, Shen & Sun 2017), as released by their authors."""

from torch import Tensor, nn


class SqueezeExcitation(nn.Module):
    """Section 3: the means of all maps, through two small layers and a sigmoid, scale each map."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(channels, channels // reduction, 1)
        self.relu = nn.ReLU(inplace=True)
        self.expand = nn.Conv2d(channels // reduction, channels, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return x * self.sigmoid(self.expand(self.relu(self.reduce(self.squeeze(x)))))


class SEBottleneck(nn.Module):
    """Figure 3: a bottleneck whose outcome is excited before the shortcut is added.

    `widths` are the maps of its three convolutions. The released SE-ResNet strides in the first one, SENet-154 in the
    3x3; the shortcut of a new stage is a convolution with a kernel of `shortcut` pixels.
    """

    def __init__(
        self, channels: int, widths: tuple[int, int, int], stride: int, *, groups: int, late: bool, shortcut: int
    ) -> None:
        super().__init__()
        first, second, maps = widths
        self.conv1 = nn.Conv2d(channels, first, 1, 1 if late else stride, bias=False)
        self.bn1, self.relu1 = nn.BatchNorm2d(first), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(first, second, 3, stride if late else 1, 1, groups=groups, bias=False)
        self.bn2, self.relu2 = nn.BatchNorm2d(second), nn.ReLU(inplace=True)
        self.conv3, self.bn3 = nn.Conv2d(second, maps, 1, bias=False), nn.BatchNorm2d(maps)
        self.excitation = SqueezeExcitation(maps)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != maps:
            projection = nn.Conv2d(channels, maps, shortcut, stride, shortcut // 2, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(maps))
        self.relu3 = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu2(self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x))))))
        return self.relu3(self.excitation(self.bn3(self.conv3(y))) + self.shortcut(x))


class SENet(nn.Module):
    """SE-ResNet-50 (Table 1) and SENet-154 (section 6.5): images `(n, 3, 224, 224)` to logits `(n, 1000)`."""

    def __init__(self, stem: nn.Sequential, channels: int, stages: tuple[nn.Sequential, ...], head: nn.Module) -> None:
        super().__init__()
        self.stem = nn.Sequential(stem, nn.MaxPool2d(3, 2, ceil_mode=True))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer4(self.layer3(self.layer2(self.layer1(self.stem(x))))))


def _conv_bn_relu(channels: int, maps: int, kernel: int, stride: int) -> list[nn.Module]:
    conv = nn.Conv2d(channels, maps, kernel, stride, kernel // 2, bias=False)
    return [conv, nn.BatchNorm2d(maps), nn.ReLU(inplace=True)]


def _stage(channels: int, widths: tuple[int, int, int], blocks: int, stride: int, **how: int | bool) -> nn.Sequential:
    first = SEBottleneck(channels, widths, stride, **how)  # type: ignore[arg-type]
    rest = (SEBottleneck(widths[2], widths, 1, **how) for _ in range(blocks - 1))  # type: ignore[arg-type]
    return nn.Sequential(first, *rest)


def se_resnet50(classes: int = 1000) -> SENet:
    """ResNet-50 with an excitation in every block."""
    stages, channels = [], 64
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        widths = (width, width, 4 * width)
        stages.append(_stage(channels, widths, blocks, stride, groups=1, late=False, shortcut=1))
        channels = 4 * width
    stem = nn.Sequential(*_conv_bn_relu(3, 64, 7, 2))
    return SENet(stem, channels, tuple(stages), nn.Linear(channels, classes))


def senet154(classes: int = 1000) -> SENet:
    """The winner of ILSVRC 2017: 64 groups, a stem of three 3x3, half the maps in the first 1x1, 3x3 projections."""
    stages, channels = [], 128
    for width, blocks, stride in ((64, 3, 1), (128, 8, 2), (256, 36, 2), (512, 3, 2)):
        widths = (2 * width, 4 * width, 4 * width)
        kernel = 1 if stride == 1 else 3
        stages.append(_stage(channels, widths, blocks, stride, groups=64, late=True, shortcut=kernel))
        channels = 4 * width
    stem = nn.Sequential(*_conv_bn_relu(3, 64, 3, 2), *_conv_bn_relu(64, 64, 3, 1), *_conv_bn_relu(64, 128, 3, 1))
    return SENet(stem, channels, tuple(stages), nn.Sequential(nn.Dropout(0.2), nn.Linear(channels, classes)))
