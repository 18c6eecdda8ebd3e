"""Gradients through time: how much of the last step's loss reaches the state of a recurrent network, lags before it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from math import isfinite
from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Generator, Tensor, nn

from tlcore.errors import BadInputError
from tlcore.gradients.layers.flow import norm
from tlcore.gradients.layers.verdict import Verdict, Way, judged
from tlcore.seeds import torch_generator
from tlcore.specs import SEEDS
from tlcore.wording import counted

Cell = Literal["rnn", "lstm", "gru"]
Task = Literal["adding", "copy"]
State = tuple[Tensor, ...]
Loss = Callable[[Tensor], Tensor]

LAGS, UNITS, BATCHES, MOST_STEPS = range(1, 1001), range(1, 257), range(1, 257), 1000
_LARGEST = 100
_SYMBOLS, _COPIED = 8, 10
_LETTERS = "abcdefgh·?"  # the symbols to copy, a blank, and the sign
_CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """A recurrent network on a task, and how it is trained before it is measured.

    The network sees `lag` + 1 inputs. `radius` makes each recurrent matrix that many times an orthogonal one, so that
    all its eigenvalues have this size; without it, weights are PyTorch's, uniform within 1 / sqrt(units). `forget_bias`
    is added inside an LSTM's forget gate (Gers et al. 2000). It learns `steps` steps of gradient descent with rate
    `lr`; `clip` is the largest norm that a step's gradient may have (Pascanu et al. 2013), 0 for any.
    """

    cell: Cell = "rnn"
    task: Task = "adding"
    lag: int = 100
    units: int = 32
    radius: float | None = None
    forget_bias: float = 0.0
    steps: int = 0
    lr: float = 0.1
    clip: float = 0.0
    batch: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        for name, kind in (("cell", Cell), ("task", Task)):
            if getattr(self, name) not in get_args(kind):
                raise BadInputError(f"The {name} is one of {', '.join(get_args(kind))}, not '{getattr(self, name)}'.")
        for name, value, allowed in (("lag", self.lag, LAGS), ("number of units", self.units, UNITS)):
            if value not in allowed:
                raise BadInputError(f"The {name} is from {allowed[0]} to {allowed[-1]}, not {value}.")
        if not 0 <= self.steps <= MOST_STEPS:
            raise BadInputError(f"From 0 to {MOST_STEPS} steps are trained, not {self.steps}.")
        self._check_scales()
        if self.seed not in SEEDS:
            raise BadInputError(f"A seed is a whole number from 0 to {SEEDS[-1]}, not {self.seed}.")
        if self.batch not in BATCHES:
            raise BadInputError(f"A batch has from {BATCHES[0]} to {BATCHES[-1]} sequences, not {self.batch}.")

    def _check_scales(self) -> None:
        scales = {"radius": self.radius or 0, "learning rate": self.lr, "clipping norm": self.clip}
        for name, scale in scales.items():
            if not 0 <= scale <= _LARGEST:
                raise BadInputError(f"The {name} is from 0 to {_LARGEST}, not {scale:g}.")
        if not abs(self.forget_bias) <= _LARGEST:
            raise BadInputError(f"The forget bias is from -{_LARGEST} to {_LARGEST}, not {self.forget_bias:g}.")


@dataclass(frozen=True)
class Step:
    """A step of training: its loss, the gradient's norm, and what clipping left of that."""

    loss: float
    grad_norm: float
    clipped_norm: float


@dataclass(frozen=True)
class Shown:
    """The first of the measured sequences, in words: each input, the places that the answer depends on, both answers.

    Of numbers, two are to be added; of letters, the last one of those at the beginning is what the last output answers.
    """

    inputs: tuple[str, ...]
    matter: tuple[int, ...]
    said: str
    wanted: str


