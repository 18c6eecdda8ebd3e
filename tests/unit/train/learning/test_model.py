"""What learns and what does not: frozen stages keep their parameters and buffers bit for bit."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.unit.train.conftest import Lab, spec_of
from tlcore.errors import WeightsMissingError
from tlcore.train.recipe.spec import STRATEGIES
from tlcore.zoo import weights as zoo_weights

SETTINGS: dict[str, dict[str, Any]] = {
    "frozen": {},
    "last-k": {"stages": 2},
    "full": {},
    "probe-then-tune": {"probe_epochs": 1},
    "scratch": {},
}


def copies(module: nn.Module) -> dict[str, Tensor]:
    """Copies of a module's parameters and buffers."""
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def changed(module: nn.Module, before: dict[str, Tensor]) -> set[str]:
    """The names of the tensors that are not bit for bit what they were."""
    return {name for name, tensor in module.state_dict().items() if not torch.equal(tensor, before[name])}


def is_statistic(name: str) -> bool:
    """Whether a tensor is one of batch normalisation's buffers."""
    return name.endswith(("running_mean", "running_var", "num_batches_tracked"))


def test_every_strategy_is_tried() -> None:
    assert SETTINGS.keys() == STRATEGIES.keys()


@pytest.mark.parametrize("strategy", SETTINGS)
def test_training_changes_what_the_phase_trains_and_nothing_else(few: Lab, strategy: str) -> None:
    pieces = few.pieces(spec_of(batch_size=6, strategy=strategy, optimizer="sgd", lr=0.05, **SETTINGS[strategy]))
    loop, model = pieces.loop(), pieces.model
    for phase in pieces.plan.phases:
        stages, head = model.staged.stages, model.staged.head
        before, head_before = [copies(stage) for stage in stages], copies(head)
        digest = model.frozen_digest(phase)
        list(loop.run_phase(phase, 0, pieces.pixels(), None))
        assert model.frozen_digest(phase) == digest
        for number, stage in enumerate(stages):
            learned = changed(stage, before[number])
            if number < phase.first:
                assert learned == set()
            else:
                assert any(not is_statistic(name) for name in learned)
                assert any(is_statistic(name) for name in learned) == (strategy == "scratch")
        assert changed(head, head_before) == set(head_before)


@pytest.mark.parametrize("kind", ["parameters", "buffers"])
def test_the_frozen_digest_notices_any_change(lab: Lab, kind: str) -> None:
    pieces = lab.pieces(spec_of(strategy="last-k"))
    phase = pieces.plan.phases[0]
    digest = pieces.model.frozen_digest(phase)
    last_frozen, trainable = pieces.model.staged.stages[phase.first - 1], pieces.model.staged.stages[phase.first]
    with torch.no_grad():
        next(getattr(trainable, kind)()).view(-1)[0] += 1
    assert pieces.model.frozen_digest(phase) == digest
    with torch.no_grad():
        next(getattr(last_frozen, kind)()).view(-1)[0] += 1
    assert pieces.model.frozen_digest(phase) != digest


@pytest.mark.parametrize("strategy", SETTINGS)
def test_training_mode_is_for_what_learns_alone(lab: Lab, strategy: str) -> None:
    """After someone called `.train()` on everything, as a careless loop would."""
    pieces = lab.pieces(spec_of(strategy=strategy, hidden_units=4, dropout=0.5, **SETTINGS[strategy]))
    model, phase = pieces.model, pieces.plan.phases[-1]
    model.staged.network.train()
    model.train_mode(phase)
    learning = {id(m) for part in (*model.staged.stages[phase.first :], model.staged.head) for m in part.modules()}
    for module in model.staged.network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.training == (strategy == "scratch")
        elif not list(module.children()):
            assert module.training == (id(module) in learning)
    model.eval_mode()
    assert not any(module.training for module in model.staged.network.modules())


@pytest.mark.parametrize("strategy", SETTINGS)
def test_gradients_reach_the_trainable_stages_and_no_others(lab: Lab, strategy: str) -> None:
    pieces = lab.pieces(spec_of(strategy=strategy, **SETTINGS[strategy]))
    model, data = pieces.model, pieces.pixels()
    for phase in pieces.plan.phases:
        model.begin(phase)
        batch = data.training(torch.arange(8), torch.Generator())
        model.logits(batch, 0, phase).square().sum().backward()
        for number, stage in enumerate(model.staged.stages):
            assert all((p.grad is not None) == (number >= phase.first) for p in stage.parameters())
        assert all(p.grad is not None for p in model.staged.head.parameters())
        model.staged.network.zero_grad(set_to_none=True)


