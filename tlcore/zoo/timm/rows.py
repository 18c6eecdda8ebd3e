"""Networks of timm as the rest of the zoo knows networks: to look at, to train, and what is written about them."""

from typing import TYPE_CHECKING

from tlcore.errors import NoStagesError
from tlcore.zoo.architecture import Architecture
from tlcore.zoo.network import Hosted, Network, Preprocessing
from tlcore.zoo.timm.index import Entry

if TYPE_CHECKING:
    from torch import nn

BUILDER = "timm:create_model"


def architecture(entry: Entry, name: str) -> Architecture:
    """The network to look at, under the name that it has here."""

    def build(device: str) -> "nn.Module":
        import timm
        import torch

        with torch.device(device):
            made: nn.Module = timm.create_model(entry.name)
        return made

    return Architecture(
        name=name, title=entry.name, family=entry.family.title, build=build, input_shape=(3, *entry.input),
        task="classification" if entry.classes else "embedding", source="timm", trainable=bool(entry.stages),
        where=BUILDER, options={"model_name": entry.name},
    )  # fmt: skip


def network_row(entry: Entry, name: str) -> Network:
    """The network as the trainer takes it; one that can't be cut into stages is refused with the reason."""
    if not entry.stages:
        raise NoStagesError(
            f"{entry.name} can be looked at and measured, but not trained here, for it has no stages to freeze or "
            f"unlock: {entry.uncut}."
        )
    side = entry.input[0]
    return Network(
        name=name, title=entry.name, family=entry.family.title, stages=entry.stages, head=entry.head,
        parameters=entry.parameters, pooled_head=entry.pooled, min_size=entry.least, fixed_size=entry.fixed,
        preprocessing=Preprocessing(
            resize=int(side / entry.crop), crop=side, interpolation=entry.interpolation, mean=entry.mean, std=entry.std
        ),
        where=BUILDER, options={"model_name": entry.name}, hosted=hosted(entry),
    )  # fmt: skip


def hosted(entry: Entry) -> Hosted | None:
    """Its first pretrained weights, as timm names them; None where timm publishes none."""
    if not entry.url:
        return None
    file = f"{entry.weights_name}.safetensors" if entry.url.endswith(".safetensors") else entry.url.rpartition("/")[2]
    return Hosted(url=entry.url, file=file, license=entry.license.replace("unknown", ""), classes=entry.classes)
