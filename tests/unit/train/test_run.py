"""A whole run: its events, its end, and going on after it was killed.

Slow: every way to train is killed or gives way at several points, and goes on to the same model bit for bit.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import ImageSet
from tests.unit.train.conftest import Lab, spec_of
from tlcore.errors import IncompleteRunError
from tlcore.events import Event, GaveWay, Notice, Progress
from tlcore.train import events, trained
from tlcore.train import run as run_module
from tlcore.train.device import choose
from tlcore.train.learning import checkpoint
from tlcore.train.learning import loop as loop_module
from tlcore.train.learning.loop import Loop
from tlcore.train.learning.model import LearningModel
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.run import RunContext, train

STRATEGIES: dict[str, dict[str, Any]] = {
    "frozen": {},
    "last-k": {"stages": 2},
    "full": {},
    "probe-then-tune": {"probe_epochs": 1},
    "scratch": {},
}


def epoch_numbers(stream: list[Event]) -> list[tuple[float, ...]]:
    """What each epoch measured, without how long it took."""
    return [
        (e.epoch, e.train_loss, e.train_correct, e.val_loss, e.val_correct, e.lr)
        for e in stream
        if isinstance(e, events.Epoch)
    ]


def result(stream: list[Event]) -> tuple[Any, ...]:
    """What the run came to, without how long it took."""
    last = stream[-1]
    assert isinstance(last, events.Finished)
    return last.correct, last.seen, last.val_loss, last.best_epoch, last.epochs_done, last.test_correct, last.test_seen


def learned(lab: Lab, folder: str) -> dict[str, torch.Tensor]:
    """The tensors that the run in that folder kept."""
    return load_file(lab.folder / folder / trained.LEARNED)


def assert_same(lab: Lab, one: str, other: str) -> None:
    """The runs in two folders kept the same model bit for bit."""
    first, second = learned(lab, one), learned(lab, other)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


# Events


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_events_come_in_order_and_end_with_finished(few: Lab, strategy: str) -> None:
    lab = few
    spec = spec_of(strategy=strategy, epochs=2, **STRATEGIES[strategy])
    stream = lab.train(spec)
    dataset = lab.images.dataset
    (started,) = [event for event in stream if isinstance(event, events.Started)]
    assert (started.backbone, started.strategy, started.epochs) == (spec.backbone, strategy, 2)
    assert (started.train_images, started.val_images, started.test_images) == (15, 5, 4)
    assert (started.classes, started.precision) == (dataset.classes, "float32")
    finished = stream[-1]
    assert isinstance(finished, events.Finished)
    assert (finished.train_images, finished.val_images, finished.test_seen) == (15, 5, 4)
    assert finished.accuracy == finished.correct / 5
    assert finished.epochs_done == 2
    assert [event for event in stream if isinstance(event, events.Finished)] == [finished]
    kinds = [event.name for event in stream if event.name not in {"progress", "step", "started"}]
    answered = [kind for kind in kinds if kind == "answer"]  # none where the features were there already
    assert kinds[len(answered) :] == {
        "probe-then-tune": ["phase", "epoch", "phase", "epoch", "finished"],
    }.get(strategy, ["phase", "epoch", "epoch", "finished"])


def test_a_phase_says_what_it_trains(few: Lab) -> None:
    stream = few.train(spec_of(strategy="probe-then-tune", probe_epochs=1))
    probe, tune = (event for event in stream if isinstance(event, events.PhaseStarted))
    assert (probe.trainable_stages, probe.trainable_parameters, probe.cached) == ((), 1024 * 4 + 4, True)
    body = 1_366_792 - (1024 * 1000 + 1000)
    assert tune.trainable_stages == ("stem", "stage2", "stage3", "stage4", "conv5")
    assert tune.trainable_parameters == tune.parameters == probe.parameters == body + 1024 * 4 + 4
    assert not tune.cached


def test_times_by_phase_add_up_to_the_whole(fresh_lab: Lab) -> None:
    *_, finished = fresh_lab.train(spec_of(strategy="probe-then-tune", probe_epochs=1))
    assert isinstance(finished, events.Finished)
    phases = finished.seconds_by_phase
    assert set(phases) == {"build", "decode", "features", "train", "evaluate"}
    assert 0.8 * finished.seconds < sum(phases.values()) <= finished.seconds + 0.01


def test_decoding_is_told_and_not_repeated(fresh_lab: Lab) -> None:
    def decoded(stream: Iterator[Event]) -> list[tuple[int, int]]:
        return [(e.done, e.total) for e in stream if isinstance(e, Progress) and e.phase == "decode"]

    assert decoded(fresh_lab.events(spec_of()))[-1] == (96, 96)
    shards = list(fresh_lab.cache.glob("pixels/*/*.npy"))
    list(fresh_lab.events(spec_of(seed=1), "second"))
    assert list(fresh_lab.cache.glob("pixels/*/*.npy")) == shards


# Results


def test_a_pretrained_network_learns_new_classes_from_few_images(lab: Lab) -> None:
    """Chance is 5 of 20; p < 0.0002 for 13 or more."""
    *_, finished = lab.train(spec_of(optimizer="adamw", lr=0.01, epochs=15))
    assert isinstance(finished, events.Finished)
    assert finished.correct >= 13


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_spec_gives_the_same_model(few: Lab, strategy: str) -> None:
    lab = few
    spec = spec_of(
        batch_size=6, strategy=strategy, augmentation="standard", hidden_units=8, dropout=0.3, **STRATEGIES[strategy]
    )
    first, second = lab.train(spec, "first"), lab.train(spec, "second")
    assert epoch_numbers(first) == epoch_numbers(second)
    assert result(first) == result(second)
    assert_same(lab, "first", "second")


def test_balanced_accuracy_is_told_where_classes_are_uneven(lab: Lab) -> None:
    """The kept model's, and every epoch's while it learns."""
    stream = lab.train(spec_of())
    assert {event.val_balanced for event in stream if isinstance(event, events.Epoch)} == {None}
    whole = lab.images.dataset
    kept = [e for e in whole.examples if e.part != "val" or e.label == 0] + list(whole.of("val")[-1:])
    lab.images = ImageSet(whole.model_copy(update={"examples": tuple(kept)}), lab.images.blobs)
    *epochs, finished = [e for e in lab.train(spec_of(), "lopsided") if isinstance(e, events.Epoch | events.Finished)]
    assert isinstance(finished, events.Finished)
    assert finished.balance is not None
    assert (finished.seen, finished.balance.classes, finished.balance.always) == (6, 2, 5 / 6)
    best = next(event for event in epochs if event.epoch == finished.best_epoch)
    assert best.val_balanced == finished.balance.accuracy


def test_another_seed_gives_another_model(lab: Lab) -> None:
    assert epoch_numbers(lab.train(spec_of(seed=1), "1")) != epoch_numbers(lab.train(spec_of(seed=2), "2"))


def test_bfloat16_learns_about_as_well(lab: Lab) -> None:
    settings: dict[str, Any] = {"optimizer": "adamw", "lr": 0.01, "epochs": 10}
    exact = lab.train(spec_of(**settings), "fp32")[-1]
    rounded = lab.train(spec_of(**settings, precision="bfloat16"), "bf16")[-1]
    assert isinstance(exact, events.Finished)
    assert isinstance(rounded, events.Finished)
    assert abs(exact.correct - rounded.correct) <= 3


@pytest.mark.data
@pytest.mark.slow
def test_ants_and_bees(photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The PyTorch tutorial's set and split; L-BFGS on the same features gives 0.97 of its 153 validation images."""
    from tlcore.data.dataset import freeze_report
    from tlcore.data.ingest.reading import ingest_path
    from tlcore.data.pixels.blobs import BlobStore
    from tlcore.settings import get_settings
    from tlcore.train.recipe.advice import recommended

    monkeypatch.setenv("TLCORE_WEIGHTS", str(photographs / "weights"))
    get_settings.cache_clear()
    blobs = BlobStore(tmp_path / "blobs")
    dataset = freeze_report(ingest_path(photographs / "ants-bees", blobs))
    assert (dataset.count("train"), dataset.count("val")) == (244, 153)
    spec = recommended({"backbone": "mobilenet_v2", "strategy": "frozen", "augmentation": "none", "seed": 0})
    context = RunContext("ants", choose("cpu"), blobs, tmp_path / "cache", tmp_path / "run", checkpoints=False)
    *_, finished = train(spec, dataset, context)
    assert isinstance(finished, events.Finished)
    assert finished.accuracy >= 0.92


