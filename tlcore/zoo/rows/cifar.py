"""The ResNets for CIFAR and their plain twins as rows that the trainer takes; torchvision has no weights of them."""

from tlcore.zoo.network import Network, Preprocessing, stages

_STAGES = stages(stem="stem", layer1="layer1", layer2="layer2", layer3="layer3 head.0 head.1")


_PUBLISHED = (
    "Yerlan Idelbayev publishes some for CIFAR-10, at github.com/akamaster/pytorch_resnet_cifar10; their tensors have "
    "other names than here."
)


def _row(depth: int, parameters: int, *, residual: bool = True) -> Network:
    name, title = ("resnet", "ResNet") if residual else ("plain", "Plain")
    return Network(
        name=f"cifar_{name}{depth}", title=f"{title}-{depth} (CIFAR)", family="CIFAR ResNet", stages=_STAGES,
        head="head.2", parameters=parameters, preprocessing=Preprocessing(resize=32, crop=32),
        where="tlcore.zoo.nets.resnet:CifarResNet", options={"depth": depth, "residual": residual},
        elsewhere=_PUBLISHED if residual else "",
    )  # fmt: skip


ROWS: tuple[Network, ...] = (
    _row(20, 269_722),
    _row(32, 464_154),
    _row(44, 658_586),
    _row(56, 853_018),
    _row(110, 1_727_962),
    _row(20, 269_722, residual=False),
    _row(56, 853_018, residual=False),
)
"""He et al. 2015, section 4.2, with option A's shortcuts, which have no parameters; ten classes."""
