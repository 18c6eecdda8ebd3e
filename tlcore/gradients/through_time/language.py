"""A character-level language model: a recurrent network that learns what comes next in a text, and then writes."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from math import inf, isfinite, log
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from pydantic import BaseModel, ConfigDict
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tlcore.errors import BadInputError, IncompleteRunError
from tlcore.gradients.through_time import texts
from tlcore.gradients.through_time.recurrent import Cell, begun
from tlcore.seeds import torch_generator
from tlcore.train.trained import environment

WEIGHTS, CARD = "writer.safetensors", "writer.json"
HIGHEST_TEMPERATURE, MOST_WRITTEN = 10.0, 2000
_LAYERS: dict[Cell, type[nn.RNN | nn.LSTM | nn.GRU]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
_REPORTS, _TRIALS = 200, 20
_SAMPLE, _SAMPLE_TEMPERATURE = 300, 0.7
_JUDGED_TOGETHER = 200  # characters of the held-out text are read in streams of at least so many
_KEPT = ("step", "best_step", "best_bits", "tried", "carried", "_best")
State = Tensor | tuple[Tensor, Tensor]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a network learns a text: Adam, on `batch` streams of the text in pieces of `length` characters.

    The state is handed on from piece to piece, and the gradient ends at the beginning of each (truncated
    backpropagation through time). `clip` is the largest norm that a step's gradient may have, 0 for any.
    """

    cell: Cell = "lstm"
    units: int = 128
    lr: float = 0.005
    clip: float = 1.0
    steps: int = 1000
    batch: int = 32
    length: int = 64
    seed: int = 0