# Going on after a kill

RESUMED: dict[str, dict[str, Any]] = {
    "frozen, hidden layer, dropout, cached views": {
        "epochs": 4,
        "hidden_units": 8,
        "dropout": 0.5,
        "augmentation": "standard",
        "views": 2,
        "optimizer": "adamw",
    },
    "last stages, momentum": {"strategy": "last-k", "epochs": 4, "lr": 0.05, "momentum": 0.9},
    "full, augmented, adamw": {"strategy": "full", "epochs": 4, "augmentation": "light", "optimizer": "adamw"},
    "probe, then tune": {"strategy": "probe-then-tune", "epochs": 4, "probe_epochs": 2, "optimizer": "adamw"},
    "from scratch": {"strategy": "scratch", "epochs": 4, "warmup_epochs": 1, "l1": 1e-4},
    "pretraining": {
        "strategy": "scratch",
        "epochs": 4,
        "augmentation": "light",
        "image_size": 48,
        "start_size": 32,
        "mixing": 0.8,
        "averaging": 0.9,
        "label_smoothing": 0.1,
    },
}


Whole = tuple[list[Event], str]


@pytest.fixture(scope="module")
def _wholes() -> dict[str, Whole]:
    return {}


@pytest.fixture
def whole_run(few: Lab, _wholes: dict[str, Whole], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Whole]:
    """The events and the folder of these settings' uninterrupted run, trained once for all that only read them."""

    def trained_once(settings: str) -> Whole:
        if settings not in _wholes:
            folder = str(tmp_path_factory.mktemp("whole"))
            spec = spec_of(batch_size=6, **RESUMED[settings])
            _wholes[settings] = few.train(spec, folder, checkpoints=False), folder
        return _wholes[settings]

    return trained_once


