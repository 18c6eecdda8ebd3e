"""How much memory a network needs for a batch, to predict and to learn: an estimate from its layer table.

Weights are kept in single precision, as mixed precision keeps them. To predict, an outcome is freed after its last
reader. To learn, every outcome is kept for the way back; batch normalisations and activations in place share or need
less, libraries add buffers of their own, so the truth lies within about a factor of two.
"""

from dataclasses import dataclass
from typing import Literal

from tlcore.measure.table import FLOAT_BYTES, Table

Precision = Literal["float32", "bfloat16"]
_BYTES = {"float32": 4, "bfloat16": 2}
OPTIMIZER_COPIES = {"sgd": 1, "adamw": 2}


@dataclass(frozen=True)
class Memory:
    """Bytes for one purpose; what has no part in it is 0."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        """All together."""
        return self.weights + self.gradients + self.optimizer + self.activations


def to_predict(table: Table, batch: int, precision: Precision = "float32") -> Memory:
    """The weights, and the most that outcomes take at any one step."""
    return Memory(table.params * FLOAT_BYTES, 0, 0, _peak(table) * batch * _BYTES[precision] // FLOAT_BYTES)


def to_learn(table: Table, batch: int, precision: Precision = "float32", optimizer: str = "adamw") -> Memory:
    """Weights, their gradients, the optimizer's averages, and every outcome kept for the way back."""
    weights = table.params * FLOAT_BYTES
    kept = table.activation_bytes * batch * _BYTES[precision] // FLOAT_BYTES
    return Memory(weights, weights, weights * OPTIMIZER_COPIES[optimizer], kept)


def _peak(table: Table) -> int:
    """The largest sum of outcomes that are still to be read, over all steps, in bytes for one image."""
    last_read = {index: row.index for row in table.rows for index in row.inputs}
    alive = peak = 0
    ending: dict[int, int] = {}
    for row in table.rows:
        alive += row.activation_bytes
        peak = max(peak, alive)
        end = last_read.get(row.index, len(table.rows))
        ending[end] = ending.get(end, 0) + row.activation_bytes
        alive -= ending.pop(row.index, 0)
    return peak
