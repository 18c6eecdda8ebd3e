"""What is frozen when, and at which rate each stage learns; schedules against torch's own."""

import math
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import CosineAnnealingLR, StepLR

from tlcore.train.recipe.plan import make_plan, schedule_factor
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import registry
from tlcore.zoo.network import Preprocessing

STAGES = ("stem", "layer1", "layer2", "layer3", "layer4")


def resnet(**values: Any) -> TrainSpec:
    """A spec of ResNet-18, whose five stages everyone knows."""
    return TrainSpec.of({"backbone": "resnet18", "lr": 0.01, "body_lr_factor": 0.1, **values})


# Phases


def test_a_frozen_extractor_trains_only_the_head() -> None:
    (phase,) = make_plan(resnet(epochs=7)).phases
    assert (phase.first, phase.epochs, phase.rates) == (5, 7, {"head": 0.01})


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_last_stages_learn_at_the_bodys_rate(count: int) -> None:
    (phase,) = make_plan(resnet(strategy="last-k", stages=count)).phases
    assert phase.first == 5 - count
    assert phase.rates == pytest.approx({**dict.fromkeys(STAGES[-count:], 0.001), "head": 0.01})


def test_rates_fall_from_stage_to_stage() -> None:
    (phase,) = make_plan(resnet(strategy="full", stage_decay=0.5)).phases
    falling = {"stem": 6.25e-5, "layer1": 1.25e-4, "layer2": 2.5e-4, "layer3": 5e-4, "layer4": 1e-3, "head": 1e-2}
    assert phase.first == 0
    assert phase.rates == pytest.approx(falling)
    assert list(phase.rates) == [*STAGES, "head"]


def test_after_the_probe_the_head_goes_on_at_the_bodys_rate() -> None:
    """LP-FT: Kumar et al. 2022."""
    plan = make_plan(resnet(strategy="probe-then-tune", epochs=10, probe_epochs=3))
    probe, tune = plan.phases
    assert (probe.first, probe.epochs, probe.rates) == (5, 3, {"head": 0.01})
    assert (tune.first, tune.epochs) == (0, 7)
    assert tune.rates == pytest.approx(dict.fromkeys([*STAGES, "head"], 0.001))
    assert plan.first == 0


def test_from_scratch_everything_learns_at_the_same_rate() -> None:
    (phase,) = make_plan(resnet(strategy="scratch")).phases
    assert phase.first == 0
    assert phase.rates == pytest.approx(dict.fromkeys([*STAGES, "head"], 0.01))


@pytest.mark.parametrize("strategy", ["frozen", "last-k", "full", "probe-then-tune", "scratch"])
@pytest.mark.parametrize("name", registry.names())
def test_a_phase_has_a_rate_for_exactly_what_it_trains(name: str, strategy: str) -> None:
    plan = make_plan(TrainSpec.of({"backbone": name, "strategy": strategy, "stages": 2}))
    for phase in plan.phases:
        assert tuple(phase.rates) == (*registry.get(name).stage_names[phase.first :], "head")
        assert min(phase.rates.values()) > 0
    assert sum(phase.epochs for phase in plan.phases) == plan.epochs
    assert plan.first == min(phase.first for phase in plan.phases)


def test_every_epoch_has_its_place_in_a_phase() -> None:
    plan = make_plan(resnet(strategy="probe-then-tune", epochs=5, probe_epochs=2))
    probe, tune = plan.phases
    assert [plan.position(epoch) for epoch in range(5)] == [(probe, 0), (probe, 1), (tune, 0), (tune, 1), (tune, 2)]
    with pytest.raises(ValueError, match="only 5 epochs"):
        plan.position(5)


