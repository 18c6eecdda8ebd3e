"""The job that measures how fast networks are on this machine, after whatever else waits in the queue."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tlcore.errors import IncompleteRunError
from tlcore.events import Event, GaveWay, Progress
from tlcore.jobs.kinds.events import SpeedFinished, SpeedMeasured
from tlcore.jobs.kinds.specs import SpeedSpec
from tlcore.measure.speed import speed_of
from tlcore.train.learning import threads

if TYPE_CHECKING:
    from tlcore.train.run import RunContext


def measure_speed(spec: SpeedSpec, context: "RunContext") -> Iterator[Event]:
    """Measure one network after the other; each one's speed is told with the progress. It gives way between two."""
    steady = threads.free(context.threads)  # for all networks alike
    threads.take(steady)
    speeds = [event.speed for event in context.told(SpeedMeasured)]
    for name in spec.networks[len(speeds) :]:
        yield Progress(phase=name, done=len(speeds), total=len(spec.networks))
        if (speed := speed_of(name, spec.batch_size, context.device.torch, context.should_stop)) is not None:
            speeds.append(speed)
            yield SpeedMeasured(speed=speed)
        if context.should_stop():
            break
        if context.should_give_way() and len(speeds) < len(spec.networks):
            yield GaveWay()
            return
    if not speeds:
        raise IncompleteRunError("It was stopped before anything was measured.")
    yield SpeedFinished(
        speeds=tuple(speeds),
        batch_size=spec.batch_size,
        device=context.device.title,
        threads=steady,
        stopped=len(speeds) < len(spec.networks),
    )