@pytest.mark.parametrize("strategy", SETTINGS)
def test_parameter_groups_hold_each_trainable_parameter_once(lab: Lab, strategy: str) -> None:
    pieces = lab.pieces(spec_of(strategy=strategy, stage_decay=0.5, **SETTINGS[strategy]))
    for phase in pieces.plan.phases:
        pieces.model.begin(phase)
        groups = pieces.model.parameter_groups(phase)
        grouped = [id(parameter) for group in groups for parameter in group["params"]]
        assert sorted(grouped) == sorted(id(p) for p in pieces.model.trainable_parameters())
        assert len(set(grouped)) == len(grouped)
        assert {group["name"]: group["lr"] for group in groups} == phase.rates


@pytest.mark.parametrize("strategy", SETTINGS)
def test_what_was_learned_is_all_that_differs_from_the_pretrained_network(few: Lab, strategy: str) -> None:
    lab, spec = few, spec_of(batch_size=6, strategy=strategy, lr=0.05, **SETTINGS[strategy])
    pieces = lab.pieces(spec)
    loop = pieces.loop()
    for phase in pieces.plan.phases:
        list(loop.run_phase(phase, 0, pieces.pixels(), None))
    learned, trained = pieces.model.learned_state(), pieces.model.full_state()
    model = lab.pieces(spec).model
    fresh = model.full_state()
    assert any(not torch.equal(tensor, fresh[name]) for name, tensor in learned.items())
    model.load_learned_state(learned)
    restored = model.full_state()
    assert restored.keys() == trained.keys()
    assert all(torch.equal(restored[name], tensor) for name, tensor in trained.items())


def test_a_learned_state_is_a_copy(lab: Lab) -> None:
    pieces = lab.pieces(spec_of())
    kept = pieces.model.learned_state()
    with torch.no_grad():
        for parameter in pieces.model.staged.head.parameters():
            parameter.fill_(7)
    assert all(not torch.equal(tensor, torch.full_like(tensor, 7)) for tensor in kept.values())


@pytest.mark.parametrize("strategy", ["frozen", "scratch"])
def test_the_seed_decides_what_is_random(lab: Lab, strategy: str) -> None:
    def state(seed: int) -> dict[str, Tensor]:
        return lab.pieces(spec_of(strategy=strategy, seed=seed)).model.full_state()

    first, again, other = state(1), state(1), state(2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    differing = {name for name in first if not torch.equal(first[name], other[name])}
    assert {"fc.weight", "fc.bias"} <= differing
    assert ("conv1.0.weight" in differing) == (strategy == "scratch")


def test_a_pretrained_model_says_which_weights_it_starts_from(lab: Lab) -> None:
    spec = spec_of()
    assert lab.pieces(spec).weights_id == zoo_weights.require(spec.backbone).id
    assert lab.pieces(spec_of(strategy="scratch", seed=3)).weights_id == "random-3"


def test_missing_weights_are_a_sentence(lab: Lab) -> None:
    with pytest.raises(WeightsMissingError, match="Pretrained weights for mnasnet0_5 are not on this machine"):
        lab.pieces(spec_of(backbone="mnasnet0_5"))
    assert lab.pieces(spec_of(backbone="mnasnet0_5", strategy="scratch")).weights_id == "random-0"


def test_in_bfloat16_logits_come_back_in_single_precision(lab: Lab) -> None:
    pieces, plain = lab.pieces(spec_of(precision="bfloat16")), lab.pieces(spec_of())
    phase = pieces.plan.phases[0]
    batch = pieces.pixels().training(torch.arange(8), torch.Generator())
    assert batch.is_contiguous(memory_format=torch.channels_last)
    pieces.model.eval_mode()
    plain.model.eval_mode()
    with torch.no_grad():
        logits, exact = pieces.model.logits(batch, 0, phase), plain.model.logits(batch.contiguous(), 0, phase)
    assert (pieces.model.dtype, logits.dtype) == (torch.bfloat16, torch.float32)
    assert not torch.equal(logits, exact)
    torch.testing.assert_close(logits, exact, rtol=0.1, atol=0.1 * float(exact.abs().max()))
