"""What is known of a network that can be looked at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

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
    source: str = "ours"
    trainable: bool = False
    where: str = ""
    args: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
