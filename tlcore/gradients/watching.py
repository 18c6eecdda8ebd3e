"""Gradient flow as events of a training run: the same measures, now and then, while the network learns."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from tlcore.gradients.flow import flow
from tlcore.train.events import Event

_TOLD = ("name", "depth", "grad_norm", "weight_grad_norm", "activation_std", "dead", "weight_norm", "update_ratio")


@dataclass(frozen=True, kw_only=True)
class FlowSeen(Event):
    """A backward pass `after` so many epochs: of each layer what `LayerFlow` holds, null where it is not finite.

    `update_ratio` is that of plain gradient descent at rate 1, so it does not follow the schedule.
    """

    name: ClassVar[str] = "flow"
    after: float
    loss: float | None
    verdict: str
    ratio: float | None
    layers: tuple[dict[str, Any], ...]


def watch(network: nn.Module, images: Tensor, labels: Tensor, at: float) -> FlowSeen:
    """Measure, and leave the network as it was."""
    found = flow(network, images, labels, lr=1.0).to_json()
    layers = tuple({key: layer[key] for key in _TOLD} for layer in found["layers"])
    return FlowSeen(after=at, loss=found["loss"], verdict=found["verdict"], ratio=found["first_to_last"], layers=layers)
