"""The job in which a recurrent network learns a text; what it writes meanwhile is told with its progress."""

from collections.abc import Iterator
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING

from tlcore.errors import IncompleteRunError
from tlcore.events import Event, GaveWay, Notice
from tlcore.gradients.through_time import language, texts
from tlcore.gradients.through_time.language import Lesson, Plan, Tried
from tlcore.gradients.through_time.texts import Baselines
from tlcore.jobs.kinds.events import LessonFinished, LessonLearned, LessonStarted, LessonTried
from tlcore.jobs.kinds.specs import LanguageSpec
from tlcore.train.learning import checkpoint, threads

if TYPE_CHECKING:
    from tlcore.train.run import RunContext

_THREADS = 1  # a step's matrices are small: threads that wait for one another cost more than they bring


def learn_language(spec: LanguageSpec, context: "RunContext") -> Iterator[Event]:
    """Learn the text; a stop ends it after a step, and what was best so far is kept in the run's folder.

    It gives way after a report, of which there are two hundred.
    """
    threads.take(_THREADS)
    saved = checkpoint.load_latest(context.folder)
    if context.should_stop() and not saved:
        raise IncompleteRunError("It was stopped before it began to learn.")
    begun = monotonic() - context.seconds_before
    text = spec.text or texts.built_in()
    lesson = Lesson(text, _plan(spec), context.device.torch)
    counted = texts.baselines(text)
    if saved:
        lesson.restore(saved)
    else:
        yield _started(lesson, counted)
    stopped = False
    for told in lesson.learn(context.should_stop):
        stopped = stopped or context.should_stop()
        if isinstance(told, Tried):
            yield LessonTried(**asdict(told))
            continue
        speed = told.step * spec.batch_size * spec.length / (monotonic() - begun)
        yield LessonLearned(**asdict(told), characters_per_second=speed)
        if context.should_give_way() and not stopped and lesson.step < spec.steps:
            checkpoint.save(context.folder, lesson.step, lesson.state())
            yield GaveWay()
            return
    if lesson.step < spec.steps and not stopped:
        yield Notice(message="The loss stopped being a number, so it ended early. Lower the rate.")
    language.keep(context.folder, context.run_id, lesson)
    checkpoint.clear(context.folder)
    yield LessonFinished(
        held_out=lesson.best_bits, best_step=lesson.best_step, steps=lesson.step, stopped=lesson.step < spec.steps,
        seconds=monotonic() - begun, device=context.device.title, threads=_THREADS, baselines=counted,
    )  # fmt: skip


def _plan(spec: LanguageSpec) -> Plan:
    return Plan(
        cell=spec.cell, units=spec.units, lr=spec.lr, clip=spec.clip, steps=spec.steps, batch=spec.batch_size,
        length=spec.length, seed=spec.seed,
    )  # fmt: skip


def _started(lesson: Lesson, counted: Baselines) -> LessonStarted:
    to_learn, held_out = texts.parts(lesson.text)
    parameters = sum(p.numel() for p in lesson.writer.model.parameters())
    return LessonStarted(
        characters=len(to_learn), held_out=len(held_out), parameters=parameters, steps=lesson.plan.steps,
        baselines=counted,
    )  # fmt: skip
