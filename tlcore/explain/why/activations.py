"""Activation functions: curve, derivative, and what they make of a network's real values; and dropout on them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from tlcore.errors import BadInputError
from tlcore.seeds import torch_generator
from tlcore.train.trained import TrainedModel

SATURATED = 0.01
"""A value is saturated where the derivative is smaller than this: hardly any gradient comes back through it."""
Values = NDArray[np.float32]
Logits = Tensor
"""Values `(classes,)` before softmax, for whoever only hands them on."""


@dataclass(frozen=True)
class Activation:
    """An activation function of each value by itself; `formula` is LaTeX."""

    name: str
    title: str
    formula: str
    derivative: str
    note: str
    function: Callable[[Tensor, float], Tensor]


@dataclass(frozen=True)
class Live:
    """What a function makes of a layer's values `(maps, h, w)`, which are saturated, and how many maps are dead.

    `passed` is the mean derivative, the share of a gradient that comes back on average. A map is dead on an image when
    no value of it lets a gradient back.
    """

    outcome: Tensor
    saturated: Tensor
    passed: float
    dead: int

    @property
    def share(self) -> float:
        """The share of values that are saturated."""
        return float(self.saturated.float().mean())


ACTIVATIONS = {
    a.name: a
    for a in (
        Activation(
            "sigmoid", "Sigmoid", r"\sigma(x) = \frac{1}{1 + e^{-x}}", r"\sigma'(x) = \sigma(x)\,(1 - \sigma(x))",
            "Between 0 and 1, and never zero-centred. Its derivative is at most a quarter, and vanishes on both sides.",
            lambda x, _slope: torch.sigmoid(x),
        ),
        Activation(
            "tanh", "Tanh", r"\tanh(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}", r"\tanh'(x) = 1 - \tanh^2(x)",
            "A sigmoid stretched to lie between -1 and 1, centred on zero. It saturates on both sides too.",
            lambda x, _slope: torch.tanh(x),
        ),
        Activation(
            "relu", "ReLU", r"f(x) = \max(0, x)", r"f'(x) = 1 \text{ for } x > 0,\ 0 \text{ for } x < 0",
            "Above zero a gradient passes whole, below it not at all: a unit that is never above zero learns nothing.",
            lambda x, _slope: torch.relu(x),
        ),
        Activation(
            "leaky", "Leaky ReLU", r"f(x) = \max(0, x) + a \min(0, x)", r"f'(x) = 1 \text{ or } a",
            "Below zero it leaks a little, so that no unit is ever quite dead.",
            F.leaky_relu,
        ),
    )
}  # fmt: skip


def derivative(name: str, x: Tensor, slope: float = 0.1) -> tuple[Tensor, Tensor]:
    """The function's values, and its derivative at each of them by automatic differentiation."""
    if name not in ACTIVATIONS:
        raise BadInputError(f"There is no activation '{name}'; there is {', '.join(ACTIVATIONS)}.")
    with torch.enable_grad():
        given = x.detach().clone().requires_grad_()
        made = ACTIVATIONS[name].function(given, slope)
        (slopes,) = torch.autograd.grad(made.sum(), given)
    return made.detach(), slopes


def on_numbers(name: str, x: Values, slope: float = 0.1) -> tuple[Values, Values]:
    """The function's values and derivatives at numbers `(n,)`, for a curve."""
    made, slopes = derivative(name, torch.from_numpy(x), slope)
    return made.numpy(), slopes.numpy()


def on_values(name: str, values: Tensor, slope: float = 0.1) -> Live:
    """What a function makes of a layer's values `(maps, h, w)`."""
    made, slopes = derivative(name, values, slope)
    saturated = slopes < SATURATED
    return Live(made, saturated, float(slopes.mean()), int(saturated.flatten(1).all(1).sum()))


@dataclass(frozen=True)
class Signs:
    """How many of one neuron's weight gradients are below zero, and how many above; the others are zero."""

    below: int
    above: int

    @property
    def one_sided(self) -> bool:
        """Whether none is of another sign than the others."""
        return not (self.below and self.above)


@dataclass(frozen=True)
class Reader:
    """A neuron that reads what a function makes of a layer's values, and the gradients of its weights.

    `negative` counts its inputs below zero, of `inputs`; its output should be one, or zero, on a single example, and
    each on every second one of a `batch`.
    """

    inputs: int
    negative: int
    one: Signs
    zero: Signs
    batch: Signs


