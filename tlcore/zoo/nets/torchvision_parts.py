"""torchvision's networks in forms that it has no builder for: a detector up to its raw outputs, other depths."""

import torchvision
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck, ResNet


class RawDetector(nn.Module):
    """A torchvision detector from normalised images to what its heads say; nothing is decoded or thrown away."""

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, x: Tensor) -> Tensor:
        return self.head(list(self.backbone(x).values()))


def ssd300() -> RawDetector:
    """SSD300 on VGG-16 (Liu et al. 2015), with torchvision's 91 classes."""
    whole = torchvision.models.detection.ssd300_vgg16(weights=None, weights_backbone=None)
    return RawDetector(whole.backbone, whole.head)


def resnext101_32x4d() -> ResNet:
    """ResNeXt-101 (32x4d), for which torchvision has all parts (Xie et al. 2016, Table 3)."""
    return ResNet(Bottleneck, [3, 4, 23, 3], groups=32, width_per_group=4)
