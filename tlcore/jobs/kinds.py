"""The kinds of job: what a spec's `kind` means, and the function that runs it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from typing_extensions import TypeVar

from tlcore.data.dataset import Dataset
from tlcore.errors import NotFoundError, UnknownNameError
from tlcore.jobs.asked import DegradationSpec, LanguageSpec, LesionSpec, SpeedSpec, SurfaceSpec
from tlcore.specs import Spec
from tlcore.train.spec import TrainSpec

if TYPE_CHECKING:
    from tlcore.train.events import Event
    from tlcore.train.run import RunContext

S = TypeVar("S", bound=Spec, default=TrainSpec)
"""The spec of a job; a run of which nothing is said is a training run."""


@dataclass(frozen=True)
class Kind:
    """A kind of job: the class of its specs, and `module:function`, imported only by workers, for it loads torch.

    The function is given the spec, the data set where the job `needs_images`, and the context; it makes events.
    """

    spec: type[Spec]
    function: str
    needs_images: bool = False


KINDS: dict[Any, Kind] = {
    "train": Kind(TrainSpec, "tlcore.train.run:train", needs_images=True),
    "speed": Kind(SpeedSpec, "tlcore.jobs.speed:measure_speed"),
    "degradation": Kind(DegradationSpec, "tlcore.jobs.degradation:run_race", needs_images=True),
    "lesions": Kind(LesionSpec, "tlcore.jobs.lesions:measure_lesions", needs_images=True),
    "surface": Kind(SurfaceSpec, "tlcore.jobs.surface:measure_surface", needs_images=True),
    "language": Kind(LanguageSpec, "tlcore.jobs.language:learn_language"),
}


def parse_spec(values: dict[str, Any]) -> Spec:
    """The spec that was stored."""
    if values.get("kind") not in KINDS:
        raise UnknownNameError(f"There is no kind of job called '{values.get('kind')}'.")
    return KINDS[values["kind"]].spec.of(values)


def follow(spec: Spec, dataset: Dataset | None, context: "RunContext") -> "Iterator[Event]":
    """Run a job."""
    kind = KINDS[spec.kind]
    if kind.needs_images and dataset is None:
        raise NotFoundError("The images of this run are no longer here.")
    given = (spec, dataset) if kind.needs_images else (spec,)
    events: Iterator[Event] = resolve_name(kind.function)(*given, context)
    return events
