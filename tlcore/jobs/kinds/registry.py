"""The kinds of job: what a spec's `kind` means, the function that runs it, and what that tells."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from typing_extensions import TypeVar

from tlcore.data.dataset import Dataset
from tlcore.errors import BadEventError, NotFoundError, TlcoreError, UnknownNameError
from tlcore.events import Event, Notice, Progress, Result, StateChanged, Stopping, read
from tlcore.gradients.events import FlowSeen, Lap, RaceFinished
from tlcore.jobs.kinds.events import (
    LesionsFinished,
    LessonFinished,
    LessonLearned,
    LessonStarted,
    LessonTried,
    PathsMeasured,
    PointsMeasured,
    SpeedFinished,
    SpeedMeasured,
    SurfaceFinished,
    TrialMeasured,
)
from tlcore.jobs.kinds.specs import DegradationSpec, LanguageSpec, LesionSpec, OnRunSpec, SpeedSpec, SurfaceSpec
from tlcore.specs import Spec
from tlcore.train.events import Answer, Epoch, Finished, PhaseStarted, Started, Step
from tlcore.train.recipe.spec import TrainSpec

if TYPE_CHECKING:
    from tlcore.train.run import RunContext

S = TypeVar("S", bound=Spec, default=TrainSpec)
"""The spec of a job; a run of which nothing is said is a training run."""
R = TypeVar("R", bound=Result, default=Finished)
"""What a job tells when it is done."""
_EVERY_JOB: tuple[type[Event], ...] = (StateChanged, Progress, Notice, Stopping)


@dataclass(frozen=True)
class Kind:
    """A kind of job: the class of its specs, and `module:function`, imported only by workers, for it loads torch.

    The function is given the spec, the data set where the job `needs_images`, and the context; it makes events: some of
    those that every job tells, of those that only this kind `tells`, and its `result` at last. An `extra` is not what
    people wait for first: its function yields `GaveWay` soon after the context says that it should. Of some kinds no
    more than the newest few are `kept`: of an owner's, or of those on one run.
    """

    spec: type[Spec]
    function: str
    result: type[Result]
    tells: tuple[type[Event], ...]
    needs_images: bool = False
    extra: bool = True
    kept: int | None = None

    @property
    def events(self) -> tuple[type[Event], ...]:
        """All that is stored of such a job."""
        return (*_EVERY_JOB, *self.tells, self.result)


KINDS: dict[Any, Kind] = {
    "train": Kind(
        TrainSpec, "tlcore.train.run:train", Finished, (Started, Answer, PhaseStarted, Step, Epoch, FlowSeen),
        needs_images=True, extra=False,
    ),
    "speed": Kind(SpeedSpec, "tlcore.jobs.kinds.speed:measure_speed", SpeedFinished, (SpeedMeasured,), kept=1),
    "degradation": Kind(
        DegradationSpec, "tlcore.jobs.kinds.degradation:run_race", RaceFinished, (Lap,), needs_images=True,
        kept=4,
    ),
    "lesions": Kind(
        LesionSpec, "tlcore.jobs.kinds.lesions:measure_lesions", LesionsFinished, (TrialMeasured, PathsMeasured),
        needs_images=True, kept=6,
    ),
    "surface": Kind(
        SurfaceSpec, "tlcore.jobs.kinds.surface:measure_surface", SurfaceFinished, (PointsMeasured,), needs_images=True,
        kept=6,
    ),
    "language": Kind(
        LanguageSpec, "tlcore.jobs.kinds.language:learn_language", LessonFinished,
        (LessonStarted, LessonLearned, LessonTried), kept=4,
    ),
}  # fmt: skip


def read_event(kind: str, stored: Mapping[str, Any]) -> Event:
    """What a job of that kind told, as it was stored; raises `BadEventError` where this version can't read it."""
    if kind not in KINDS:
        raise BadEventError
    return read(stored, KINDS[kind].events)


def readable_events(kind: str, stored: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    """What a job of that kind told; what another version kept and this one can't read is left out."""
    for values in stored:
        with suppress(BadEventError):
            yield read_event(kind, values)


ON_RUNS = tuple(name for name, kind in KINDS.items() if issubclass(kind.spec, OnRunSpec))
"""The kinds of job that measure a finished run's model; their specs name it."""


def parse_spec(values: dict[str, Any]) -> Spec:
    """The spec that was stored."""
    if values.get("kind") not in KINDS:
        raise UnknownNameError(f"There is no kind of job called '{values.get('kind')}'.")
    return KINDS[values["kind"]].spec.of(values)


def readable_spec(stored: dict[str, Any]) -> Spec | None:
    """The spec that was stored, or None where another version kept it and it can't be read any more."""
    try:
        return parse_spec(stored)
    except TlcoreError:
        return None


def follow(spec: Spec, dataset: Dataset | None, context: "RunContext") -> Iterator[Event]:
    """Run a job."""
    kind = KINDS[spec.kind]
    if kind.needs_images and dataset is None:
        raise NotFoundError("The images of this run are no longer here.")
    given = (spec, dataset) if kind.needs_images else (spec,)
    events: Iterator[Event] = resolve_name(kind.function)(*given, context)
    return events
