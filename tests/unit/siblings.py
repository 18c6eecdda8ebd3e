"""Which networks stand for their larger siblings: `make test` runs the small ones, `make test-all` all of them.

Two are siblings where the same classes of modules make both, so that the same lines of code run, only more often.
A network that is new stands for itself until it is named here.
"""

from collections.abc import Iterable

import pytest

STANDS_FOR = {
    "vgg11": ("vgg13", "vgg16", "vgg19"),
    "vgg11_bn": ("vgg13_bn", "vgg16_bn", "vgg19_bn"),
    "resnet18": ("resnet34",),
    "resnet50": ("resnet101", "resnet152", "wide_resnet50_2"),
    "resnext50_32x4d": ("resnext101_32x8d",),
    "densenet121": ("densenet161", "densenet169", "densenet201"),
    "mobilenet_v3_small": ("mobilenet_v3_large",),
    "efficientnet_b0": tuple(f"efficientnet_b{number}" for number in range(1, 8)),
    "shufflenet_v2_x0_5": ("shufflenet_v2_x1_0",),
    "mnasnet0_5": ("mnasnet1_0",),
    "regnet_y_400mf": ("regnet_y_800mf", "regnet_y_3_2gf"),
    "cifar_resnet20": ("cifar_resnet32", "cifar_resnet44", "cifar_resnet56", "cifar_resnet110"),
    "cifar_plain20": ("cifar_plain56",),
}
LARGER = {name for names in STANDS_FOR.values() for name in names}


def sampled(names: Iterable[str]) -> list[object]:
    """These networks as parameters of a test; a larger sibling only where the whole grid is asked for."""
    return [pytest.param(name, marks=pytest.mark.exhaustive) if name in LARGER else name for name in names]
