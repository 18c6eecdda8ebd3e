"""Every network that can be looked at: torchvision's, and our own from their papers; one row each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from tlcore.errors import UnknownNameError
from tlcore.zoo import registry

if TYPE_CHECKING:
    from torch import nn

Task = Literal["classification", "segmentation", "detection", "embedding"]
Shape = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A network to look at.

    `build` makes it on a device, "cpu" with random weights or "meta" without any; `input_shape` is the published input
    without the batch, channels first, and `more_inputs` the whole shapes of whatever else its forward needs.
    `trainable` says that the trainer takes it. Unless it is one of torchvision's, `where` then names its builder as
    `module:function`, called with `args` and `options`.
    """

    name: str
    title: str
    family: str
    build: Callable[[str], "nn.Module"]
    input_shape: Shape
    task: Task = "classification"
    more_inputs: tuple[Shape, ...] = ()
    source: Literal["torchvision", "ours"] = "ours"
    trainable: bool = False
    where: str = ""
    args: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


def names() -> tuple[str, ...]:
    """The names of all networks, family by family."""
    return tuple(_all())


def get(name: str) -> Architecture:
    """The network of that name; an unknown name is answered with the nearest known ones."""
    found = _all()
    if name in found:
        return found[name]
    near = get_close_matches(str(name), found, n=3)
    hint = f" Did you mean {', '.join(near)}?" if near else " `python -m tlcore nets` lists them."
    raise UnknownNameError(f"There is no network named '{name}'.{hint}")


def _all() -> dict[str, Architecture]:
    from tlcore.zoo.own_rows import ROWS

    rows = [*ROWS, *(_trainable(name) for name in registry.names())]
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
        source="ours" if row.where else "torchvision", trainable=True, where=row.where, options=row.options,
    )  # fmt: skip


FAMILIES = (
    "LeNet", "AlexNet", "VGG", "Inception", "ResNet", "CIFAR ResNet", "Wide ResNet", "ResNeXt", "SENet", "DenseNet",
    "SqueezeNet", "MobileNet", "MNASNet", "ShuffleNet", "EfficientNet", "RegNet", "ConvNeXt", "Segmentation",
    "Detection", "Faces",
)  # fmt: skip
"""The order in which families are shown: by the year of their first network, tasks other than classification last."""
