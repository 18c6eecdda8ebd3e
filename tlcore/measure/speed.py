"""How many images a second a network answers here and now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import ClassVar, Literal

import torch
from pydantic import Field, field_validator
from torch import nn

from tlcore.errors import BadInputError
from tlcore.specs import Spec
from tlcore.zoo import architectures

_SECONDS, _FEWEST = 1.5, 5


class SpeedSpec(Spec):
    """The networks to measure, in batches of `batch_size` images of each network's own size."""

    words: ClassVar[Mapping[str, str]] = {"batch_size": "batch", "networks": "list of networks"}

    kind: Literal["speed"] = "speed"
    networks: tuple[str, ...] = Field(min_length=1, max_length=8)
    batch_size: int = Field(8, ge=1, le=256)

    @property
    def title(self) -> str:
        """The networks."""
        return f"Speed of {', '.join(architectures.get(name).title for name in self.networks)}"

    @field_validator("networks")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(dict.fromkeys(architectures.get(name).name for name in names))
        except BadInputError as error:
            raise ValueError(str(error)) from error


@dataclass(frozen=True)
class Speed:
    """Images a second of one network: the median over batches, and that of the slowest and of the fastest batch."""

    network: str
    images_per_second: float
    slowest: float
    fastest: float
    batches: int
    input_shape: tuple[int, ...]


def speed_of(
    name: str, batch_size: int, device: torch.device, should_stop: Callable[[], bool] = lambda: False
) -> Speed | None:
    """Time the named network with random weights in float32; None if it was stopped before there was a time.

    One batch goes ahead untimed. Then batches are timed one by one, for a second and a half and at least five times.
    """
    row = architectures.get(name)
    network = row.build("cpu").eval().to(device)
    shapes = [row.input_shape, *(shape[1:] for shape in row.more_inputs)]
    inputs = [torch.rand(batch_size, *shape, device=device) for shape in shapes]
    times: list[float] = []
    with torch.inference_mode():
        _timed(network, inputs, device)
        while (sum(times) < _SECONDS or len(times) < _FEWEST) and not should_stop():
            times.append(_timed(network, inputs, device))
    if not times:
        return None
    rates = [batch_size / seconds for seconds in times]
    return Speed(name, median(rates), min(rates), max(rates), len(times), row.input_shape)


def _timed(network: nn.Module, inputs: list[torch.Tensor], device: torch.device) -> float:
    begun = perf_counter()
    network(*inputs)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return perf_counter() - begun
