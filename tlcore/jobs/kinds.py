"""The kinds of job: what a spec's `kind` means, and the function that runs it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, field_validator
from typing_extensions import TypeVar

from tlcore.data.dataset import Dataset
from tlcore.errors import BadInputError, NotFoundError, UnknownNameError
from tlcore.specs import Spec
from tlcore.train.spec import TrainSpec
from tlcore.zoo import architectures

if TYPE_CHECKING:
    from tlcore.train.events import Event
    from tlcore.train.run import RunContext

S = TypeVar("S", bound=Spec, default=TrainSpec)
"""The spec of a job; a run of which nothing is said is a training run."""


class SpeedSpec(Spec):
    """The networks to measure, in batches of `batch_size` images of each network's own size."""

    words: ClassVar[Mapping[str, str]] = {"batch_size": "batch", "networks": "list of networks"}

    kind: Literal["speed"] = "speed"
    networks: tuple[str, ...] = Field(min_length=1, max_length=8)
    batch_size: int = Field(8, ge=1, le=256)

    @property
    def title(self) -> str:
        """The networks."""
        return f"Speed of {', '.join(architectures.get(name).title for name in self.networks)}"

    @field_validator("networks")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(dict.fromkeys(architectures.get(name).name for name in names))
        except BadInputError as error:
            raise ValueError(str(error)) from error


KINDS: dict[Any, type[Spec]] = {"train": TrainSpec, "speed": SpeedSpec}


def parse_spec(values: dict[str, Any]) -> Spec:
    """The spec that was stored."""
    if values.get("kind") not in KINDS:
        raise UnknownNameError(f"There is no kind of job called '{values.get('kind')}'.")
    return KINDS[values["kind"]].of(values)


def follow(spec: Spec, dataset: Dataset | None, context: "RunContext") -> Iterator["Event"]:
    """Run a job; what does it is imported here, so that only workers load torch."""
    if isinstance(spec, TrainSpec):
        from tlcore.train.run import train

        if dataset is None:
            raise NotFoundError("The images of this run are no longer here.")
        return train(spec, dataset, context)
    from tlcore.jobs.speed import measure_speed

    assert isinstance(spec, SpeedSpec)
    return measure_speed(spec, context)