def test_a_phase_that_ends_early_leaves_the_others_as_they_are() -> None:
    plan = make_plan(resnet(strategy="probe-then-tune", epochs=9, probe_epochs=5))
    assert (plan.epochs, plan.ends) == (9, (5, 9))
    assert [(p.name, p.epochs, p.rates) for p in plan.ended_after(3).phases] == [
        ("classifier", 3, plan.phases[0].rates), ("fine-tuning", 4, plan.phases[1].rates),
    ]  # fmt: skip
    assert plan.ended_after(3).ends == (3, 7)
    assert plan.ended_after(7).ends == (5, 7)
    assert plan.ended_after(5) == plan.ended_after(9) == plan


def test_the_image_size_changes_the_preprocessing() -> None:
    assert make_plan(resnet()).preprocessing == Preprocessing(resize=256, crop=224)
    assert make_plan(resnet(image_size=112)).preprocessing == Preprocessing(resize=128, crop=112)


# Schedules


def torchs(scheduler: Any, epochs: int) -> list[float]:
    """The rates that torch's scheduler sets for a base rate of 1, epoch after epoch."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule, rates = scheduler(optimizer), []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def ours(spec: TrainSpec, epochs: int) -> list[float]:
    """The factors at the beginning of every epoch."""
    return [schedule_factor(spec, epoch, epochs) for epoch in range(epochs)]


@given(st.integers(1, 40), st.floats(0.01, 0.99), st.integers(1, 60))
def test_steps_are_torchs(step_size: int, factor: float, epochs: int) -> None:
    spec = resnet(schedule="step", step_size=step_size, step_factor=factor)
    expected = torchs(lambda optimizer: StepLR(optimizer, step_size, factor), epochs)
    assert ours(spec, epochs) == pytest.approx(expected, rel=1e-9)


@given(st.integers(1, 60))
def test_the_cosine_is_torchs(epochs: int) -> None:
    expected = torchs(lambda optimizer: CosineAnnealingLR(optimizer, T_max=epochs), epochs)
    assert ours(resnet(schedule="cosine"), epochs) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_cosine_by_hand() -> None:
    spec = resnet(schedule="cosine")
    halves = [schedule_factor(spec, progress, 4) for progress in (0, 1, 2, 3, 4)]
    assert halves == pytest.approx([1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2, 0])


def test_steps_by_hand() -> None:
    """The PyTorch tutorial: a tenth every seven epochs."""
    spec = resnet(schedule="step", step_size=7, step_factor=0.1)
    assert [schedule_factor(spec, at, 25) for at in (0, 6.99, 7, 13.99, 14, 21)] == pytest.approx(
        [1, 1, 0.1, 0.1, 0.01, 0.001]
    )


def test_a_constant_rate_stays() -> None:
    assert ours(resnet(schedule="constant"), 5) == [1.0] * 5


def test_warming_up_rises_in_a_straight_line_to_one() -> None:
    spec = resnet(schedule="constant", warmup_epochs=2)
    at = [schedule_factor(spec, progress, 10) for progress in (0, 0.5, 1, 1.5, 2)]
    assert 0 < at[0] < 0.05
    steps = [after - before for before, after in pairwise(at)]
    assert steps == pytest.approx([steps[0]] * 4)
    assert at[-1] == 1


def test_the_cosine_begins_where_warming_up_ends() -> None:
    spec = resnet(schedule="cosine", warmup_epochs=2)
    assert [schedule_factor(spec, progress, 6) for progress in (2, 4, 6)] == pytest.approx([1, 0.5, 0])


@given(
    schedule=st.sampled_from(["constant", "step", "cosine"]),
    warmup=st.integers(0, 100),
    epochs=st.integers(1, 30),
    share=st.floats(0, 1, exclude_max=True),
)
def test_a_rate_is_never_negative_nor_above_its_base(schedule: str, warmup: int, epochs: int, share: float) -> None:
    """Even a warm-up that is longer than the run leaves an epoch at the full rate."""
    spec = resnet(schedule=schedule, warmup_epochs=warmup)
    assert 0 < schedule_factor(spec, share * epochs, epochs) <= 1
    constant = spec.with_changes(schedule="constant")
    assert schedule_factor(constant, epochs - 1, epochs) == 1
