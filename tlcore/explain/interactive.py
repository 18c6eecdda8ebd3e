"""What pages ask for that takes a while: networks run on an image, gradients, filters, small trainings. One at a time.

Training runs on the same cores, so all of it goes through one gate. What is remembered is given without the gate.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tlcore.gate import GATE, Memory, in_turns, once

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image
    from torch import Tensor

    from tlcore.explain.arithmetic import Arithmetic, At
    from tlcore.explain.attribution import Method
    from tlcore.explain.kernels import Change, Matrix
    from tlcore.explain.looking import Look
    from tlcore.explain.why.activations import Dropped, Live, Reader
    from tlcore.explain.why.overfitting import Fit, Problem, Rules
    from tlcore.explain.why.shifts import Line
    from tlcore.filters.bank import Kernel
    from tlcore.filters.engine import Border
    from tlcore.filters.moving import Moved
    from tlcore.filters.sharpness import Comparison
    from tlcore.filters.show import View
    from tlcore.filters.views import Rose, Step
    from tlcore.gradients.layers.flow import Flow
    from tlcore.gradients.layers.measured import Setting
    from tlcore.gradients.residual.identity import Frame, Identity
    from tlcore.gradients.residual.reuse import Reuse
    from tlcore.gradients.through_time.language import Writer
    from tlcore.gradients.through_time.recurrent import Recurrence, ThroughTime
    from tlcore.measure.table import Table
    from tlcore.train.preprocessing_steps import TruthSteps
    from tlcore.train.recipe.spec import Strength
    from tlcore.train.trained import TrainedModel
    from tlcore.zoo.nets.configurable import Design


@once(192)
def measure(name: str, size: tuple[int, int] | None = None) -> "Table":
    """The layer table of the named network."""
    from tlcore.measure import networks

    return networks.measure(name, size)


@once(64)
def side_for(backbone: str, views: int) -> int | None:
    """The side of images with which this machine keeps nobody waiting; None for the network's own."""
    from tlcore.train import pace

    return pace.side_for(backbone, views)


@GATE.turn()
def truth_steps(stored: bytes, network: str, strength: "Strength", *, flip: bool, size: int | None) -> "TruthSteps":
    """What happens to an image before a network sees it."""
    from tlcore.train import preprocessing_steps

    return preprocessing_steps.truth_steps(stored, network, strength, flip=flip, size=size)


@GATE.turn()
def predict(model: "TrainedModel", images: "Sequence[Image]") -> "NDArray[np.float32]":
    """Class probabilities `(n, classes)` of canonical images."""
    return model.predict(images)


@GATE.turn()
def explain(model: "TrainedModel", image: "Image", class_index: int, method: "Method") -> tuple[bytes, float | None]:
    """An attribution map over the image, as PNG bytes, and the share of the score that it leaves unexplained."""
    from tlcore.explain import attribution

    attributed = attribution.attribute(model, image, class_index, method)
    return attribution.overlay(model, image, attributed), attributed.residual


@GATE.turn()
def answers(view: "Look") -> list[tuple[str, float]]:
    """What the network takes the image for."""
    from tlcore.explain import looking

    return looking.answers(view)


@GATE.turn()
def outcome(view: "Look", index: int) -> "Tensor":
    """What a step of a network makes of the image, without the batch."""
    from tlcore.explain import looking

    return looking.outcome(view, index)


@GATE.turn()
def sprite(view: "Look", index: int, *, shared: bool) -> bytes:
    """A layer's maps side by side, as PNG bytes."""
    from tlcore.explain import looking

    return looking.sprite(outcome(view, index), shared=shared)


@GATE.turn()
def gradient_heat(view: "Look", index: int, row: int, column: int) -> bytes:
    """The photo where it moves one position of a layer, as PNG bytes."""
    from tlcore.explain import looking

    return looking.heat(view.photo, looking.gradient_field(view, index, row, column))


@GATE.turn()
def one_value(view: "Look", index: int, at: "At") -> "Arithmetic | None":
    """How one value of a step comes about."""
    from tlcore.explain import arithmetic

    return arithmetic.one_value(view, index, at)


@GATE.turn()
def strongest_map(view: "Look", index: int, row: int, column: int) -> int:
    """The map with the largest value at a position."""
    from tlcore.explain import arithmetic

    return arithmetic.strongest_map(view, index, row, column)


@GATE.turn()
def filters_replaced(view: "Look", filters: "dict[int, Matrix]") -> "Change":
    """What a network says before and after some of its first filters are replaced; the shared one stays as it is."""
    from tlcore.explain import kernels

    return kernels.replace(view, filters)


def each_filter_replaced(view: "Look", filters: "Sequence[Matrix]") -> list[float]:
    """How much of the probability moves when each first filter alone is replaced."""
    from tlcore.explain import kernels

    batches = kernels.batches(len(filters))
    moved = (kernels.replace_each(view, [filters[i] for i in batch], batch.start) for batch in batches)
    return [share for shares in in_turns(moved) for share in shares]


@GATE.turn()
def logits(model: "TrainedModel", image: "Image") -> "Tensor":
    """What a network gives for the image before softmax, `(classes,)`."""
    from tlcore.explain.why import activations

    return activations.logits(model, model.inputs([image]))


@GATE.turn()
def live(values: "Tensor", slope: float) -> "dict[str, Live]":
    """What each activation function makes of a layer's values."""
    from tlcore.explain.why import activations

    return {name: activations.on_values(name, values, slope) for name in activations.ACTIVATIONS}


