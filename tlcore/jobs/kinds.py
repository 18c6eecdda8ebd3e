"""The kinds of job: what a spec's `kind` means, and the function that runs it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from typing_extensions import TypeVar

from tlcore.data.dataset import Dataset
from tlcore.errors import NotFoundError, UnknownNameError
from tlcore.specs import Spec
from tlcore.train.spec import TrainSpec

if TYPE_CHECKING:
    from tlcore.train.events import Event
    from tlcore.train.run import RunContext

S = TypeVar("S", bound=Spec, default=TrainSpec)
"""The spec of a job; a run of which nothing is said is a training run."""


def parse_spec(values: dict[str, Any]) -> Spec:
    """The spec that was stored."""
    from tlcore.measure.speed import SpeedSpec

    kinds: dict[Any, type[Spec]] = {"train": TrainSpec, "speed": SpeedSpec}
    if values.get("kind") not in kinds:
        raise UnknownNameError(f"There is no kind of job called '{values.get('kind')}'.")
    return kinds[values["kind"]].of(values)


def follow(spec: Spec, dataset: Dataset | None, context: "RunContext") -> Iterator["Event"]:
    """Run a job; what does it is imported here, so that only workers load torch."""
    if isinstance(spec, TrainSpec):
        from tlcore.train.run import train

        if dataset is None:
            raise NotFoundError("The images of this run are no longer here.")
        return train(spec, dataset, context)
    from tlcore.jobs.speed import measure_speed
    from tlcore.measure.speed import SpeedSpec

    assert isinstance(spec, SpeedSpec)
    return measure_speed(spec, context)
