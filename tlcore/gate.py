"""One at a time: the gate for what takes a while, in a process beside which training uses the same cores."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Condition, get_ident
from typing import Generic, ParamSpec, TypeVar

from tlcore.errors import BusyError

PATIENCE = 60.0
"""Seconds until somebody who waits is told so instead."""
P = ParamSpec("P")
R = TypeVar("R")
Key = TypeVar("Key")
Value = TypeVar("Value")


class Gate:
    """Lets in one thread at a time, in the order in which they came; within its turn a thread may come in again.

    Whoever is inside must not wait for what another one may hold who waits here: a cache that is being filled, a lock.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._changed = Condition()
        self._waiting: deque[object] = deque()
        self._inside: int | None = None
        self._depth = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Within it, no other thread is inside; `BusyError` if that takes too long."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._changed:
            if self._inside != get_ident():
                self._wait()
                self._inside = get_ident()
            self._depth += 1

    def _wait(self) -> None:
        ticket = object()
        self._waiting.append(ticket)
        try:
            if not self._changed.wait_for(lambda: self._inside is None and self._waiting[0] is ticket, self.patience):
                raise BusyError
        finally:
            self._waiting.remove(ticket)
            self._changed.notify_all()  # the next one may have looked while this one stood before it

    def _leave(self) -> None:
        with self._changed:
            self._depth -= 1
            if not self._depth:
                self._inside = None
                self._changed.notify_all()


GATE = Gate()
"""The only one of the process."""


class Memory(Generic[Key, Value]):
    """The latest values by what they were asked with; read by anyone, written from within the gate."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        """The value, if it is remembered."""
        return self._values.get(key)

    def keep(self, key: Key, value: Value) -> Value:
        """Remember the value, and forget the oldest ones where there are too many."""
        self._values[key] = value
        while len(self._values) > self._most:
            self._values.pop(next(iter(self._values)))
        return value


def once(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compute in the gate, and remember that many outcomes for everyone; whoever asks meanwhile waits for the same."""

    def remembered(compute: Callable[P, R]) -> Callable[P, R]:
        memory: Memory[tuple[object, ...], tuple[R]] = Memory(most)

        @wraps(compute)
        def asked(*args: P.args, **named: P.kwargs) -> R:
            key = (args, *sorted(named.items()))
            if (known := memory.get(key)) is not None:
                return known[0]
            with GATE.turn():
                known = memory.get(key) or memory.keep(key, (compute(*args, **named),))
                return known[0]

        return asked

    return remembered


def in_turns(steps: Iterator[R]) -> Iterator[R]:
    """What a computation tells step by step, each step a turn of its own: between them others get theirs."""
    while True:
        with GATE.turn():
            try:
                step = next(steps)
            except StopIteration:
                return
        yield step
