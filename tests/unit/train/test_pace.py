"""How large images may be for an answer in time."""

import pytest
import torch

from tlcore.train import pace
from tlcore.train.device import Device

SMALLER = (128, 160)


@pytest.mark.parametrize(
    ("seconds", "side"), [(0.5, None), (8.0, None), (8.1, 160), (15.6, 160), (15.7, 128), (1000.0, 128)]
)
def test_the_largest_side_that_is_quick_enough(seconds: float, side: int | None) -> None:
    """8 s (224 / 160)² = 15.68 s."""
    assert pace.affordable(224, SMALLER, seconds) == side


def test_more_views_make_images_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "images_per_second", lambda _name: 60.0)
    sides = [pace.side_for("resnet18", views) for views in (100, 480, 900, 5000)]
    assert sides == [None, None, 160, 128]


@pytest.mark.parametrize("name", ["resnet18_64", "cifar_resnet20"])
def test_what_is_small_anyway_stays_as_it_is(name: str) -> None:
    assert pace.side_for(name, 100_000) is None


def test_a_gpu_takes_the_network_s_own_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "choose", lambda _name: Device("cuda:0", bf16=True, title="GPU"))
    assert pace.side_for("resnet18", 100_000) is None


def test_it_is_timed_and_leaves_the_threads_alone() -> None:
    threads = torch.get_num_threads()
    assert pace.images_per_second("shufflenet_v2_x0_5") > pace.images_per_second("resnet18") > 0
    assert torch.get_num_threads() == threads
