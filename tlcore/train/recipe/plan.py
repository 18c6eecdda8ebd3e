"""What is frozen when, and which rate each stage learns at; decided before torch is touched."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import registry
from tlcore.zoo.network import Network, Preprocessing

HEAD = "head"


@dataclass(frozen=True)
class Phase:
    """A run of epochs in which the stages from index `first` on, and the head, learn.

    `rates` maps the name of every trainable stage, and `head`, to its base learning rate.
    """

    name: str
    first: int
    epochs: int
    rates: dict[str, float]


@dataclass(frozen=True)
class Plan:
    """The phases of a run; `first` is the lowest stage that any of them trains."""

    phases: tuple[Phase, ...]
    preprocessing: Preprocessing

    @property
    def epochs(self) -> int:
        """The epochs of all phases."""
        return sum(phase.epochs for phase in self.phases)

    @property
    def ends(self) -> tuple[int, ...]:
        """After which epochs of the run its phases end."""
        return tuple(accumulate(phase.epochs for phase in self.phases))

    @property
    def first(self) -> int:
        """The lowest stage that any phase trains; the number of stages when only the head learns."""
        return min(phase.first for phase in self.phases)

    def position(self, epoch: int) -> tuple[Phase, int]:
        """The phase of an epoch (counted from 0 over the whole run), and the epoch within that phase."""
        for phase in self.phases:
            if epoch < phase.epochs:
                return phase, epoch
            epoch -= phase.epochs
        raise ValueError(f"The plan has only {self.epochs} epochs.")

    def ended_after(self, epoch: int) -> "Plan":
        """The plan whose phase in progress ends after so many epochs of the run; those that follow keep theirs."""
        current, before = self.position(epoch - 1)
        return self.lasting([before + 1 if phase == current else phase.epochs for phase in self.phases])

    def lasting(self, epochs: Sequence[int]) -> "Plan":
        """The plan whose phases have so many epochs."""
        return replace(self, phases=tuple(replace(p, epochs=n) for p, n in zip(self.phases, epochs, strict=True)))


def make_plan(spec: TrainSpec) -> Plan:
    """The plan that a spec asks for."""
    network = registry.get(spec.backbone)
    return Plan(phases=tuple(_phases(spec, network)), preprocessing=preprocessing(spec))


def preprocessing(spec: TrainSpec) -> Preprocessing:
    """The network's own preprocessing, at the image size that the spec asks for."""
    own = registry.get(spec.backbone).preprocessing
    return own if spec.image_size is None else own.at(spec.image_size)


@dataclass(frozen=True)
class StageRow:
    """A stage as the stage strip shows it; `rate` is 0 where it is locked."""

    name: str
    parameters: int
    learns: bool
    rate: float


def stage_rows(phase: Phase, backbone: str, classes: int, hidden_units: int = 0) -> tuple[StageRow, ...]:
    """The network's stages from stem to head in one phase: locked or learning, and how many parameters each has."""
    from tlcore.zoo.staged import head_features, stage_parameters

    features = head_features(backbone)
    head = (features + 1) * classes
    if hidden_units:
        head = (features + 1) * hidden_units + (hidden_units + 1) * classes
    names = (*registry.get(backbone).stage_names, HEAD)
    counts = (*stage_parameters(backbone), head)
    return tuple(
        StageRow(name, count, name in phase.rates, phase.rates.get(name, 0.0))
        for name, count in zip(names, counts, strict=True)
    )


def schedule_factor(spec: TrainSpec, progress: float, epochs: int) -> float:
    """What the base rates are multiplied with after `progress` epochs of a phase of `epochs`.

    Warm-up is linear; cosine is half a period down to 0 (Loshchilov & Hutter 2017, equation 5, without restarts);
    step multiplies by `step_factor` every `step_size` epochs.
    """
    warmup = min(spec.warmup_epochs, epochs - 1)
    if progress < warmup:
        return (progress + 1 / 16) / (warmup + 1 / 16)
    if spec.schedule == "constant":
        return 1.0
    if spec.schedule == "step":
        return float(spec.step_factor ** (int(progress) // spec.step_size))
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (epochs - warmup)))


def _phases(spec: TrainSpec, network: Network) -> list[Phase]:
    count = len(network.stages)
    if spec.strategy == "frozen":
        return [_phase("classifier", count, 1 if spec.solves else spec.epochs, spec, network)]
    if spec.strategy == "last-k":
        return [_phase("last stages", count - spec.stages, spec.epochs, spec, network)]
    if spec.strategy == "full":
        return [_phase("fine-tuning", 0, spec.epochs, spec, network)]
    if spec.strategy == "probe-then-tune":
        return [
            _phase("classifier", count, spec.probe_epochs, spec, network),
            _phase("fine-tuning", 0, spec.epochs - spec.probe_epochs, spec, network, after_probe=True),
        ]
    return [_phase("from scratch", 0, spec.epochs, spec, network)]


def _phase(
    name: str, first: int, epochs: int, spec: TrainSpec, network: Network, *, after_probe: bool = False
) -> Phase:
    """The rates fall from the head downwards; from scratch every stage learns as fast as the head.

    After a probe the classifier is already fitted, so it goes on at the body's rate (Kumar et al. 2022, LP-FT).
    """
    top = spec.lr if spec.strategy == "scratch" else spec.lr * spec.body_lr_factor
    names = network.stage_names[first:]
    rates = {stage: top * spec.stage_decay**depth for depth, stage in enumerate(reversed(names))}
    return Phase(name, first, epochs, {**dict(reversed(rates.items())), HEAD: top if after_probe else spec.lr})
