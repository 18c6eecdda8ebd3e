"""The table of settings against training itself: where it says so, a setting changes the result, and nowhere else."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.conftest import ImageSet
from tlcore.data.dataset import Dataset, Example
from tlcore.events import Stopping
from tlcore.settings import get_settings
from tlcore.train import events, trained
from tlcore.train.device import Device
from tlcore.train.learning import inputs
from tlcore.train.recipe.effects import EFFECTS, Case, idle, in_vain
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.run import RunContext, train
from tlcore.zoo import registry
from tlcore.zoo.staged import new_network, stage_parameters

NETWORK, OTHER_NETWORK = "cifar_resnet20", "cifar_resnet32"
STUCK = 1e-30  # a learning rate that changes no weight in single precision, so that no epoch is better than the first

OTHERS: dict[str, Any] = {
    "backbone": OTHER_NETWORK, "strategy": "last-k", "stages": 2, "epochs": 4, "probe_epochs": 1, "batch_size": 5,
    "optimizer": "adamw", "lr": 0.01, "body_lr_factor": 0.5, "stage_decay": 0.3, "momentum": 0.5, "weight_decay": 0.1,
    "l1": 0.01, "schedule": "constant", "step_size": 1, "step_factor": 0.5, "warmup_epochs": 1,
    "label_smoothing": 0.2, "class_weights": True, "hidden_units": 4, "dropout": 0.5, "augmentation": "strong",
    "flip": False, "views": 3, "image_size": 40, "train_size": 36, "start_size": 32, "mixing": 1.0, "averaging": 0.9,
    "patience": 1, "seed": 1, "precision": "bfloat16", "watch_gradients": True,
}  # fmt: skip
"""Another value of every setting than it has in the contexts."""

BASE: dict[str, Any] = {
    "backbone": NETWORK, "epochs": 3, "probe_epochs": 2, "batch_size": 4, "lr": 0.05, "image_size": 48, "views": 2,
    "step_size": 2, "precision": "float32", "augmentation": "standard", "schedule": "cosine",
}  # fmt: skip
CONTEXTS: dict[str, dict[str, Any]] = {
    "frozen": {},
    "frozen, hidden units": {"hidden_units": 8, "schedule": "step"},
    "frozen, one view": {"views": 1},
    "frozen, not augmented": {"augmentation": "none", "optimizer": "adamw"},
    "frozen, one epoch": {"epochs": 1, "schedule": "step"},
    "frozen, solved for": {"optimizer": "lbfgs", "weight_decay": 1e-3},
    "frozen, stuck": {"lr": STUCK, "weight_decay": 0.0},
    "last stage": {"strategy": "last-k"},
    "all stages": {"strategy": "last-k", "stages": 4, "views": 1},
    "full": {"strategy": "full"},
    "full, one by one": {"strategy": "full", "batch_size": 1, "views": 1, "epochs": 2},
    "full, not augmented": {"strategy": "full", "augmentation": "none", "epochs": 2},
    "probe, then tune": {"strategy": "probe-then-tune", "schedule": "step"},
    "probe, then tune, a long step": {"strategy": "probe-then-tune", "schedule": "step", "epochs": 4},
    "scratch": {"strategy": "scratch"},
    "even classes": {},
}
"""Specs in which every condition of the table fails somewhere; the last with classes that are equally large."""

SAME: dict[str, Callable[[TrainSpec], dict[str, Any]]] = {
    "schedule": lambda spec: {"schedule": "constant"},
    "step_size": lambda spec: {"step_size": spec.step_size + 5},
    "patience": lambda spec: {"patience": 0},
    "train_size": lambda spec: {"train_size": None},
    "start_size": lambda spec: {"start_size": None},
}
"""What a setting could as well be where its own value makes no difference."""
POINTLESS: dict[str, dict[str, Any]] = {
    "schedule": {"schedule": "step", "step_size": 3},
    "step_size": {"schedule": "step", "step_size": 3},
    "patience": {"patience": 2, "lr": STUCK, "weight_decay": 0.0},
    "train_size": {"strategy": "full", "train_size": 48},
    "start_size": {"strategy": "full", "train_size": 40, "start_size": 40},
}


def spec_in(context: str, **changes: Any) -> TrainSpec:
    """The spec of a context, with changes."""
    return TrainSpec.of({**BASE, **CONTEXTS[context], **changes})


def counts_in(context: str) -> tuple[int, ...]:
    """How many training images each class has there."""
    return (4, 4) if context == "even classes" else (5, 3)


def case_in(context: str, **changes: Any) -> Case:
    return Case(spec_in(context, **changes), counts_in(context))


def changed(context: str, name: str) -> TrainSpec | None:
    """The context's spec with another value of the setting; None where that is no spec, or the same one."""
    spec = spec_in(context)
    try:
        other = TrainSpec.model_validate({**spec.model_dump(), name: OTHERS[name]})
    except ValueError:
        return None
    return None if other == spec else other


