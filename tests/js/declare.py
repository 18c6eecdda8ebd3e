"""The declarations that the scripts are checked against, made from the Python classes: `python -m tests.js.declare`."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from pages._parts.js import data, scripts
from tlcore.events import Event, InLine
from tlcore.jobs.kinds.registry import KINDS
from tlcore.jobs.store.feed import FeedItem

PATH = scripts.FOLDER / "types.d.ts"
_HEAD = """\
// Made by `make types` from the classes of Python that have these names; a test holds it to them.
// Runs of earlier versions may lack fields of an event that have a default.

"""
_PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null", Any: "any"}


class Declarations:
    """Interfaces by their names, each once."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._makers: dict[str, type] = {}

    def name(self, cls: type) -> str:
        """The interface of a class, declared with all that it names."""
        if self._makers.setdefault(cls.__name__, cls) is not cls:
            raise ValueError(f"Two classes are called {cls.__name__}.")
        if cls.__name__ not in self.texts:
            self.texts[cls.__name__] = ""  # it may name itself
            self.texts[cls.__name__] = self._interface(cls)
        return cls.__name__

    def _interface(self, cls: type) -> str:
        lines = [f"  {name}: {kind};" for name, kind in self._members(cls)]
        said = (inspect.getdoc(cls) or "").split("\n")[0]
        return "\n".join([f"/** {said} */", f"export interface {cls.__name__} {{", *lines, "}"])

    def _members(self, cls: type) -> Iterable[tuple[str, str]]:
        hints = get_type_hints(cls, include_extras=True)
        if issubclass(cls, Event):
            yield "event", " | ".join(f'"{tag}"' for tag in cls.tags())
        for name in [field.name for field in fields(cls)] if is_dataclass(cls) else hints:
            optional = get_origin(hints[name]) is NotRequired
            yield f"{name}{'?' if optional else ''}", self.type(hints[name])
        if issubclass(cls, Event):
            for name in cls.derived:
                yield name, self.type(get_type_hints(getattr(cls, name).fget)["return"])

    def type(self, hint: Any) -> str:
        """A Python type as JSON has it."""
        if hint in _PLAIN:
            return _PLAIN[hint]
        if is_dataclass(hint) or is_typeddict(hint):
            return self.name(hint)
        return self._composed(get_origin(hint), get_args(hint)) or _unknown(hint)

    def _composed(self, origin: Any, parts: Sequence[Any]) -> str:
        """A type that is made of others, or nothing."""
        if origin is Literal:
            return " | ".join(f'"{part}"' for part in parts)
        names = [self.type(part) for part in parts if part is not Ellipsis]
        if origin in {NotRequired, Union, UnionType}:
            return " | ".join(names)
        if origin in {dict, Mapping}:
            return f"Record<{', '.join(names)}>"
        if origin in {list, Sequence} or (origin is tuple and Ellipsis in parts):
            return f"({names[0]})[]" if " | " in names[0] else f"{names[0]}[]"
        return f"[{', '.join(names)}]" if origin is tuple else ""


def _unknown(hint: Any) -> NoReturn:
    raise TypeError(f"There is no way to declare {hint}.")


def declared() -> str:
    """The whole file: what components are given, and what jobs tell."""
    made = Declarations()
    for cls in vars(data).values():
        if is_typeddict(cls):
            made.name(cls)
    unions = []
    for kind, job in KINDS.items():
        names = " | ".join(made.name(event) for event in (InLine, *job.events))
        unions.append(f"/** What is told of a job of the kind `{kind}`. */\nexport type {kind.title()}Event = {names};")
    names = " | ".join(f"{kind.title()}Event" for kind in KINDS)
    unions.append(f"/** What is told of a job of any kind. */\nexport type JobEvent = {names};")
    told = [f"  {field.name}: {made.type(field.type)};" for field in fields(FeedItem) if field.name != "payload"]
    stamp = ["/** What stands beside the fields of an event: its number, its run, and when it was told. */"]
    stamp += ["export interface Told {", *told, "  at: number;", "}"]
    return _HEAD + "\n\n".join([*made.texts.values(), "\n".join(stamp), *unions]) + "\n"


if __name__ == "__main__":
    PATH.write_text(declared())
