"""Random numbers from a seed, also while others draw."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import torch
from torch import Tensor, nn

from tlcore.seeded import seeded, undrawn
from tlcore.zoo import registry
from tlcore.zoo.nets.configurable import ConfigurableNet, Design
from tlcore.zoo.staged import new_network


def weights(network: nn.Module) -> Tensor:
    return torch.cat([value.flatten().double() for value in network.state_dict().values()])


DRAWN: dict[str, Callable[[], Tensor]] = {
    "a network": lambda: weights(ConfigurableNet(Design(depth=14))),
    "one of torchvision's": lambda: weights(new_network(registry.get("mobilenet_v2"))),
    "dropout": lambda: nn.Dropout(0.5)(torch.ones(100, requires_grad=True)).detach(),
    "numbers": lambda: torch.cat([torch.rand(3), torch.randn(3), torch.randperm(9).float(), torch.randint(9, (3,))]),
    "between": lambda: torch.randint(5, 99, (9,)).double(),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_the_numbers_are_those_of_manual_seed(draw: Callable[[], Tensor]) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = draw()
        left = torch.get_rng_state()
        with seeded(5):
            assert torch.equal(draw(), expected)
        assert torch.equal(torch.get_rng_state(), left)


def test_a_meta_tensor_draws_nothing() -> None:
    with seeded(0):
        with torch.device("meta"):
            ConfigurableNet(Design(depth=14))
        assert torch.equal(torch.rand(4), torch.rand(4, generator=torch.Generator().manual_seed(0)))


def test_people_who_draw_at_once_get_what_they_would_get_alone() -> None:
    draw, over = DRAWN["a network"], Event()

    def disturb() -> None:
        while not over.is_set():
            torch.rand(100)

    def alone(seed: int) -> Tensor:
        with seeded(seed):
            return draw()

    expected = [alone(seed) for seed in range(4)]
    with ThreadPoolExecutor(5) as people:
        people.submit(disturb)
        found = list(people.map(alone, [0, 1, 2, 3] * 6))
        over.set()
    assert all(torch.equal(one, expected[at % 4]) for at, one in enumerate(found))


def test_nothing_is_drawn_where_there_are_no_values() -> None:
    """Numbers of other devices are those that torch draws."""
    torch.manual_seed(3)
    expected = torch.nn.Linear(4, 2).weight
    torch.manual_seed(3)
    with undrawn():
        with torch.device("meta"):
            nowhere = torch.nn.Conv2d(3, 8, 3)
            torch.nn.init.normal_(nowhere.weight)
        here = torch.nn.Linear(4, 2).weight
    assert (nowhere.weight.shape, nowhere.weight.device.type) == ((8, 3, 3, 3), "meta")
    assert nowhere.weight.requires_grad
    assert torch.equal(here, expected)
