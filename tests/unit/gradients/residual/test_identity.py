"""Learning f(x) = x: what is known before any training, and what shortcuts change."""

import pytest
import torch

from tlcore.errors import BadInputError
from tlcore.gradients.residual import identity
from tlcore.gradients.residual.identity import EVERY, STEPS, Identity, learning


def test_frames_come_every_few_steps_and_again_alike() -> None:
    frames = list(learning(Identity()))
    assert [frame.step for frame in frames] == list(range(0, STEPS + 1, EVERY))
    assert list(learning(Identity())) == frames


def test_the_error_is_the_distance_as_a_share_of_the_input() -> None:
    maps = torch.rand(2, 8, 4, 4)
    assert identity._error(torch.nn.Identity(), maps) == 0
    assert identity._error(torch.nn.Threshold(10, 0), maps) == 1  # all zeros
    doubled = torch.nn.Sequential(torch.nn.Identity())
    doubled.forward = lambda x: 2 * x  # type: ignore[method-assign]
    assert identity._error(doubled, maps) == pytest.approx(1)


def test_both_stacks_have_the_same_weights_and_differ_by_the_input() -> None:
    wanted = Identity(seed=3)
    plain, residual = (identity._stack(wanted, shortcut=on) for on in (False, True))
    for one, other in zip(plain.parameters(), residual.parameters(), strict=True):
        assert torch.equal(one, other)
    maps, _ = identity._maps("digits", 3)
    torch.testing.assert_close(residual(maps), plain(maps) + maps)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_shortcut_makes_the_identity_easier(activation: str, seed: int) -> None:
    frames = list(learning(Identity(activation=activation, seed=seed)))  # type: ignore[arg-type]
    assert frames[0].residual < frames[0].plain
    assert frames[-1].residual < frames[-1].plain / 5
    assert frames[-1].plain < frames[0].plain  # which does learn


def test_impossible_stacks_are_a_sentence() -> None:
    with pytest.raises(BadInputError, match="from 1 to 8 blocks, not 9"):
        Identity(blocks=9)
    with pytest.raises(BadInputError, match="A seed is a whole number"):
        Identity(seed=-1)
