"""ResNets that torchvision lacks: those for CIFAR with their plain twins, and the pre-activation one."""

import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Tensor, nn


def conv3(channels: int, maps: int, stride: int = 1) -> nn.Conv2d:
    """A 3x3 convolution that keeps the sides, or halves them."""
    return nn.Conv2d(channels, maps, 3, stride, 1, bias=False)


class ZeroPaddedShortcut(nn.Module):
    """Option A (section 3.3): every second pixel, and new maps of zeros; no parameters."""

    def __init__(self, channels: int, maps: int, stride: int) -> None:
        super().__init__()
        self.stride, self.missing = stride, maps - channels

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, self.missing // 2, self.missing - self.missing // 2))


class BasicBlock(nn.Module):
    """Figure 5, left: two 3x3 convolutions; with `residual` their input is added before the last rectifier."""

    def __init__(self, channels: int, maps: int, stride: int, *, residual: bool) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv3(channels, maps, stride), nn.BatchNorm2d(maps)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2, self.bn2 = conv3(maps, maps), nn.BatchNorm2d(maps)
        self.relu2 = nn.ReLU(inplace=True)
        same = stride == 1 and channels == maps
        self.shortcut = nn.Identity() if same else ZeroPaddedShortcut(channels, maps, stride)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(y + self.shortcut(x) if self.residual else y)


class CifarResNet(nn.Module):
    """He, Zhang, Ren & Sun 2015, section 4.2: `depth` = 6n + 2 layers with 16, 32 and 64 maps, `(n, 3, 32, 32)` in.

    Without `residual` it is the plain network of figure 1, with the very same layers and parameters.
    """

    def __init__(self, depth: int, classes: int = 10, *, residual: bool = True) -> None:
        super().__init__()
        if depth % 6 != 2:
            raise ValueError(f"A CIFAR ResNet has 6n + 2 layers, and {depth} is not such a number.")
        self.stem = nn.Sequential(conv3(3, 16), nn.BatchNorm2d(16), nn.ReLU(inplace=True))
        self.layer1 = self._stage(16, 16, depth // 6, residual)
        self.layer2 = self._stage(16, 32, depth // 6, residual)
        self.layer3 = self._stage(32, 64, depth // 6, residual)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes))

    @staticmethod
    def _stage(channels: int, maps: int, blocks: int, residual: bool) -> nn.Sequential:
        first = BasicBlock(channels, maps, 1 if channels == maps else 2, residual=residual)
        return nn.Sequential(first, *(BasicBlock(maps, maps, 1, residual=residual) for _ in range(blocks - 1)))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer3(self.layer2(self.layer1(self.stem(x)))))


class PreActivationBottleneck(nn.Module):
    """He et al. 2016, "Identity Mappings in Deep Residual Networks", figure 4(e): nothing is left on the identity path.

    Only the first block of a stage projects its shortcut, from the already activated input.
    """

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        maps = 4 * width
        self.bn1, self.relu1 = nn.BatchNorm2d(channels), nn.ReLU(inplace=False)
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn2, self.relu2 = nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        self.conv2 = conv3(width, width, stride)
        self.bn3, self.relu3 = nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        self.conv3 = nn.Conv2d(width, maps, 1, bias=False)
        projected = stride != 1 or channels != maps
        self.projection = nn.Conv2d(channels, maps, 1, stride, bias=False) if projected else None

    def forward(self, x: Tensor) -> Tensor:
        activated = self.relu1(self.bn1(x))
        shortcut = x if self.projection is None else self.projection(activated)
        y = self.conv2(self.relu2(self.bn2(self.conv1(activated))))
        return shortcut + self.conv3(self.relu3(self.bn3(y)))


class PreActivationResNet(nn.Module):
    """The pre-activation ResNet for images `(n, 3, 224, 224)`; `blocks` are the bottlenecks of the four stages."""

    def __init__(self, blocks: tuple[int, int, int, int] = (3, 4, 6, 3), classes: int = 1000) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.MaxPool2d(3, 2, 1))
        self.layer1 = self._stage(64, 64, blocks[0], 1)
        self.layer2 = self._stage(256, 128, blocks[1], 2)
        self.layer3 = self._stage(512, 256, blocks[2], 2)
        self.layer4 = self._stage(1024, 512, blocks[3], 2)
        self.last = nn.Sequential(nn.BatchNorm2d(2048), nn.ReLU(inplace=True))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, classes))

    @staticmethod
    def _stage(channels: int, width: int, blocks: int, stride: int) -> nn.Sequential:
        rest = (PreActivationBottleneck(4 * width, width, 1) for _ in range(blocks - 1))
        return nn.Sequential(PreActivationBottleneck(channels, width, stride), *rest)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.stem(x)))))
        return self.head(self.last(x))