@dataclass(frozen=True)
class ThroughTime:
    """The norms of the last step's loss's gradient with respect to the state, by how many steps before the end.

    The state is all that goes from one step to the next: for an LSTM, its cell and its output together.
    """

    recurrence: Recurrence
    norms: tuple[float, ...]
    loss: float
    training: tuple[Step, ...]
    shown: Shown

    @property
    def verdict(self) -> Verdict:
        """Whether the gradient vanishes or explodes over the lag."""
        lag = self.recurrence.lag
        way = Way("the last state", f"the state {counted(lag, 'step')} before", lag, "step")
        return judged(self.norms[0], self.norms[-1], way, finite=isfinite(self.loss), precision="float64")

    def to_json(self) -> dict[str, Any]:
        """The measurement as JSON values; null where a number is not finite."""
        verdict = self.verdict
        return {
            **asdict(self.recurrence),
            "grad_norms": [_finite(value) for value in self.norms],
            "last_to_first": _finite(verdict.ratio),
            "per_step": _finite(verdict.factor),
            "verdict": verdict.word,
            "sentence": verdict.sentence,
            "criterion": verdict.criterion,
            "loss": _finite(self.loss),
            "training": [{key: _finite(value) for key, value in asdict(step).items()} for step in self.training],
        }


def through_time(recurrence: Recurrence) -> ThroughTime:
    """Train as long as is wanted, then measure; in double precision, the same at every call."""
    chance = torch_generator(recurrence.seed)  # its own, so that people who measure at once don't mix theirs
    with torch.enable_grad():
        network = _network(recurrence, chance)
        training = tuple(_trained(network, recurrence, chance))
        inputs, _, last_loss = _sequences(recurrence, chance)
        norms: dict[int, float] = {}
        outputs = network(inputs, norms)
        loss = last_loss(outputs[-1])
        loss.backward()
    by_lag = tuple(norms.get(recurrence.lag - lag, 0.0) for lag in range(recurrence.lag + 1))
    shown = _shown(recurrence, inputs[:, 0], outputs[-1][0].detach())
    return ThroughTime(recurrence, by_lag, float(loss.detach()), training, shown)


class Recurrent(nn.Module):
    """A cell that is unrolled, and a dense layer on its output: `(steps, n, inputs)` to a list of `(n, outputs)`."""

    def __init__(self, cell: Cell, inputs: int, units: int, outputs: int) -> None:
        super().__init__()
        self.cell: nn.Module = _CELLS[cell](inputs, units)
        self.read = nn.Linear(units, outputs)
        self.units, self.parts = units, 2 if cell == "lstm" else 1

    def forward(self, inputs: Tensor, norms: dict[int, float] | None = None) -> list[Tensor]:
        """The outputs of all steps; a backward pass then writes the norms of the state's gradients, by step."""
        state: State = tuple(inputs.new_zeros(inputs.shape[1], self.units) for _ in range(self.parts))
        outputs = []
        for step, given in enumerate(inputs):
            made = self.cell(given, state if self.parts > 1 else state[0])
            # copies, so that the parts of a state are variables of their own to all that comes after
            state = tuple(part.clone() for part in (made if self.parts > 1 else (made,)))
            if norms is not None:
                for part in state:
                    part.register_hook(partial(_add_to_norm, norms, step))
            outputs.append(self.read(state[0]))
        return outputs


def _add_to_norm(norms: dict[int, float], step: int, gradient: Tensor) -> None:
    norms[step] = (norms.get(step, 0.0) ** 2 + norm(gradient) ** 2) ** 0.5


def begun(network: nn.Module, units: int, chance: Generator) -> None:
    """Draw weights as PyTorch does for recurrent layers and a dense one on them: uniform within 1 / sqrt(units)."""
    for parameter in network.parameters():
        nn.init.uniform_(parameter, -(units**-0.5), units**-0.5, generator=chance)


