"""The job that takes blocks out of a finished run's network, and measures what is left of it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from tlcore.data.dataset import Dataset
from tlcore.errors import IncompleteRunError
from tlcore.gradients.lesions import Trial, blocks_of, in_order, measured, trials
from tlcore.gradients.paths import gradients, paths_of
from tlcore.jobs.asked import LesionSpec
from tlcore.jobs.opened import Opened, opened
from tlcore.train.events import Event, Progress

if TYPE_CHECKING:
    from tlcore.train.run import RunContext

_PATH_IMAGES = 16


@dataclass(frozen=True, kw_only=True)
class TrialMeasured(Event):
    """What one lesion left, as soon as it is known."""

    name: ClassVar[str] = "trial"
    trial: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LesionsFinished(Event):
    """All that was measured, in its order; less than was asked for when it was stopped.

    `blocks` are the network's, `paths` their counts, `gradients` what came back along paths of each length.
    """

    name: ClassVar[str] = "finished"
    blocks: tuple[dict[str, Any], ...]
    trials: tuple[dict[str, Any], ...]
    paths: dict[str, Any]
    gradients: tuple[dict[str, Any], ...]
    path_images: int
    classes: int
    device: str
    threads: int
    seconds: float
    stopped: bool


def measure_lesions(spec: LesionSpec, dataset: Dataset, context: "RunContext") -> Iterator[Event]:
    """Try one lesion after the other, then measure gradients along single paths where there are several."""
    torch.set_num_threads(context.threads)
    begun, run = monotonic(), opened(spec.run, dataset, "val", spec.images, context)
    counts, blocks = paths_of(run.network), blocks_of(run.network)
    wanted = trials(blocks, spec.draws, spec.seed)
    lengths = counts.blocks + 1 if spec.paths and all(block.residual for block in blocks) else 0
    total, rows, along = len(wanted) + lengths, list[dict[str, Any]](), list[dict[str, Any]]()
    for row in _rows(run, wanted, spec, context):
        rows.append(row)
        yield TrialMeasured(trial=row)
        yield Progress(phase="lesions", done=len(rows), total=total)
    if not rows:
        raise IncompleteRunError("It was stopped before anything was measured.")
    for gradient in _gradients(run, spec, context) if lengths else ():
        along.append(gradient)
        yield Progress(phase="paths", done=len(rows) + len(along), total=total)
    yield LesionsFinished(
        blocks=tuple({**asdict(b), "resizes": b.resizes, "can_be_dropped": b.can_be_dropped} for b in blocks),
        trials=tuple(rows), paths=counts.to_json(), gradients=tuple(along), classes=run.classes,
        path_images=min(_PATH_IMAGES, len(run.labels)), device=context.device.title, threads=context.threads,
        seconds=monotonic() - begun, stopped=len(rows) + len(along) < total,
    )  # fmt: skip


def _rows(run: Opened, wanted: tuple[Trial, ...], spec: LesionSpec, context: "RunContext") -> Iterator[dict[str, Any]]:
    blocks = blocks_of(run.network)
    lesions = (trial.lesion for trial in wanted)
    outcomes = measured(run.network, run.images, run.labels, lesions, context.should_stop, spec.batch_size)
    for trial, outcome in zip(wanted, outcomes, strict=False):
        order = in_order(blocks, trial.lesion) if trial.group == "shuffles" else None
        yield {"group": trial.group, "amount": trial.amount, "order": order, **outcome.to_json()}


def _gradients(run: Opened, spec: LesionSpec, context: "RunContext") -> Iterator[dict[str, Any]]:
    """Along few images, for each path is a backward pass of its own."""
    step = max(1, len(run.labels) // _PATH_IMAGES)
    few = slice(None, step * _PATH_IMAGES, step)
    stop = context.should_stop
    for gradient in gradients(run.network, run.images[few], run.labels[few], spec.paths, spec.seed, stop):
        yield gradient.to_json()
