"""The job that measures the loss around a finished run's network, from a coarse picture to a fine one."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from tlcore.data.dataset import Dataset
from tlcore.errors import IncompleteRunError
from tlcore.gradients.surface import Point, directions, measured, surface_of
from tlcore.jobs.asked import SurfaceSpec
from tlcore.jobs.opened import opened
from tlcore.train.events import Event

if TYPE_CHECKING:
    from tlcore.train.run import RunContext

_SECONDS = 0.5  # between two events


@dataclass(frozen=True, kw_only=True)
class PointsMeasured(Event):
    """Losses at places that were not known before, each as its row, its column and its loss; `done` of `total` are."""

    name: ClassVar[str] = "points"
    points: tuple[list[Any], ...]
    done: int
    total: int
    images: int


@dataclass(frozen=True, kw_only=True)
class SurfaceFinished(Event):
    """The grid, with all that is known of it when it was stopped."""

    name: ClassVar[str] = "finished"
    steps: tuple[float, ...]
    losses: tuple[tuple[float | None, ...], ...]
    done: int
    images: int
    parameters: int
    device: str
    threads: int
    seconds: float
    stopped: bool


def measure_surface(spec: SurfaceSpec, dataset: Dataset, context: "RunContext") -> Iterator[Event]:
    """Measure place after place; what is known is told twice a second."""
    torch.set_num_threads(context.threads)
    begun, run = monotonic(), opened(spec.run, dataset, "train", spec.images, context)
    along, total, images = directions(run.network, spec.seed), spec.side**2, len(run.labels)
    points: list[Point] = []
    told, told_at = 0, begun
    stop, batch = context.should_stop, spec.batch_size
    for point in measured(run.network, run.images, run.labels, along, spec.side, spec.span, stop, batch=batch):
        points.append(point)
        if monotonic() - told_at > _SECONDS or len(points) == total:
            fresh = tuple(one.to_json() for one in points[told:])
            told, told_at = len(points), monotonic()
            yield PointsMeasured(points=fresh, done=told, total=total, images=images)
    if not points:
        raise IncompleteRunError("It was stopped before anything was measured.")
    found = surface_of(spec.side, spec.span, points)
    yield SurfaceFinished(
        steps=found.steps, losses=found.losses, done=len(points), images=images,
        parameters=sum(values.numel() for values in along[0].values()), device=context.device.title,
        threads=context.threads, seconds=monotonic() - begun, stopped=len(points) < total,
    )  # fmt: skip
