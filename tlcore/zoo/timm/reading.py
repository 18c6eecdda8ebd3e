"""What timm itself says of a network, and what is measured on it, as an entry of the index."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.zoo.network import Interpolation
from tlcore.zoo.timm.cutting import Cut
from tlcore.zoo.timm.index import Entry

if TYPE_CHECKING:
    from torch import Tensor, nn

HUB = "https://huggingface.co"
HUB_FILE = "resolve/main/model.safetensors"
_SIDES = (32, 48, 64, 96, 128, 160, 192, 224, 256)
"""The sides that are tried to find the smallest; none below, for the trainer has images of at least 32 pixels."""


@dataclass(frozen=True)
class Counted:
    """What a network's layers add up to."""

    parameters: int
    macs: int


def names() -> list[str]:
    """All that timm builds, in its order."""
    import timm

    return list(timm.list_models())


def build(name: str) -> "nn.Module":
    """A network of timm on the meta device, as it comes."""
    import timm
    import torch

    with torch.device("meta"):
        network: nn.Module = timm.create_model(name)
    return network.eval().requires_grad_(requires_grad=False)


def image(network: "nn.Module", side: int | None = None) -> "Tensor":
    """An image without memory of the network's own size, or of another."""
    import torch

    size = (3, side, side) if side else _configuration(network)["input_size"]
    return torch.zeros((1, *size), device="meta")


def read(name: str, network: "nn.Module", counted: Counted, found: Cut) -> Entry:
    """The entry of a network that was built, measured and cut."""
    import timm

    told = _configuration(network)
    interpolation: Interpolation = "bicubic" if told["interpolation"] == "bicubic" else "bilinear"
    module = timm.model_entrypoint(name).__module__.rpartition(".")[2]
    return Entry(
        name=name, module=module, input=tuple(told["input_size"][1:]),
        least=_least(network, found), fixed=bool(told.get("fixed_input_size")), parameters=counted.parameters,
        macs=counted.macs, classes=int(told["num_classes"] or 0), tag=told.get("tag") or "", url=_url(told),
        license=told.get("license") or "", mean=_three(told["mean"]), std=_three(told["std"]),
        interpolation=interpolation, crop=float(told["crop_pct"]), head=found.head, pooled=found.pooled,
        stages=found.stages, uncut=found.why_not,
    )  # fmt: skip


def _configuration(network: "nn.Module") -> dict[str, Any]:
    told: dict[str, Any] = network.pretrained_cfg  # type: ignore[assignment]
    return told


def _url(told: dict[str, Any]) -> str:
    """Where its weights are: the hub's safetensors before a file elsewhere, whose name holds its hash."""
    if hub := told.get("hf_hub_id"):
        return f"{HUB}/{hub}/{HUB_FILE}"
    return str(told.get("url") or "")


def _three(values: Any) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third


def _least(network: "nn.Module", found: Cut) -> int:
    """The smallest side on which it runs, of those tried; its own where it takes no other, or can't be trained."""
    told = _configuration(network)
    own = min(told["input_size"][1:])
    if told.get("fixed_input_size") or not found.stages:
        return own
    stated = told.get("min_input_size")
    tried = [side for side in _SIDES if side < own and side >= (min(stated[1:]) if stated else 0)]
    return next((side for side in tried if _runs(network, side)), own)


def _runs(network: "nn.Module", side: int) -> bool:
    from torch import no_grad

    try:
        with no_grad():
            network(image(network, side))
    except (RuntimeError, ValueError, AssertionError, IndexError):
        return False
    return True