def pairs(*, effective: bool) -> list[tuple[str, str]]:
    """For every setting a context for each of its reasons to have no effect; or two in which it has one."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in EFFECTS:
        for context in CONTEXTS:
            condition = idle(case_in(context)).get(name)
            if (condition is None) == effective and changed(context, name) and not (effective and hides(context, name)):
                found.setdefault((name, condition.only if condition else ""), []).append(context)
    return [(name, context) for (name, _), contexts in found.items() for context in contexts[: 2 if effective else 1]]


def hides(context: str, name: str) -> bool:
    """Whether an effect can't be seen there: patience ends only what does not improve, and nothing else changes it."""
    return (context == "frozen, stuck") != (name == "patience") or bool([*in_vain(case_in(context), [name])])


@dataclass
class Trainer:
    """Trains specs on eight tiny images, each once."""

    images: ImageSet
    cache: Path
    folder: Path
    known: dict[tuple[TrainSpec, tuple[int, ...]], tuple[Any, ...]] = field(default_factory=dict)

    def result(self, spec: TrainSpec, counts: tuple[int, ...] = (5, 3)) -> tuple[Any, ...]:
        """What was learned, bit for bit, and what every epoch measured; what was watched, too."""
        if (spec, counts) not in self.known:
            self.known[spec, counts] = self._train(spec, counts)
        return self.known[spec, counts]

    def _train(self, spec: TrainSpec, counts: tuple[int, ...]) -> tuple[Any, ...]:
        folder = self.folder / str(len(self.known))
        device = Device("cpu", bf16=False, title="CPU")
        context = RunContext(
            "run", device, self.images.blobs, self.cache, folder, threads=1, checkpoints=False,
            watch=lambda *_: Stopping(),
        )  # fmt: skip
        told = list(train(spec, self.dataset(counts), context))
        learned = load_file(folder / trained.LEARNED)
        bits = [
            (name, hashlib.sha256(tensor.numpy().tobytes()).hexdigest()) for name, tensor in sorted(learned.items())
        ]
        epochs = [(e.train_loss, e.val_loss, e.val_correct) for e in told if isinstance(e, events.Epoch)]
        return bits, epochs, sum(isinstance(event, Stopping) for event in told)

    def dataset(self, counts: tuple[int, ...]) -> Dataset:
        """Two classes with so many training images, and two more each to validate with."""
        mine: list[Example] = []
        for label, count in enumerate(counts):
            same = [example for example in self.images.dataset.of("train") if example.label == label]
            mine += same[:count]
            mine += [e.model_copy(update={"part": "val"}) for e in same[count : count + 2]]
        return Dataset(classes=self.images.dataset.classes[:2], examples=tuple(sorted(mine, key=lambda e: e.part)))


