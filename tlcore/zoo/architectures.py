"""Every network that can be looked at: torchvision's, our own from their papers, stacks of one's own, and timm's."""

from typing import TYPE_CHECKING

from tlcore.errors import BadInputError, UnknownNameError
from tlcore.zoo import registry, stack
from tlcore.zoo.architecture import Architecture
from tlcore.zoo.network import OWN, Network
from tlcore.zoo.rows import own
from tlcore.zoo.timm.rows import architecture

if TYPE_CHECKING:
    from torch import nn


def names() -> tuple[str, ...]:
    """The names of all networks but timm's, family by family; these are what one meets first."""
    return tuple(_all())


def get(name: str) -> Architecture:
    """The network of that name, one that a stack's name describes, or one of timm's; else the nearest are named."""
    known = _all()
    if name in known:
        return known[name]
    if str(name).startswith(stack.PREFIX):
        return _own(name)
    if entry := registry.of_timm(name):
        return architecture(entry, registry.timm_name(entry))
    near = registry.nearest(name, known)
    hint = f" Did you mean {', '.join(near)}?" if near else " `python -m tlcore nets` lists them."
    raise UnknownNameError(f"There is no network named '{name}'.{hint}")


def _all() -> dict[str, Architecture]:
    rows = [*own.ROWS, *(_trainable(name) for name in registry.names())]
    return {row.name: row for row in sorted(rows, key=lambda row: _order(row.family))}


def _order(family: str) -> int:
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES)


def _trainable(name: str) -> Architecture:
    row = registry.get(name)

    def build(device: str) -> "nn.Module":
        from tlcore.zoo.staged import new_network

        return new_network(row, on_meta=device == "meta").to(device)

    side = row.preprocessing.crop
    return Architecture(
        name=name, title=row.title, family=row.family, build=build, input_shape=(3, side, side),
        source=_source(row), trainable=True, where=row.where, options=row.options,
    )  # fmt: skip


def _source(row: Network) -> str:
    """Whose code builds it."""
    library = row.where.partition(":")[0].partition(".")[0] or "torchvision"
    return "ours" if library == "tlcore" else library


def _own(name: str) -> Architecture:
    """A stack of one's own; it is trainable if it ends in a classifier."""
    described = stack.parse(name)

    def build(device: str) -> "nn.Module":
        import torch

        if device != "meta":
            stack.check_size(described)
        with torch.device(device):
            return stack.build(described)

    return Architecture(
        name=described.name, title="A network of one's own", family=OWN, build=build,
        input_shape=described.input_shape, trainable=_is_trainable(described.name),
    )  # fmt: skip


def _is_trainable(name: str) -> bool:
    try:
        registry.get(name)
    except BadInputError:
        return False
    return True


FAMILIES = (
    "LeNet", "AlexNet", "VGG", "Inception", "ResNet", "CIFAR ResNet", "Wide ResNet", "ResNeXt", "SENet", "DenseNet",
    "SqueezeNet", "MobileNet", "MNASNet", "ShuffleNet", "EfficientNet", "RegNet", "ConvNeXt", "Segmentation",
    "Detection", "Faces",
)  # fmt: skip
"""The order in which families are shown: by the year of their first network, tasks other than classification last."""
