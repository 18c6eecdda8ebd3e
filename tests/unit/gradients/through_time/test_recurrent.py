"""Gradients through time: against Jacobians multiplied by hand, and what is known of recurrent networks."""

import math

import numpy as np
import pytest
import torch

from tlcore.errors import BadInputError
from tlcore.gradients.through_time.recurrent import Recurrence, Recurrent, ThroughTime, _network, through_time

SEEDS = (0, 1, 2)


def ratio(seed: int, **values: object) -> float:
    return through_time(Recurrence(seed=seed, **values)).verdict.ratio  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_are_products_of_jacobians(seed: int) -> None:
    """dL/dh(t) = W' diag(1 - h(t+1)^2) dL/dh(t+1): one step of backpropagation through time, in numpy."""
    torch.manual_seed(seed)
    network = Recurrent("rnn", 2, 5, 1).double()
    inputs, wanted = torch.rand(8, 3, 2).double(), torch.rand(3).double()
    norms: dict[int, float] = {}
    output = network(inputs, norms)[-1][:, 0]
    ((output - wanted) ** 2).mean().backward()
    cell = {name: p.detach().numpy() for name, p in network.cell.named_parameters()}
    states = [np.zeros((3, 5))]
    for x in inputs.numpy():
        states.append(
            np.tanh(x @ cell["weight_ih"].T + states[-1] @ cell["weight_hh"].T + cell["bias_ih"] + cell["bias_hh"])
        )
    read = network.read.weight.detach().numpy()
    back = 2 / 3 * (output.detach() - wanted).numpy()[:, None] * read
    for step in range(7, -1, -1):
        assert norms[step] == pytest.approx(np.linalg.norm(back), rel=1e-12)
        back = (back * (1 - states[step + 1] ** 2)) @ cell["weight_hh"]


def test_an_lstms_state_is_its_cell_and_its_output() -> None:
    """By differences: both parts of the state before the last step are moved, one value after the other."""
    torch.manual_seed(0)
    network = Recurrent("lstm", 2, 3, 1).double()
    inputs = torch.rand(4, 1, 2).double()
    norms: dict[int, float] = {}
    network(inputs, norms)[-1].sum().backward()
    with torch.no_grad():
        state = (torch.zeros(1, 3).double(), torch.zeros(1, 3).double())
        for x in inputs[:3]:
            state = network.cell(x, state)
        slopes = []
        for part in range(2):
            for unit in range(3):
                moved = [[part.clone() for part in state] for _ in range(2)]
                moved[0][part][0, unit] += 1e-6
                moved[1][part][0, unit] -= 1e-6
                up, down = (network.read(network.cell(inputs[3], tuple(m))[0]).item() for m in moved)
                slopes.append((up - down) / 2e-6)
    assert norms[2] == pytest.approx(np.linalg.norm(slopes), rel=1e-6)


def test_vanilla_networks_vanish_and_a_large_radius_explodes() -> None:
    for seed in SEEDS:
        assert ratio(seed, cell="rnn") < 1e-12
        words = [through_time(Recurrence(radius=radius, seed=seed)).verdict.word for radius in (0.5, 3.0)]
        assert words == ["vanishing", "exploding"]


def test_a_forget_bias_keeps_more_than_a_vanilla_network() -> None:
    for seed in SEEDS:
        vanilla, one = ratio(seed, cell="rnn"), ratio(seed, cell="lstm", forget_bias=1.0)
        log_of_the_lag = ratio(seed, cell="lstm", forget_bias=math.log(100))  # Tallec & Ollivier 2018
        assert one > 1e6 * vanilla
        assert log_of_the_lag > 1e-2
        assert ratio(seed, cell="lstm") < 1e-6 * one  # without it, nothing is kept either


def test_the_gradient_falls_geometrically_with_the_lag() -> None:
    for seed in SEEDS:
        found = through_time(Recurrence(seed=seed, lag=120))
        tenths = [math.log10(found.norms[lag]) for lag in (20, 70, 120)]
        assert tenths[0] - tenths[1] == pytest.approx(tenths[1] - tenths[2], rel=0.35)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("task", ["adding", "copy"])
@pytest.mark.parametrize("lag", [1, 2, 17])
def test_every_cell_is_measured_on_every_task(cell: str, task: str, lag: int) -> None:
    found = through_time(Recurrence(cell=cell, task=task, lag=lag, units=4))  # type: ignore[arg-type]
    assert len(found.norms) == lag + 1
    assert all(norm > 0 for norm in found.norms)
    assert found.to_json()["grad_norms"] == list(found.norms)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_all_eigenvalues_have_the_radius(cell: str) -> None:
    network = _network(Recurrence(cell=cell, radius=1.5, units=8), torch.Generator())  # type: ignore[arg-type]
    recurrent = network.cell.weight_hh.detach()
    for gate in recurrent.split(8):
        assert np.abs(np.linalg.eigvals(gate.numpy())) == pytest.approx([1.5] * 8)


def trained(**values: float) -> ThroughTime:
    return through_time(Recurrence(radius=1.5, lag=50, steps=12, lr=0.05, seed=1, **values))  # type: ignore[arg-type]


def test_clipping_shortens_what_is_too_long_and_nothing_else() -> None:
    free, clipped = trained(), trained(clip=1.0)
    assert all(step.clipped_norm == step.grad_norm for step in free.training)
    assert max(step.grad_norm for step in clipped.training) > 1
    for step in clipped.training:
        assert step.clipped_norm == pytest.approx(min(step.grad_norm, 1.0))
    assert free.training[0] != clipped.training[0]
    assert free.training[0].loss == clipped.training[0].loss


def test_it_learns() -> None:
    """Two numbers in a row, both marked: the loss falls far below that of always answering 1, which is 1/6."""
    found = through_time(Recurrence(lag=1, steps=150, lr=0.05, units=16))
    assert np.mean([step.loss for step in found.training[-10:]]) < 0.1 / 6


def test_the_same_twice_and_nothing_else_is_drawn() -> None:
    before = torch.random.get_rng_state()
    one = through_time(Recurrence(lag=5))
    assert through_time(Recurrence(lag=5)) == one
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"cell": "elman"}, "cell is one of rnn, lstm, gru"),
        ({"task": "parity"}, "task is one of adding, copy"),
        ({"lag": 0}, "lag is from 1 to 1000, not 0"),
        ({"units": 1000}, "number of units is from 1 to 256"),
        ({"steps": 10_000}, "From 0 to 1000 steps are trained, not 10000"),
        ({"steps": -1}, "From 0 to 1000 steps are trained, not -1"),
        ({"radius": math.nan}, "The radius is from 0 to 100, not nan"),
        ({"clip": -1.0}, "The clipping norm is from 0 to 100, not -1"),
        ({"lr": math.inf}, "The learning rate is from 0 to 100, not inf"),
        ({"forget_bias": -math.inf}, "The forget bias is from -100 to 100, not -inf"),
        ({"batch": 0}, "1 to 256 sequences"),
        ({"seed": -1}, "not -1"),
    ],
)
def test_what_is_impossible_is_a_sentence(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        Recurrence(**values)  # type: ignore[arg-type]
