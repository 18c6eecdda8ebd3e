"""torchvision's networks in forms that it has no builder for: detectors up to their raw outputs, other depths."""

import torchvision
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.resnet import Bottleneck, ResNet
from torchvision.ops import roi_align


class RawDetector(nn.Module):
    """A torchvision detector from normalised images to what its heads say; nothing is decoded or thrown away."""

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, x: Tensor) -> Tensor:
        return self.head(list(self.backbone(x).values()))


class PyramidDetector(nn.Module):
    """Faster R-CNN on a feature pyramid: proposals on every level, and the box head on pooled regions.

    Images `(n, 3, h, w)` and regions `(r, 5)` (an image's number and two corners in pixels). All regions are taken from
    the finest level here; which level a region comes from changes neither shapes nor counts.
    """

    def __init__(self, whole: FasterRCNN) -> None:
        super().__init__()
        self.backbone, self.rpn_head = whole.backbone, whole.rpn.head
        self.box_head, self.box_predictor = whole.roi_heads.box_head, whole.roi_heads.box_predictor

    def forward(self, x: Tensor, regions: Tensor) -> tuple[Tensor, ...]:
        levels = self.backbone(x)
        scores, boxes = self.rpn_head(list(levels.values()))
        pooled = roi_align(levels["0"], regions, 7, 1 / 4, sampling_ratio=2)
        return *scores, *boxes, *self.box_predictor(self.box_head(pooled))


def ssd300() -> RawDetector:
    """SSD300 on VGG-16 (Liu et al. 2015), with torchvision's 91 classes."""
    whole = torchvision.models.detection.ssd300_vgg16(weights=None, weights_backbone=None)
    return RawDetector(whole.backbone, whole.head)


def faster_rcnn_fpn() -> PyramidDetector:
    """Faster R-CNN on ResNet-50 with a feature pyramid."""
    return PyramidDetector(torchvision.models.detection.fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None))


def resnext101_32x4d() -> ResNet:
    """ResNeXt-101 (32x4d), for which torchvision has all parts (Xie et al. 2016, Table 3)."""
    return ResNet(Bottleneck, [3, 4, 23, 3], groups=32, width_per_group=4)
