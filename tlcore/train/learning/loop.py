"""The training loop: a ladder of small generators that yield events and know nothing of who listens."""

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tlcore.data.dataset import Dataset, Example
from tlcore.data.ingest.report import Part
from tlcore.errors import BadSpecError
from tlcore.events import Event, Progress, Stopping
from tlcore.train import events
from tlcore.train.device import memory_in_use, random_state, set_random_state
from tlcore.train.judging.balance import balance_of
from tlcore.train.judging.evaluation import Predictions, most_confident_mistakes, predict_batches, predictions_of
from tlcore.train.learning.averaging import WeightAverage
from tlcore.train.learning.inputs import BoundaryInputs, Inputs, labels_of
from tlcore.train.learning.model import LearningModel
from tlcore.train.learning.objective import class_weights, l1_norm, optimizer_for
from tlcore.train.learning.solver import Problem, solve
from tlcore.train.recipe.plan import Phase, Plan, schedule_factor
from tlcore.train.recipe.spec import TrainSpec

_STEP_EVENT_SECONDS, _SIGN_SECONDS = 0.2, 2.0
_MIXUP_ALPHA, _CUTMIX_ALPHA = 0.2, 1.0  # of the papers: Zhang et al. 2018 for ImageNet, Yun et al. 2019
_SHOWN_MISTAKES = 8
_WATCHED_TIMES, _WATCHED_IMAGES = 40, 16
Watch = Callable[[nn.Module, Tensor, Tensor, float], Event]
"""Looks at the network, on images `(n, 3, h, w)` with labels `(n)`, after so many epochs; it leaves all as it was."""


@dataclass
class Best:
    """The best epoch so far: highest validation accuracy, then lowest loss."""

    epoch: int = 0
    correct: int = -1
    loss: float = math.inf
    state: dict[str, Tensor] = field(default_factory=dict)

    def is_beaten_by(self, predictions: Predictions) -> bool:
        """Whether these validation predictions are better."""
        return (predictions.correct, -predictions.loss) > (self.correct, -self.loss)


