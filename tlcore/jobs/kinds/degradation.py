"""The job that trains plain and residual networks of two depths side by side."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tlcore.data.dataset import Dataset
from tlcore.events import Event
from tlcore.gradients.residual.degradation import race
from tlcore.jobs.kinds.specs import DegradationSpec

if TYPE_CHECKING:
    from tlcore.train.run import RunContext


def run_race(spec: DegradationSpec, dataset: Dataset, context: "RunContext") -> Iterator[Event]:
    """An epoch of each network after the other; stopping keeps all of their models."""
    return race(spec.networks, dataset, context, epochs=spec.epochs, seed=spec.seed, batch_size=spec.batch_size)