@GATE.turn()
def readers(values: "Tensor", slope: float) -> "dict[str, Reader]":
    """The gradients of a neuron that reads a layer's values, after each activation function."""
    from tlcore.explain.why import activations

    return {name: activations.reader(name, values, slope) for name in activations.ACTIVATIONS}


@GATE.turn()
def dropout(model: "TrainedModel", image: "Image", rate: float, seed: int) -> "Dropped":
    """A classifier's features and answers with and without dropout."""
    from tlcore.explain.why import activations

    return activations.dropout(model, model.inputs([image]), rate, seed=seed)


@GATE.turn()
def equivariance(grey: "Tensor", names: Sequence[str]) -> "list[Line]":
    """How some layers, by their names, answer to a shifted picture."""
    from tlcore.explain.why import shifts

    return [shifts.equivariance(shifts.STEPS[name], grey) for name in names]


@GATE.turn()
def shift_lines(model: "TrainedModel", image: "Image") -> "tuple[Line, Line]":
    """How a network's last maps, and its features, answer to a shifted picture."""
    from tlcore.explain.why import shifts

    return shifts.network_lines(model, shifts.widened(image, model.card.preprocessing.crop))


@GATE.turn()
def invariance(grey: "Tensor", sides: Sequence[int], *, mean: bool) -> "list[tuple[Line, float]]":
    """How edges pooled over squares change with each shift, and the share of them that a shift by one leaves."""
    from tlcore.explain.why import shifts

    steps = [shifts.pooled_edges(side, mean=mean) for side in sides]
    return [(shifts.invariance(step, grey), shifts.unchanged(step.operation, grey, 1)) for step in steps]


@once(64)
def fit(problem: "Problem", rules: "Rules") -> "Fit":
    """The small network that overfits."""
    from tlcore.explain.why import overfitting

    return overfitting.fit(problem, rules)


@GATE.turn()
def filter_response(image: "Tensor", name: "str | Kernel", border: "Border") -> "Tensor":
    """The response to a filter, a name or a kernel."""
    from tlcore.filters import show

    return show.respond(image, name, border=border)


@GATE.turn()
def moved(
    image: "Tensor", name: "str | Kernel", border: "Border", *, by: int, degrees: int, plus: float
) -> "tuple[Moved, Moved, Moved]":
    """A filter on the image shifted right and half as far down, turned, and brightened."""
    from tlcore.filters import moving

    def respond(changed: "Tensor") -> "Tensor":
        return filter_response(changed, name, border)

    return (
        moving.shifted(image, respond, by, by // 2),
        moving.turned(image, respond, degrees),
        moving.brightened(image, respond, plus),
    )


@GATE.turn()
def rose(image: "Tensor", operator: str, view: "View", border: "Border", threshold: float) -> "Rose":
    """The responses to the eight directions of a compass, as pictures."""
    from tlcore.filters import views

    return views.rose(image, operator, view, border=border, threshold=threshold)


@GATE.turn()
def canny_steps(image: "Tensor", sigma: float, low: float, high: float, border: "Border") -> "list[Step]":
    """Every step of Canny's."""
    from tlcore.filters import views

    return views.canny_steps(image, sigma, low, high, border=border)


@once(128)
def sharper(angle: float, noise: float, blur: float) -> "Comparison":
    """Sobel's and Prewitt's operators on many noisy edges."""
    from tlcore.filters import sharpness

    return sharpness.compare(angle, noise, blur)


@once(512)
def gradient_flow(setting: "Setting") -> "Flow":
    """One pass back through a network, layer by layer."""
    from tlcore.gradients.layers import measured

    return measured.measured(setting)


@once(512)
def through_time(recurrence: "Recurrence") -> "ThroughTime":
    """One pass back through a recurrent network, step by step."""
    from tlcore.gradients.through_time import recurrent

    return recurrent.through_time(recurrence)


@GATE.turn()
def written(
    writer: "Writer", beginning: str, count: int, temperature: float, seed: int
) -> tuple[str, dict[str, float]]:
    """What a network that learned a text writes, and how likely each first character was."""
    text = writer.write(beginning, count, temperature, seed)
    return text, writer.next_characters(beginning, temperature)


@once(16)
def reuse_of(name: str, source: str) -> "Reuse":
    """What the layers of a densely connected network read; random weights where there is no source of others."""
    from tlcore.gradients.residual import reuse

    return reuse.of_named(name, source)


@once(32)
def reuse_of_design(design: "Design") -> "Reuse":
    """The same of a network that one puts together."""
    from tlcore.gradients.residual import reuse

    return reuse.of_design(design)


@GATE.turn()
def reuse_of_model(model: "TrainedModel") -> "Reuse":
    """The same of a trained one."""
    from tlcore.gradients.residual import reuse

    return reuse.reuse(model.staged.network)


_IDENTITIES: "Memory[Identity, tuple[Frame, ...]]" = Memory(128)


def identity_learned(wanted: "Identity") -> "tuple[Frame, ...] | None":
    """The frames of two stacks that learned the identity, where somebody asked for them before."""
    return _IDENTITIES.get(wanted)


def identity_learning(wanted: "Identity") -> "Iterator[Frame]":
    """The frames as they are learned; they are remembered once all are there."""
    from tlcore.gradients.residual import identity

    frames = []
    for frame in in_turns(identity.learning(wanted)):
        frames.append(frame)
        yield frame
    with GATE.turn():
        _IDENTITIES.keep(wanted, tuple(frames))
