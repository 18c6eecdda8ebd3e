"""The jobs on a finished run: what they tell on the way, what they end with, and when they are stopped."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from tests.conftest import ImageSet
from tests.unit.train.conftest import CPU, spec_of
from tlcore.data.dataset import Dataset
from tlcore.errors import BadSpecError, IncompleteRunError, NotFoundError
from tlcore.events import Event, GaveWay, Progress, Result
from tlcore.gradients.residual.paths import paths_of
from tlcore.jobs.kinds import registry
from tlcore.jobs.kinds.events import PathsMeasured, PointsMeasured, SpeedMeasured, TrialMeasured
from tlcore.jobs.kinds.run_loader import opened, spread
from tlcore.jobs.kinds.specs import LesionSpec, SpeedSpec, SurfaceSpec
from tlcore.specs import Spec
from tlcore.train import trained
from tlcore.train.run import RunContext, train

RUN = "0123456789abcdef"


@pytest.fixture(scope="module")
def finished(shapes: ImageSet, tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    """The context of a job beside a finished run of ResNet-20, whose folder is named RUN."""
    home = tmp_path_factory.mktemp("home")
    context = RunContext(RUN, CPU, shapes.blobs, home / "cache", home / "runs" / RUN, threads=1, checkpoints=False)
    spec = spec_of(backbone="cifar_resnet20", strategy="scratch", epochs=1, lr=0.01)
    list(train(spec, shapes.dataset, context))
    return replace(context, folder=home / "runs" / "another")


def follow(spec: Spec, shapes: ImageSet, context: RunContext) -> list[Any]:
    stream: Iterator[Event] = registry.follow(spec, shapes.dataset, context)
    return list(stream)


def stopping(after: int) -> Callable[[], bool]:
    """Says no that often."""
    told = iter([False] * after)
    return lambda: next(told, True)


def test_lesions_are_told_one_by_one_and_kept_together(shapes: ImageSet, finished: RunContext) -> None:
    *told, last = follow(LesionSpec(run=RUN, draws=2, paths=2), shapes, finished)
    trials = [event.trial for event in told if isinstance(event, TrialMeasured)]
    assert tuple(trials) == last.trials
    groups = [(trial.group, trial.amount) for trial in trials]
    assert groups[:10] == [("whole", 0)] + [("each", 1)] * 9
    assert {group for group in groups[10:] if group[0] == "drops"} == {("drops", k) for k in range(2, 10)}
    assert {group for group in groups[10:] if group[0] == "shuffles"} == {("shuffles", k) for k in (1, 2, 4, 8)}
    progress = [event for event in told if isinstance(event, Progress)]
    assert progress[-1].done == progress[-1].total == len(trials) + 10
    assert [gradient.length for gradient in last.gradients] == list(range(10))
    assert last.paths == paths_of(trained.load(finished.folder.parent / RUN).staged.network).row()
    assert [block.number for block in last.blocks if block.resizes] == [4, 7]
    assert (last.stopped, last.classes, last.path_images) == (False, 4, 16)


def test_the_whole_network_is_as_right_as_the_run_said(shapes: ImageSet, finished: RunContext) -> None:
    *_, last = follow(LesionSpec(run=RUN, draws=0, paths=0, images=1000), shapes, finished)
    kept = trained.load_predictions(finished.folder.parent / RUN)["val"]
    assert (last.trials[0].correct, last.trials[0].seen) == (kept.correct, kept.seen)
    assert len(last.trials) == 10
    assert last.gradients == ()


def test_lesions_that_are_stopped_keep_what_there_is(shapes: ImageSet, finished: RunContext) -> None:
    *_, last = follow(LesionSpec(run=RUN), shapes, replace(finished, should_stop=stopping(3)))
    assert (len(last.trials), last.stopped) == (3, True)
    with pytest.raises(IncompleteRunError, match="before anything was measured"):
        follow(LesionSpec(run=RUN), shapes, replace(finished, should_stop=lambda: True))


def test_a_surface_grows_from_its_centre_and_is_kept_whole(
    shapes: ImageSet, finished: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlcore.jobs.kinds.surface._SECONDS", 0.0)
    *told, last = follow(SurfaceSpec(run=RUN, side=9, images=16), shapes, finished)
    points = [point for event in told for point in event.points]
    assert points[0][:2] == (4, 4)
    assert len({point[:2] for point in points}) == 81
    assert all(last.losses[row][column] == loss for row, column, loss in points)
    assert (told[-1].done, told[-1].total, last.done, last.stopped) == (81, 81, 81, False)
    run = opened(RUN, shapes.dataset, "train", 16, finished)
    with torch.no_grad():
        assert last.losses[4][4] == pytest.approx(float(F.cross_entropy(run.network(run.images), run.labels)))
    assert last.images == 16


def test_a_surface_that_is_stopped_keeps_what_there_is(shapes: ImageSet, finished: RunContext) -> None:
    spec = SurfaceSpec(run=RUN, side=9, images=8)
    *_, last = follow(spec, shapes, replace(finished, should_stop=stopping(9)))
    known = [loss for row in last.losses for loss in row if loss is not None]
    assert (last.done, len(known), last.stopped) == (9, 9, True)
    assert last.losses[0][0] is not None  # the coarsest grid reaches the corners
    with pytest.raises(IncompleteRunError):
        follow(spec, shapes, replace(finished, should_stop=lambda: True))


@pytest.mark.parametrize(
    ("spec", "kind", "turns"),
    [
        (LesionSpec(run=RUN, draws=1, paths=2), TrialMeasured, 4),  # the last time along paths
        (SurfaceSpec(run=RUN, side=9, images=8), PointsMeasured, 4),
        (SpeedSpec(networks=("lenet5", "cifar_resnet20", "cifar_plain20"), batch_size=1), SpeedMeasured, 3),
    ],
)
def test_a_measurement_that_gave_way_goes_on_after_what_it_told(
    spec: Spec, kind: type[Event], turns: int, shapes: ImageSet, finished: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is measured or told twice, and the end holds all of it."""
    monkeypatch.setattr("tlcore.measure.speed._SECONDS", 0.0)
    told: list[Any] = []
    attempts = 0
    while not told or not isinstance(told[-1], Result):
        attempts += 1
        assert attempts < 20
        asked = iter([False] * (9 if kind is not SpeedMeasured else 0))
        context = replace(
            finished, should_give_way=lambda asked=asked: next(asked, True), seconds_before=100.0,
            told=lambda wanted, told=told: [event for event in told if isinstance(event, wanted)],
        )  # fmt: skip
        told += [event for event in follow(spec, shapes, context) if not isinstance(event, GaveWay)]
    assert attempts >= turns
    whole, last = follow(spec, shapes, finished), told[-1]
    kept = [event for event in told if isinstance(event, kind)]
    if kind is SpeedMeasured:
        assert [one.speed.network for one in kept] == list(spec.networks)  # type: ignore[attr-defined]
        assert [one.speed for one in kept] == list(last.speeds)
        return
    assert replace(last, seconds=0.0) == replace(whole[-1], seconds=0.0)
    assert last.seconds > 100
    if kind is TrialMeasured:
        assert [event.trial for event in kept] == list(last.trials)
        along = [event.gradient for event in told if isinstance(event, PathsMeasured)]
        assert along == list(last.gradients)
    else:
        places = [point[:2] for event in kept for point in event.points]
        assert len(places) == len(set(places)) == 81


