"""The job in which a recurrent network learns a text; what it writes meanwhile is told with its progress."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from tlcore.errors import IncompleteRunError
from tlcore.gradients import language, texts
from tlcore.gradients.language import Learned, Lesson, Plan
from tlcore.jobs.asked import LanguageSpec
from tlcore.train.events import Event, Notice

if TYPE_CHECKING:
    from tlcore.train.run import RunContext

_THREADS = 1  # a step's matrices are small: threads that wait for one another cost more than they bring


@dataclass(frozen=True, kw_only=True)
class LessonStarted(Event):
    """The lesson has begun, for the first time or anew; `baselines` are bits per character on the text."""

    name: ClassVar[str] = "started"
    characters: int
    held_out: int
    parameters: int
    steps: int
    baselines: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LessonLearned(Event):
    """Some steps of training; see `Learned`."""

    name: ClassVar[str] = "learned"
    step: int
    bits: float
    grad_norm: float
    largest_norm: float
    clipped: int
    steps: int
    characters_per_second: float


@dataclass(frozen=True, kw_only=True)
class LessonTried(Event):
    """The network on the held-out text, and something that it wrote; see `Tried`."""

    name: ClassVar[str] = "tried"
    step: int
    held_out: float
    best: bool
    sample: str


@dataclass(frozen=True, kw_only=True)
class LessonFinished(Event):
    """The lesson is over and its best network is kept; `steps` were done, fewer than asked for when it was stopped."""

    name: ClassVar[str] = "finished"
    held_out: float
    best_step: int
    steps: int
    stopped: bool
    seconds: float
    device: str
    threads: int
    baselines: dict[str, Any]


def learn_language(spec: LanguageSpec, context: "RunContext") -> Iterator[Event]:
    """Learn the text; a stop ends it after a step, and what was best so far is kept in the run's folder."""
    torch.set_num_threads(_THREADS)
    if context.should_stop():
        raise IncompleteRunError("It was stopped before it began to learn.")
    begun = monotonic()
    text = spec.text or texts.built_in()
    lesson = Lesson(text, _plan(spec), context.device.torch)
    counted = asdict(texts.baselines(text))
    yield _started(lesson, counted)
    stopped = False
    for told in lesson.learn(context.should_stop):
        stopped = stopped or context.should_stop()
        if isinstance(told, Learned):
            speed = told.step * spec.batch_size * spec.length / (monotonic() - begun)
            yield LessonLearned(**asdict(told), characters_per_second=speed)
        else:
            yield LessonTried(**asdict(told))
    if lesson.step < spec.steps and not stopped:
        yield Notice(message="The loss stopped being a number, so it ended early. Lower the rate.")
    language.keep(context.folder, context.run_id, lesson)
    yield LessonFinished(
        held_out=lesson.best_bits, best_step=lesson.best_step, steps=lesson.step, stopped=lesson.step < spec.steps,
        seconds=monotonic() - begun, device=context.device.title, threads=_THREADS, baselines=counted,
    )  # fmt: skip


def _plan(spec: LanguageSpec) -> Plan:
    return Plan(
        cell=spec.cell, units=spec.units, lr=spec.lr, clip=spec.clip, steps=spec.steps, batch=spec.batch_size,
        length=spec.length, seed=spec.seed,
    )  # fmt: skip


def _started(lesson: Lesson, counted: dict[str, Any]) -> LessonStarted:
    to_learn, held_out = texts.parts(lesson.text)
    parameters = sum(p.numel() for p in lesson.writer.model.parameters())
    return LessonStarted(
        characters=len(to_learn), held_out=len(held_out), parameters=parameters, steps=lesson.plan.steps,
        baselines=counted,
    )  # fmt: skip
