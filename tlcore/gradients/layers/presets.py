"""Pairs of networks whose gradients tell something when they are laid over one another."""

from dataclasses import dataclass
from typing import Any

from tlcore.gradients.layers.measured import Named
from tlcore.zoo.nets.configurable import Design


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of two networks, and what is switched off in it."""

    network: Design | Named
    off: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Two networks, and what to look for."""

    title: str
    a: Side
    b: Side
    look: str


def _plain(depth: int = 30, *, batch_norm: bool = False, **values: Any) -> Side:
    return Side(network=Design(depth=depth, skip="none", batch_norm=batch_norm, **values))


def _residual(depth: int, **values: Any) -> Side:
    return Side(network=Design(depth=depth, **values))


_RESNET18 = tuple(f"layer{stage}.{block}:shortcut" for stage in range(1, 5) for block in range(2))
PRESETS = {
    "sigmoid": Preset(
        title="Sigmoids vanish",
        a=_plain(activation="sigmoid", init="xavier"),
        b=_plain(),
        look="On a logarithmic axis A falls along a straight line: every layer takes the same share. A sigmoid's "
        "slope is 1/4 at most, and the weights don't make up for it. ReLU with He's start (B) keeps its level.",
    ),
    "he": Preset(
        title="Xavier and He",
        a=_plain(init="xavier"),
        b=_plain(),
        look="ReLU sets half of the values to zero. Xavier's variance (A) takes no account of that, so each layer "
        "loses a factor near 0.7; He's (B) is twice as large and makes up for it.",
    ),
    "large": Preset(
        title="Too large, too small",
        a=_plain(init="large"),
        b=_plain(init="small"),
        look="He's start times three (A) and divided by three (B): about three times as much a layer, and a third. "
        "Look at the spread of the activations too: the signal on its way forward does the same.",
    ),
    "plain56": Preset(
        title="Plain-56",
        a=_plain(56, init="default"),
        b=_plain(56, batch_norm=True),
        look="Without normalisation, PyTorch's default start loses all of it within 56 layers (A). With BatchNorm "
        "(B) nothing vanishes: the gradient grows towards the first layers.",
    ),
    "resnet56": Preset(
        title="ResNet-56",
        a=_plain(56, batch_norm=True),
        b=_residual(56),
        look="The same layers and weights without shortcuts (A) and with them (B). Both have BatchNorm, so there "
        "was no vanishing to cure; the shortcuts tame the growth. What they cured is degradation.",
    ),
    "order": Preset(
        title="Before or after the sum",
        a=_residual(30, activation="sigmoid", batch_norm=False),
        b=_residual(30, activation="sigmoid", batch_norm=False, pre_activation=True),
        look="Both have shortcuts and sigmoids. In A the sum still goes through a sigmoid, whose slope every block "
        "pays; in B the sigmoids are inside the branches, and the sum is left alone.",
    ),
    "resnet18": Preset(
        title="ResNet-18 without its shortcuts",
        a=Side(network=Named("resnet18"), off=_RESNET18),
        b=Side(network=Named("resnet18")),
        look="torchvision's network with all of its shortcuts switched off (A) and as it is (B). Over eighteen "
        "layers with BatchNorm, gradients arrive without shortcuts too. Switch single blocks off, and compare.",
    ),
}
"""The presets by their names, in the order in which they tell the story."""
