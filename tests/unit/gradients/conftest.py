"""Small networks and images for the tests of gradient flow."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

CLASSES = 10


def gratings(count: int, side: int = 16, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Coloured gratings whose direction is their class, in double precision, as the reference was measured on."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, count)
    rows, columns = np.mgrid[:side, :side] / side
    images = []
    for label in labels:
        angle, waves = math.pi * label / CLASSES, 2 + rng.uniform(0, 2)
        across = columns * math.cos(angle) + rows * math.sin(angle)
        wave = np.sin(2 * math.pi * (waves * across + rng.uniform(0, 1)))
        images.append(wave * rng.normal(size=(3, 1, 1)))
    return torch.from_numpy(np.stack(images)), torch.from_numpy(labels)


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    """Eight gratings of 16 x 16 pixels."""
    return gratings(8)
