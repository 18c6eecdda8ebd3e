"""Detectors: Fast and Faster R-CNN, YOLOv1 and YOLOv3-tiny, up to their raw outputs."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
import torchvision
from torch import Tensor, nn
from torchvision.models import detection as tv
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import concat_box_prediction_layers
from torchvision.ops import clip_boxes_to_image, roi_align, roi_pool


def _vgg16_maps() -> nn.Sequential:
    """VGG-16's convolutions without its last pooling: maps of a sixteenth of the sides."""
    return torchvision.models.vgg16(weights=None, init_weights=False).features[:-1]


class RegionHead(nn.Module):
    """Pooled regions to class scores and, for every class, a box's correction (Fast R-CNN, section 2)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.fc6 = nn.Sequential(nn.Flatten(), nn.Linear(512 * 7 * 7, 4096), nn.ReLU(inplace=True), nn.Dropout(0.5))
        self.fc7 = nn.Sequential(nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(0.5))
        self.classes = nn.Linear(4096, classes)
        self.boxes = nn.Linear(4096, 4 * classes)

    def forward(self, regions: Tensor) -> tuple[Tensor, Tensor]:
        x = self.fc7(self.fc6(regions))
        return self.classes(x), self.boxes(x)


class FastRCNN(nn.Module):
    """Girshick 2015: one pass over the image, then a small network for each proposed region.

    Images `(n, 3, h, w)` and regions `(r, 5)` (an image's number and two corners in pixels) to scores `(r, 21)` and
    boxes `(r, 84)`.
    """

    def __init__(self, classes: int = 21) -> None:
        super().__init__()
        self.backbone = _vgg16_maps()
        self.head = RegionHead(classes)

    def forward(self, images: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        return self.head(roi_pool(self.backbone(images), regions, 7, 1 / 16))


class RegionProposals(nn.Module):
    """Ren et al. 2015, figure 3: at every position, `anchors` boxes with an object score and a correction each."""

    def __init__(self, channels: int = 512, anchors: int = 9) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(channels, 512, 3, padding=1), nn.ReLU(inplace=True))
        self.objectness = nn.Conv2d(512, 2 * anchors, 1)
        self.boxes = nn.Conv2d(512, 4 * anchors, 1)

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        x = self.conv(maps)
        return self.objectness(x), self.boxes(x)


class BestRegions(nn.Module):
    """The proposals that look most like an object: regions `(n * most, 5)` from scores and boxes of every level.

    Boxes are corrections of anchors, three shapes of each of a level's `sizes` in pixels (Ren et al. 2015, equation 2).
    A working detector also drops those that overlap a better one; which regions are left is another matter than what
    they cost.
    """

    def __init__(self, sizes: Sequence[tuple[int, ...]], most: int) -> None:
        super().__init__()
        self.anchors = (AnchorGenerator(tuple(sizes), ((0.5, 1.0, 2.0),) * len(sizes)),)  # no layer of its own
        self.coder, self.most = BoxCoder((1.0, 1.0, 1.0, 1.0)), most

    def forward(self, sides: Sequence[int], scores: list[Tensor], boxes: list[Tensor]) -> Tensor:
        """`sides` are the image's rows and columns; a score is one number an anchor, or two: background and object."""
        count, (high, wide) = len(scores[0]), sides
        images = ImageList(scores[0].new_empty(count, 0, high, wide), [(high, wide)] * count)
        objects = [_objectness(score, box) for score, box in zip(scores, boxes, strict=True)]
        likely, corrections = concat_box_prediction_layers(objects, boxes)
        regions = clip_boxes_to_image(self.coder.decode(corrections, self.anchors[0](images, scores)), (high, wide))
        likely, regions = likely.view(count, -1), regions.view(count, -1, 4)
        best = likely.topk(min(self.most, likely.shape[1])).indices
        which = torch.arange(count, device=best.device, dtype=regions.dtype).view(-1, 1, 1).expand(*best.shape, 1)
        return torch.cat([which, regions.gather(1, best[..., None].expand(*best.shape, 4))], 2).flatten(0, 1)


def _objectness(scores: Tensor, boxes: Tensor) -> Tensor:
    """One score an anchor: of two, by how much the object's is above the background's."""
    pairs = scores.view(len(scores), boxes.shape[1] // 4, -1, *scores.shape[2:])
    return pairs[:, :, -1] - pairs[:, :, 0] if pairs.shape[2] == 2 else scores


class FasterRCNN(nn.Module):
    """Ren, He, Girshick & Sun 2015: Fast R-CNN whose regions are proposed from the very same maps.

    Images `(n, 3, h, w)` to the proposals' scores and corrections, and those of the best `regions` of each image.
    """

    def __init__(self, classes: int = 21, regions: int = 4) -> None:
        super().__init__()
        self.backbone = _vgg16_maps()
        self.proposals = RegionProposals()
        self.regions = BestRegions([(128, 256, 512)], regions)
        self.head = RegionHead(classes)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        maps = self.backbone(images)
        scores, boxes = self.proposals(maps)
        regions = self.regions(images.shape[-2:], [scores], [boxes])
        return scores, boxes, *self.head(roi_pool(maps, regions, 7, 1 / 16))


class PyramidDetector(nn.Module):
    """torchvision's Faster R-CNN on a feature pyramid: proposals on every level, and the box head on the best of them.

    Images `(n, 3, h, w)`. All regions are taken from the finest level here; which level a region comes from changes
    neither shapes nor counts.
    """

    def __init__(self, whole: tv.FasterRCNN, regions: int = 1000) -> None:
        super().__init__()
        self.backbone, self.rpn_head = whole.backbone, whole.rpn.head
        self.regions = BestRegions([(32,), (64,), (128,), (256,), (512,)], regions)
        self.box_head, self.box_predictor = whole.roi_heads.box_head, whole.roi_heads.box_predictor

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        levels = self.backbone(x)
        scores, boxes = self.rpn_head(list(levels.values()))
        regions = self.regions(x.shape[-2:], scores, boxes)
        pooled = roi_align(levels["0"], regions, 7, 1 / 4, sampling_ratio=2)
        return *scores, *boxes, *self.box_predictor(self.box_head(pooled))


def faster_rcnn_fpn() -> PyramidDetector:
    """Faster R-CNN on ResNet-50 with a feature pyramid."""
    return PyramidDetector(tv.fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None))


def _leaky(channels: int, maps: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, maps, kernel, stride, kernel // 2), nn.LeakyReLU(0.1, inplace=True))


def _alternating(channels: int, *steps: tuple[int, int]) -> nn.Sequential:
    """1x1 and 3x3 convolutions in turn, each pair `(reduced, maps)`."""
    parts: list[nn.Module] = []
    for reduced, maps in steps:
        parts += [_leaky(channels, reduced, 1), _leaky(reduced, maps, 3)]
        channels = maps
    return nn.Sequential(*parts)


class YOLOv1(nn.Module):
    """Redmon, Divvala, Girshick & Farhadi 2015, figure 3: `(n, 3, 448, 448)` to `(n, 7, 7, 30)`.

    Every cell of a 7x7 grid says two boxes of five numbers each, and twenty class scores.
    """

    def __init__(self, classes: int = 20, boxes: int = 2) -> None:
        super().__init__()
        self.block1 = nn.Sequential(_leaky(3, 64, 7, 2), nn.MaxPool2d(2))
        self.block2 = nn.Sequential(_leaky(64, 192, 3), nn.MaxPool2d(2))
        self.block3 = nn.Sequential(_alternating(192, (128, 256), (256, 512)), nn.MaxPool2d(2))
        self.block4 = nn.Sequential(_alternating(512, *[(256, 512)] * 4, (512, 1024)), nn.MaxPool2d(2))
        self.block5 = nn.Sequential(
            _alternating(1024, (512, 1024), (512, 1024)), _leaky(1024, 1024, 3), _leaky(1024, 1024, 3, 2)
        )
        self.block6 = nn.Sequential(_leaky(1024, 1024, 3), _leaky(1024, 1024, 3))
        self.fc1 = nn.Sequential(
            nn.Flatten(), nn.Linear(7 * 7 * 1024, 4096), nn.LeakyReLU(0.1, inplace=True), nn.Dropout(0.5)
        )
        self.fc2 = nn.Linear(4096, 7 * 7 * (classes + 5 * boxes))
        self.values = classes + 5 * boxes

    def forward(self, x: Tensor) -> Tensor:
        x = self.block3(self.block2(self.block1(x)))
        x = self.block6(self.block5(self.block4(x)))
        return self.fc2(self.fc1(x)).view(-1, 7, 7, self.values)


def _normalised(channels: int, maps: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, maps, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(maps),
        nn.LeakyReLU(0.1, inplace=True),
    )


class YOLOv3Tiny(nn.Module):
    """Redmon & Farhadi 2018, the small network: `(n, 3, 416, 416)` to `(n, 255, 13, 13)` and `(n, 255, 26, 26)`.

    Each of three anchor boxes a cell has four coordinates, an object score and eighty class scores.
    """

    def __init__(self, outputs: int = 255) -> None:
        super().__init__()
        down: list[nn.Module] = []
        channels = 3
        for maps in (16, 32, 64, 128):
            down += [_normalised(channels, maps, 3), nn.MaxPool2d(2)]
            channels = maps
        self.down = nn.Sequential(*down, _normalised(128, 256, 3))
        # the last pooling has stride 1, and darknet pads it on the right and below
        self.deep = nn.Sequential(
            nn.MaxPool2d(2), _normalised(256, 512, 3), nn.ReplicationPad2d((0, 1, 0, 1)), nn.MaxPool2d(2, 1),
            _normalised(512, 1024, 3), _normalised(1024, 256, 1),
        )  # fmt: skip
        self.coarse = nn.Sequential(_normalised(256, 512, 3), nn.Conv2d(512, outputs, 1))
        self.reduce = _normalised(256, 128, 1)
        self.fine = nn.Sequential(_normalised(384, 256, 3), nn.Conv2d(256, outputs, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.down(x)
        deep = self.deep(maps)
        up = F.interpolate(self.reduce(deep), scale_factor=2.0, mode="nearest")
        return self.coarse(deep), self.fine(torch.cat([up, maps], 1))
