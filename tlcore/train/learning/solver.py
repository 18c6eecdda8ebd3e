"""A linear classifier on fixed features, solved for: its loss is convex, so that there is one best one."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

_MOST_ITERATIONS, _REMEMBERED = 200, 10
_FLAT, _STILL = 1e-5, 1e-7  # the largest gradient, and the change of loss or weights, at which it is solved


@dataclass(frozen=True)
class Problem:
    """What is solved: features `(n, d)` with labels `(n)`, how weights are kept small, and what errors weigh.

    `l2` is the factor of half the squared weights that is added to the mean loss, `smoothing` the share of every label
    that is spread over all classes, `weights` `(classes)` those of the classes.
    """

    features: Tensor
    labels: Tensor
    classes: int
    l2: float
    smoothing: float = 0.0
    weights: Tensor | None = None


@dataclass(frozen=True)
class Solution:
    """The weights `(classes, d)` and biases `(classes)`, and the loss at each evaluation on the way there."""

    weight: Tensor
    bias: Tensor
    losses: tuple[float, ...]

    def logits(self, features: Tensor) -> Tensor:
        """What it says of features `(n, d)`: `(n, classes)`."""
        return features.float() @ self.weight.T + self.bias

    def put_into(self, head: nn.Module) -> None:
        """Make it a network's linear head."""
        assert isinstance(head, nn.Linear)
        with torch.no_grad():
            head.weight.copy_(self.weight)
            head.bias.copy_(self.bias)


def solve(problem: Problem) -> Solution:
    """Multinomial logistic regression by L-BFGS (Liu & Nocedal 1989) from zero, with a strong Wolfe line search.

    Features are centred and divided by their root mean square length, so that the same `l2` suits every network; the
    solution is that for the features as they were given.
    """
    features = problem.features.float()
    centre = features.mean(0)
    scale = (features - centre).square().sum(1).mean().sqrt().clamp(min=1e-12)
    weight, bias, losses = _minimise(problem, (features - centre) / scale)
    weight = weight / scale
    return Solution(weight, bias - weight @ centre, losses)


def _minimise(problem: Problem, features: Tensor) -> tuple[Tensor, Tensor, tuple[float, ...]]:
    weight = torch.zeros(problem.classes, features.shape[1], device=features.device, requires_grad=True)
    bias = torch.zeros(problem.classes, device=features.device, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=_MOST_ITERATIONS, history_size=_REMEMBERED, tolerance_grad=_FLAT,
        tolerance_change=_STILL, line_search_fn="strong_wolfe",
    )  # fmt: skip
    losses: list[float] = []

    def loss() -> Tensor:
        optimizer.zero_grad()
        errors = F.cross_entropy(
            features @ weight.T + bias, problem.labels, problem.weights, label_smoothing=problem.smoothing
        )
        total: Tensor = errors + problem.l2 / 2 * weight.square().sum()
        total.backward()
        losses.append(float(total.detach()))
        return total

    optimizer.step(loss)
    return weight.detach(), bias.detach(), tuple(losses)
