"""Random numbers by a seed, or by whatever names them: the same on every machine, and nobody else's."""

import hashlib
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch


def seed_of(*key: object) -> int:
    """The seed that belongs to a name of one part or more; a whole number alone is itself."""
    match key:
        case (int(seed),):
            return seed
        case _:
            return int.from_bytes(hashlib.sha256("/".join(map(str, key)).encode()).digest()[:16], "big")


def numpy_generator(*key: object) -> "np.random.Generator":
    """NumPy's generator that belongs to a seed or a name."""
    import numpy as np

    return np.random.default_rng(seed_of(*key))


def torch_generator(*key: object) -> "torch.Generator":
    """PyTorch's generator that belongs to a seed or a name; of a long seed it takes what it can hold."""
    import torch

    return torch.Generator().manual_seed(seed_of(*key) % 2**63)


def python_random(*key: object) -> random.Random:
    """Python's generator that belongs to a seed or a name."""
    return random.Random(seed_of(*key))  # noqa: S311 - no secret
