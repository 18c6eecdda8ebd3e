"""One backward pass on a real batch, and what it says of every layer."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from math import inf, isfinite, sqrt
from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Tensor, nn

from tlcore.errors import BadInputError
from tlcore.gradients.layers.recording import Layer, Recorder
from tlcore.gradients.layers.verdict import Verdict, Way, judged
from tlcore.seeded import seeded

Optimizer = Literal["sgd", "adam"]
_ADAM_EPSILON = 1e-8
_LEAST = 1e-12  # of numbers whose squares single precision adds up well


@dataclass(frozen=True, kw_only=True)
class LayerFlow:
    """What one backward pass says of a layer; norms are Euclidean, over all values of the batch.

    `grad_norm` is that of the loss's gradient with respect to what the layer hands on (see `recording`),
    `weight_grad_norm` with respect to its weights. `activation_mean` and `activation_std` are of what it hands on.
    `dead` is the share of its units that no image moves. `update_ratio` is how long the optimiser's first step is,
    measured by the weights.
    """

    name: str
    depth: int
    kind: str
    grad_norm: float
    weight_grad_norm: float
    activation_mean: float
    activation_std: float
    dead: float
    weight_norm: float
    update_ratio: float


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A backward pass: the layers that it reached, in the order in which they ran, and how it was made."""

    layers: tuple[LayerFlow, ...]
    loss: float
    images: int
    precision: str
    optimizer: Optimizer
    lr: float

    @property
    def ends(self) -> tuple[LayerFlow, LayerFlow]:
        """The first layer, and the deepest one before the last layer, whose output is the network's."""
        hidden = self.layers[:-1]
        return hidden[0], max(reversed(hidden), key=lambda layer: layer.depth)

    @property
    def verdict(self) -> Verdict:
        """Whether gradients vanish or explode on their way from the last hidden layer back to the first."""
        first, last = self.ends
        way = Way(f"the last hidden one ({last.name})", f"the first layer ({first.name})", last.depth - first.depth)
        return judged(last.grad_norm, first.grad_norm, way, finite=isfinite(self.loss), precision=self.precision)

    def to_json(self) -> dict[str, Any]:
        """The flow as JSON values; null where a number is not finite."""
        verdict = self.verdict
        return {
            "layers": [_finite(asdict(layer)) for layer in self.layers],
            **_finite({"first_to_last": verdict.ratio, "per_layer": verdict.factor}),
            "verdict": verdict.word,
            "sentence": verdict.sentence,
            "criterion": verdict.criterion,
            **_finite({"loss": self.loss}),
            "images": self.images,
            "precision": self.precision,
            "optimizer": self.optimizer,
            "lr": self.lr,
        }


def flow(
    network: nn.Module, images: Tensor, labels: Tensor, *, optimizer: Optimizer = "sgd", lr: float = 0.1, seed: int = 0
) -> Flow:
    """One step's gradients of the cross-entropy on images `(n, c, h, w)` with labels `(n)`; nothing is changed.

    The network is run as in training: normalisation by the batch, dropout drawn with `seed`. Its weights, buffers,
    modes and gradients are afterwards as before. The optimiser's step is only calculated.
    """
    if optimizer not in get_args(Optimizer):
        raise BadInputError(f"The optimiser is one of {', '.join(get_args(Optimizer))}, not '{optimizer}'.")
    if not 0 <= lr < inf:
        raise BadInputError(f"The learning rate is a number from 0 on, not {lr}.")
    with _left_as_found(network), torch.enable_grad(), ExitStack() as hooks:
        recorder = Recorder(network)
        with recorder, seeded(seed):
            logits = network(images)
        layers = recorder.layers()
        loss = F.cross_entropy(logits, labels)
        measures = [_before(layer) for layer in layers]
        for layer, measure in zip(layers, measures, strict=True):
            layer.handed_on.register_hook(partial(_at_values, measure))
            hook = layer.weight.register_post_accumulate_grad_hook(partial(_at_weights, measure, optimizer, lr))
            hooks.callback(hook.remove)
        loss.backward()
    reached = [measure for measure in measures if "grad_norm" in measure]
    if len(reached) < 2:
        raise BadInputError("A gradient flows through two layers at least, and here it reaches only the last one.")
    return Flow(
        layers=tuple(LayerFlow(**measure) for measure in reached), loss=float(loss.detach()), images=len(images),
        precision=str(images.dtype).removeprefix("torch."), optimizer=optimizer, lr=lr,
    )  # fmt: skip


@contextmanager
def _left_as_found(network: nn.Module) -> Iterator[None]:
    """The network in training mode with all weights learning, and afterwards as it was."""
    modes = {module: module.training for module in network.modules()}
    buffers = {buffer: buffer.clone() for buffer in network.buffers()}
    parameters = {parameter: (parameter.requires_grad, parameter.grad) for parameter in network.parameters()}
    network.train().requires_grad_()
    network.zero_grad()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training
        for buffer, kept in buffers.items():
            buffer.copy_(kept)
        for parameter, (learns, gradient) in parameters.items():
            parameter.requires_grad_(learns).grad = gradient


@torch.no_grad()
def _before(layer: Layer) -> dict[str, Any]:
    """What is known of a layer before the backward pass, which adds the rest where it comes by."""
    mean = float(layer.handed_on.mean())
    return {
        "name": layer.name, "depth": layer.depth, "kind": layer.kind, "dead": layer.dead,
        "activation_mean": mean, "activation_std": norm(layer.handed_on - mean) / sqrt(layer.handed_on.numel()),
        "weight_norm": norm(layer.weight),
    }  # fmt: skip


def _at_values(measure: dict[str, Any], gradient: Tensor) -> None:
    measure["grad_norm"] = norm(gradient)


def _at_weights(measure: dict[str, Any], optimizer: Optimizer, lr: float, weight: Tensor) -> None:
    gradient = weight.grad
    assert gradient is not None
    # Adam's first step divides each gradient by its own size: both averages hold but this one (Kingma & Ba 2015)
    step = gradient if optimizer == "sgd" else gradient / (gradient.abs() + _ADAM_EPSILON)
    measure["weight_grad_norm"] = norm(gradient)
    measure["update_ratio"] = lr * norm(step) / (measure["weight_norm"] or inf)
    weight.grad = None  # all of them at once would take as much memory as the network


def norm(values: Tensor) -> float:
    """The Euclidean norm; nothing is lost to squares that single precision can't hold."""
    values = values.detach()
    length = float(torch.linalg.vector_norm(values))
    return length if _LEAST < length < 1 / _LEAST else float(torch.linalg.vector_norm(values.double()))


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {key: None if isinstance(v, float) and not isfinite(v) else v for key, v in values.items()}
