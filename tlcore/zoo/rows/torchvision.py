"""torchvision's classification networks, one row each.

Each row is tested: the stages in order give the same output as the network's own forward, the parameter count
is measured on the built network, and the preprocessing equals the one that the published weights declare.
"""

from typing import Any

from tlcore.zoo.network import Network, Preprocessing, Stage, stages

RESNET = stages(
    stem="conv1 bn1 relu maxpool",
    layer1="layer1",
    layer2="layer2",
    layer3="layer3",
    layer4="layer4 avgpool @flatten",
)
DENSENET = stages(
    stem="features.conv0 features.norm0 features.relu0 features.pool0",
    block1="features.denseblock1 features.transition1",
    block2="features.denseblock2 features.transition2",
    block3="features.denseblock3 features.transition3",
    block4="features.denseblock4 features.norm5 @relu @gap @flatten",
)
SHUFFLENET = stages(
    stem="conv1 maxpool", stage2="stage2", stage3="stage3", stage4="stage4", conv5="conv5 @gap @flatten"
)
REGNET = stages(
    stem="stem",
    block1="trunk_output.block1",
    block2="trunk_output.block2",
    block3="trunk_output.block3",
    block4="trunk_output.block4 avgpool @flatten",
)
EFFICIENTNET = stages(
    stem="features[0:2]",
    stage2="features[2:3]",
    stage3="features[3:4]",
    stage4="features[4:6]",
    stage5="features[6:8]",
    last_conv="features[8:9] avgpool @flatten",
)
MNASNET = stages(
    stem="layers[0:8]",
    stage2="layers[8:9]",
    stage3="layers[9:10]",
    stage4="layers[10:12]",
    stage5="layers[12:14]",
    last_conv="layers[14:17] @gap @flatten",
)


def _vgg(*convolutions: int, bn: bool) -> tuple[Stage, ...]:
    """VGG's stages end at its max-pools; `convolutions` counts the layers of each (paper, Table 1)."""
    blocks, start = {}, 0
    for number, count in enumerate(convolutions, 1):
        end = start + count * (3 if bn else 2) + 1
        blocks[f"block{number}"] = f"features[{start}:{end}]"
        start = end
    return stages(**blocks, fully_connected="avgpool @flatten classifier[0:6]")


def _row(
    name: str,
    title: str,
    family: str,
    parameters: int,
    weights_file: str,
    parts: tuple[Stage, ...],
    head: str,
    prep: tuple[int, int, str] = (256, 224, "bilinear"),
    **more: Any,
) -> Network:
    resize, crop, interpolation = prep
    more.setdefault(
        "preprocessing",
        Preprocessing(resize=resize, crop=crop, interpolation=interpolation),  # type: ignore[arg-type]
    )
    return Network(
        name=name,
        title=title,
        family=family,
        parameters=parameters,
        weights_file=weights_file,
        stages=parts,
        head=head,
        **more,
    )


# GoogLeNet and Inception v3 rescale ImageNet-normalised input to (x - 0.5) / 0.5 inside their forward; here the
# preprocessing does it once, and the networks are built with transform_input=False.
_HALF = (0.5, 0.5, 0.5)
_NO_AUXILIARY = {"aux_logits": False, "transform_input": False, "init_weights": True}

