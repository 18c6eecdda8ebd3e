"""Gradient flow as events of a training run: the same measures, now and then, while the network learns."""

from dataclasses import fields

from torch import Tensor, nn

from tlcore.gradients.events import FlowSeen, LayerSeen
from tlcore.gradients.layers.flow import flow

_TOLD = [field.name for field in fields(LayerSeen)]


def watch(network: nn.Module, images: Tensor, labels: Tensor, at: float) -> FlowSeen:
    """Measure, and leave the network as it was."""
    measured = flow(network, images, labels, lr=1.0).to_json()
    layers = tuple(LayerSeen(**{key: layer[key] for key in _TOLD}) for layer in measured["layers"])
    return FlowSeen(
        after=at, loss=measured["loss"], verdict=measured["verdict"], ratio=measured["first_to_last"], layers=layers
    )