KILLS = [(name, 2) for name in RESUMED] + [("probe, then tune", at) for at in (1, 3, 4)] + [("from scratch", 4)]


@pytest.fixture
def every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a checkpoint of every epoch, however quick it was."""
    monkeypatch.setattr(run_module, "_QUICK_SECONDS", -1)


def killed_after(lab: Lab, spec: TrainSpec, epochs: int, folder: str) -> list[Event]:
    """The events of a run up to the end of that epoch, at which it is gone."""
    stream, seen = lab.events(spec, folder), []
    for event in stream:
        seen.append(event)
        if isinstance(event, events.Epoch) and event.epoch == epochs:
            stream.close()  # type: ignore[attr-defined]
    return seen


@pytest.mark.usefixtures("every_epoch")
@pytest.mark.parametrize(("settings", "killed_at"), KILLS)
def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(
    few: Lab, whole_run: Callable[[str], Whole], settings: str, killed_at: int
) -> None:
    lab, spec = few, spec_of(batch_size=6, **RESUMED[settings])
    whole, folder = whole_run(settings)
    first = killed_after(lab, spec, killed_at, "killed")
    assert not (lab.folder / "killed" / trained.CARD).exists()
    second = lab.train(spec, "killed")
    (started,) = [event for event in second if isinstance(event, events.Started)]
    assert started.resumed_from_epoch == killed_at
    assert epoch_numbers(first) + epoch_numbers(second) == epoch_numbers(whole)
    assert result(second) == result(whole)
    assert_same(lab, folder, "killed")


@pytest.mark.usefixtures("every_epoch")
def test_a_run_can_be_killed_again_and_again(few: Lab) -> None:
    lab, spec = few, spec_of(strategy="full", epochs=4, batch_size=6, optimizer="adamw")
    whole = lab.train(spec, "whole", checkpoints=False)
    pieces = [killed_after(lab, spec, epoch, "killed") for epoch in (1, 2, 3)]
    last = lab.train(spec, "killed")
    assert [numbers for piece in (*pieces, last) for numbers in epoch_numbers(piece)] == epoch_numbers(whole)
    assert_same(lab, "whole", "killed")


@pytest.mark.usefixtures("every_epoch")
def test_a_run_that_ran_out_of_patience_does_not_go_on(lab: Lab) -> None:
    """It was killed after the epoch that ended it and before its model was kept."""
    spec = spec_of(epochs=20, lr=1e-30, patience=2)
    whole = lab.train(spec, "whole", checkpoints=False)
    killed_after(lab, spec, 3, "killed")
    resumed = lab.train(spec, "killed")
    assert epoch_numbers(resumed) == []
    assert result(resumed) == result(whole)


@pytest.mark.usefixtures("every_epoch")
@pytest.mark.parametrize("after", [-1, 0, 1])
def test_a_run_resumes_across_the_end_of_an_impatient_probe(
    few: Lab, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed an epoch before that end, at it, or after it; the third epoch makes things worse at the latest."""
    own = loop_module.schedule_factor
    monkeypatch.setattr(loop_module, "schedule_factor", lambda s, at, n: -50.0 if at >= 2 else own(s, at, n))
    phases = {"strategy": "probe-then-tune", "epochs": 8, "probe_epochs": 6, "patience": 1}
    spec = spec_of(batch_size=6, optimizer="adamw", averaging=0.9, **phases)
    whole = few.train(spec, "whole", checkpoints=False)
    probed = sum(event.phase == "classifier" for event in whole if isinstance(event, events.Epoch))
    assert 1 < probed < 6
    first = killed_after(few, spec, probed + after, "killed")
    second = few.train(spec, "killed")
    (started,) = [event for event in second if isinstance(event, events.Started)]
    assert (started.resumed_from_epoch, started.epochs) == (probed + after, 8 if after < 0 else probed + 2)
    assert epoch_numbers(first) + epoch_numbers(second) == epoch_numbers(whole)
    assert result(second) == result(whole)
    assert_same(few, "whole", "killed")
    assert notices(whole) == list(dict.fromkeys(notices(first) + notices(second)))  # told, or told again


