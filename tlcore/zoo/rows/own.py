"""Networks that the trainer does not take: our own from their papers, and torchvision's for other tasks; a row each."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tlcore.zoo.architecture import Architecture, Shape

if TYPE_CHECKING:
    from torch import nn

_NETS = "tlcore.zoo.nets"
_SEGMENTATION = "torchvision.models.segmentation"
_DETECTION = "torchvision.models.detection"
_IMAGE: Shape = (3, 224, 224)
_REGIONS: Shape = (4, 5)  # four regions, each an image's number and two corners


def _row(
    name: str, title: str, family: str, where: str, shape: Shape = _IMAGE, *, options: dict[str, Any] | None = None,
    args: tuple[Any, ...] = (), **more: Any,
) -> Architecture:  # fmt: skip
    """`where` is `module:builder`; the module is imported only when the network is built."""

    def build(device: str) -> "nn.Module":
        import torch

        module, _, builder = where.partition(":")
        with torch.device(device):
            made: nn.Module = getattr(import_module(module), builder)(*args, **(options or {}))
        return made

    more.setdefault("source", "ours" if where.startswith(_NETS) else "torchvision")
    return Architecture(
        name=name, title=title, family=family, build=build, input_shape=shape, where=where, args=args,
        options=options or {}, **more,
    )  # fmt: skip


ROWS: tuple[Architecture, ...] = (
    _row("lenet5", "LeNet-5 (1998)", "LeNet", f"{_NETS}.lenet:LeNet5", (1, 32, 32)),
    _row("lenet5_modern", "LeNet-5, as textbooks print it", "LeNet", f"{_NETS}.lenet:ModernLeNet5", (1, 32, 32)),
    _row("alexnet_2012", "AlexNet (2012, two GPUs)", "AlexNet", f"{_NETS}.alexnet:AlexNet2012", (3, 227, 227)),
    _row(
        "alexnet_single", "AlexNet without groups", "AlexNet", f"{_NETS}.alexnet:AlexNet2012", (3, 227, 227),
        options={"groups": 1},
    ),
    _row("zfnet", "ZFNet", "AlexNet", f"{_NETS}.alexnet:ZFNet"),
    _row("googlenet_2014", "GoogLeNet (2014)", "Inception", f"{_NETS}.googlenet:GoogLeNet2014"),
    _row(
        "googlenet_2014_aux", "GoogLeNet (2014) with its auxiliary heads", "Inception",
        f"{_NETS}.googlenet:GoogLeNet2014", options={"auxiliary": True},
    ),
    _row("bn_inception", "Inception-v2 (BN-Inception)", "Inception", f"{_NETS}.googlenet:BNInception"),
    _row("inception_v4", "Inception-v4", "Inception", f"{_NETS}.inception4:InceptionV4", (3, 299, 299)),
    _row(
        "inception_resnet_v2", "Inception-ResNet-v2", "Inception", f"{_NETS}.inception4:InceptionResNetV2",
        (3, 299, 299),
    ),
    _row("preact_resnet50", "Pre-activation ResNet-50", "ResNet", f"{_NETS}.resnet:PreActivationResNet"),
    _row(
        "resnext101_32x4d", "ResNeXt-101 (32x4d)", "ResNeXt", f"{_NETS}.torchvision_parts:resnext101_32x4d",
        source="torchvision",
    ),
    _row("se_resnet50", "SE-ResNet-50", "SENet", f"{_NETS}.senet:se_resnet50"),
    _row("senet154", "SENet-154", "SENet", f"{_NETS}.senet:senet154"),
    _row(
        "densenet264", "DenseNet-264", "DenseNet", "torchvision.models.densenet:DenseNet",
        args=(32, (6, 12, 64, 48), 64),
    ),
    _row("mobilenet_v1", "MobileNet V1", "MobileNet", f"{_NETS}.mobilenet:MobileNetV1"),
    _row("fcn32s", "FCN-32s", "Segmentation", f"{_NETS}.segmentation:FCN", (3, 500, 500), task="segmentation"),
    _row(
        "fcn8s", "FCN-8s", "Segmentation", f"{_NETS}.segmentation:FCN", (3, 500, 500), options={"stride": 8},
        task="segmentation",
    ),
    _row("unet", "U-Net", "Segmentation", f"{_NETS}.segmentation:UNet", (1, 572, 572), task="segmentation"),
    _row(
        "pixelnet", "PixelNet", "Segmentation", f"{_NETS}.segmentation:PixelNet", task="segmentation",
        more_inputs=((1, 2000, 2),),
    ),
    _row(
        "fcn_resnet50", "FCN on ResNet-50", "Segmentation", f"{_SEGMENTATION}:fcn_resnet50", (3, 520, 520),
        options={"weights": None, "weights_backbone": None}, task="segmentation",
    ),
    _row(
        "deeplabv3_resnet50", "DeepLabV3 on ResNet-50", "Segmentation", f"{_SEGMENTATION}:deeplabv3_resnet50",
        (3, 520, 520), options={"weights": None, "weights_backbone": None}, task="segmentation",
    ),
    _row(
        "fast_rcnn", "Fast R-CNN (VGG-16)", "Detection", f"{_NETS}.detection:FastRCNN", (3, 600, 800),
        task="detection", more_inputs=(_REGIONS,),
    ),
    _row(
        "faster_rcnn", "Faster R-CNN (VGG-16)", "Detection", f"{_NETS}.detection:FasterRCNN", (3, 600, 800),
        task="detection",
    ),
    _row(
        "ssd300", "SSD300 (VGG-16)", "Detection", f"{_NETS}.torchvision_parts:ssd300", (3, 300, 300),
        task="detection", source="torchvision",
    ),
    _row(
        "faster_rcnn_fpn", "Faster R-CNN (ResNet-50 with a pyramid)", "Detection",
        f"{_NETS}.detection:faster_rcnn_fpn", (3, 800, 800), task="detection", source="torchvision",
    ),
    _row("yolov1", "YOLO (v1)", "Detection", f"{_NETS}.detection:YOLOv1", (3, 448, 448), task="detection"),
    _row("yolov3_tiny", "YOLOv3-tiny", "Detection", f"{_NETS}.detection:YOLOv3Tiny", (3, 416, 416), task="detection"),
    _row(
        "vggface", "VGGFace", "Faces", "torchvision.models:vgg16",
        options={"num_classes": 2622, "weights": None, "init_weights": False},
    ),
    _row(
        "facenet", "FaceNet (Inception-ResNet-v1)", "Faces", f"{_NETS}.inception4:FaceNet", (3, 160, 160),
        task="embedding",
    ),
)  # fmt: skip
