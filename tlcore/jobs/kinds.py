"""The kinds of job: what a spec's `kind` means, and the function that runs it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tlcore.data.dataset import Dataset
from tlcore.errors import UnknownNameError
from tlcore.train.spec import TrainSpec

if TYPE_CHECKING:
    from tlcore.train.events import Event
    from tlcore.train.run import RunContext

Spec = TrainSpec
Runner = Callable[[Spec, Dataset, "RunContext"], Iterator["Event"]]


def parse_spec(values: dict[str, Any]) -> Spec:
    """The spec that was stored."""
    if values.get("kind") != "train":
        raise UnknownNameError(f"There is no kind of job called '{values.get('kind')}'.")
    return TrainSpec.of(values)


def runner(kind: str) -> Runner:
    """The function that runs jobs of a kind; imported here, so that only workers load torch."""
    if kind != "train":
        raise UnknownNameError(f"There is no kind of job called '{kind}'.")
    from tlcore.train.run import train

    return train