def notices(stream: list[Event]) -> list[str]:
    """What a person is told."""
    return [event.message for event in stream if isinstance(event, Notice)]


@pytest.mark.usefixtures("every_epoch")
def test_a_checkpoint_that_knows_of_no_early_ends_goes_on(few: Lab, whole_run: Callable[[str], Whole]) -> None:
    """As an earlier version kept them."""
    spec = spec_of(batch_size=6, **RESUMED["probe, then tune"])
    whole, folder = whole_run("probe, then tune")
    killed_after(few, spec, 3, "killed")
    state = checkpoint.load_latest(few.folder / "killed")
    assert state is not None
    del state["phase_epochs"]
    checkpoint.save(few.folder / "killed", 3, state)
    assert epoch_numbers(few.train(spec, "killed")) == epoch_numbers(whole)[3:]
    assert_same(few, folder, "killed")


@pytest.mark.usefixtures("every_epoch")
def test_a_finished_run_leaves_no_checkpoint(lab: Lab) -> None:
    lab.train(spec_of())
    assert checkpoint.load_latest(lab.folder / "run") is None
    assert list((lab.folder / "run").glob("*.pt")) == []
    assert sorted(path.name for path in (lab.folder / "run").iterdir()) == [
        "learned.safetensors",
        "model.json",
        "predictions.safetensors",
    ]


@pytest.mark.usefixtures("every_epoch")
def test_a_stopped_run_leaves_one_checkpoint_and_goes_on_from_it(fresh_lab: Lab) -> None:
    """Each holds the weights several times over, and counts as what a person may use."""
    told: list[events.Epoch] = []
    fresh_lab.should_stop = lambda: len(told) >= 3
    for event in fresh_lab.events(spec_of(epochs=20)):
        told += [event] if isinstance(event, events.Epoch) else []
    assert len(list((fresh_lab.folder / "run").glob("*.pt"))) == 1
    assert (fresh_lab.folder / "run" / trained.CARD).exists()
    fresh_lab.should_stop = lambda: False
    assert epoch_numbers(list(fresh_lab.events(spec_of(epochs=20))))[0][0] == told[-1].epoch + 1


def test_quick_epochs_are_not_all_kept(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    monkeypatch.setattr(run_module, "_QUICK_SECONDS", 3600)
    monkeypatch.setattr(checkpoint, "save", lambda _folder, epoch, _state: kept.append(epoch))
    lab.train(spec_of(epochs=5))
    assert kept == []
    monkeypatch.setattr(run_module, "_QUICK_SECONDS", -1)
    lab.train(spec_of(epochs=5), "other")
    assert kept == [1, 2, 3, 4, 5]


# Giving way


def attempts(lab: Lab, spec: TrainSpec, folder: str, asked: int) -> Iterator[list[Event]]:
    """The events of one attempt after the other, each asked to give way from the so-manieth time that it looks on."""
    for _ in range(100):
        told = iter([False] * (asked - 1))
        context = replace(lab.context(folder), should_give_way=lambda told=told: next(told, True))
        yield (stream := list(train(spec, lab.images.dataset, context)))
        if not isinstance(stream[-1], GaveWay):
            return
    raise AssertionError("it gives way for ever")


@pytest.fixture
def gives_way_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "_WORTH_BEGINNING_SECONDS", -1)


