"""One training run from spec and data set to a finished model, as a generator of events."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from tlcore.data.dataset import Dataset
from tlcore.data.ingest.report import Part
from tlcore.data.pixels import arrays
from tlcore.data.pixels.blobs import BlobStore
from tlcore.errors import BadSpecError, IncompleteRunError, TlcoreError
from tlcore.events import E, Event, GaveWay, Notice, Progress, Stopping
from tlcore.train import events, trained
from tlcore.train.device import Device
from tlcore.train.judging.balance import balance_of
from tlcore.train.judging.evaluation import Predictions
from tlcore.train.learning import checkpoint, inputs, threads
from tlcore.train.learning.first_answers import FirstAnswers, with_answers
from tlcore.train.learning.loop import Loop, Watch, diverged_message
from tlcore.train.learning.model import LearningModel, build
from tlcore.train.recipe.effects import BY_IMAGES, Case, in_vain
from tlcore.train.recipe.plan import HEAD, Phase, Plan, make_plan
from tlcore.train.recipe.spec import SOLVED_L2, TrainSpec
from tlcore.wording import counted

_QUICK_SECONDS = 1.0
_WORTH_BEGINNING_SECONDS = 1.0
_DECODE_PIECE = 128
_PARTS: tuple[Part, ...] = ("train", "val", "test")
_HELD_OUT: tuple[Part, ...] = ("val", "test")


class DivergedError(TlcoreError):
    """The loss stopped being a number before there was a model to keep."""


class Told(Protocol):
    """The events of a class that earlier attempts at a run told, in order."""

    def __call__(self, kind: type[E], /) -> list[E]:
        """All of them."""
        ...


def nothing(_kind: type[E], /) -> list[E]:
    """What a first attempt finds told."""
    return []


@dataclass(frozen=True)
class RunContext:
    """Where a run works: its device, the stores it reads, the folder that it alone writes to.

    `watch` looks at the network now and then where the spec asks for it. A run that `should_give_way` keeps what it
    needs to go on, as soon as it has done something, and ends with `GaveWay`; `told` gives what its earlier attempts
    told, which took `seconds_before`.
    """

    run_id: str
    device: Device
    blobs: BlobStore
    cache: Path
    folder: Path
    threads: int = 2
    checkpoints: bool = True
    should_stop: Callable[[], bool] = lambda: False
    should_give_way: Callable[[], bool] = lambda: False
    told: Told = nothing
    seconds_before: float = 0.0
    watch: Watch | None = None


@dataclass
class _Clock:
    """Seconds by phase of the work, those of earlier attempts included."""

    begun: float = field(default_factory=monotonic)
    phases: dict[str, float] = field(default_factory=dict)
    now: tuple[str, float] | None = None

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self.now = (name, monotonic())
        try:
            yield
        finally:
            self.phases, self.now = self.state()["phases"], None

    def state(self) -> dict[str, Any]:
        phases = dict(self.phases)
        if self.now is not None:
            name, start = self.now
            phases[name] = phases.get(name, 0.0) + monotonic() - start
        return {"seconds": monotonic() - self.begun, "phases": phases}

    def restore(self, state: dict[str, Any]) -> None:
        self.begun -= state["seconds"]
        for name, seconds in state["phases"].items():
            self.phases[name] = self.phases.get(name, 0.0) + seconds


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
    gave_way: bool = False
    at_work_since: float | None = None

    def should_give_way(self) -> bool:
        """Whether to make room for another run, once this attempt has done something."""
        self.at_work_since = self.at_work_since or monotonic()
        return monotonic() - self.at_work_since > _WORTH_BEGINNING_SECONDS and self.context.should_give_way()

    def keep_checkpoint(self, loop: Loop) -> None:
        checkpoint.save(self.context.folder, loop.epoch, {**loop.state(), "clock": self.clock.state()})

    def must_give_up(self) -> bool:
        """Whether a stop was requested before there is a model; later the loop itself hears of it."""
        return self.context.should_stop() and not self.has_model


def train(
    spec: TrainSpec, dataset: Dataset, context: RunContext, windows: dict[Part, inputs.Windows] | None = None
) -> Iterator[Event]:
    """Train; the last event is `Finished`, after which the model and its results lie in the context's folder.

    The images are decoded from the context's blobs, unless their `windows` are given. A run whose folder holds a
    checkpoint goes on from there. Raises `IncompleteRunError` when it was stopped before there was anything to keep,
    `DivergedError` when the loss stopped being a number that early.
    """
    threads.take(context.threads)
    run = _Run(spec, dataset, context, make_plan(spec), windows=windows or {})
    saved = checkpoint.load_latest(context.folder) if context.checkpoints else None
    run.has_model = bool(saved and (saved["best"]["state"] or saved.get("left")))
    with run.clock.phase("build"):
        model, weights_id = build(spec, len(dataset.classes), run.plan, context.device)
        watch = context.watch if spec.watch_gradients else None
        loop = Loop(spec, run.plan, dataset, model, context.should_stop, watch, run.should_give_way)
        if saved:
            loop.restore(saved)
            run.clock.restore(saved.get("clock", _Clock().state()))
    yield _started(run, model, loop)
    for name, sentence in in_vain(Case(spec, dataset.class_counts("train")), BY_IMAGES):
        yield Notice(message=f"The setting '{name.replace('_', ' ')}' {sentence}")
    if run.has_model and context.should_stop():  # an attempt before this one was asked to, and was lost over it
        yield Stopping()
    if not windows:
        yield from _decode(run)
    if not run.gave_way:
        yield from _phases(run, loop, weights_id, saved)
    if run.gave_way:
        yield GaveWay()
        return
    if not loop.best.state:
        raise DivergedError(loop.diverged or diverged_message("after every epoch", spec))
    if loop.diverged:
        yield Notice(message=f"{loop.diverged} The best model up to then is kept.")
    if run.fed is None:  # the checkpoint was of the last epoch
        run.fed = yield from _inputs(run, model, run.plan.phases[-1], weights_id)
    yield from _finish(run, loop, weights_id)


def _decode(run: _Run) -> Iterator[Event]:
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
            is_new = _decode_piece(run, piece)
            done = start + len(piece)
            speed = done / max(monotonic() - begun, 1e-9)
            yield Progress(phase="decode", done=done, total=len(everything), images_per_second=speed)
            if is_new and run.should_give_way():  # what is decoded stays so
                run.gave_way = True
                return
        run.windows = {part: arrays.windows(blobs[part], prep, context.blobs, context.cache) for part in _PARTS}


def _decode_piece(run: _Run, blobs: list[str]) -> bool:
    """Decode those of the images that are not yet; whether there were any."""
    decoded: list[int] = []
    prep, context = run.plan.preprocessing, run.context
    arrays.windows(blobs, prep, context.blobs, context.cache, lambda done, _: decoded.append(done), context.threads)
    return bool(decoded)


def _phases(run: _Run, loop: Loop, weights_id: str, saved: dict[str, Any] | None) -> Iterator[Event]:
    yield from _lost_patience(run, loop)  # which an attempt before this one may not have lived to tell
    while not loop.is_over:
        phase, start = loop.plan.position(loop.epoch)
        data = run.fed = yield from _inputs(run, loop.model, phase, weights_id)
        yield _phase_started(loop.model, phase, data.entry > 0)
        resumed = saved["optimizer"] if saved and (start or loop.left) else None
        with run.clock.phase("train"):
            yield from _checkpointed(run, loop, loop.run_phase(phase, start, data, resumed))
        saved, run.gave_way = None, loop.gave_way
        if run.gave_way:
            run.keep_checkpoint(loop)
            return
        yield from _lost_patience(run, loop)


def _lost_patience(run: _Run, loop: Loop) -> Iterator[Event]:
    """Say which phase has just ended before its time, why, and what follows."""
    if loop.stopped or loop.diverged or loop.epoch not in loop.plan.ends:
        return
    ended = loop.plan.ends.index(loop.epoch)
    if loop.plan.phases[ended] == run.plan.phases[ended]:
        return
    why = f"the validation loss has not improved for {counted(run.spec.patience, 'epoch')}"
    if len(run.plan.phases) == 1:
        yield Notice(message=f"Stopped after epoch {loop.epoch}: {why}.")
        return
    name, following = run.plan.phases[ended].name, loop.plan.phases[ended + 1 :]
    then = f" Now every layer learns, for {counted(following[0].epochs, 'epoch')}." if following else ""
    yield Notice(message=f"The phase '{name}' stopped after epoch {loop.epoch}: {why}.{then}")


def _inputs(run: _Run, model: LearningModel, phase: Phase, weights_id: str) -> Generator[Event, None, inputs.Inputs]:
    """What the phase is fed with, features where they pay, and the threads that it is worth."""
    fits = inputs.worth_caching(model, run.spec, run.dataset, phase)
    if run.spec.solves and not fits:
        raise BadSpecError("These are too many images to solve for a classifier at once; choose the optimiser AdamW.")
    if fits:
        threads.use(model, 0, phase.first, model.forward_batch(0), run.context.threads)
        data: inputs.Inputs = yield from _features(run, model, phase, weights_id)
    else:
        data = _pixels(run, model, phase)
    threads.use(model, data.entry, None, run.spec.batch_size, run.context.threads)
    return data


def _pixels(run: _Run, model: LearningModel, phase: Phase) -> inputs.PixelInputs:
    """Images; where features are worth keeping but do not fit, the views that would have been kept."""
    given = (run.windows, run.plan.preprocessing, run.spec, model)
    blobs = tuple(example.blob for example in run.dataset.of("train"))
    return inputs.RepeatedViews(*given, blobs=blobs) if phase.first else inputs.PixelInputs(*given)


def _features(
    run: _Run, model: LearningModel, phase: Phase, weights_id: str
) -> Generator[Event, None, inputs.BoundaryInputs]:
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
    looks = FirstAnswers(run.dataset, run.spec.weight_decay if run.spec.solves else SOLVED_L2, run.spec.label_smoothing)
    heard = looks.hear if set(phase.rates) == {HEAD} else inputs.unheard
    with run.clock.phase("features"):
        try:
            return (yield from with_answers(inputs.at_boundary(work, phase.first, heard), looks))
        except inputs.ExtractionStoppedError as error:
            raise IncompleteRunError("The run was stopped before it began to learn.") from error


def _checkpointed(run: _Run, loop: Loop, stream: Iterator[Event]) -> Iterator[Event]:
    """Pass the events on and keep a checkpoint after every epoch, but of quick epochs only one a second."""
    kept = monotonic()
    for event in stream:
        is_epoch = isinstance(event, events.Epoch)
        if run.context.checkpoints and is_epoch and not loop.stopped and monotonic() - kept > _QUICK_SECONDS:
            run.keep_checkpoint(loop)
            kept = monotonic()
        yield event


def _finish(run: _Run, loop: Loop, weights_id: str) -> Iterator[Event]:
    """Evaluate the best model on what the last phase was fed with, and keep it."""
    assert run.fed is not None
    loop.model.load_learned_state(loop.best.state)
    phase, _ = loop.plan.position(min(loop.epoch, loop.plan.epochs - 1))
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
        balance=balance_of(val, run.dataset.classes, run.dataset.class_counts("train")),
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
        epochs=loop.plan.epochs,
        resumed_from_epoch=loop.epoch,
        resumed_after=loop.epoch + loop.left.get("share", 0.0),
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
