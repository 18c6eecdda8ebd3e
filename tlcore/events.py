"""What a job of any kind tells, as frozen values with JSON both ways; whoever listens decides what to do with them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, ClassVar, Literal, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from tlcore.errors import BadEventError

_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)
State = Literal["queued", "running", "stopping", "done", "failed", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in a run; `name` is its tag in JSON, which no other class has.

    `formerly` are tags under which it was stored before, by runs of the kinds that tell it. `derived` are properties
    that are told with the fields, for they follow from them.
    """

    name: ClassVar[str]
    formerly: ClassVar[tuple[str, ...]] = ()
    derived: ClassVar[tuple[str, ...]] = ()

    def to_json(self) -> dict[str, Any]:
        """The event as a JSON object tagged by `event`."""
        return {"event": self.name, **asdict(self), **{name: getattr(self, name) for name in self.derived}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The event that `to_json` gave; what stands beside its fields, such as when it was told, is left out."""
        try:
            event: Self = _adapter(cls).validate_python(values)
        except ValidationError as error:
            raise BadEventError from error
        return event

    @classmethod
    def tags(cls) -> tuple[str, ...]:
        """The tags under which it is found in a store."""
        return (cls.name, *cls.formerly)


E = TypeVar("E", bound=Event)


def read(values: Mapping[str, Any], kinds: Iterable[type[Event]]) -> Event:
    """A stored event as a value of the one of these classes that has its tag; raises `BadEventError` if none can."""
    tag = values.get("event")
    kind = next((kind for kind in kinds if tag in kind.tags()), None)
    if kind is None:
        raise BadEventError
    return kind.from_json(values)


@dataclass(frozen=True, kw_only=True)
class StateChanged(Event):
    """The run waits, works or is over; `attempt` counts from 1, and is 0 where it is not that which tells it.

    One that waits again was `resumed` by its owner, or `gave_way` to others, or was given back.
    """

    name: ClassVar[str] = "state"
    state: State
    message: str = ""
    attempt: int = 0
    resumed: bool = False
    gave_way: bool = False


@dataclass(frozen=True, kw_only=True)
class InLine(Event):
    """Where a run that waits stands now, in words; told to those who watch it, and never stored."""

    name: ClassVar[str] = "place"
    words: str


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """Work other than steps: decoding images, running them through stages, validating, evaluating."""

    name: ClassVar[str] = "progress"
    phase: str
    done: int
    total: int
    images_per_second: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Notice(Event):
    """Something a person should know: what was changed, or why it ended early."""

    name: ClassVar[str] = "notice"
    message: str


@dataclass(frozen=True, kw_only=True)
class Stopping(Event):
    """The request to stop has taken effect; the best model so far is being finished."""

    name: ClassVar[str] = "stopping"


@dataclass(frozen=True, kw_only=True)
class Result(Event):
    """What a job of some kind came to, told last; less than was asked for where it was `stopped`."""

    stopped: bool


@dataclass(frozen=True, kw_only=True)
class GaveWay(Event):
    """All that the run needs to go on where it is has been kept, and it ends for now; told to its worker alone."""

    name: ClassVar[str] = "gave_way"