@pytest.mark.usefixtures("gives_way_at_once")
@pytest.mark.parametrize("asked", [3, 6])
@pytest.mark.parametrize("settings", RESUMED)
def test_a_run_that_gave_way_is_the_uninterrupted_one_bit_for_bit(
    few: Lab, whole_run: Callable[[str], Whole], settings: str, asked: int
) -> None:
    """Three steps make an epoch: it leaves within epochs, between them, and where a phase begins."""
    spec = spec_of(batch_size=6, **RESUMED[settings])
    whole, folder = whole_run(settings)
    pieces = list(attempts(few, spec, "pieces", asked))
    assert len(pieces) > 2
    assert [numbers for piece in pieces for numbers in epoch_numbers(piece)] == epoch_numbers(whole)
    assert result(pieces[-1]) == result(whole)
    assert_same(few, folder, "pieces")
    starts = [event for piece in pieces for event in piece if isinstance(event, events.Started)]
    assert all(after.resumed_after > before.resumed_after for before, after in pairwise(starts))
    assert {int(one.resumed_after) for one in starts} == {one.resumed_from_epoch for one in starts}
    assert any(one.resumed_after % 1 for one in starts)


def test_a_run_does_something_before_it_gives_way(few: Lab) -> None:
    """Loading what it needs takes a second; leaving at once, again and again, it would never end."""
    stream = list(train(spec_of(), few.images.dataset, replace(few.context(), should_give_way=lambda: True)))
    assert sum(isinstance(event, events.Epoch) for event in stream) >= 1


@pytest.mark.usefixtures("gives_way_at_once")
def test_a_run_gives_way_while_it_decodes_and_decodes_nothing_twice(
    fresh_lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "_DECODE_PIECE", 16)
    pieces = attempts(fresh_lab, spec_of(strategy="scratch"), "run", 2)
    assert [event.name for event in next(pieces)] == ["started", "progress", "progress", "gave_way"]
    assert checkpoint.load_latest(fresh_lab.folder / "run") is None
    shards = set(fresh_lab.cache.glob("pixels/*/*.npy"))
    assert len(shards) == 2  # of 16 images each
    assert [event.name for event in next(pieces)] == ["started", *["progress"] * 4, "gave_way"]
    assert len(set(fresh_lab.cache.glob("pixels/*/*.npy")) - shards) == 2
    assert isinstance(list(pieces)[-1][-1], events.Finished)


@pytest.mark.usefixtures("gives_way_at_once")
@pytest.mark.parametrize("asked", [4, 9])
def test_who_stops_a_run_that_gave_way_gets_its_model(few: Lab, asked: int) -> None:
    """In its first epoch, or with a best one behind it."""
    spec = spec_of(strategy="full", epochs=20, batch_size=6)
    left = next(attempts(few, spec, "run", asked))
    epochs = len(epoch_numbers(left))
    few.should_stop = lambda: True
    *_, finished = few.train(spec)
    assert isinstance(finished, events.Finished)
    assert (finished.stopped, finished.best_epoch > 0) == (True, epochs > 0)
    assert (few.folder / "run" / trained.CARD).is_file()


@pytest.mark.usefixtures("gives_way_at_once")
def test_the_time_of_all_attempts_counts(few: Lab) -> None:
    pieces = list(attempts(few, spec_of(strategy="full", batch_size=6), "run", 4))
    finished = pieces[-1][-1]
    assert isinstance(finished, events.Finished)
    kept = [event.seconds for piece in pieces for event in piece if isinstance(event, events.Epoch)]
    assert finished.seconds_by_phase["train"] > 0.9 * sum(kept)
    assert finished.seconds > sum(finished.seconds_by_phase.values()) * 0.99


# Signs of life while the best model is evaluated


