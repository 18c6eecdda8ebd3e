"""The index of timm's networks: their names, figures and cuts, so that a page finds them without importing timm.

`index.tsv` is written by `python -m bench.timm_tables`, which measures every network; `families.toml` says what timm's
modules hold. Tests hold both against timm itself.
"""

import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

from tlcore.zoo.network import Interpolation, Stage

PREFIX = "timm/"
"""What a name may begin with; it has to where a network from elsewhere has the same."""
INDEX, FAMILIES = (Path(__file__).with_name(name) for name in ("index.tsv", "families.toml"))
_STAGE, _PART = ";", " "


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A network of timm as the index has it, a column a field.

    `module` is that of timm which holds it; `input` its rows and columns, and `least` the smallest side that it was run
    on; `fixed` that it takes its own size alone. `parameters` and `macs` are those of the network as timm builds it,
    with the classifier for `classes` (0: none). `tag` names its first pretrained weights, `url` where these are
    (empty where timm publishes none), `license` theirs. `stages` are empty where `uncut` says why.
    """

    name: str
    module: str
    input: tuple[int, int]
    least: int
    fixed: bool
    parameters: int
    macs: int
    classes: int
    tag: str
    url: str
    license: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Interpolation
    crop: float
    head: str
    pooled: bool
    stages: tuple[Stage, ...]
    uncut: str

    @property
    def family(self) -> "Family":
        """What it is one of."""
        return next(one for one in families() if one.module == self.module and one.has(self.name))

    @property
    def weights_name(self) -> str:
        """What timm calls its pretrained weights."""
        return f"{self.name}.{self.tag}" if self.tag else self.name


@dataclass(frozen=True, kw_only=True)
class Family:
    """Networks of one module of timm whose names fit a pattern; `paper` is the number in the arXiv of what began it."""

    module: str
    title: str
    paper: str = ""
    names: tuple[str, ...] = ("*",)

    def has(self, name: str) -> bool:
        """Whether a network of this module is one of these."""
        return any(fnmatch(name, pattern) for pattern in self.names)

    @property
    def year(self) -> int | None:
        """The year in which the paper came to the arXiv, whose numbers begin with year and month."""
        return 2000 + int(self.paper[:2]) if self.paper else None


@cache
def families() -> tuple[Family, ...]:
    """All families, the special ones of a module first."""
    rows = tomllib.loads(FAMILIES.read_text("utf-8"))["families"]
    return tuple(Family(**{**row, "names": tuple(row.get("names", ("*",)))}) for row in rows)


@cache
def entries() -> dict[str, Entry]:
    """Every network of timm by its name, in timm's order."""
    titles, *lines = INDEX.read_text("utf-8").splitlines()
    rows = (dict(zip(titles.split("\t"), line.split("\t"), strict=True)) for line in lines)
    return {row["name"]: _entry(row) for row in rows}


def find(name: str) -> Entry | None:
    """The network of that name, with or without the prefix."""
    return entries().get(str(name).removeprefix(PREFIX))


def search(words: str) -> list[Entry]:
    """The networks that have each of the words in their name, family or year; whose name begins so come first."""
    typed = words.lower().strip().removeprefix(PREFIX)
    found = [entry for entry in entries().values() if has_words(_described(entry.name), typed)]
    return sorted(found, key=lambda entry: not entry.name.startswith(typed.split(" ")[0]))


def has_words(text: str, words: str) -> bool:
    """Whether a text has each of the words somewhere, in small or in large letters."""
    return all(word in text.lower() for word in re.split(r"[\s,]+", words.lower().strip()))


@cache
def _described(name: str) -> str:
    entry = entries()[name]
    return f"{name} {entry.family.title} {entry.module} {entry.family.year or ''}".lower()


def line(entry: Entry) -> str:
    """An entry as a line of the index, in the order of its fields."""
    stages = _STAGE.join(f"{stage.name}={_PART.join(stage.parts)}" for stage in entry.stages)
    values = {**vars(entry), "stages": stages, "fixed": int(entry.fixed), "pooled": int(entry.pooled)}
    return "\t".join(_PART.join(map(str, v)) if isinstance(v, tuple) else str(v) for v in values.values())


def title_line() -> str:
    """The first line of the index."""
    return "\t".join(Entry.__annotations__)


def _entry(row: dict[str, str]) -> Entry:
    rows, columns = map(int, row["input"].split())
    interpolation: Interpolation = "bicubic" if row["interpolation"] == "bicubic" else "bilinear"
    told: dict[str, Any] = {name: int(row[name]) for name in ("least", "parameters", "macs", "classes")}
    told |= {name: row[name] for name in ("name", "module", "tag", "url", "license", "head", "uncut")}
    return Entry(
        **told, input=(rows, columns), fixed=row["fixed"] == "1", pooled=row["pooled"] == "1",
        mean=_three(row["mean"]), std=_three(row["std"]), interpolation=interpolation, crop=float(row["crop"]),
        stages=tuple(_stage(text) for text in row["stages"].split(_STAGE) if text),
    )  # fmt: skip


def _three(text: str) -> tuple[float, float, float]:
    first, second, third = map(float, text.split())
    return first, second, third


def _stage(text: str) -> Stage:
    name, _, parts = text.partition("=")
    return Stage(name, tuple(parts.split(_PART)))