def _network(recurrence: Recurrence, chance: Generator) -> Recurrent:
    inputs, outputs = (2, 1) if recurrence.task == "adding" else (_SYMBOLS + 2, _SYMBOLS)
    with torch.device("meta"):
        network = Recurrent(recurrence.cell, inputs, recurrence.units, outputs)
    network.to_empty(device="cpu")
    begun(network, recurrence.units, chance)
    network.double()
    cell: Any = network.cell
    with torch.no_grad():
        if recurrence.radius is not None:
            for gate in cell.weight_hh.chunk(len(cell.weight_hh) // recurrence.units):
                nn.init.orthogonal_(gate, gain=recurrence.radius, generator=chance)
        if recurrence.cell == "lstm":
            cell.bias_ih.chunk(4)[1].add_(recurrence.forget_bias)  # gates stand in the order i, f, g, o
    return network


def _trained(network: Recurrent, recurrence: Recurrence, chance: Generator) -> Iterator[Step]:
    """Gradient descent on fresh sequences."""
    parameters = list(network.parameters())
    for _ in range(recurrence.steps):
        inputs, loss_of, _ = _sequences(recurrence, chance)
        loss = loss_of(torch.stack(network(inputs)))
        gradients = torch.autograd.grad(loss, parameters)
        length = sum(norm(gradient) ** 2 for gradient in gradients) ** 0.5
        scale = min(1.0, recurrence.clip / length) if recurrence.clip and length else 1.0
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.sub_(gradient, alpha=recurrence.lr * scale)
        yield Step(float(loss.detach()), length, length * scale)


def _sequences(recurrence: Recurrence, chance: Generator) -> tuple[Tensor, Loss, Loss]:
    """Fresh inputs `(lag + 1, n, …)`, the loss of all outputs that count, and that of the last output alone."""
    return (_adding if recurrence.task == "adding" else _copying)(recurrence.lag + 1, recurrence.batch, chance)


def _adding(length: int, batch: int, chance: Generator) -> tuple[Tensor, Loss, Loss]:
    """Two of many numbers are marked, one in each half; the last output is to be their sum (Hochreiter et al. 1997)."""
    numbers = torch.rand(length, batch, dtype=torch.float64, generator=chance)
    marks = torch.zeros_like(numbers)
    half = length // 2
    for first, count in ((0, half or 1), (half, length - half)):
        marks[torch.randint(count, (batch,), generator=chance) + first, torch.arange(batch)] = 1
    wanted = (numbers * marks).sum(0)

    def last(output: Tensor) -> Tensor:
        return F.mse_loss(output[:, 0], wanted)

    return torch.stack([numbers, marks], 2), lambda outputs: last(outputs[-1]), last


def _copying(length: int, batch: int, chance: Generator) -> tuple[Tensor, Loss, Loss]:
    """Symbols, then blanks, then a sign: from it on, the outputs are to be the symbols (Arjovsky et al. 2016)."""
    count = _copied(length)
    symbols = torch.randint(_SYMBOLS, (count, batch), generator=chance)
    shown = torch.full((length, batch), _SYMBOLS)
    shown[:count] = symbols
    shown[length - count] = _SYMBOLS + 1

    def last(output: Tensor) -> Tensor:
        return F.cross_entropy(output, symbols[-1])

    def every(outputs: Tensor) -> Tensor:
        return F.cross_entropy(outputs[-count:].flatten(0, 1), symbols.flatten())

    return F.one_hot(shown, _SYMBOLS + 2).double(), every, last


def _copied(length: int) -> int:
    return max(1, min(_COPIED, length // 3))


def _shown(recurrence: Recurrence, inputs: Tensor, output: Tensor) -> Shown:
    """The sequence of `inputs` `(lag + 1, …)` and the last output `(outputs,)` in words."""
    if recurrence.task == "adding":
        numbers, marks = inputs.unbind(1)
        places = tuple(marks.nonzero()[:, 0].tolist())
        return Shown(
            tuple(f"{n:.2f}" for n in numbers.tolist()), places, f"{output[0]:.2f}", f"{(numbers * marks).sum():.2f}"
        )
    letters = tuple(_LETTERS[symbol] for symbol in inputs.argmax(1).tolist())
    count = _copied(len(letters))
    return Shown(letters, tuple(range(count)), _LETTERS[int(output.argmax())], letters[count - 1])


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