ROWS: tuple[Network, ...] = (
    _row(
        "alexnet",
        "AlexNet",
        "AlexNet",
        61_100_840,
        "alexnet-owt-7be5be79.pth",
        stages(
            conv1="features[0:3]",
            conv2="features[3:6]",
            conv3_5="features[6:13]",
            fully_connected="avgpool @flatten classifier[0:6]",
        ),
        "classifier.6",
        min_size=63,
    ),
    _row("vgg11", "VGG-11", "VGG", 132_863_336, "vgg11-8a719046.pth", _vgg(1, 1, 2, 2, 2, bn=False), "classifier.6"),
    _row(
        "vgg11_bn",
        "VGG-11 with BN",
        "VGG",
        132_868_840,
        "vgg11_bn-6002323d.pth",
        _vgg(1, 1, 2, 2, 2, bn=True),
        "classifier.6",
    ),
    _row("vgg13", "VGG-13", "VGG", 133_047_848, "vgg13-19584684.pth", _vgg(2, 2, 2, 2, 2, bn=False), "classifier.6"),
    _row(
        "vgg13_bn",
        "VGG-13 with BN",
        "VGG",
        133_053_736,
        "vgg13_bn-abd245e5.pth",
        _vgg(2, 2, 2, 2, 2, bn=True),
        "classifier.6",
    ),
    _row("vgg16", "VGG-16", "VGG", 138_357_544, "vgg16-397923af.pth", _vgg(2, 2, 3, 3, 3, bn=False), "classifier.6"),
    _row(
        "vgg16_bn",
        "VGG-16 with BN",
        "VGG",
        138_365_992,
        "vgg16_bn-6c64b313.pth",
        _vgg(2, 2, 3, 3, 3, bn=True),
        "classifier.6",
    ),
    _row("vgg19", "VGG-19", "VGG", 143_667_240, "vgg19-dcbb9e9d.pth", _vgg(2, 2, 4, 4, 4, bn=False), "classifier.6"),
    _row(
        "vgg19_bn",
        "VGG-19 with BN",
        "VGG",
        143_678_248,
        "vgg19_bn-c79401a0.pth",
        _vgg(2, 2, 4, 4, 4, bn=True),
        "classifier.6",
    ),
    _row(
        "googlenet",
        "GoogLeNet",
        "Inception",
        6_624_904,
        "googlenet-1378be20.pth",
        stages(
            stem="conv1 maxpool1 conv2 conv3 maxpool2",
            inception3="inception3a inception3b maxpool3",
            inception4="inception4a inception4b inception4c inception4d inception4e maxpool4",
            inception5="inception5a inception5b avgpool @flatten",
        ),
        "fc",
        preprocessing=Preprocessing(mean=_HALF, std=_HALF),
        options=_NO_AUXILIARY,
        ignored_weights=("aux1.", "aux2."),
    ),
    _row(
        "inception_v3",
        "Inception v3",
        "Inception",
        23_834_568,
        "inception_v3_google-0cc3c7bd.pth",
        stages(
            stem="Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 maxpool1 Conv2d_3b_1x1 Conv2d_4a_3x3 maxpool2",
            mixed5="Mixed_5b Mixed_5c Mixed_5d",
            mixed6="Mixed_6a Mixed_6b Mixed_6c Mixed_6d Mixed_6e",
            mixed7="Mixed_7a Mixed_7b Mixed_7c avgpool @flatten",
        ),
        "fc",
        preprocessing=Preprocessing(resize=342, crop=299, mean=_HALF, std=_HALF),
        options=_NO_AUXILIARY,
        ignored_weights=("AuxLogits.",),
        min_size=75,
    ),
    _row("resnet18", "ResNet-18", "ResNet", 11_689_512, "resnet18-f37072fd.pth", RESNET, "fc"),
    _row(
        "resnet18_64",
        "ResNet-18 (64 px)",
        "ResNet",
        11_279_112,
        "",
        RESNET,
        "fc",
        (64, 64, "bilinear"),
        built_as="resnet18",
        options={"num_classes": 200},  # as its weights have them: those of Tiny ImageNet
        changes={"maxpool": None},
    ),
    _row("resnet34", "ResNet-34", "ResNet", 21_797_672, "resnet34-b627a593.pth", RESNET, "fc"),
    _row("resnet50", "ResNet-50", "ResNet", 25_557_032, "resnet50-0676ba61.pth", RESNET, "fc"),
    _row("resnet101", "ResNet-101", "ResNet", 44_549_160, "resnet101-63fe2227.pth", RESNET, "fc"),
    _row("resnet152", "ResNet-152", "ResNet", 60_192_808, "resnet152-394f9c45.pth", RESNET, "fc"),
    _row("resnext50_32x4d", "ResNeXt-50 32x4d", "ResNeXt", 25_028_904, "resnext50_32x4d-7cdf4587.pth", RESNET, "fc"),
    _row("resnext101_32x8d", "ResNeXt-101 32x8d", "ResNeXt", 88_791_336, "resnext101_32x8d-8ba56ff5.pth", RESNET, "fc"),
    _row(
        "wide_resnet50_2", "Wide ResNet-50-2", "Wide ResNet", 68_883_240, "wide_resnet50_2-95faca4d.pth", RESNET, "fc"
    ),
    _row("densenet121", "DenseNet-121", "DenseNet", 7_978_856, "densenet121-a639ec97.pth", DENSENET, "classifier"),
    _row("densenet161", "DenseNet-161", "DenseNet", 28_681_000, "densenet161-8d451a50.pth", DENSENET, "classifier"),
    _row("densenet169", "DenseNet-169", "DenseNet", 14_149_480, "densenet169-b2777c0a.pth", DENSENET, "classifier"),
    _row("densenet201", "DenseNet-201", "DenseNet", 20_013_928, "densenet201-c1103571.pth", DENSENET, "classifier"),
    _row(
        "squeezenet1_0",
        "SqueezeNet 1.0",
        "SqueezeNet",
        1_248_424,
        "squeezenet1_0-b66bff10.pth",
        stages(
            stem="features[0:3]",
            fire2_4="features[3:7]",
            fire5_8="features[7:12]",
            fire9="features[12:13] @gap @flatten",
        ),
        "classifier",
        pooled_head=True,
    ),
    _row(
        "squeezenet1_1",
        "SqueezeNet 1.1",
        "SqueezeNet",
        1_235_496,
        "squeezenet1_1-b8a52dc0.pth",
        stages(
            stem="features[0:3]",
            fire2_3="features[3:6]",
            fire4_5="features[6:9]",
            fire6_9="features[9:13] @gap @flatten",
        ),
        "classifier",
        pooled_head=True,
    ),
    _row(
        "mobilenet_v2",
        "MobileNet V2",
        "MobileNet",
        3_504_872,
        "mobilenet_v2-b0353104.pth",
        stages(
            stem="features[0:2]",
            stage2="features[2:4]",
            stage3="features[4:7]",
            stage4="features[7:14]",
            stage5="features[14:18]",
            last_conv="features[18:19] @gap @flatten",
        ),
        "classifier.1",
    ),
    _row(
        "mobilenet_v3_small",
        "MobileNet V3 small",
        "MobileNet",
        2_542_856,
        "mobilenet_v3_small-047dcff4.pth",
        stages(
            stem="features[0:2]",
            stage2="features[2:4]",
            stage3="features[4:9]",
            stage4="features[9:12]",
            last_conv="features[12:13] avgpool @flatten classifier[0:2]",
        ),
        "classifier.3",
    ),
    _row(
        "mobilenet_v3_large",
        "MobileNet V3 large",
        "MobileNet",
        5_483_032,
        "mobilenet_v3_large-8738ca79.pth",
        stages(
            stem="features[0:2]",
            stage2="features[2:4]",
            stage3="features[4:7]",
            stage4="features[7:13]",
            stage5="features[13:16]",
            last_conv="features[16:17] avgpool @flatten classifier[0:2]",
        ),
        "classifier.3",
    ),
    *(
        _row(
            f"efficientnet_b{size}",
            f"EfficientNet-B{size}",
            "EfficientNet",
            parameters,
            weights_file,
            EFFICIENTNET,
            "classifier.1",
            (resize, crop, "bicubic"),
        )
        for size, parameters, weights_file, resize, crop in (
            (0, 5_288_548, "efficientnet_b0_rwightman-7f5810bc.pth", 256, 224),
            (1, 7_794_184, "efficientnet_b1_rwightman-bac287d4.pth", 256, 240),
            (2, 9_109_994, "efficientnet_b2_rwightman-c35c1473.pth", 288, 288),
            (3, 12_233_232, "efficientnet_b3_rwightman-b3899882.pth", 320, 300),
            (4, 19_341_616, "efficientnet_b4_rwightman-23ab8bcd.pth", 384, 380),
            (5, 30_389_784, "efficientnet_b5_lukemelas-1a07897c.pth", 456, 456),
            (6, 43_040_704, "efficientnet_b6_lukemelas-24a108a5.pth", 528, 528),
            (7, 66_347_960, "efficientnet_b7_lukemelas-c5b4e57e.pth", 600, 600),
        )
    ),
    _row(
        "efficientnet_v2_s",
        "EfficientNetV2-S",
        "EfficientNet",
        21_458_488,
        "efficientnet_v2_s-dd5fe13b.pth",
        stages(
            stem="features[0:2]",
            stage2="features[2:3]",
            stage3="features[3:4]",
            stage4="features[4:6]",
            stage5="features[6:7]",
            last_conv="features[7:8] avgpool @flatten",
        ),
        "classifier.1",
        (384, 384, "bilinear"),
    ),
    _row(
        "shufflenet_v2_x0_5",
        "ShuffleNetV2 x0.5",
        "ShuffleNet",
        1_366_792,
        "shufflenetv2_x0.5-f707e7126e.pth",
        SHUFFLENET,
        "fc",
    ),
    _row(
        "shufflenet_v2_x1_0",
        "ShuffleNetV2 x1.0",
        "ShuffleNet",
        2_278_604,
        "shufflenetv2_x1-5666bf0f80.pth",
        SHUFFLENET,
        "fc",
    ),
    _row(
        "mnasnet0_5",
        "MNASNet 0.5",
        "MNASNet",
        2_218_512,
        "mnasnet0.5_top1_67.823-3ffadce67e.pth",
        MNASNET,
        "classifier.1",
    ),
    _row(
        "mnasnet1_0",
        "MNASNet 1.0",
        "MNASNet",
        4_383_312,
        "mnasnet1.0_top1_73.512-f206786ef8.pth",
        MNASNET,
        "classifier.1",
    ),
    _row("regnet_x_400mf", "RegNetX-400MF", "RegNet", 5_495_976, "regnet_x_400mf-adf1edd5.pth", REGNET, "fc"),
    _row("regnet_y_400mf", "RegNetY-400MF", "RegNet", 4_344_144, "regnet_y_400mf-c65dace8.pth", REGNET, "fc"),
    _row("regnet_y_800mf", "RegNetY-800MF", "RegNet", 6_432_512, "regnet_y_800mf-1b27b58c.pth", REGNET, "fc"),
    _row("regnet_y_3_2gf", "RegNetY-3.2GF", "RegNet", 19_436_338, "regnet_y_3_2gf-b5a9779c.pth", REGNET, "fc"),
    _row(
        "convnext_tiny",
        "ConvNeXt-Tiny",
        "ConvNeXt",
        28_589_128,
        "convnext_tiny-983f1562.pth",
        stages(
            stage1="features[0:2]",
            stage2="features[2:4]",
            stage3="features[4:6]",
            stage4="features[6:8] avgpool classifier[0:2]",
        ),
        "classifier.2",
        (236, 224, "bilinear"),
    ),
)
