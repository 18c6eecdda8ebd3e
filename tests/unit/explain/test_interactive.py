"""The gate: one at a time, in order, again from within, and not for what is remembered; and pages go through it."""

import ast
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import pytest

from tlcore.errors import BusyError, NotFoundError
from tlcore.explain import interactive
from tlcore.gate import GATE, Gate, in_turns, once
from tlcore.gradients.layers import measured
from tlcore.gradients.layers.batches import Images
from tlcore.gradients.layers.flow import Flow, flow
from tlcore.gradients.layers.measured import Setting
from tlcore.gradients.residual.identity import Identity, learning
from tlcore.settings import PROJECT_ROOT
from tlcore.zoo.nets.configurable import Design

SMALL = Design(depth=8, width=4)
PAGES = sorted((PROJECT_ROOT / "pages").rglob("*.py"))


@contextmanager
def somebody_inside(gate: Gate) -> Iterator[None]:
    """Another thread stays in the gate meanwhile."""
    entered, leave = Event(), Event()

    def stay() -> None:
        with gate.turn():
            entered.set()
            leave.wait(30)

    other = Thread(target=stay)
    other.start()
    entered.wait(30)
    try:
        yield
    finally:
        leave.set()
        other.join()


def waiting(gate: Gate, count: int) -> None:
    """Wait until that many threads wait."""
    until = monotonic() + 30
    while len(gate._waiting) < count:
        assert monotonic() < until
        sleep(0.001)


def test_two_threads_never_overlap() -> None:
    gate, inside, most = Gate(), [], []

    def compute(_: int) -> None:
        with gate.turn():
            inside.append(None)
            most.append(len(inside))
            sleep(0.001)
            inside.pop()

    with ThreadPoolExecutor(8) as people:
        list(people.map(compute, range(64)))
    assert most == [1] * 64


def test_a_turn_within_a_turn_is_the_same_one() -> None:
    gate = Gate(patience=0.05)
    with gate.turn():
        with gate.turn():
            pass
        with ThreadPoolExecutor(1) as other, pytest.raises(BusyError):
            other.submit(gate.turn().__enter__).result()
    with gate.turn():
        pass


def test_an_exception_ends_the_turn() -> None:
    gate = Gate(patience=0.05)
    with pytest.raises(ValueError, match="once"), gate.turn():
        raise ValueError("once")
    with ThreadPoolExecutor(1) as other:
        other.submit(lambda: gate.turn().__enter__()).result()


def test_who_waits_too_long_is_told_so_and_holds_nobody_up() -> None:
    gate = Gate(patience=0.05)
    with somebody_inside(gate):
        with pytest.raises(BusyError, match="Try again in a minute"), gate.turn():
            pass
        assert not gate._waiting
    with gate.turn():
        pass


def test_they_enter_in_the_order_in_which_they_came() -> None:
    gate, entered = Gate(), []

    def enter(name: int) -> None:
        with gate.turn():
            entered.append(name)

    people = [Thread(target=enter, args=(name,)) for name in range(5)]
    with somebody_inside(gate):
        for count, person in enumerate(people, 1):
            person.start()
            waiting(gate, count)
    for person in people:
        person.join()
    assert entered == list(range(5))


def test_others_get_their_turn_between_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, told = Gate(), []
    monkeypatch.setattr("tlcore.gate.GATE", gate)

    def other() -> None:
        with gate.turn():
            told.append("other")

    person = Thread(target=other)

    def steps() -> Iterator[int]:
        person.start()
        waiting(gate, 1)
        yield from range(3)

    tell = told.append
    for step in in_turns(steps()):
        tell(str(step))
    person.join()
    assert sorted(told) == ["0", "1", "2", "other"]
    assert told.index("other") < told.index("1")


def test_a_measurement_is_made_once_for_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    times = []

    def counted(*given: object, **more: object) -> Flow:
        times.append(given)
        return flow(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(measured, "flow", counted)
    setting = Setting(network=SMALL, images=Images(count=4, side=16), seed=4711)
    with ThreadPoolExecutor(4) as people:
        flows = list(people.map(interactive.gradient_flow, [setting] * 4))
    assert len(times) == 1
    assert all(one is flows[0] for one in flows)


def test_what_is_remembered_does_not_enter_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GATE, "patience", 0.05)
    doubled = once(2)(lambda number: 2 * number)
    wanted = Identity(seed=9)
    assert doubled(4) == 8
    assert interactive.identity_learned(wanted) is None
    frames = tuple(interactive.identity_learning(wanted))
    with somebody_inside(GATE):
        assert doubled(4) == 8
        assert interactive.identity_learned(wanted) == frames == tuple(learning(wanted))
        with pytest.raises(BusyError):
            doubled(5)


def test_only_the_latest_are_remembered() -> None:
    times: list[int] = []
    asked = once(2)(times.append)
    for number in (1, 2, 1, 3, 2, 1):
        asked(number)
    assert times == [1, 2, 3, 1]


def test_a_failure_is_not_remembered() -> None:
    setting = Setting(network=SMALL, images=Images(blobs=(("0" * 64, 0),)))
    for _ in range(2):
        with pytest.raises(NotFoundError):
            interactive.gradient_flow(setting)


def computed() -> set[tuple[str, str]]:
    """Every function of tlcore that the module calls within the gate, by its module and its name."""
    tree = ast.parse(Path(str(interactive.__file__)).read_text())
    return {call for function in tree.body if isinstance(function, ast.FunctionDef) for call in calls(function)}


def calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The functions of tlcore's modules that are called somewhere in it."""
    known: dict[str, tuple[str, str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("tlcore"):
            for alias in node.names:
                known[alias.asname or alias.name] = str(node.module), alias.name
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Attribute(ast.Name(module), name) if module in known:
                yield ".".join(known[module]), name
            case ast.Name(name) if name in known:
                yield known[name]


CHEAP = {("tlcore.explain.why.shifts", "widened")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT_ROOT)))
def test_pages_go_through_the_gate(page: Path) -> None:
    assert set(calls(ast.parse(page.read_text()))) & computed() - CHEAP == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT_ROOT)))
def test_nothing_that_fills_a_cache_waits_at_the_gate(page: Path) -> None:
    """Streamlit holds a lock for each value that is being made; who is inside could wait for it."""
    cached = [
        node
        for node in ast.walk(ast.parse(page.read_text()))
        if isinstance(node, ast.FunctionDef) and any("st.cache" in ast.unparse(one) for one in node.decorator_list)
    ]
    assert [node.name for node in cached if "interactive." in ast.unparse(node)] == []


WIDGETS = {"link_state.py", "segments.py", "knobs.py", "side.py", "components.py", "convolve_settings.py"}
"""What a widget gives is of any type."""


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in WIDGETS], ids=lambda page: page.stem)
def test_what_pages_hand_on_has_a_type(page: Path) -> None:
    """So that mypy sees where pages meet torch."""
    annotations = [
        (node.lineno, annotation)
        for node in ast.walk(ast.parse(page.read_text()))
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if annotation is not None
    ]
    untyped = ("Any", "Any | None", "list[Any]", "tuple[Any, Any]")
    assert [line for line, annotation in annotations if ast.unparse(annotation) in untyped] == []


def test_calls_are_found() -> None:
    source = "from tlcore.explain import looking\nfrom tlcore.explain.looking import heat as warm\n"
    tree = ast.parse(f"{source}looking.answers(view)\nwarm(1)\n")
    assert set(calls(tree)) == {("tlcore.explain.looking", "answers"), ("tlcore.explain.looking", "heat")}
    assert ("tlcore.explain.looking", "answers") in computed()
