"""What jobs other than training tell; nothing here needs torch, for pages read it too."""

from dataclasses import dataclass
from typing import ClassVar

from tlcore.events import Event, Result
from tlcore.gradients.residual.rows import BlockRow, GradientRow, PathsRow, Place, TrialRow
from tlcore.gradients.through_time.texts import Baselines
from tlcore.measure.speed import Speed


@dataclass(frozen=True, kw_only=True)
class SpeedMeasured(Event):
    """One network's speed, as soon as it is known."""

    name: ClassVar[str] = "measured"
    speed: Speed


@dataclass(frozen=True, kw_only=True)
class SpeedFinished(Result):
    """The speeds in the order in which they were asked for; fewer than asked for when it was stopped."""

    name: ClassVar[str] = "speed_finished"
    formerly: ClassVar[tuple[str, ...]] = ("finished",)
    speeds: tuple[Speed, ...]
    batch_size: int
    device: str
    threads: int


@dataclass(frozen=True, kw_only=True)
class TrialMeasured(Event):
    """What one lesion left, as soon as it is known."""

    name: ClassVar[str] = "trial"
    trial: TrialRow


@dataclass(frozen=True, kw_only=True)
class PathsMeasured(Event):
    """What came back along paths of one length, as soon as it is known."""

    name: ClassVar[str] = "paths"
    gradient: GradientRow


@dataclass(frozen=True, kw_only=True)
class LesionsFinished(Result):
    """All that was measured, in its order; less than was asked for when it was stopped.

    `blocks` are the network's, `paths` their counts, `gradients` what came back along paths of each length.
    """

    name: ClassVar[str] = "lesions_finished"
    formerly: ClassVar[tuple[str, ...]] = ("finished",)
    blocks: tuple[BlockRow, ...]
    trials: tuple[TrialRow, ...]
    paths: PathsRow
    gradients: tuple[GradientRow, ...]
    path_images: int
    classes: int
    device: str
    threads: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class PointsMeasured(Event):
    """Losses at places that were not known before; `done` of `total` places are."""

    name: ClassVar[str] = "points"
    points: tuple[Place, ...]
    done: int
    total: int
    images: int


@dataclass(frozen=True, kw_only=True)
class SurfaceFinished(Result):
    """The grid, with all that is known of it when it was stopped."""

    name: ClassVar[str] = "surface_finished"
    formerly: ClassVar[tuple[str, ...]] = ("finished",)
    steps: tuple[float, ...]
    losses: tuple[tuple[float | None, ...], ...]
    done: int
    images: int
    parameters: int
    device: str
    threads: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class LessonStarted(Event):
    """The lesson has begun, for the first time or anew; `baselines` are bits per character on the text."""

    name: ClassVar[str] = "lesson_started"
    formerly: ClassVar[tuple[str, ...]] = ("started",)
    characters: int
    held_out: int
    parameters: int
    steps: int
    baselines: Baselines


@dataclass(frozen=True, kw_only=True)
class LessonLearned(Event):
    """Some steps of training; see `Learned`."""

    name: ClassVar[str] = "learned"
    step: int
    bits: float
    grad_norm: float
    largest_norm: float
    clipped: int
    steps: int
    characters_per_second: float


@dataclass(frozen=True, kw_only=True)
class LessonTried(Event):
    """The network on the held-out text, and something that it wrote; see `Tried`."""

    name: ClassVar[str] = "tried"
    step: int
    held_out: float
    best: bool
    sample: str


@dataclass(frozen=True, kw_only=True)
class LessonFinished(Result):
    """The lesson is over and its best network is kept; `steps` were done, fewer than asked for when it was stopped."""

    name: ClassVar[str] = "lesson_finished"
    formerly: ClassVar[tuple[str, ...]] = ("finished",)
    held_out: float
    best_step: int
    steps: int
    seconds: float
    device: str
    threads: int
    baselines: Baselines
