"""What a job is asked to do: a frozen value with JSON both ways, and no way to build an impossible one."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from tlcore.errors import BadSpecError

SEEDS = range(2**31)
"""What a seed may be, for whatever is drawn at random."""


class Spec(BaseModel):
    """The settings of one job; each kind of job has a class, which `kind` names.

    All of them work in batches, of at most `batch_size`: a worker halves it when its device runs out of memory.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    words: ClassVar[Mapping[str, str]] = {}
    """What settings are called in sentences, where it is not their name."""

    kind: str
    batch_size: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Build a spec from what a person gave; a `BadSpecError` says in one sentence what is wrong with it."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise BadSpecError(_sentence(error, cls.words)) from error

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The spec that `to_json` wrote."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise BadSpecError(_sentence(error, cls.words)) from error

    def to_json(self) -> str:
        """The spec as JSON."""
        return self.model_dump_json()

    def with_changes(self, **changes: Any) -> Self:
        """A checked copy with some values changed."""
        return self.of({**self.model_dump(), **changes})

    @property
    def title(self) -> str:
        """What a job is called until its owner names it."""
        raise NotImplementedError


def _sentence(error: ValidationError, words: Mapping[str, str]) -> str:
    """The first problem as a sentence: what was given, and what is allowed."""
    problem = error.errors()[0]
    if not problem["loc"]:
        return str(problem["msg"]).removeprefix("Value error, ")
    name = ".".join(str(part) for part in problem["loc"] if not isinstance(part, int))
    if problem["type"] == "extra_forbidden":
        return f"There is no setting called '{name}'."
    if problem["type"] == "missing":
        return f"The setting '{name}' is missing."
    if problem["type"] == "value_error":
        return str(problem["msg"]).removeprefix("Value error, ")
    given = problem["input"]
    shown = repr(given) if isinstance(given, str) or (isinstance(given, float) and math.isnan(given)) else given
    rule = str(problem["msg"])[0].lower() + str(problem["msg"])[1:]
    verb = "hold" if isinstance(problem["loc"][-1], int) else "be"
    return f"The {words.get(name, name.replace('_', ' '))} can't {verb} {shown}: {rule}."
