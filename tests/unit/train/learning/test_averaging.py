"""The running average of the weights against its definition."""

import pytest
import torch
from torch import nn

from tests.unit.train.conftest import Lab, Pieces, spec_of
from tlcore.train import events
from tlcore.train.learning.averaging import WeightAverage
from tlcore.train.recipe.plan import Phase

SCRATCH = {"strategy": "scratch", "epochs": 2}


def test_the_average_is_the_recursion_of_its_definition(few: Lab) -> None:
    """mean <- d * mean + (1 - d) * weights, with d = min(decay, (1 + t) / (10 + t)), over weights and statistics."""
    model = few.pieces(spec_of(**SCRATCH)).model
    average, names = WeightAverage(model, 0.25), ("conv1.0.weight", "conv1.1.running_var")
    expected = {name: model.learned_tensors()[name].double() for name in names}
    for step in (1, 2, 3):
        with torch.no_grad():
            for tensor in model.learned_tensors().values():
                tensor.add_(1 if tensor.is_floating_point() else 3)
        average.update()
        decay = min(0.25, (1 + step) / (10 + step))
        for name in names:
            expected[name] = decay * expected[name] + (1 - decay) * model.learned_tensors()[name].double()
    with average.applied():
        found = {name: tensor.clone() for name, tensor in model.learned_tensors().items()}
    for name in names:
        torch.testing.assert_close(found[name].double(), expected[name], rtol=1e-5, atol=1e-6)
    assert int(found["conv1.1.num_batches_tracked"]) == 9  # counters are copied


def test_the_weights_come_back_bit_for_bit_even_after_an_error(few: Lab) -> None:
    model = few.pieces(spec_of(**SCRATCH)).model
    average = WeightAverage(model, 0.9)
    with torch.no_grad():
        next(model.trainable_parameters()).add_(1)
    before = model.learned_state()
    with pytest.raises(RuntimeError, match="in between"), average.applied():
        raise RuntimeError("in between")
    after = model.learned_state()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_average_is_what_is_validated_and_kept(few: Lab) -> None:
    """With a decay of nearly 1 the average moves at (1 + t) / (10 + t), so it differs from the weights."""
    pieces = few.pieces(spec_of(averaging=0.999, lr=0.05, **SCRATCH))
    loop, phase = pieces.loop(), pieces.plan.phases[0]
    stream = list(loop.run_phase(phase, 0, pieces.pixels(), None))
    assert loop.average is not None
    last = [event for event in stream if isinstance(event, events.Epoch)][-1]
    own = validation_loss(pieces, phase)
    with loop.average.applied():
        averaged = validation_loss(pieces, phase)
    assert last.val_loss == averaged != own


def validation_loss(pieces: Pieces, phase: Phase) -> float:
    """The model's validation loss as it stands."""
    return pieces.predicted(pieces.pixels(), phase).loss


def test_an_average_begins_anew_with_a_phase(few: Lab) -> None:
    """The first step's decay is 2 / 11 again, so that what the probe began from is as soon forgotten as ever."""
    pieces = few.pieces(spec_of(strategy="probe-then-tune", epochs=9, probe_epochs=8, batch_size=1024, averaging=0.99))
    loop, (probe, tune) = pieces.loop(), pieces.plan.phases
    list(loop.run_phase(probe, 0, pieces.cached(probe), None))
    before = pieces.model.learned_state()
    list(loop.run_phase(tune, 0, pieces.pixels(), None))
    after = pieces.model.learned_state()
    assert loop.average is not None
    with loop.average.applied():
        found = pieces.model.learned_state()
    for name in ("fc.weight", "conv5.0.weight"):
        torch.testing.assert_close(found[name], before[name] * 2 / 11 + after[name] * 9 / 11)
        assert not torch.equal(before[name], after[name])


def test_frozen_parts_take_no_part(lab: Lab) -> None:
    model = lab.pieces(spec_of()).model
    assert isinstance(model.staged.head, nn.Linear)
    assert set(WeightAverage(model, 0.9).state()["means"]) == {"fc.weight", "fc.bias"}
