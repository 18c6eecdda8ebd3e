"""MobileNet V1 (Howard et al. 2017, "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision")."""

from torch import Tensor, nn

# Maps and stride of each depthwise separable block (Table 1).
BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip


def _conv_bn(channels: int, maps: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, maps, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(maps),
        nn.ReLU(inplace=True),
    )


class DepthwiseSeparable(nn.Sequential):
    """Figure 3: a 3x3 filter for every map of its own, then 1x1 convolutions that mix the maps."""

    def __init__(self, channels: int, maps: int, stride: int) -> None:
        super().__init__()
        self.depthwise = _conv_bn(channels, channels, 3, stride, groups=channels)
        self.pointwise = _conv_bn(channels, maps, 1)


class MobileNetV1(nn.Module):
    """Table 1: images `(n, 3, 224, 224)` to logits `(n, 1000)`; `width` is the width multiplier of section 3.3."""

    def __init__(self, classes: int = 1000, width: float = 1.0) -> None:
        super().__init__()
        channels = int(32 * width)
        self.stem = _conv_bn(3, channels, 3, 2)
        self.blocks = nn.Sequential()
        for maps, stride in BLOCKS:
            self.blocks.append(DepthwiseSeparable(channels, int(maps * width), stride))
            channels = int(maps * width)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x)))
