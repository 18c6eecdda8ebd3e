"""What is known of gradients in deep networks holds here: by several seeds, and by a table that was measured apart.

The table was made with other code: width 16, one stage, 16 gratings of 16 x 16 pixels, double precision, the mean of
two seeds; its ratio is the gradient's norm at the first convolution's outcome by that at the last block's.
"""

import math
from statistics import fmean

import pytest
import torch

from tests.unit.gradients.conftest import gratings
from tlcore.gradients.layers.flow import Flow, flow
from tlcore.zoo.nets.configurable import ConfigurableNet, Design

RESIDUAL = {"skip": "identity"}
BEFORE = {"pre_activation": True}
BN = {"batch_norm": True}
TABLE = [
    # depth 20 and, below, 56: settings, ratio
    (20, {"activation": "sigmoid", "init": "default"}, 2.2e-16),
    (20, {"activation": "sigmoid", "init": "xavier"}, 2e-12),
    (20, {"activation": "sigmoid", "init": "he"}, 4.2e-10),
    (20, {"activation": "tanh", "init": "default"}, 2.2e-5),
    (20, {"activation": "tanh", "init": "xavier"}, 0.2),
    (20, {"activation": "tanh", "init": "he"}, 1.7),
    (20, {"activation": "relu", "init": "default"}, 4e-8),
    (20, {"activation": "relu", "init": "xavier"}, 0.0012),
    (20, {"activation": "relu", "init": "he"}, 0.64),
    (20, {"activation": "sigmoid", "init": "default", **RESIDUAL}, 1.5e-6),
    (20, {"activation": "sigmoid", "init": "he", **RESIDUAL}, 1.8e-6),
    (20, {"activation": "sigmoid", "init": "he", **RESIDUAL, **BEFORE}, 1),
    (20, {"activation": "sigmoid", "init": "he", **RESIDUAL, **BEFORE, **BN}, 2.7),
    (20, {"activation": "tanh", "init": "he", **RESIDUAL, **BEFORE}, 6.2),
    (20, {"activation": "relu", "init": "he", **RESIDUAL, **BEFORE}, 24),
    (20, {"activation": "relu", "init": "he", **RESIDUAL, **BEFORE, **BN}, 8.3),
    (20, {"activation": "relu", "init": "he", **BEFORE, **BN}, 29),
    (20, {"activation": "relu", "init": "he", **BN}, 25),
    (20, {"activation": "relu", "init": "he", **BN, **RESIDUAL}, 8.9),
    (20, {"activation": "relu", "init": "he", **RESIDUAL}, 32),
    (56, {"activation": "sigmoid", "init": "default"}, 3.5e-47),
    (56, {"activation": "relu", "init": "default"}, 1.6e-22),
    (56, {"activation": "relu", "init": "he", **BN}, 9.6e3),
    (56, {"activation": "relu", "init": "he", **BN, **RESIDUAL}, 29),
]
PLAIN = {"skip": "none", "batch_norm": False, "stages": 1}


def measure(depth: int, seed: int, images: int = 8, **values: object) -> Flow:
    torch.manual_seed(seed)
    network = ConfigurableNet(Design(depth=depth, **{**PLAIN, **values})).double()  # type: ignore[arg-type]
    return flow(network, *gratings(images, seed=seed))


@pytest.mark.parametrize(("depth", "values", "ratio"), TABLE)
def test_the_table_is_met_to_an_order_of_magnitude(depth: int, values: dict[str, object], ratio: float) -> None:
    seeds = (0,) if depth > 20 else (0, 1)
    found = fmean(math.log10(measure(depth, seed, width=16, **values).verdict.ratio) for seed in seeds)
    assert found == pytest.approx(math.log10(ratio), abs=1)


SEEDS = (0, 1, 2)


@pytest.mark.parametrize("init", ["default", "xavier", "he"])
def test_plain_sigmoids_vanish_geometrically(init: str) -> None:
    """On a logarithmic axis the ratio falls in proportion to the depth."""
    for seed in SEEDS:
        shallow, deep = (measure(depth, seed, width=8, activation="sigmoid", init=init) for depth in (14, 38))
        assert shallow.verdict.word == deep.verdict.word == "vanishing"
        assert deep.verdict.factor == pytest.approx(shallow.verdict.factor, rel=0.35)
        gradients = [math.log10(layer.grad_norm) for layer in deep.layers[:-1]]
        assert all(gradients[i + 6] > gradients[i] + 1 for i in range(len(gradients) - 6))


def test_a_shortcut_that_ends_in_a_sigmoid_does_not_rescue_it() -> None:
    for seed in SEEDS:
        after = measure(38, seed, width=8, activation="sigmoid", skip="identity")
        before = measure(38, seed, width=8, activation="sigmoid", skip="identity", pre_activation=True)
        assert after.verdict.ratio < 1e-6
        assert 0.03 < before.verdict.ratio < 30


def test_plain_rectifiers_with_normalisation_explode_and_shortcuts_tame_them() -> None:
    """About sqrt(pi / (pi - 1)) = 1.21 a layer in the limit of wide networks (Yang et al. 2019)."""
    for seed in SEEDS:
        plain = measure(56, seed, width=8, batch_norm=True)
        residual = measure(56, seed, width=8, batch_norm=True, skip="identity")
        assert plain.verdict.word == "exploding"
        assert 1.1 < plain.verdict.factor < 1.3
        assert residual.verdict.word == "healthy"
        assert residual.verdict.ratio < plain.verdict.ratio / 20


def test_normalisation_already_keeps_sigmoids_from_vanishing() -> None:
    for seed in SEEDS:
        assert measure(38, seed, width=8, batch_norm=True, activation="sigmoid").verdict.word == "healthy"


def test_he_keeps_what_xavier_halves() -> None:
    """A rectifier halves the variance, so Xavier loses a factor near 1 / sqrt(2) a layer (He et al. 2015)."""
    for seed in SEEDS:
        xavier, he = (measure(30, seed, width=16, init=init).verdict for init in ("xavier", "he"))
        assert (xavier.word, he.word) == ("vanishing", "healthy")
        assert xavier.factor / he.factor == pytest.approx(1 / math.sqrt(2), rel=0.02)


def test_three_times_he_is_three_times_the_gradient_a_layer() -> None:
    for seed in SEEDS:
        small, he, large = (measure(20, seed, width=8, init=init) for init in ("small", "he", "large"))
        assert (small.verdict.word, large.verdict.word) == ("vanishing", "exploding")
        assert large.verdict.factor / he.verdict.factor == pytest.approx(3, rel=0.05)
        assert he.verdict.factor / small.verdict.factor == pytest.approx(3, rel=0.05)
        spreads = [each.ends[1].activation_std / each.ends[0].activation_std for each in (small, large)]
        assert spreads[0] < 1e-6
        assert spreads[1] > 1e6