class CharacterModel(nn.Module):
    """Characters `(steps, n)` as numbers, and a state, to logits `(steps, n, characters)` and the next state."""

    def __init__(self, cell: Cell, characters: int, units: int) -> None:
        super().__init__()
        self.characters = characters
        self.cell = _LAYERS[cell](characters, units)
        self.read = nn.Linear(units, characters)

    def forward(self, codes: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """One piece of the text."""
        hidden, state = self.cell(F.one_hot(codes, self.characters).to(self.read.weight.dtype), state)
        return self.read(hidden), state


@dataclass(frozen=True)
class Writer:
    """A network that has learned, and the characters that it knows; read-only, so threads may share it."""

    alphabet: str
    model: CharacterModel

    @cached_property
    def codes(self) -> dict[str, int]:
        """The number of each character."""
        return {character: code for code, character in enumerate(self.alphabet)}

    @property
    def start(self) -> str:
        """What is read first where there is no beginning: a line end, if the text had one."""
        return "\n" if "\n" in self.codes else self.alphabet[0]

    def read(self, text: str, state: State | None = None) -> tuple[Tensor, State]:
        """The logits `(characters,)` of what comes after the text, in double precision, and the state."""
        unknown = sorted(set(text) - set(self.codes))
        if unknown:
            raise BadInputError(f"The text that it learned has no {unknown[0]!r}, so it can't read this beginning.")
        numbers = torch.tensor([[self.codes[character]] for character in text], device=self.model.read.weight.device)
        with torch.no_grad():
            logits, state = self.model(numbers, state)
        return logits[-1, 0].double().cpu(), state

    def next_characters(self, beginning: str, temperature: float = 1.0) -> dict[str, float]:
        """The probability of each character after the beginning."""
        logits, _ = self.read(beginning or self.start)
        return dict(zip(self.alphabet, probabilities(logits, temperature).tolist(), strict=True))

    def write(self, beginning: str, count: int, temperature: float = 1.0, seed: int = 0) -> str:
        """So many characters after the beginning, each drawn by its probability; the same seed draws the same."""
        if not 1 <= count <= MOST_WRITTEN:
            raise BadInputError(f"From 1 to {MOST_WRITTEN:,} characters are written at once, not {count}.")
        chance = torch_generator(seed)
        logits, state = self.read(beginning or self.start)
        written = []
        for _ in range(count):
            chosen = int(torch.multinomial(probabilities(logits, temperature), 1, generator=chance))
            written.append(self.alphabet[chosen])
            logits, state = self.read(written[-1], state)
        return "".join(written)


def probabilities(logits: Tensor, temperature: float) -> Tensor:
    """The softmax of the logits divided by the temperature: near 0 only the largest counts, far above 1 all alike."""
    if not 0 < temperature <= HIGHEST_TEMPERATURE:
        raise BadInputError(f"A temperature is above 0 and at most {HIGHEST_TEMPERATURE:g}, not {temperature}.")
    return torch.softmax((logits - logits.max()) / temperature, -1)


@dataclass(frozen=True, kw_only=True)
class Learned:
    """Some steps of training, up to `step`: mean bits per character, and the gradient's norm before clipping."""

    step: int
    bits: float
    grad_norm: float
    largest_norm: float
    clipped: int
    steps: int


@dataclass(frozen=True, kw_only=True)
class Tried:
    """The network after `step` steps: bits per character on the held-out text, and something that it wrote."""

    step: int
    held_out: float
    best: bool
    sample: str


@dataclass
class Lesson:
    """A network in the course of learning a text; what was best on the held-out part of it is kept."""

    text: str
    plan: Plan
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    step: int = 0
    best_step: int = 0
    best_bits: float = inf
    tried: float = -inf  # after which step
    carried: tuple[int, State | None] = (0, None)  # where in the text it reads on, and what it remembers there
    _best: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        alphabet = "".join(sorted(set(self.text)))
        model = new_model(self.plan.cell, len(alphabet), self.plan.units, self.plan.seed).to(self.device)
        self.writer = Writer(alphabet, model)
        self.optimizer = torch.optim.Adam(model.parameters(), self.plan.lr)
        codes = [[self.writer.codes[character] for character in part] for part in texts.parts(self.text)]
        self._train, self._held = (torch.tensor(part, device=self.device) for part in codes)

    def best(self) -> Writer:
        """The network as it was best."""
        model = new_model(self.plan.cell, len(self.writer.alphabet), self.plan.units)
        model.load_state_dict(self._best)
        return Writer(self.writer.alphabet, model.requires_grad_(requires_grad=False).eval())

    def state(self) -> dict[str, Any]:
        """All that it needs to go on after a report as if it had never stopped there."""
        parts = {"model": self.writer.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        return {**{name: getattr(self, name) for name in _KEPT}, **parts}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self.writer.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        vars(self).update({name: state[name] for name in _KEPT})
        start, memory = state["carried"]
        self.carried = start, _moved(memory, self.device)

    def learn(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Learned | Tried]:
        """Learn until all steps are done, a stop is asked for, or the loss is no number any more."""
        parameters = list(self.writer.model.parameters())
        taken: list[tuple[float, float]] = []
        losses = self._losses()
        while True:
            if self.step - self.tried >= self.plan.steps / _TRIALS:  # here, as it may have been left after a report
                yield self._tried()
            loss = next(losses)
            self.optimizer.zero_grad()
            loss.backward()
            length = float(nn.utils.clip_grad_norm_(parameters, self.plan.clip or inf))
            if not isfinite(length):
                break
            self.optimizer.step()
            self.step += 1
            taken.append((float(loss.detach()) / log(2), length))
            last = self.step >= self.plan.steps or should_stop()
            if last or len(taken) >= self.plan.steps / _REPORTS:
                yield self._report(taken)
                taken = []
            if last:
                yield self._tried()
                break

    def _losses(self) -> Iterator[Tensor]:
        """The loss of piece after piece, over the text again and again; the state begins anew with each round."""
        streams = streams_of(self._train, self.plan.batch, self.plan.length)
        while True:
            begin, state = self.carried
            for start in range(begin, len(streams) - 1, self.plan.length):
                piece = streams[start : start + self.plan.length + 1]
                logits, state = self.writer.model(piece[:-1], state)
                state = (state[0].detach(), state[1].detach()) if isinstance(state, tuple) else state.detach()
                self.carried = start + self.plan.length, state
                yield F.cross_entropy(logits.flatten(0, 1), piece[1:].flatten())
            self.carried = 0, None

    def _report(self, taken: list[tuple[float, float]]) -> Learned:
        bits, norms = zip(*taken, strict=True)
        return Learned(
            step=self.step, bits=sum(bits) / len(bits), grad_norm=sum(norms) / len(norms), largest_norm=max(norms),
            clipped=sum(norm > (self.plan.clip or inf) for norm in norms), steps=len(taken),
        )  # fmt: skip

    def _tried(self) -> Tried:
        self.tried = self.step
        bits = bits_per_character(self.writer.model, self._held)
        if is_best := bits < self.best_bits:
            self.best_bits, self.best_step = bits, self.step
            self._best = {name: value.detach().cpu().clone() for name, value in self.writer.model.state_dict().items()}
        sample = self.writer.write("", _SAMPLE, _SAMPLE_TEMPERATURE, self.plan.seed)
        return Tried(step=self.step, held_out=bits, best=is_best, sample=sample)


def _moved(state: State | None, device: torch.device) -> State | None:
    if isinstance(state, tuple):
        return state[0].to(device), state[1].to(device)
    return None if state is None else state.to(device)


def new_model(cell: Cell, characters: int, units: int, seed: int = 0) -> CharacterModel:
    """A network that has not learned; the same seed draws the same weights."""
    with torch.device("meta"):
        model = CharacterModel(cell, characters, units)
    model.to_empty(device="cpu")
    begun(model, units, torch_generator(seed))
    return model


def streams_of(codes: Tensor, most: int, length: int) -> Tensor:
    """The text cut into at most so many streams beside one another, each with a piece at least: `(steps, streams)`."""
    count = max(1, min(most, len(codes) // (length + 1)))
    return codes[: len(codes) // count * count].view(count, -1).T.contiguous()


def bits_per_character(model: CharacterModel, codes: Tensor) -> float:
    """The mean bits that the network needs for each character after the first of its stream."""
    streams = streams_of(codes, 16, _JUDGED_TOGETHER)
    with torch.no_grad():
        logits, _ = model(streams[:-1])
        return float(F.cross_entropy(logits.flatten(0, 1), streams[1:].flatten())) / log(2)


class WriterCard(BaseModel):
    """What a network that writes is; kept beside its weights."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    cell: Cell
    units: int
    alphabet: str
    plan: dict[str, Any]
    steps: int
    held_out_bits: float
    versions: dict[str, str]


def keep(folder: Path, run_id: str, lesson: Lesson) -> None:
    """Write the best network of a lesson; the card comes last and makes it count."""
    folder.mkdir(parents=True, exist_ok=True)
    writer, plan = lesson.best(), lesson.plan
    save_file(writer.model.state_dict(), folder / WEIGHTS, metadata={"run_id": run_id})
    card = WriterCard(
        run_id=run_id, cell=plan.cell, units=plan.units, alphabet=writer.alphabet, plan=asdict(plan),
        steps=lesson.best_step, held_out_bits=lesson.best_bits, versions=environment(),
    )  # fmt: skip
    (folder / CARD).write_text(card.model_dump_json(indent=1), "utf-8")


def load(folder: Path) -> Writer:
    """The network in this folder, on the CPU; nothing is written there."""
    try:
        card = WriterCard.model_validate_json((folder / CARD).read_text("utf-8"))
    except FileNotFoundError as error:
        raise IncompleteRunError from error
    model = new_model(card.cell, len(card.alphabet), card.units)
    model.load_state_dict(load_file(folder / WEIGHTS))
    return Writer(card.alphabet, model.requires_grad_(requires_grad=False).eval())
