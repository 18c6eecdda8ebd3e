"""The job that measures the loss around a finished run's network, from a coarse picture to a fine one."""

from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING

import torch

from tlcore.data.dataset import Dataset
from tlcore.errors import IncompleteRunError
from tlcore.events import Event, GaveWay
from tlcore.gradients.residual.surface import directions, measured, surface_of
from tlcore.jobs.kinds.events import PointsMeasured, SurfaceFinished
from tlcore.jobs.kinds.run_loader import opened
from tlcore.jobs.kinds.specs import SurfaceSpec
from tlcore.train.learning import threads

if TYPE_CHECKING:
    from tlcore.train.run import RunContext

_SECONDS = 0.5  # between two events


def measure_surface(spec: SurfaceSpec, dataset: Dataset, context: "RunContext") -> Iterator[Event]:
    """Measure place after place; what is known is told twice a second."""
    threads.take(context.threads)
    begun, run = monotonic(), opened(spec.run, dataset, "train", spec.images, context)
    along, total, images = directions(run.network, spec.seed), spec.side**2, len(run.labels)
    points = [point for event in context.told(PointsMeasured) for point in event.points]
    told, told_at = len(points), begun
    stop, batch = context.should_stop, spec.batch_size
    for point in measured(
        run.network, run.images, run.labels, along, spec.side, spec.span, stop, batch=batch, known=told
    ):
        points.append(point.place)
        leaves = context.should_give_way()
        if leaves or monotonic() - told_at > _SECONDS or len(points) == total:
            yield PointsMeasured(points=tuple(points[told:]), done=len(points), total=total, images=images)
            told, told_at = len(points), monotonic()
        if leaves:  # what was told is not measured again
            yield GaveWay()
            return
    if not points:
        raise IncompleteRunError("It was stopped before anything was measured.")
    surface = surface_of(spec.side, spec.span, points)
    yield SurfaceFinished(
        steps=surface.steps, losses=surface.losses, done=len(points), images=images,
        parameters=sum(values.numel() for values in along[0].values()), device=context.device.title,
        threads=torch.get_num_threads(), seconds=context.seconds_before + monotonic() - begun,
        stopped=len(points) < total,
    )  # fmt: skip
