"""How many images a second a network answers here and now."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from tlcore.zoo import architectures

if TYPE_CHECKING:
    import torch
    from torch import nn

_SECONDS, _FEWEST = 1.5, 3


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
    name: str, batch_size: int, device: "torch.device", should_stop: Callable[[], bool] = lambda: False
) -> Speed | None:
    """Time the named network with random weights in float32; None if it was stopped before there was a time.

    A single image goes ahead untimed, so that a stop is soon heard. Then batches are timed one by one, for a second and
    a half and at least three times.
    """
    import torch

    row = architectures.get(name)
    network = row.build("cpu").eval().to(device)
    shapes = [row.input_shape, *(shape[1:] for shape in row.more_inputs)]
    inputs = [torch.rand(batch_size, *shape, device=device) for shape in shapes]
    times: list[float] = []
    with torch.inference_mode():
        _timed(network, [one[:1] for one in inputs], device)
        while (sum(times) < _SECONDS or len(times) < _FEWEST) and not should_stop():
            times.append(_timed(network, inputs, device))
    if not times:
        return None
    rates = [batch_size / seconds for seconds in times]
    return Speed(name, median(rates), min(rates), max(rates), len(times), row.input_shape)


def _timed(network: "nn.Module", inputs: "list[torch.Tensor]", device: "torch.device") -> float:
    import torch

    begun = perf_counter()
    network(*inputs)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return perf_counter() - begun
