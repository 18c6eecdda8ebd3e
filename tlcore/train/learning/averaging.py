"""A running average of the weights: less noisy than the weights themselves, and usually better."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

from tlcore.train.learning.model import LearningModel


class WeightAverage:
    """The exponential moving average of all that a model learns, its normalisations' statistics included.

    After step t the decay is min(decay, (1 + t) / (10 + t)), so that the random weights of the start are soon
    forgotten (as in TensorFlow's `ExponentialMovingAverage`).
    """

    def __init__(self, model: LearningModel, decay: float) -> None:
        self._decay = decay
        self._live = model.learned_tensors()  # what is trained and loaded in place, so these stay the model's own
        self.begin()
        self._numbers = [name for name, tensor in self._live.items() if tensor.is_floating_point()]

    def begin(self) -> None:
        """Forget what was, and average from the weights as they are."""
        self._steps = 0
        self._means = {name: tensor.clone() for name, tensor in self._live.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take the weights after a step into the average."""
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        blend = get_ema_multi_avg_fn(decay)
        blend([self._means[name] for name in self._numbers], [self._live[name] for name in self._numbers], self._steps)
        for name in self._live.keys() - set(self._numbers):  # counters
            self._means[name].copy_(self._live[name])

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The model with averaged weights, for as long as the context lasts."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def state(self) -> dict[str, Any]:
        """Copies of the averages, and how many steps are in them."""
        return {"steps": self._steps, "means": {name: mean.clone() for name, mean in self._means.items()}}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._steps = state["steps"]
        for name, mean in state["means"].items():
            self._means[name].copy_(mean)

    @torch.no_grad()
    def _swap(self) -> None:
        for name, tensor in self._live.items():
            kept = tensor.clone()
            tensor.copy_(self._means[name])
            self._means[name].copy_(kept)