@pytest.mark.parametrize("kind", [LesionSpec, SurfaceSpec])
def test_a_run_that_is_gone_and_other_images_are_sentences(
    kind: type[Any], shapes: ImageSet, finished: RunContext, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match="model of this run is no longer here"):
        follow(kind(run="f" * 16), shapes, finished)
    fewer = Dataset(classes=shapes.dataset.classes, examples=shapes.dataset.examples[::2])
    with pytest.raises(NotFoundError, match="not the images that the model was trained on"):
        follow(kind(run=RUN), ImageSet(fewer, shapes.blobs), finished)


@pytest.mark.parametrize(
    ("spec", "values", "said"),
    [
        (LesionSpec, {"run": "../../etc"}, "The run can't be '../../etc'"),
        (LesionSpec, {"run": RUN, "draws": 21}, "The number of draws can't be 21"),
        (SurfaceSpec, {"run": RUN, "side": 10}, "The side of the grid can't be 10"),
        (SurfaceSpec, {"run": RUN, "span": 0}, "The span can't be 0"),
        (SurfaceSpec, {}, "The setting 'run' is missing"),
    ],
)
def test_a_bad_request_is_a_sentence(spec: type[Spec], values: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSpecError, match=said):
        spec.of(values)


@pytest.mark.parametrize("spec", [LesionSpec(run=RUN, draws=3), SurfaceSpec(run=RUN, side=25)])
def test_what_was_stored_is_read_back(spec: Spec) -> None:
    assert registry.parse_spec(spec.model_dump(mode="json")) == spec


def test_few_images_are_taken_from_all_classes(shapes: ImageSet) -> None:
    train_part = shapes.dataset.of("train")
    some = spread(train_part, 8)
    assert sorted(example.label for example in some) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert spread(train_part, 10**6) == list(train_part)
    assert spread((), 5) == []
