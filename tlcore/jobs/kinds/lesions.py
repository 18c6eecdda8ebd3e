"""The job that takes blocks out of a finished run's network, and measures what is left of it."""

from collections.abc import Iterator
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING

import torch

from tlcore.data.dataset import Dataset
from tlcore.errors import IncompleteRunError
from tlcore.events import Event, GaveWay, Progress
from tlcore.gradients.residual.lesions import Block, Trial, blocks_of, in_order, measured, trials
from tlcore.gradients.residual.paths import gradients, paths_of
from tlcore.gradients.residual.rows import BlockRow, GradientRow, TrialRow
from tlcore.jobs.kinds.events import LesionsFinished, PathsMeasured, TrialMeasured
from tlcore.jobs.kinds.run_loader import Opened, opened
from tlcore.jobs.kinds.specs import LesionSpec
from tlcore.train.learning import threads

if TYPE_CHECKING:
    from tlcore.train.run import RunContext

_PATH_IMAGES = 16


def measure_lesions(spec: LesionSpec, dataset: Dataset, context: "RunContext") -> Iterator[Event]:
    """Try one lesion after the other, then measure gradients along single paths where there are several.

    It gives way after each lesion and each length of path, and does not measure again what was told.
    """
    threads.take(context.threads)
    begun, run = monotonic(), opened(spec.run, dataset, "val", spec.images, context)
    counts, blocks = paths_of(run.network), blocks_of(run.network)
    wanted = trials(blocks, spec.draws, spec.seed)
    lengths = counts.blocks + 1 if spec.paths and all(block.residual for block in blocks) else 0
    rows = [event.trial for event in context.told(TrialMeasured)]
    along = [event.gradient for event in context.told(PathsMeasured)]
    total = len(wanted) + lengths
    for row in _rows(run, wanted[len(rows) :], spec, context):
        rows.append(row)
        yield TrialMeasured(trial=row)
        yield Progress(phase="lesions", done=len(rows), total=total)
        if context.should_give_way():
            yield GaveWay()
            return
    if not rows:
        raise IncompleteRunError("It was stopped before anything was measured.")
    for gradient in _gradients(run, spec, len(along), context) if len(along) < lengths else ():
        along.append(gradient)
        yield PathsMeasured(gradient=gradient)
        yield Progress(phase="paths", done=len(rows) + len(along), total=total)
        if context.should_give_way() and len(along) < lengths:
            yield GaveWay()
            return
    yield LesionsFinished(
        blocks=tuple(map(_block, blocks)), trials=tuple(rows), paths=counts.row(), gradients=tuple(along),
        classes=run.classes,
        path_images=min(_PATH_IMAGES, len(run.labels)), device=context.device.title, threads=torch.get_num_threads(),
        seconds=context.seconds_before + monotonic() - begun, stopped=len(rows) + len(along) < total,
    )  # fmt: skip


def _block(block: Block) -> BlockRow:
    return BlockRow(**asdict(block), resizes=block.resizes, can_be_dropped=block.can_be_dropped)


def _rows(run: Opened, wanted: tuple[Trial, ...], spec: LesionSpec, context: "RunContext") -> Iterator[TrialRow]:
    blocks = blocks_of(run.network)
    lesions = (trial.lesion for trial in wanted)
    outcomes = measured(run.network, run.images, run.labels, lesions, context.should_stop, spec.batch_size)
    for trial, outcome in zip(wanted, outcomes, strict=False):
        order = in_order(blocks, trial.lesion) if trial.group == "shuffles" else None
        yield TrialRow(group=trial.group, amount=trial.amount, order=order, **outcome.to_json())


def _gradients(run: Opened, spec: LesionSpec, known: int, context: "RunContext") -> Iterator[GradientRow]:
    """Along few images, for each path is a backward pass of its own."""
    step = max(1, len(run.labels) // _PATH_IMAGES)
    few = slice(None, step * _PATH_IMAGES, step)
    stop = context.should_stop
    for gradient in gradients(run.network, run.images[few], run.labels[few], spec.paths, spec.seed, stop, known):
        yield gradient.row()