def reader(name: str, values: Tensor, slope: float = 0.1, *, seed: int = 0) -> Reader:
    """A neuron with a sigmoid at its end that reads all maps `(maps, h, w)` at one position: the middle, then all.

    Its weights are drawn at random, its loss is binary cross-entropy, its gradients come by automatic differentiation.
    """
    made, _ = derivative(name, values, slope)
    positions = made.flatten(1).T  # an example each
    middle = made[:, made.shape[1] // 2, made.shape[2] // 2][None]
    drawn = torch.randn(len(made), generator=torch_generator(seed)) / len(made) ** 0.5
    turns = (torch.arange(len(positions)) % 2).float()
    return Reader(
        inputs=len(made),
        negative=int((middle < 0).sum()),
        one=_signs(middle, drawn, torch.ones(1)),
        zero=_signs(middle, drawn, torch.zeros(1)),
        batch=_signs(positions, drawn, turns),
    )


def _signs(inputs: Tensor, drawn: Tensor, wanted: Tensor) -> Signs:
    """The signs of the gradients of the weights, for examples `(n, inputs)` and what their output should be `(n,)`."""
    with torch.enable_grad():
        weights = drawn.clone().requires_grad_()
        loss = F.binary_cross_entropy_with_logits(inputs @ weights, wanted)
        (gradient,) = torch.autograd.grad(loss, weights)
    return Signs(int((gradient < 0).sum()), int((gradient > 0).sum()))


def logits(model: TrainedModel, inputs: Tensor) -> Logits:
    """What a network gives for one image before softmax, `(classes,)`."""
    with torch.no_grad():
        return model.staged(inputs)[0]


def softmax_at(logits: Tensor, temperature: float = 1.0) -> tuple[Values, Values]:
    """The probabilities `(n,)` of logits over a temperature, and their Jacobian `(n, n)` with regard to the logits."""
    if temperature <= 0:
        raise BadInputError(f"The temperature is above zero, not {temperature:g}.")
    p = (logits / temperature).softmax(0)
    jacobian = torch.func.jacrev(lambda z: (z / temperature).softmax(0))(logits)
    return p.numpy(), jacobian.numpy()


def softmax_along(logits: Tensor, index: int, x: Values, temperature: float = 1.0) -> tuple[Values, Values]:
    """The probability of a class when only its own logit becomes `x` `(n,)`, and the derivative p (1 - p) / T there."""
    others = torch.cat([logits[:index], logits[index + 1 :]]) / temperature
    p = torch.sigmoid(torch.from_numpy(x) / temperature - others.logsumexp(0))
    return p.numpy(), (p * (1 - p) / temperature).numpy()


@dataclass(frozen=True)
class Dropped:
    """Dropout at one rate on the features of a classifier `(d,)`: the first `mask`, and what many masks answer.

    A mask is 0 where it leaves out, else 1 / (1 - rate). `answers` are the probabilities of the class that the whole
    network finds likeliest, one a mask; `whole` is its probability without dropout.
    """

    features: Values
    mask: Values
    label: str
    whole: float
    answers: Values

    @property
    def kept(self) -> Values:
        """The features that the mask leaves, scaled up."""
        return self.features * self.mask


def dropout(model: TrainedModel, inputs: Tensor, rate: float, *, seed: int = 0, masks: int = 60) -> Dropped:
    """Drop features at that rate, scale the others by 1 / (1 - rate), and ask the classifier; for many masks."""
    if not 0 <= rate < 1:
        raise BadInputError(f"The rate is at least 0 and below 1, not {rate:g}.")
    generator = torch_generator(seed)
    with torch.no_grad():
        features = model.staged.features(inputs)
        drawn = (torch.rand(masks, features.shape[1], generator=generator) >= rate) / (1 - rate)
        probabilities = model.staged.head(torch.cat([features, features * drawn])).softmax(1)
    likeliest = int(probabilities[0].argmax())
    return Dropped(
        features=features[0].numpy(),
        mask=drawn[0].numpy(),
        label=model.card.classes[likeliest],
        whole=float(probabilities[0, likeliest]),
        answers=probabilities[1:, likeliest].numpy(),
    )
