"""Watching a training: the same measures at its moments, and nothing of the training changed by it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.unit.gradients.residual.test_degradation import context, digits
from tlcore.data.dataset import Dataset
from tlcore.data.pixels.blobs import BlobStore
from tlcore.errors import BadSpecError
from tlcore.events import Event
from tlcore.gradients.events import FlowSeen
from tlcore.gradients.layers.flow import flow
from tlcore.gradients.layers.watching import watch
from tlcore.train.events import Epoch, Started
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.run import RunContext, train

__all__ = ["context", "digits"]
SPEC = TrainSpec(
    backbone="cifar_resnet20", strategy="scratch", epochs=3, batch_size=4, lr=0.1, precision="float32",
    watch_gradients=True,
)  # fmt: skip


def told(spec: TrainSpec, dataset: Dataset, context: RunContext, name: str) -> list[Event]:
    return list(train(spec, dataset, replace(context, folder=context.folder / name)))


def test_watching_changes_nothing(digits: tuple[Dataset, BlobStore], context: RunContext) -> None:
    seen = told(SPEC, digits[0], replace(context, watch=watch), "watched")
    alone = told(SPEC.with_changes(watch_gradients=False), digits[0], replace(context, watch=watch), "alone")
    assert not any(isinstance(event, FlowSeen) for event in alone)
    assert [(e.train_loss, e.val_loss) for e in seen if isinstance(e, Epoch)] == [
        (e.train_loss, e.val_loss) for e in alone if isinstance(e, Epoch)
    ]
    for name in ("watched", "alone"):
        assert Path(context.folder / name).is_dir()


def test_each_step_of_a_short_run_is_measured_once(digits: tuple[Dataset, BlobStore], context: RunContext) -> None:
    seen = [e for e in told(SPEC, digits[0], replace(context, watch=watch), "x") if isinstance(e, FlowSeen)]
    assert [event.after for event in seen] == pytest.approx([step / 3 for step in range(9)])  # 12 images, 4 a batch
    assert {len(event.layers) for event in seen} == {20}
    assert seen[0].layers != seen[-1].layers  # the same images, another network


def test_a_long_run_is_measured_about_forty_times(digits: tuple[Dataset, BlobStore], context: RunContext) -> None:
    spec = SPEC.with_changes(epochs=30)
    seen = [e for e in told(spec, digits[0], replace(context, watch=watch), "x") if isinstance(e, FlowSeen)]
    assert 40 <= len(seen) <= 80


def test_what_is_told_is_the_flow() -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(144, 3)
    )
    images, labels = torch.rand(5, 3, 8, 8), torch.tensor([0, 1, 2, 0, 1])
    seen, found = watch(network, images, labels, 1.5), flow(network, images, labels, lr=1.0)
    assert (seen.after, seen.loss, seen.verdict) == (1.5, pytest.approx(found.loss), found.verdict.word)
    for told_, layer in zip(seen.layers, found.layers, strict=True):
        assert told_.grad_norm == pytest.approx(layer.grad_norm)
        assert told_.update_ratio == pytest.approx(layer.weight_grad_norm / layer.weight_norm)


def test_without_anyone_to_watch_the_run_goes_on(digits: tuple[Dataset, BlobStore], context: RunContext) -> None:
    events = told(SPEC, digits[0], context, "x")
    assert isinstance(events[0], Started)
    assert not any(isinstance(event, FlowSeen) for event in events)


def test_a_pretrained_network_is_not_watched() -> None:
    with pytest.raises(BadSpecError, match="from scratch only"):
        TrainSpec.of({"backbone": "resnet18", "strategy": "full", "watch_gradients": True})
