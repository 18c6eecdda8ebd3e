"""Kernels as people write them: rows between semicolons, numbers between blanks or commas, `1/9` for a ninth."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tlcore.errors import BadInputError
from tlcore.filters.bank import LARGEST, Kernel, Matrix, custom

_LONGEST = 20_000
_TYPED = str.maketrans({"\ufeff": None, "\u2212": "-"})  # what editors put before a text, and a printed minus


def read_kernel(text: str) -> Kernel:
    """The kernel that was written, with a scale of 1; also takes JSON. Raises `BadInputError` where it is none."""
    if len(text) > _LONGEST:
        raise BadInputError(f"A kernel is written in at most {_LONGEST:,} characters.")
    plain = text.translate(_TYPED).strip()
    plain = re.sub(r"\]\s*,?\s*\[", ";", plain).strip("[] \n")
    rows = [re.split(r"[\s,]+", row.strip(" ,\t")) for row in re.split(r"[;\n]+", plain.strip("; \n")) if row.strip()]
    return replace(custom([[_number(word) for word in row] for row in rows]), scale=1.0)


def write_kernel(values: Matrix | Sequence[Sequence[float]]) -> str:
    """The values with six digits, as `read_kernel` takes them."""
    return ";".join(" ".join(f"{value:.6g}" for value in row) for row in np.asarray(values, float))


def resized(values: Matrix, rows: int, columns: int) -> Matrix:
    """The kernel with more or fewer rows and columns; what lies on the anchor, floor(k / 2), stays on it."""
    for side in (rows, columns):
        if not 1 <= side <= LARGEST:
            raise BadInputError(f"A kernel has 1 to {LARGEST} rows and columns, not {side}.")
    for axis, side in enumerate((rows, columns)):
        old = values.shape[axis]
        before = side // 2 - old // 2
        places = np.arange(side) - before
        inside = (places >= 0) & (places < old)
        taken = np.take(values, places.clip(0, old - 1), axis)
        values = taken * (inside[:, None] if axis == 0 else inside)
    return values


def _number(word: str) -> float:
    above, bar, below = word.partition("/")
    try:
        return float(above) / float(below) if bar else float(above)
    except ZeroDivisionError as error:
        raise BadInputError(f"The kernel holds '{word}', a division by zero.") from error
    except ValueError as error:
        raise BadInputError(f"The kernel holds '{word[:20]}', which is not a number.") from error