@pytest.mark.parametrize("late", [False, True])
def test_a_stopped_run_tells_how_far_its_last_evaluation_is(
    few: Lab, monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    """Late: the stop is asked for when the last step is over, so that only the evaluation can hear of it."""
    told: list[Event] = []
    monkeypatch.setattr(loop_module, "_SIGN_SECONDS", -1)
    monkeypatch.setattr(LearningModel, "forward_batch", lambda _self, _entry: 3)
    few.should_stop = lambda: sum(isinstance(event, events.Epoch) for event in told) >= 2
    for event in few.events(spec_of(strategy="full", epochs=2 if late else 50)):
        told.append(event)  # noqa: PERF402 - should_stop reads it meanwhile
    after = told[[event.name for event in told].index("stopping") :]
    signs = [(event.done, event.total) for event in after if isinstance(event, Progress)]
    assert signs == [(3, 5), (5, 5), (3, 4), (4, 4)]  # 5 images to validate with and 4 to test with
    assert isinstance(after[-1], events.Finished)
    assert after[-1].stopped is not late


def test_a_first_epoch_tells_how_far_its_validation_is(few: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for a stop meanwhile is heard, and gets the model of that epoch."""
    told: list[Event] = []
    monkeypatch.setattr(loop_module, "_SIGN_SECONDS", -1)
    monkeypatch.setattr(LearningModel, "forward_batch", lambda _self, _entry: 3)
    few.should_stop = lambda: any(getattr(event, "phase", "") == "validate" for event in told)
    for event in few.events(spec_of(strategy="full", epochs=50)):
        told.append(event)  # noqa: PERF402 - should_stop reads it meanwhile
    names = [event.name for event in told]
    first = told[: names.index("epoch")]
    signs = [(event.phase, event.done, event.total) for event in first if isinstance(event, Progress)]
    assert signs[-2:] == [("validate", 3, 5), ("validate", 5, 5)]
    assert "stopping" in names[: names.index("epoch")]
    assert isinstance(told[-1], events.Finished)
    assert (told[-1].best_epoch, told[-1].epochs_done, told[-1].stopped) == (1, 1, True)


@pytest.mark.usefixtures("every_epoch")
def test_an_attempt_that_only_has_to_finish_says_so_at_once(fresh_lab: Lab) -> None:
    stream = fresh_lab.events(spec_of(epochs=20))
    for event in stream:
        if isinstance(event, events.Epoch) and event.epoch == 3:
            break
    stream.close()  # type: ignore[attr-defined]
    fresh_lab.should_stop = lambda: True
    names = [event.name for event in fresh_lab.events(spec_of(epochs=20))]
    assert names[:2] == ["started", "stopping"]
    assert "epoch" not in names
    assert names[-1] == "finished"


# Stopping before there is anything to keep


def test_a_stop_while_images_are_decoded_leaves_no_model(fresh_lab: Lab) -> None:
    fresh_lab.should_stop = lambda: True
    with pytest.raises(IncompleteRunError, match="stopped before it began to learn"):
        fresh_lab.train(spec_of())
    assert not (fresh_lab.folder / "run" / trained.CARD).exists()


def test_a_stop_while_features_are_computed_leaves_no_model(fresh_lab: Lab) -> None:
    seen: list[str] = []
    fresh_lab.should_stop = lambda: "features" in seen
    with pytest.raises(IncompleteRunError, match="stopped before it began to learn"):
        for event in fresh_lab.events(spec_of()):
            seen.append(getattr(event, "phase", ""))  # noqa: PERF401 - should_stop reads it meanwhile
    assert not (fresh_lab.folder / "run" / trained.CARD).exists()


def test_a_context_that_keeps_no_checkpoints_writes_none(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "_QUICK_SECONDS", -1)
    monkeypatch.setattr(Loop, "state", lambda _self: pytest.fail("a checkpoint was taken"))
    context = RunContext(**{**vars(lab.context()), "checkpoints": False})
    assert isinstance(list(train(spec_of(), lab.images.dataset, context))[-1], events.Finished)


def test_progress_never_goes_back(fresh_lab: Lab) -> None:
    stream = fresh_lab.train(spec_of(augmentation="light", views=3))
    for phase in ("decode", "features"):
        done = [event.done for event in stream if isinstance(event, Progress) and event.phase == phase]
        assert all(after > before for before, after in pairwise(done))
