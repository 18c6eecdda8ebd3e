"""Every kind of extra leaves the worker when it is asked to, and goes on there later."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ImageSet
from tests.unit.jobs.conftest import ANN
from tests.unit.train.conftest import CPU, spec_of
from tlcore.jobs.kinds.registry import KINDS
from tlcore.jobs.kinds.specs import DegradationSpec, LanguageSpec, LesionSpec, SpeedSpec, SurfaceSpec
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.runs import Run, Runs
from tlcore.jobs.running.worker import Reporter, Worker
from tlcore.settings import get_settings
from tlcore.specs import Spec

TEXT = "The quick brown fox jumps over the lazy dog.\n" * 20
SPECS: dict[str, Callable[[str], Spec]] = {
    "train": lambda _: spec_of(strategy="scratch", backbone="cifar_resnet20", image_size=32, epochs=2, lr=0.01),
    "degradation": lambda _: DegradationSpec(networks=("cifar_plain20", "cifar_resnet20"), epochs=2),
    "lesions": lambda run: LesionSpec(run=run, draws=0, paths=1, images=8),
    "surface": lambda run: SurfaceSpec(run=run, side=9, images=4),
    "language": lambda _: LanguageSpec(text=TEXT, cell="gru", units=16, steps=12, batch_size=4, length=16),
    "speed": lambda _: SpeedSpec(
        networks=("lenet5", "cifar_resnet20", "cifar_plain20", "cifar_resnet56"), batch_size=1
    ),
}


def _asked(reporter: Reporter) -> bool:
    """Not at first, for what did nothing would come no further; from the third look on."""
    looks: int = vars(reporter).get("looks", 0) + 1
    vars(reporter)["looks"] = looks
    return looks > 2


ASKED = property(_asked, lambda _reporter, _value: None)


@pytest.fixture
def ended(runs: Runs, queue: Queue, shapes: ImageSet) -> Callable[[Spec], Run[Any, Any]]:
    """Submits an extra, and lets a worker take it until it is over."""
    shutil.copytree(shapes.blobs.root, get_settings().blobs, dirs_exist_ok=True)
    worker = Worker("w1", CPU, threads=1)

    def end(spec: Spec) -> Run[Any, Any]:
        run = runs.submit(ANN, spec, shapes.dataset if KINDS[spec.kind].needs_images else None, extra=True)
        while (claim := queue.claim("w1")) is not None:
            assert claim.run.attempt < 200, "it gives way for ever"
            assert worker.execute(claim)
        return runs.get(ANN, run.id)

    return end


_TIMED = ("seconds", "images_per_second", "slowest", "fastest")


def untimed(found: Any) -> Any:
    """A result without what depends on the clock."""
    if isinstance(found, dict):
        return {key: untimed(value) for key, value in found.items() if not key.startswith(_TIMED)}
    return [untimed(value) for value in found] if isinstance(found, list | tuple) else found


def test_all_kinds_are_tried() -> None:
    assert SPECS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", SPECS)
def test_who_gave_way_again_and_again_ends_as_if_it_never_had(
    kind: str, ended: Callable[[Spec], Run[Any, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same losses, lesions, places and texts; no attempt counts as lost, and none begins anew."""
    monkeypatch.setattr("tlcore.measure.speed._SECONDS", 0.0)
    monkeypatch.setattr("tlcore.train.run._WORTH_BEGINNING_SECONDS", -1)
    looked_at = ended(SPECS["train"]("")).id if kind in {"lesions", "surface"} else ""
    whole = ended(SPECS[kind](looked_at))
    monkeypatch.setattr(Reporter, "give_way", ASKED, raising=False)
    pieces = ended(SPECS[kind](looked_at))
    assert (whole.state, whole.attempt) == ("done", 1)
    assert (pieces.state, pieces.losses) == ("done", 0)
    assert pieces.attempt > 1
    assert untimed(pieces.result.to_json()) == untimed(whole.result.to_json())