@dataclass
class Loop:
    """A run while it goes on; `epoch` counts the epochs that are done, `stale_epochs` those of the phase in progress.

    The best epoch is the run's. What tells whether there is progress, the running average and the schedule belong to
    a phase, and begin anew with it: the loss of a classifier alone says nothing of what the whole network can reach.
    """

    spec: TrainSpec
    plan: Plan
    dataset: Dataset
    model: LearningModel
    should_stop: Callable[[], bool]
    watch: Watch | None = None
    should_give_way: Callable[[], bool] = lambda: False
    epoch: int = 0
    best: Best = field(default_factory=Best)
    stopped: bool = False
    gave_way: bool = False
    left: dict[str, Any] = field(default_factory=dict)  # where in an epoch it gave way
    diverged: str = ""
    stale_epochs: int = 0
    lowest_loss: float = math.inf
    optimizer: torch.optim.Optimizer | None = None
    average: WeightAverage | None = field(init=False)

    def __post_init__(self) -> None:
        self.average = (
            WeightAverage(self.model, self.spec.averaging) if self.spec.averaging and not self.spec.solves else None
        )

    def state(self) -> dict[str, Any]:
        """All that a resumed run needs to go on as if it had never stopped."""
        return {
            "epoch": self.epoch,
            "learned": self.model.learned_state(),
            "optimizer": self.optimizer.state_dict() if self.optimizer else {},
            "best": vars(self.best),
            "stale_epochs": self.stale_epochs,
            "lowest_loss": self.lowest_loss,
            "phase_epochs": [phase.epochs for phase in self.plan.phases],
            "average": self.average.state() if self.average else None,
            "left": self.left,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state; the optimiser's part is put back when its phase begins."""
        self.epoch = state["epoch"]
        self.model.load_learned_state(state["learned"])
        self.best = Best(**state["best"])
        self.stale_epochs, self.lowest_loss = state["stale_epochs"], state["lowest_loss"]
        self.plan = self.plan.lasting(state.get("phase_epochs") or [phase.epochs for phase in self.plan.phases])
        self.left = state.get("left", {})
        if self.average:
            self.average.restore(state["average"])

    def run_phase(
        self, phase: Phase, start: int, inputs: Inputs, optimizer_state: dict[str, Any] | None
    ) -> Iterator[Event]:
        """The epochs of one phase from its `start` on."""
        self.model.begin(phase)
        self.optimizer = None if self.spec.solves else optimizer_for(self.spec, self.model, phase)
        if self.optimizer and optimizer_state:
            self.optimizer.load_state_dict(optimizer_state)
        if not start and not self.left:
            self._begin_counting()
        for local in range(start, phase.epochs):
            yield from self._epoch(phase, local, inputs)
            if self.is_over or self.is_stale:
                return

    def _begin_counting(self) -> None:
        self.stale_epochs, self.lowest_loss = 0, math.inf
        if self.average:
            self.average.begin()

    def _epoch(self, phase: Phase, local: int, inputs: Inputs) -> Iterator[Event]:
        begun = monotonic() - self.left.get("seconds", 0.0)
        counts = _Counts()
        self.model.train_mode(phase)
        if self.spec.solves:
            yield from self._solved(inputs, counts, begun)
        else:
            yield from self._steps(phase, local, inputs, counts, begun)
        if self.diverged or self.gave_way or (self.stopped and self.best.epoch):
            return
        yield from self._validated(phase, inputs, counts, begun)

    def _steps(self, phase: Phase, local: int, inputs: Inputs, counts: "_Counts", begun: float) -> Iterator[Event]:
        generator = _seed_epoch(self.spec.seed, self.epoch)
        labels = labels_of(self.dataset.of("train"), self.model)
        batches = _batches(torch.randperm(len(labels), generator=generator), self.spec.batch_size, self.model)
        weights = class_weights(self.spec, self.dataset, self.model)
        told, taken = 0.0, self._taken_up(generator, counts)
        for number, indices in enumerate(batches[taken:], taken + 1):
            if self.should_stop():
                self.stopped = True
                yield Stopping()
                return
            if self.should_give_way():
                self._leave(number - 1, len(batches), generator, counts, begun)
                return
            done = (number - 1) / len(batches)
            yield from self._watched(inputs, number - 1, len(batches))
            rate = self._set_rates(phase, local + done)
            views = inputs.training(indices, generator, (local + done) / phase.epochs)
            batch = self._mixed(views, labels[indices.to(labels.device)], phase.first, generator)
            loss = self._step(phase, inputs.entry, batch, weights, counts)
            if number == len(batches) or monotonic() - told > _STEP_EVENT_SECONDS:
                told = monotonic()
                value = float(loss)
                if not math.isfinite(value):
                    self.diverged = diverged_message(f"in epoch {self.epoch + 1}, step {number}", self.spec)
                    return
                speed = counts.seen / max(told - begun, 1e-9)
                yield events.Step(
                    epoch=self.epoch + 1,
                    step=number,
                    steps=len(batches),
                    loss=value,
                    lr=rate,
                    images_per_second=speed,
                )

    def _solved(self, inputs: Inputs, counts: "_Counts", begun: float) -> Iterator[Event]:
        """The classifier in one go, with the loss at each evaluation on the way there as if it were a step."""
        assert isinstance(inputs, BoundaryInputs)
        views, labels = inputs.all_views(), labels_of(self.dataset.of("train"), self.model)
        weights = class_weights(self.spec, self.dataset, self.model)
        kept_small, spread = self.spec.weight_decay, self.spec.label_smoothing
        every = torch.cat(views), labels.repeat(len(views)), len(self.dataset.classes)
        solution = solve(Problem(*every, kept_small, spread, weights))
        solution.put_into(self.model.staged.head)
        counts.add(solution.logits(views[0]), labels)
        speed, steps = len(every[0]) / max(monotonic() - begun, 1e-9), len(solution.losses)
        for step, loss in enumerate(solution.losses, 1):
            yield events.Step(epoch=1, step=step, steps=steps, loss=loss, lr=0.0, images_per_second=speed)

    def _leave(self, taken: int, steps: int, generator: torch.Generator, counts: "_Counts", begun: float) -> None:
        """Note all that the rest of an epoch depends on, after so many of its steps."""
        self.gave_way = True
        self.left = {
            "steps": taken, "share": taken / steps, "seconds": monotonic() - begun, "counts": counts.state(),
            "generator": generator.get_state(), "random": random_state(self.model.device),
        }  # fmt: skip

    def _taken_up(self, generator: torch.Generator, counts: "_Counts") -> int:
        """How many steps of this epoch were done before it gave way; the rest goes on as if it never had."""
        left, self.left = self.left, {}
        if left:
            generator.set_state(left["generator"])
            set_random_state(self.model.device, left["random"])
            counts.restore(left["counts"], self.model.device.torch)
        return int(left.get("steps", 0))

    def _watched(self, inputs: Inputs, step: int, steps: int) -> Iterator[Event]:
        """About forty times a run, on the same few images."""
        total = self.epoch * steps + step
        if self.watch is None or total % max(1, self.plan.epochs * steps // _WATCHED_TIMES):
            return
        labels = labels_of(self.dataset.of("train"), self.model)
        few = torch.linspace(0, len(labels) - 1, min(_WATCHED_IMAGES, len(labels))).long()
        images = inputs.evaluation("train", few).float()
        yield self.watch(self.model.staged.network, images, labels[few.to(labels.device)], self.epoch + step / steps)

    def _mixed(self, x: Tensor, labels: Tensor, first: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Sometimes each image mixed with another, and labels as probabilities; only where every layer learns."""
        can_mix = self.spec.mixing and not first and self.spec.batch_size > 1
        if not can_mix or float(torch.rand((), generator=generator)) >= self.spec.mixing:
            return x, labels
        from torchvision.transforms import v2  # 0.1 s that only mixing needs

        ways = (v2.MixUp, v2.CutMix)
        way = ways[int(torch.randint(len(ways), (), generator=generator))]
        alpha = _MIXUP_ALPHA if way is v2.MixUp else _CUTMIX_ALPHA
        mixed: tuple[Tensor, Tensor] = way(alpha=alpha, num_classes=len(self.dataset.classes))(x, labels)
        return mixed

    def _step(
        self, phase: Phase, entry: int, batch: tuple[Tensor, Tensor], weights: Tensor | None, counts: "_Counts"
    ) -> Tensor:
        assert self.optimizer is not None
        x, targets = batch
        logits = self._logits(x, entry, phase)
        loss = F.cross_entropy(logits, targets, weights, label_smoothing=self.spec.label_smoothing)
        penalised = loss + self.spec.l1 * l1_norm(self.model) if self.spec.l1 else loss
        self.optimizer.zero_grad(set_to_none=True)
        penalised.backward()
        self.optimizer.step()
        if self.average:
            self.average.update()
        counts.add(logits.detach(), targets if targets.dim() == 1 else targets.argmax(1))
        return loss.detach()

    def _logits(self, x: Tensor, entry: int, phase: Phase) -> Tensor:
        try:
            return self.model.logits(x, entry, phase)
        except ValueError as error:
            if len(x) > 1 or not _has_live_norms(self.model):
                raise
            raise BadSpecError(
                "Batch normalisation can't learn from one image at a time in this network; "
                "choose a batch size of 2 or more, and have at least two images to train on."
            ) from error

    def _set_rates(self, phase: Phase, progress: float) -> float:
        """Set every group's rate for this moment of the phase; returns the head's."""
        assert self.optimizer is not None
        factor = schedule_factor(self.spec, progress, phase.epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = phase.rates[group["name"]] * factor
        return float(self.optimizer.param_groups[-1]["lr"])

    def predictions(self, inputs: Inputs, part: Part, phase: Phase, work: str) -> Generator[Event, None, Predictions]:
        """Predictions on a part, with signs of life: a worker that was asked to stop and says nothing is killed."""
        labels = labels_of(self.dataset.of(part), self.model)
        batches, done, heard, begun = [], 0, self.stopped, monotonic()
        told = begun
        for batch in predict_batches(self.model, inputs, part, len(labels), phase):
            batches.append(batch)
            done += len(batch)
            if monotonic() - told > _SIGN_SECONDS:
                told = monotonic()
                if not heard and self.should_stop():  # since the last step, so that it did not say so
                    heard = True
                    yield Stopping()
                speed = done / max(told - begun, 1e-9)
                yield Progress(phase=work, done=done, total=len(labels), images_per_second=speed)
        return predictions_of(batches, labels)

    def _validated(self, phase: Phase, inputs: Inputs, counts: "_Counts", begun: float) -> Iterator[Event]:
        examples = self.dataset.of("val")
        trained = monotonic() - begun
        with self.average.applied() if self.average else nullcontext():
            predictions = yield from self.predictions(inputs, "val", phase, "validate")
            answered = bool(predictions.answered.any())
            if not answered and not self.model.is_finite():  # the epoch's last step broke it, after that step's loss
                self.diverged = diverged_message(f"after epoch {self.epoch + 1}", self.spec)
                return
            self.epoch += 0 if self.stopped else 1
            is_best = answered and self.best.is_beaten_by(predictions)
            if is_best:
                self.best = Best(self.epoch, predictions.correct, predictions.loss, self.model.learned_state())
        self.stale_epochs = 0 if predictions.loss < self.lowest_loss else self.stale_epochs + 1
        self.lowest_loss = min(self.lowest_loss, predictions.loss)
        if self.is_stale and not self.stopped:
            self.plan = self.plan.ended_after(self.epoch)
        balance = balance_of(predictions, self.dataset.classes, self.dataset.class_counts("train"))
        yield events.Epoch(
            epoch=self.epoch,
            epochs=self.plan.epochs,
            phase=phase.name,
            train_loss=counts.mean_loss,
            train_correct=counts.correct,
            train_seen=counts.seen,
            val_loss=predictions.loss,
            val_correct=predictions.correct,
            val_seen=predictions.seen,
            lr=float(self.optimizer.param_groups[-1]["lr"]) if self.optimizer else 0.0,
            seconds=monotonic() - begun,
            images_per_second=counts.seen / max(trained, 1e-9),
            memory_bytes=memory_in_use(self.model.device),
            best=is_best,
            wrong=_mistakes(predictions, examples, self.dataset.classes),
            val_balanced=balance.accuracy if balance.uneven else None,
        )

    @property
    def is_stale(self) -> bool:
        """Whether the phase's validation loss has not improved for as many epochs as the spec is patient."""
        return bool(self.spec.patience) and self.stale_epochs >= self.spec.patience

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be learned, by this attempt at least."""
        return self.gave_way or self.epoch >= self.plan.epochs or self.stopped or bool(self.diverged)


class _Counts:
    """Exact sums over the images of an epoch, kept on the device until they are asked for."""

    def __init__(self) -> None:
        self.seen = 0
        self._loss: Tensor | float = 0.0
        self._correct: Tensor | int = 0

    def add(self, logits: Tensor, labels: Tensor) -> None:
        self.seen += len(labels)
        self._loss = self._loss + F.cross_entropy(logits, labels, reduction="sum")
        self._correct = self._correct + (logits.argmax(1) == labels).sum()

    def state(self) -> dict[str, Any]:
        return {"seen": self.seen, "loss": self._loss, "correct": self._correct}

    def restore(self, state: dict[str, Any], device: torch.device) -> None:
        self.seen = state["seen"]
        if self.seen:  # else they are no tensors yet
            self._loss, self._correct = state["loss"].to(device), state["correct"].to(device)

    @property
    def correct(self) -> int:
        return int(self._correct)

    @property
    def mean_loss(self) -> float:
        return float(self._loss) / max(self.seen, 1)


def _seed_epoch(seed: int, epoch: int) -> torch.Generator:
    """Seed dropout and return the generator of shuffling and views; both depend on nothing but seed and epoch."""
    torch.manual_seed(seed * 1_000_003 + epoch)
    return torch.Generator().manual_seed(seed * 1_000_003 + epoch)


def _batches(order: Tensor, size: int, model: LearningModel) -> tuple[Tensor, ...]:
    """The images of an epoch, step by step; the last is never left alone where norms need a batch's own statistics."""
    batches = order.split(size)
    if size > 1 and len(batches) > 1 and len(batches[-1]) == 1 and _has_live_norms(model):
        return (*batches[:-2], torch.cat(batches[-2:]))
    return batches


def _has_live_norms(model: LearningModel) -> bool:
    """Whether batch normalisation takes its statistics from each batch, as it does from scratch."""
    norm = nn.modules.batchnorm._BatchNorm  # noqa: SLF001 - torch has no public base
    return any(isinstance(module, norm) and module.training for module in model.staged.network.modules())


def diverged_message(when: str, spec: TrainSpec) -> str:
    """Why a run could not go on, and what to try."""
    return (
        f"The loss was no longer a number {when}: the learning rate of {spec.lr:g} is too high "
        f"for this network and these images. Try {spec.lr / 10:g}."
    )


def _mistakes(
    predictions: Predictions, examples: tuple[Example, ...], classes: tuple[str, ...]
) -> tuple[events.Mistake, ...]:
    return tuple(
        events.Mistake(
            blob=examples[index].blob,
            name=examples[index].name,
            label=classes[examples[index].label],
            predicted=classes[int(predictions.predicted[index])],
            probability=round(float(predictions.probabilities[index].max()), 4),
        )
        for index in most_confident_mistakes(predictions, _SHOWN_MISTAKES)
    )