@pytest.fixture(scope="module")
def trainer(shapes: ImageSet, tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    """Shared by all tests, so that a context is trained once."""
    torch.set_num_threads(1)
    return Trainer(shapes, tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def _weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of both networks, to be taken for pretrained."""
    folder = tmp_path_factory.mktemp("weights")
    for name in (NETWORK, OTHER_NETWORK):
        torch.manual_seed(0)
        save_file(new_network(registry.get(name)).state_dict(), folder / f"{name}.safetensors")
    return folder


@pytest.fixture(autouse=True)
def _at_hand(_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLCORE_WEIGHTS", str(_weights))
    get_settings.cache_clear()


# The table itself


def test_every_setting_has_a_row_and_another_value_to_try() -> None:
    settings = set(TrainSpec.model_fields) - {"kind"}
    assert set(EFFECTS) == settings
    assert set(OTHERS) == settings


def test_every_condition_of_every_setting_fails_somewhere() -> None:
    """Or a row that is wrong would be tried nowhere; every setting has an effect somewhere, too."""
    tried = {(name, idle(case_in(context))[name].only) for name, context in pairs(effective=False)}
    needed = {(name, condition.only) for name, effect in EFFECTS.items() for condition in effect.needs}
    assert needed - tried == {("watch_gradients", "from random weights")}  # which is refused elsewhere
    assert {name for name, _ in pairs(effective=True)} == set(EFFECTS)
    assert {name for name, effect in EFFECTS.items() if effect.own} == set(SAME) == set(POINTLESS)


def test_whether_a_setting_has_an_effect_does_not_hang_on_its_own_value() -> None:
    """Or a knob would grey itself, and never come back."""
    for context in CONTEXTS:
        for name in EFFECTS:
            if (spec := changed(context, name)) is not None:
                assert (name in idle(Case(spec, counts_in(context)))) == (name in idle(case_in(context))), (
                    context,
                    name,
                )


def test_what_decides_over_a_setting_is_another_one() -> None:
    for name, effect in EFFECTS.items():
        assert all(condition.by in {*EFFECTS, ""} - {name} for condition in effect.needs)


@pytest.mark.parametrize("name", registry.names())
def test_every_stage_has_weights_that_rates_apply_to(name: str) -> None:
    """So that two stages are enough for a decay from one to the next."""
    assert min(stage_parameters(name)) > 0


def test_reasons_are_words() -> None:
    for context in CONTEXTS:
        case = case_in(context)
        for condition in idle(case).values():
            reason = condition.reason(case)
            assert reason
            assert "{" not in reason
            assert not reason.endswith(".")
            assert len(condition.only) < 45


# Against training


@pytest.mark.parametrize(("name", "context"), pairs(effective=True))
def test_a_setting_that_has_an_effect_changes_the_result(trainer: Trainer, name: str, context: str) -> None:
    other, counts = changed(context, name), counts_in(context)
    assert other is not None
    assert trainer.result(spec_in(context), counts) != trainer.result(other, counts)


@pytest.mark.parametrize(("name", "context"), pairs(effective=False))
def test_a_setting_that_has_none_changes_no_bit(trainer: Trainer, name: str, context: str) -> None:
    other, counts = changed(context, name), counts_in(context)
    assert other is not None
    assert trainer.result(spec_in(context), counts) == trainer.result(other, counts)


@pytest.mark.parametrize("name", POINTLESS)
def test_a_value_that_has_no_effect_could_as_well_be_none(trainer: Trainer, name: str) -> None:
    spec = TrainSpec.of({**BASE, **POINTLESS[name]})
    assert [told for told, _ in in_vain(Case(spec), [name])] == [name]
    assert name not in idle(Case(spec))
    assert trainer.result(spec) == trainer.result(spec.with_changes(**SAME[name](spec)))


def test_what_is_not_kept_is_learned_from_as_if_it_were(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the table holds for large sets too: mixing, sizes and fresh views have no effect on frozen stages."""
    spec = spec_in("last stage", views=3)
    kept = trainer.result(spec)
    monkeypatch.setattr(inputs, "CACHE_BYTES", 0)
    trainer = replace(trainer, known={}, folder=trainer.folder / "anew")
    for anew, before in zip(trainer.result(spec)[1], kept[1], strict=True):
        assert anew == pytest.approx(before, abs=1e-4)
    assert trainer.result(spec.with_changes(mixing=1.0, train_size=32, start_size=32)) == trainer.result(spec)


# What is said


SAID: list[tuple[dict[str, Any], str, str, str]] = [
    ({"dropout": 0.9}, "dropout", "a linear classifier has no hidden units that could be switched off",
     "with hidden units"),
    ({"optimizer": "adamw"}, "momentum", "AdamW has averages of its own in its place", "with SGD"),
    ({}, "step_size", "with the schedule 'cosine' the learning rate has no steps", "with the step schedule"),
    ({"schedule": "step", "epochs": 5}, "schedule",
     "the learning rate would first fall after epoch 7 of a phase, and the longest has 5",
     "where a phase is longer than a step"),
    ({"patience": 9, "epochs": 10}, "patience",
     "in a phase of at most 10 epochs, 9 without a better validation loss do not come about before its last one",
     "where a phase is long enough"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "name", "why", "only"), SAID, ids=[said[1] for said in SAID])
def test_what_has_no_effect_is_a_sentence(given: dict[str, Any], name: str, why: str, only: str) -> None:
    spec = TrainSpec.of({"backbone": "resnet18", **given})
    assert [*in_vain(Case(spec), [name])] == [(name, f"has no effect: {why} (it has one only {only}).")]


def test_what_is_off_is_not_complained_about() -> None:
    spec = TrainSpec.of({"backbone": "resnet18", "augmentation": "none"})
    asked = ["dropout", "mixing", "train_size", "flip", "watch_gradients", "lr"]
    assert [name for name, _ in in_vain(Case(spec), asked)] == ["flip"]
