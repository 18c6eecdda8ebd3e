"""Images a second: what is timed, when it ends, and what is made of the times."""

import pytest
import torch

from tlcore.measure import speed
from tlcore.measure.speed import speed_of

CPU = torch.device("cpu")


def clocked(monkeypatch: pytest.MonkeyPatch, seconds: list[float]) -> list[float]:
    """Let batches take these times; returns what is left of them."""
    monkeypatch.setattr(speed, "_timed", lambda *_: seconds.pop(0))
    return seconds


def test_the_first_image_is_not_timed_and_the_median_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    left = clocked(monkeypatch, [9.0, 0.5, 0.25, 1.0, 0.1])
    found = speed_of("lenet5", 2, CPU)
    assert found is not None
    assert (found.images_per_second, found.slowest, found.fastest) == (4.0, 2.0, 8.0)  # 2 images in 0.5, 1 and 0.25 s
    assert (found.batches, left) == (3, [0.1])


def test_quick_batches_are_timed_for_a_second_and_a_half(monkeypatch: pytest.MonkeyPatch) -> None:
    clocked(monkeypatch, [0.125] * 40)
    found = speed_of("lenet5", 1, CPU)
    assert found is not None
    assert found.batches == 12


@pytest.mark.parametrize("name", ["lenet5", "cifar_resnet20", "ssd300"])
def test_a_network_is_timed_whatever_it_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "_SECONDS", 0.0)
    monkeypatch.setattr(speed, "_FEWEST", 1)
    found = speed_of(name, 1, CPU)
    assert found is not None
    assert 0 < found.slowest <= found.images_per_second <= found.fastest


def test_a_stop_leaves_no_time() -> None:
    assert speed_of("lenet5", 1, CPU, should_stop=lambda: True) is None
