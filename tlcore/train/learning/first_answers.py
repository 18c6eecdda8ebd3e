"""A first answer while frozen stages still look at images: the best linear classifier on what they have seen so far."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

import torch
from torch import Tensor

from tlcore.data.dataset import Dataset
from tlcore.data.ingest.report import Part
from tlcore.events import Event
from tlcore.train import events
from tlcore.train.judging.intervals import wilson_interval
from tlcore.train.learning.solver import Problem, solve

_SECONDS, _SHARE = 0.7, 0.1  # between two answers at least, and of the time that may go into them at most

R = TypeVar("R")


@dataclass
class FirstAnswers:
    """Keeps the features of images as they are, without augmentation, and answers now and then."""

    dataset: Dataset
    l2: float
    smoothing: float = 0.0
    _features: dict[Part, list[Tensor]] = field(default_factory=lambda: {"train": [], "val": []})
    _labels: dict[Part, list[int]] = field(default_factory=lambda: {"train": [], "val": []})
    _told: int = 0
    _next_at: float = 0.0

    def hear(self, part: Part, blobs: Sequence[str], features: Tensor) -> None:
        """Take in the features `(n, d)` of these images; only those of training and validation images count."""
        if part in self._features:
            labels = {example.blob: example.label for example in self.dataset.of(part)}
            self._features[part].append(features.detach().float().cpu())
            self._labels[part] += [labels[blob] for blob in blobs]

    def due(self) -> events.Answer | None:
        """An answer, where there is something new to say, and the last one is a while ago or this one is of all."""
        looked, seen = len(self._labels["train"]), len(self._labels["val"])
        is_of_all = (looked, seen) == (self.dataset.count("train"), self.dataset.count("val"))
        if not seen or looked == self._told or len(set(self._labels["train"])) < 2:
            return None
        if monotonic() < self._next_at and not is_of_all:
            return None
        self._told, begun = looked, monotonic()
        answer = self._answer()
        self._next_at = monotonic() + max(_SECONDS, (monotonic() - begun) / _SHARE)
        return answer

    def _answer(self) -> events.Answer:
        labels = torch.tensor(self._labels["train"])
        learned = torch.cat(self._features["train"])
        solution = solve(Problem(learned, labels, len(self.dataset.classes), self.l2, self.smoothing))
        held_out, truth = solution.logits(torch.cat(self._features["val"])), torch.tensor(self._labels["val"])
        correct = int((held_out.argmax(1) == truth).sum())
        return events.Answer(
            looked=len(labels),
            images=self.dataset.count("train"),
            train_correct=int((solution.logits(learned).argmax(1) == labels).sum()),
            correct=correct,
            seen=len(truth),
            interval=wilson_interval(correct, len(truth)),
        )


def with_answers(stream: Generator[Event, None, R], answers: FirstAnswers) -> Generator[Event, None, R]:
    """Tell what the stream tells, and answers between that."""
    while True:
        try:
            event = next(stream)
        except StopIteration as end:
            return end.value
        yield event
        if answer := answers.due():
            yield answer
