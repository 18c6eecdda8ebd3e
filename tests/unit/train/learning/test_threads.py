"""Threads by the size of the work."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import pytest
import torch

from tests.unit.train.conftest import CPU, Lab, spec_of
from tlcore.measure.networks import measure
from tlcore.settings import get_settings
from tlcore.train import events
from tlcore.train.device import Device
from tlcore.train.learning import threads
from tlcore.train.learning.model import LearningModel, build
from tlcore.train.recipe.plan import make_plan
from tlcore.train.recipe.spec import TrainSpec


@pytest.fixture(autouse=True)
def _threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def model_of(backbone: str, device: Device = CPU, image_size: int = 64, **values: object) -> LearningModel:
    spec = TrainSpec.of({"backbone": backbone, "strategy": "scratch", "image_size": image_size, **values})
    return build(spec, 10, make_plan(spec), device)[0]


@pytest.mark.parametrize(
    ("work", "most", "count"),
    [(0, 8, 1), (39e6, 8, 1), (79e6, 8, 1), (80e6, 8, 2), (250e6, 8, 6), (1e12, 8, 8), (1e12, 1, 1)],
)
def test_every_thread_gets_forty_million_multiply_adds_of_a_layer(work: float, most: int, count: int) -> None:
    assert threads.worth(work, most) == count


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenet_v2", "cifar_resnet20"])
def test_work_is_counted_as_the_layer_table_counts_it(backbone: str) -> None:
    """The table's own sums are torch's counter's; its last layer has another number of classes."""
    model = model_of(backbone, image_size=64)
    macs = [row.macs for row in measure(backbone, (64, 64)).rows if row.weights and row.macs]
    body = len(model.staged.stages)
    assert threads.layer_work(model, 0, body) == pytest.approx(sum(macs[:-1]) / len(macs[:-1]))
    features = model.staged.head.in_features
    assert threads.layer_work(model, body, None) == 10 * features
    assert threads.layer_work(model, 0, None) == pytest.approx((sum(macs[:-1]) + 10 * features) / len(macs))


def test_small_work_gets_one_thread_and_large_work_all() -> None:
    resnet = model_of("resnet18", image_size=224)
    for entry, batch, count in ((0, 16, 4), (0, 1, 2), (len(resnet.staged.stages), 256, 1)):
        threads.use(resnet, entry, None, batch, 4)
        assert torch.get_num_threads() == count
    threads.use(model_of("cifar_resnet20", image_size=32), 0, None, 16, 4)
    assert torch.get_num_threads() == 1


def test_a_gpus_run_keeps_its_threads() -> None:
    model = model_of("cifar_resnet20", image_size=32)
    model.device = Device("cuda:0", bf16=True, title="GPU")
    threads.use(model, 0, None, 8, 4)
    assert torch.get_num_threads() == 4


def test_asking_how_large_the_work_is_leaves_no_trace() -> None:
    model = model_of("mobilenet_v2", image_size=64, dropout=0.5, hidden_units=8)
    before, random = model.full_state(), torch.get_rng_state()
    threads.layer_work(model, 0, None)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.full_state().items())
    assert torch.equal(random, torch.get_rng_state())
    assert not any(layer._forward_hooks for layer in model.staged.network.modules())


def test_a_head_on_cached_features_trains_on_one_thread(few: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    context = few.context()
    object.__setattr__(context, "threads", 2)
    monkeypatch.setattr(Lab, "context", lambda *_args, **_options: context)
    counts = [torch.get_num_threads() for event in few.events(spec_of()) if isinstance(event, events.Step)]
    assert set(counts) == {1}


# A busy machine


@dataclass
class Machine:
    """A machine of four cores, as its operating system tells of it."""

    now: float = 100.0
    by_all: float = 0.0
    by_this: float = 0.0

    def pass_time(self, seconds: float, *, others: float, this: float = 0.0) -> None:
        """Cores that were used meanwhile."""
        self.now += seconds
        self.by_all += seconds * (others + this)
        self.by_this += seconds * this


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.delenv("TLCORE_THREADS", raising=False)
    get_settings.cache_clear()
    monkeypatch.setattr(threads, "_used", lambda: threads._Used(made.now, made.by_all, made.by_this))
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    monkeypatch.setattr(threads, "surroundings", threads.Surroundings(threads._used(), threads._used()))
    return made


@pytest.mark.parametrize(("others", "count"), [(0.0, 4), (0.4, 4), (0.6, 3), (2.0, 2), (3.1, 1), (4.0, 1), (9.0, 1)])
def test_cores_that_others_use_are_left_to_them(machine: Machine, others: float, count: int) -> None:
    machine.pass_time(0.4, others=others, this=0.2)
    assert threads.free(4) == count
    assert threads.free(2) == min(2, count)


def test_what_this_process_uses_itself_takes_nothing_from_it(machine: Machine) -> None:
    machine.pass_time(0.4, others=0, this=4)
    assert threads.free(4) == 4


def test_only_what_is_used_of_late_counts(machine: Machine) -> None:
    """A worker that waits looks several times a second, so what was an hour ago is forgotten."""
    for others, count in ((3.0, 1), (0.0, 4), (2.0, 2)):
        for _ in range(10):
            machine.pass_time(0.2, others=others)
            threads.surroundings.look()
        assert threads.free(4) == count


def test_a_number_that_was_set_stays(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then equal runs are equal to the last digit, however busy the machine."""
    monkeypatch.setenv("TLCORE_THREADS", "4")
    get_settings.cache_clear()
    machine.pass_time(0.4, others=4)
    assert threads.free(4) == 4


def test_threads_follow_while_the_same_work_goes_on(machine: Machine) -> None:
    machine.pass_time(0.4, others=0)
    threads.take(3)
    counts = []
    for others in (0, 4, 0):
        for _ in range(10):
            machine.pass_time(0.2, others=others)
            threads.adjust()
        counts.append(torch.get_num_threads())
    assert counts == [3, 1, 3]


def test_others_work_is_really_seen() -> None:
    """By the operating system's own counters; the test's own work is none of it."""
    around = threads.Surroundings()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as loop:
        began, until = psutil.Process(loop.pid).cpu_times(), time.monotonic() + 0.5
        while time.monotonic() < until:
            pass
        used = psutil.Process(loop.pid).cpu_times().user - began.user
        found = around.look()
        loop.kill()
    assert found > used  # in cores over half a second; half of it, for the system counts coarsely
