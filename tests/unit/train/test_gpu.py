"""The same training on a real GPU: it agrees with the CPU, gains from bfloat16, and says when memory is full."""

import pytest
import torch

from tests.unit.train.conftest import CPU, Lab, spec_of
from tlcore.train.device import choose, is_out_of_memory
from tlcore.train.events import Finished, Started

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
]


@pytest.fixture
def gpu_lab(fresh_lab: Lab) -> Lab:
    """A lab that trains on the GPU, with nothing cached."""
    fresh_lab.device = choose("cuda")
    return fresh_lab


def last(events: list[object]) -> Finished:
    finished = events[-1]
    assert isinstance(finished, Finished)
    return finished


@pytest.mark.parametrize("strategy", ["frozen", "last-k", "full", "probe-then-tune", "scratch"])
def test_every_strategy_trains_there(gpu_lab: Lab, strategy: str) -> None:
    events = gpu_lab.train(spec_of(strategy=strategy, precision="auto", epochs=4, augmentation="standard"))
    started = next(event for event in events if isinstance(event, Started))
    assert started.device in {gpu_lab.device.title, gpu_lab.device.name}
    assert last(events).accuracy > 0.3  # a quarter is chance


def test_logits_agree_with_the_cpu(gpu_lab: Lab) -> None:
    """TF32 convolutions keep ten bits of mantissa, so a thousandth of the largest logit is what may be asked."""
    spec = spec_of(strategy="full")
    there = gpu_lab.pieces(spec)
    gpu_lab.device = CPU
    here = gpu_lab.pieces(spec)
    indices = torch.arange(16)
    rows = []
    for pieces in (there, here):
        pieces.model.eval_mode()
        with torch.no_grad():
            batch = pieces.pixels().evaluation("train", indices)
            rows.append(pieces.model.logits(batch, 0, pieces.plan.phases[0]).cpu())
    torch.testing.assert_close(rows[0], rows[1], rtol=0, atol=5e-3 * float(rows[1].abs().max()))


def test_a_gpu_that_is_full_is_recognised() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**46, dtype=torch.uint8, device="cuda")
    assert is_out_of_memory(caught.value)


def test_frozen_stages_stay_bit_for_bit(gpu_lab: Lab) -> None:
    spec = spec_of(strategy="last-k", stages=1, precision="auto")
    pieces = gpu_lab.pieces(spec)
    phase = pieces.plan.phases[0]
    before = pieces.model.frozen_digest(phase)
    loop = pieces.loop()
    list(loop.run_phase(phase, 0, pieces.cached(phase), None))
    assert pieces.model.frozen_digest(phase) == before
