"""The job that measures how fast networks are on this machine, after whatever else waits in the queue."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from tlcore.errors import IncompleteRunError
from tlcore.jobs.asked import SpeedSpec
from tlcore.measure.speed import Speed, speed_of
from tlcore.train.events import Event, Progress

if TYPE_CHECKING:
    from tlcore.train.run import RunContext


@dataclass(frozen=True, kw_only=True)
class SpeedMeasured(Event):
    """One network's speed, as soon as it is known."""

    name: ClassVar[str] = "measured"
    speed: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class SpeedFinished(Event):
    """The speeds in the order in which they were asked for; fewer than asked for when it was stopped."""

    name: ClassVar[str] = "finished"
    speeds: tuple[dict[str, Any], ...]
    batch_size: int
    device: str
    threads: int
    stopped: bool


def measure_speed(spec: SpeedSpec, context: "RunContext") -> Iterator[Event]:
    """Measure one network after the other; each one's speed is told with the progress."""
    torch.set_num_threads(context.threads)
    speeds: list[Speed] = []
    for name in spec.networks:
        yield Progress(phase=name, done=len(speeds), total=len(spec.networks))
        if (speed := speed_of(name, spec.batch_size, context.device.torch, context.should_stop)) is not None:
            speeds.append(speed)
            yield SpeedMeasured(speed=asdict(speed))
        if context.should_stop():
            break
    if not speeds:
        raise IncompleteRunError("It was stopped before anything was measured.")
    yield SpeedFinished(
        speeds=tuple(asdict(speed) for speed in speeds),
        batch_size=spec.batch_size,
        device=context.device.title,
        threads=context.threads,
        stopped=len(speeds) < len(spec.networks),
    )
