"""Why convolution: counts against Jacobians, derivatives against differences, trainings against their rules."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.conftest import Backbone, draw
from tlcore.errors import BadInputError, ImpossibleSizeError
from tlcore.explain.why import activations, connections, overfitting, shifts
from tlcore.explain.why.connections import Layer, as_matrix, counts
from tlcore.explain.why.overfitting import Problem, Rules, fit, points
from tlcore.explain.why.shifts import MOST, Step
from tlcore.train import trained
from tlcore.train.trained import TrainedModel

SOBEL_X = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


@pytest.fixture
def photo() -> Image.Image:
    return draw("rings", np.random.default_rng(0), 120, 90)


@pytest.fixture
def model(throwaway_backbone: Backbone) -> TrainedModel:
    return trained.pretrained(throwaway_backbone.name)


# activations


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_weight_gradients_are_the_neurons_own_times_its_inputs(name: str) -> None:
    """By hand: of binary cross-entropy the gradient of weight i is (sigmoid(w x) - wanted) times input i."""
    values = torch.randn(40, 5, 5, generator=torch.Generator().manual_seed(3))
    found = activations.reader(name, values)
    made = activations.derivative(name, values)[0].double()
    inputs = made[:, 2, 2]
    assert (found.inputs, found.negative) == (40, int((inputs < 0).sum()))
    below, above = int((inputs < 0).sum()), int((inputs > 0).sum())  # sigmoid - 1 is negative, and turns them round
    assert (found.one.below, found.one.above) == (above, below)
    assert (found.zero.below, found.zero.above) == (below, above)
    weights = torch.randn(40, generator=torch.Generator().manual_seed(0)).double() / 40**0.5
    examples = made.flatten(1).T
    wanted = torch.arange(25).double() % 2
    by_hand = ((torch.sigmoid(examples @ weights) - wanted)[:, None] * examples).sum(0)
    assert (found.batch.below, found.batch.above) == (int((by_hand < 0).sum()), int((by_hand > 0).sum()))


def test_behind_a_sigmoid_weights_move_together_whatever_comes_in_and_behind_tanh_they_need_not() -> None:
    for offset in (-3.0, 0.0, 3.0):
        values = torch.randn(64, 7, 7, generator=torch.Generator().manual_seed(1)) + offset
        sigmoid = activations.reader("sigmoid", values)
        assert sigmoid.negative == 0
        assert (sigmoid.one, sigmoid.zero) == (activations.Signs(64, 0), activations.Signs(0, 64))
        assert activations.reader("relu", values).one.one_sided
    tanh = activations.reader("tanh", torch.randn(64, 7, 7, generator=torch.Generator().manual_seed(1)))
    assert not tanh.one.one_sided
    # over a batch both signs can come back, behind a sigmoid too: of two examples each pulls its own inputs
    apart = torch.full((64, 1, 2), -9.0)
    apart[:32, 0, 0] = apart[32:, 0, 1] = 9.0
    found = activations.reader("sigmoid", apart).batch
    assert (found.below, found.above) == (32, 32)


# connections


@pytest.mark.parametrize(
    "layer",
    [
        Layer(6, 3),
        Layer(6, 3, padding=1),
        Layer(7, 3, channels=2, maps=3, stride=2, padding=1),
        Layer(8, 5, channels=3, maps=2, stride=3, padding=4),
        Layer(5, 1, channels=2, maps=4),
        Layer(4, 2, padding=2),  # some windows see nothing but padding
    ],
)
def test_connections_are_the_nonzeros_of_the_jacobian(layer: Layer) -> None:
    conv = nn.Conv2d(layer.channels, layer.maps, layer.kernel, layer.stride, layer.padding, bias=False)
    nn.init.uniform_(conv.weight, 0.5, 1)
    picture = torch.rand(layer.channels, layer.side, layer.side)
    jacobian = torch.autograd.functional.jacobian(conv, picture)
    dense, local, shared = counts(layer)
    assert dense.connections == dense.weights == jacobian.numel()
    assert local.connections == local.weights == shared.connections == int(jacobian.count_nonzero())
    assert shared.weights == sum(p.numel() for p in conv.parameters())
    assert layer.output_side == conv(picture).shape[-1]


def test_counts_are_those_that_lenet_5_was_published_with() -> None:
    """LeCun et al. 1998, section II.B: C1 has 156 trainable parameters and 122,304 connections, biases included."""
    *_, shared = counts(Layer(32, 5, maps=6))
    biases = 6
    assert shared.weights + biases == 156
    assert shared.connections + biases * 28 * 28 == 122_304
    assert shared.uses == 28 * 28


def test_a_kernel_that_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(ImpossibleSizeError, match="11"):
        counts(Layer(8, 11))


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 1), (2, 1), (3, 0)])
def test_the_matrix_is_the_convolution(stride: int, padding: int) -> None:
    weight = torch.randn(3, 3, generator=torch.Generator().manual_seed(0))
    matrix = as_matrix(weight, 7, stride, padding)
    picture = torch.rand(1, 1, 7, 7, generator=torch.Generator().manual_seed(1))
    wanted = nn.functional.conv2d(picture, weight[None, None], stride=stride, padding=padding)
    np.testing.assert_allclose(matrix @ picture.flatten().numpy(), wanted.flatten().numpy(), atol=1e-5)


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 1, 1), (5, 2, 0), (11, 1, 0)])
def test_example_matrices_join_what_the_counts_say(kernel: int, stride: int, padding: int) -> None:
    found = connections.example_matrices(kernel, stride, padding)
    dense, local, shared = counts(Layer(8 if kernel < 8 else 12, kernel, stride=stride, padding=padding))
    assert np.count_nonzero(found["dense"]) == dense.connections
    assert np.count_nonzero(found["local"]) == local.connections == np.count_nonzero(found["convolution"])
    assert len(np.unique(found["local"])) - 1 == local.weights  # all of its own, and the zero
    assert len(np.unique(found["convolution"])) - 1 == shared.weights


# shifts


@pytest.fixture
def wide(photo: Image.Image) -> torch.Tensor:
    return shifts.widened(photo, 64).mean(0, keepdim=True)


def test_a_window_shows_what_lies_further_left(wide: torch.Tensor) -> None:
    assert wide.shape == (1, 64, 64 + MOST)
    assert torch.equal(shifts.window(wide, 3)[..., :-3], shifts.window(wide, 0)[..., 3:])
    with pytest.raises(BadInputError, match="between 0 and 8"):
        shifts.window(wide, 9)


def test_a_step_of_one_is_equivariant_and_a_step_of_two_for_even_shifts(wide: torch.Tensor) -> None:
    for name in ("conv1", "pool1"):
        assert max(shifts.equivariance(shifts.STEPS[name], wide).differences) < 1e-6
    for name in ("conv2", "pool2"):
        found = shifts.equivariance(shifts.STEPS[name], wide).differences
        assert max(found[::2]) < 1e-6
        assert min(found[1::2]) > 0.01


def test_the_difference_is_the_one_computed_by_hand() -> None:
    """Maxima of pairs are [1, 3] of the row 0, 1, 2, 3 and [2, 4] of 1, 2, 3, 4: no place or one, one is better."""
    wide = torch.arange(4.0 + MOST)[None, None].repeat(1, 2, 1)
    pairs = Step("pairs", shifts.pool(2, 2), stride=2)
    found = shifts.shifted(pairs, wide, 1)
    assert (found.first.flatten().tolist(), found.after.flatten().tolist(), found.places) == ([2], [3], 1)
    assert found.difference == pytest.approx(1 / 3)  # and not the square root of 2 over that of 10
    found = shifts.shifted(pairs, wide, 2)
    assert (found.first.flatten().tolist(), found.after.flatten().tolist(), found.difference) == ([3], [3], 0)


def test_padding_would_be_felt_and_is_left_out(wide: torch.Tensor) -> None:
    padded = shifts.convolve("sobel_x")
    assert shifts.shifted(Step("all", padded), wide, 2).difference > 0.01
    assert shifts.shifted(Step("inside", padded, margin=1), wide, 2).difference < 1e-6
    with pytest.raises(BadInputError, match="nothing is left"):
        shifts.shifted(Step("none", padded, margin=32), wide, 2)


def test_convolving_is_that_of_the_literature(wide: torch.Tensor) -> None:
    picture = shifts.window(wide, 0)
    wanted = nn.functional.conv2d(picture[None], SOBEL_X[None, None], stride=2, padding=1)[0]
    assert torch.equal(shifts.convolve("sobel_x", 2)(picture), wanted)


@pytest.mark.parametrize("mean", [False, True])
def test_larger_pools_forgive_more(wide: torch.Tensor, mean: bool) -> None:
    lines = [shifts.invariance(shifts.pooled_edges(side, mean=mean), wide).differences for side in (1, 2, 4, 8)]
    assert all(line[0] == 0 for line in lines)
    at_one = [line[1] for line in lines]
    assert at_one == sorted(at_one, reverse=True)


def test_the_maximum_leaves_values_exactly_as_they_were() -> None:
    """A single light pixel that stays in its square changes no pooled value at all."""
    wide = torch.zeros(1, 8, 8 + MOST)
    wide[0, 3, 6] = 1
    operation = shifts.pool(4, 4)
    assert shifts.unchanged(operation, wide, 1) == 1
    assert shifts.unchanged(operation, wide, 3) == 0.5  # it left one square of four for another one
    assert shifts.unchanged(shifts.pool(1, 1), wide, 1) == pytest.approx(62 / 64)


def test_a_network_is_measured_as_it_predicts(model: TrainedModel, photo: Image.Image) -> None:
    side = model.card.preprocessing.crop
    maps, means = shifts.network_lines(model, shifts.widened(photo, side))
    assert (maps.differences[0], means.differences[0]) == (0, 0)
    assert min(maps.differences[1:] + means.differences[1:]) > 1e-4
    same = torch.full((3, side, side + MOST), 0.4)
    maps, means = shifts.network_lines(model, same)
    assert max(means.differences) < 1e-4  # nothing moves in a picture that is the same everywhere


# activations


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_derivatives_are_differences(name: str) -> None:
    x = torch.linspace(-5, 5, 101, dtype=torch.float64) + 0.013  # not at zero, where ReLU has none
    value, slope = activations.derivative(name, x, 0.1)
    step = 1e-5
    above, below = (activations.derivative(name, x + by, 0.1)[0] for by in (step, -step))
    assert torch.allclose(slope, (above - below) / (2 * step), atol=1e-7)
    references = {
        "sigmoid": lambda v: 1 / (1 + np.exp(-v)),
        "tanh": np.tanh,
        "relu": lambda v: np.maximum(v, 0),
        "leaky": lambda v: np.where(v > 0, v, 0.1 * v),
    }
    np.testing.assert_allclose(value.numpy(), references[name](x.numpy()), atol=1e-12)


def test_an_unknown_function_is_a_sentence() -> None:
    with pytest.raises(BadInputError, match="no activation 'swish'"):
        activations.derivative("swish", torch.zeros(1))


def test_saturated_values_and_dead_maps_are_counted() -> None:
    values = torch.tensor([[[-1.0, -2.0], [-3.0, -0.5]], [[-1.0, 2.0], [3.0, 0.5]], [[9.0, 9.0], [9.0, 9.0]]])
    relu = activations.on_values("relu", values)
    assert (relu.dead, relu.share, relu.passed) == (1, pytest.approx(5 / 12), pytest.approx(7 / 12))
    assert torch.equal(relu.outcome, values.clamp(min=0))
    assert torch.equal(relu.saturated, values < 0)
    sigmoid = activations.on_values("sigmoid", values)
    assert (sigmoid.dead, sigmoid.share) == (1, pytest.approx(4 / 12))  # the map of nines
    leaky = activations.on_values("leaky", values, 0.1)
    assert (leaky.dead, leaky.share) == (0, 0)
    assert leaky.passed == pytest.approx((7 + 5 * 0.1) / 12)


def test_softmax_and_its_jacobian() -> None:
    logits = torch.tensor([2.0, -1.0, 0.5, 0.0])
    for temperature in (0.5, 1.0, 4.0):
        p, jacobian = activations.softmax_at(logits, temperature)
        wanted = np.exp(logits.numpy() / temperature) / np.exp(logits.numpy() / temperature).sum()
        np.testing.assert_allclose(p, wanted, rtol=1e-6)
        np.testing.assert_allclose(jacobian, (np.diag(wanted) - np.outer(wanted, wanted)) / temperature, atol=1e-6)
        np.testing.assert_allclose(jacobian.sum(0), 0, atol=1e-6)  # what one class gains the others lose
    with pytest.raises(BadInputError, match="above zero"):
        activations.softmax_at(logits, 0)


def test_one_logit_moves_along_a_sigmoid() -> None:
    logits = torch.tensor([2.0, -1.0, 0.5])
    x = np.linspace(-6, 6, 25, dtype=np.float32)
    p, slope = activations.softmax_along(logits, 2, x, 2.0)
    for place, value in enumerate(x):
        moved = torch.tensor([2.0, -1.0, float(value)])
        wanted, jacobian = activations.softmax_at(moved, 2.0)
        assert (p[place], slope[place]) == (pytest.approx(wanted[2], abs=1e-6), pytest.approx(jacobian[2, 2], abs=1e-6))


def test_dropout_keeps_the_mean_and_asks_the_classifier(model: TrainedModel, photo: Image.Image) -> None:
    inputs = model.inputs([photo])
    found = activations.dropout(model, inputs, 0.25, seed=1, masks=400)
    assert np.unique(found.mask).tolist() == pytest.approx([0, 1 / 0.75])
    assert (found.mask == 0).mean() == pytest.approx(0.25, abs=0.05)
    np.testing.assert_array_equal(found.kept, found.features * found.mask)
    with torch.no_grad():
        wanted = model.staged.head(torch.from_numpy(found.kept)[None]).softmax(1)[0]
    assert found.answers[0] == pytest.approx(float(wanted[model.card.classes.index(found.label)]), abs=1e-6)
    assert found.whole == pytest.approx(float(model.predict([photo])[0].max()), abs=1e-6)
    none = activations.dropout(model, inputs, 0.0)
    np.testing.assert_allclose(none.answers, none.whole, atol=1e-6)
    with pytest.raises(BadInputError, match="below 1"):
        activations.dropout(model, inputs, 1.0)


# overfitting


def test_without_rules_the_noise_is_learned_by_heart() -> None:
    problem = Problem()
    found = fit(problem, Rules())
    last = found.frames[-1]
    assert (last.step, found.kept, found.stopped) == (overfitting.STEPS, len(found.frames) - 1, False)
    assert last.train < 0.1 * problem.noise**2
    assert last.val > 2 * problem.noise**2
    assert last.truth > 2 * min(frame.truth for frame in found.frames)
    assert found.zeros == 0


def test_errors_are_those_of_the_curve_that_is_drawn() -> None:
    problem = Problem(points=12, seed=3)
    drawn, frame = points(problem), fit(problem, Rules()).frames[-1]
    grid, truth = (np.array(side) for side in drawn.truth)
    assert frame.truth == pytest.approx(np.mean((np.array(frame.curve) - truth) ** 2), abs=1e-4)
    at_val = np.interp(drawn.val[0], grid, frame.curve)
    assert frame.val == pytest.approx(np.mean((at_val - np.array(drawn.val[1])) ** 2), rel=0.05)
    np.testing.assert_allclose(truth, np.sin(2.5 * grid) + 0.4 * grid, atol=1e-5)


def test_l2_shrinks_the_weights_and_l1_makes_zeros() -> None:
    plain, small, strong = (fit(Problem(), Rules(l2=l2)) for l2 in (0.0, 0.3, 3.0))
    assert plain.norm > 2 * small.norm > 2 * strong.norm
    assert plain.frames[-1].train < small.frames[-1].train < strong.frames[-1].train
    few, many = (fit(Problem(), Rules(l1=l1)) for l1 in (0.01, 0.1))
    assert 0 < few.zeros < many.zeros < many.weights
    assert plain.weights == 64 + 64 * 64 + 64


def test_early_stopping_keeps_the_best_validation_point() -> None:
    plain, stopped = fit(Problem(), Rules()), fit(Problem(), Rules(patience=100))
    kept = stopped.frames[stopped.kept]
    assert stopped.stopped
    assert kept.val == min(frame.val for frame in stopped.frames)
    assert stopped.frames[-1].step - kept.step == 100
    assert stopped.frames == plain.frames[: len(stopped.frames)]  # it only ends earlier
    assert kept.val < plain.frames[-1].val


def test_dropout_learns_less_by_heart() -> None:
    assert fit(Problem(), Rules(dropout=0.3)).frames[-1].train > 10 * fit(Problem(), Rules()).frames[-1].train


def test_a_training_is_the_same_whatever_else_draws_random_numbers() -> None:
    rules = Rules(dropout=0.2, patience=50)
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = fit(Problem(seed=5), rules)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert fit(Problem(seed=5), rules) == first
    assert fit(Problem(seed=6), rules) != first


def test_points_have_their_noise() -> None:
    x, y = points(Problem(points=256, noise=0.5)).train
    residual = np.array(y) - (np.sin(2.5 * np.array(x)) + 0.4 * np.array(x))
    assert residual.std() == pytest.approx(0.5, rel=0.15)
    assert points(Problem(noise=0)).train[1] == pytest.approx(
        [math.sin(2.5 * v) + 0.4 * v for v in points(Problem(noise=0)).train[0]], abs=1e-5
    )


@pytest.mark.parametrize(
    "made", [lambda: Problem(points=2), lambda: Problem(noise=-1), lambda: Rules(l1=-1), lambda: Rules(dropout=1)]
)
def test_impossible_settings_are_a_sentence(made: object) -> None:
    with pytest.raises(BadInputError, match=r"points|negative"):
        made()  # type: ignore[operator]
