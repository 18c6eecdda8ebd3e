"""One training run from spec and data set to a finished model, as a generator of events."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from tlcore.data import arrays
from tlcore.data.blobs import BlobStore
from tlcore.data.dataset import Dataset
from tlcore.data.report import Part
from tlcore.errors import IncompleteRunError, TlcoreError
from tlcore.train import checkpoint, events, inputs, trained
from tlcore.train.device import Device
from tlcore.train.evaluation import Predictions
from tlcore.train.loop import Loop, Watch, diverged_message
from tlcore.train.model import LearningModel, build
from tlcore.train.plan import Phase, Plan, make_plan
from tlcore.train.spec import TrainSpec

_QUICK_SECONDS = 1.0
_DECODE_PIECE = 128
_PARTS: tuple[Part, ...] = ("train", "val", "test")
_HELD_OUT: tuple[Part, ...] = ("val", "test")


class DivergedError(TlcoreError):
    """The loss stopped being a number before there was a model to keep."""


@dataclass(frozen=True)
class RunContext:
    """Where a run works: its device, the stores it reads, the folder that it alone writes to.

    `watch` looks at the network now and then where the spec asks for it.
    """

    run_id: str
    device: Device
    blobs: BlobStore
    cache: Path
    folder: Path
    threads: int = 2
    checkpoints: bool = True
    should_stop: Callable[[], bool] = lambda: False
    watch: Watch | None = None


@dataclass
class _Clock:
    """Seconds by phase of the work."""

    begun: float = field(default_factory=monotonic)
    phases: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = monotonic()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + monotonic() - start


@dataclass
class _Run:
    """What the steps of a run share."""

    spec: TrainSpec
    dataset: Dataset
    context: RunContext
    plan: Plan
    clock: _Clock = field(default_factory=_Clock)
    windows: dict[Part, inputs.Windows] = field(default_factory=dict)
    fed: inputs.Inputs | None = None
    has_model: bool = False

    def must_give_up(self) -> bool:
        """Whether a stop was requested before there is a model; later the loop itself hears of it."""
        return self.context.should_stop() and not self.has_model


def train(
    spec: TrainSpec, dataset: Dataset, context: RunContext, windows: dict[Part, inputs.Windows] | None = None
) -> Iterator[events.Event]:
    """Train; the last event is `Finished`, after which the model and its results lie in the context's folder.

    The images are decoded from the context's blobs, unless their `windows` are given. A run whose folder holds a
    checkpoint goes on from there. Raises `IncompleteRunError` when it was stopped before there was anything to keep,
    `DivergedError` when the loss stopped being a number that early.
    """
    torch.set_num_threads(context.threads)
    run = _Run(spec, dataset, context, make_plan(spec), windows=windows or {})
    saved = checkpoint.load_latest(context.folder) if context.checkpoints else None
    run.has_model = bool(saved and saved["best"]["state"])
    with run.clock.phase("build"):
        model, weights_id = build(spec, len(dataset.classes), run.plan, context.device)
        watch = context.watch if spec.watch_gradients else None
        loop = Loop(spec, run.plan, dataset, model, context.should_stop, watch)
        if saved:
            loop.restore(saved)
    yield _started(run, model, loop)
    if run.has_model and context.should_stop():  # an attempt before this one was asked to, and was lost over it
        yield events.Stopping()
    if not windows:
        yield from _decode(run)
    yield from _phases(run, loop, weights_id, saved)
    if not loop.best.state:
        raise DivergedError(loop.diverged or diverged_message("after every epoch", spec))
    if loop.diverged:
        yield events.Notice(message=f"{loop.diverged} The best model up to then is kept.")
    if run.fed is None:  # the checkpoint was of the last epoch
        run.fed = yield from _inputs(run, model, run.plan.phases[-1], weights_id)
    yield from _finish(run, loop, weights_id)


def _decode(run: _Run) -> Iterator[events.Event]:
    """Decode what no earlier run has, a piece at a time so that a stop is heard between pieces."""
    prep, context = run.plan.preprocessing, run.context
    blobs = {part: [example.blob for example in run.dataset.of(part)] for part in _PARTS}
    everything = [blob for part in _PARTS for blob in blobs[part]]
    with run.clock.phase("decode"):
        begun = monotonic()
        for start in range(0, len(everything), _DECODE_PIECE):
            if run.must_give_up():
                raise IncompleteRunError("The run was stopped before it began to learn.")
            piece = everything[start : start + _DECODE_PIECE]
            arrays.windows(piece, prep, context.blobs, context.cache, threads=context.threads)
            done = start + len(piece)
            speed = done / max(monotonic() - begun, 1e-9)
            yield events.Progress(phase="decode", done=done, total=len(everything), images_per_second=speed)
        run.windows = {part: arrays.windows(blobs[part], prep, context.blobs, context.cache) for part in _PARTS}


def _phases(run: _Run, loop: Loop, weights_id: str, saved: dict[str, Any] | None) -> Iterator[events.Event]:
    while not loop.is_over:
        phase, start = run.plan.position(loop.epoch)
        data = run.fed = yield from _inputs(run, loop.model, phase, weights_id)
        yield _phase_started(loop.model, phase, data.entry > 0)
        resumed = saved["optimizer"] if saved and start else None
        with run.clock.phase("train"):
            yield from _checkpointed(run, loop, loop.run_phase(phase, start, data, resumed))
        saved = None
    if loop.is_stale and loop.epoch < run.plan.epochs:
        yield events.Notice(
            message=f"Stopped after epoch {loop.epoch}: the validation loss has not improved for "
            f"{run.spec.patience} epochs."
        )


def _inputs(
    run: _Run, model: LearningModel, phase: Phase, weights_id: str
) -> Generator[events.Event, None, inputs.Inputs]:
    """What the phase is fed with; extracting features first, where that pays."""
    if not inputs.worth_caching(model, run.spec, run.dataset, phase):
        return inputs.PixelInputs(run.windows, run.plan.preprocessing, run.spec, model)
    work = inputs.Extraction(
        model,
        run.dataset,
        run.windows,
        run.spec,
        run.plan.preprocessing,
        weights_id,
        run.context.cache,
        run.must_give_up,
    )
    with run.clock.phase("features"):
        try:
            return (yield from inputs.at_boundary(work, phase.first))
        except inputs.ExtractionStoppedError as error:
            raise IncompleteRunError("The run was stopped before it began to learn.") from error


def _checkpointed(run: _Run, loop: Loop, stream: Iterator[events.Event]) -> Iterator[events.Event]:
    """Pass the events on and keep a checkpoint after every epoch, but of quick epochs only one a second."""
    kept = monotonic()
    for event in stream:
        is_epoch = isinstance(event, events.Epoch)
        if run.context.checkpoints and is_epoch and not loop.stopped and monotonic() - kept > _QUICK_SECONDS:
            checkpoint.save(run.context.folder, loop.epoch, loop.state())
            kept = monotonic()
        yield event


def _finish(run: _Run, loop: Loop, weights_id: str) -> Iterator[events.Event]:
    """Evaluate the best model on what the last phase was fed with, and keep it."""
    assert run.fed is not None
    loop.model.load_learned_state(loop.best.state)
    phase, _ = run.plan.position(min(loop.epoch, run.plan.epochs - 1))
    predictions: dict[Part, Predictions] = {}
    with run.clock.phase("evaluate"):
        for part in (part for part in _HELD_OUT if run.dataset.count(part)):
            predictions[part] = yield from loop.predictions(run.fed, part, phase, "evaluate")
        trained.keep(run.context.folder, run.context.run_id, run.spec, run.dataset, loop.model, weights_id, predictions)
        if run.context.checkpoints:
            (checkpoint.keep_newest if loop.stopped else checkpoint.clear)(run.context.folder)
    yield _finished(run, loop, predictions)


def _finished(run: _Run, loop: Loop, predictions: dict[Part, Predictions]) -> events.Finished:
    val, test = predictions["val"], predictions.get("test")
    return events.Finished(
        accuracy=val.correct / max(val.seen, 1),
        correct=val.correct,
        seen=val.seen,
        val_loss=val.loss,
        best_epoch=loop.best.epoch,
        epochs_done=loop.epoch,
        stopped=loop.stopped,
        seconds=monotonic() - run.clock.begun,
        seconds_by_phase={name: round(seconds, 3) for name, seconds in run.clock.phases.items()},
        train_images=run.dataset.count("train"),
        val_images=val.seen,
        device=run.context.device.name,
        test_correct=test.correct if test else None,
        test_seen=test.seen if test else None,
    )


def _started(run: _Run, model: LearningModel, loop: Loop) -> events.Started:
    return events.Started(
        backbone=run.spec.backbone,
        strategy=run.spec.strategy,
        device=run.context.device.title,
        precision=model.precision,
        threads=run.context.threads,
        classes=run.dataset.classes,
        train_images=run.dataset.count("train"),
        val_images=run.dataset.count("val"),
        test_images=run.dataset.count("test"),
        epochs=run.plan.epochs,
        resumed_from_epoch=loop.epoch,
    )


def _phase_started(model: LearningModel, phase: Phase, cached: bool) -> events.PhaseStarted:
    model.begin(phase)
    return events.PhaseStarted(
        phase=phase.name,
        trainable_stages=model.staged.row.stage_names[phase.first :],
        trainable_parameters=sum(p.numel() for p in model.trainable_parameters()),
        parameters=sum(p.numel() for p in model.staged.network.parameters()),
        cached=cached,
        learning_rates=phase.rates,
    )
