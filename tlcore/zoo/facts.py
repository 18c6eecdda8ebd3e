"""What is published about each network, from `facts/*.toml`, and what torchvision says of its own weights."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tlcore.errors import NotFoundError
from tlcore.zoo import registry, stack
from tlcore.zoo.timm.index import Entry, entries

_FOLDER = Path(__file__).parent / "facts"
_CHALLENGE = _FOLDER / "challenge.toml"
_HEAD = {"inception_v3": "torchvision counts the auxiliary head, which is not shown here: 3.3 million."}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One published value with its source.

    The value was read in its source, or in another that quotes it and is named then. `rounding` is the unit of the
    last printed digit, where the value can be measured again. `differs` says why a measurement does not give the
    printed value; `variant` what the value holds for.
    """

    fact: str
    value: float
    unit: str
    source: str
    variant: str = ""
    rounding: float | None = None
    differs: str = ""
    note: str = ""

    def agrees(self, measured: float) -> bool:
        """Whether a measurement, printed with as many digits, gives the published value."""
        assert self.rounding is not None
        return round(measured / self.rounding) == round(self.value / self.rounding)

    @property
    def remark(self) -> str:
        """What a reader should know before believing the value."""
        return " ".join(part for part in (self.differs, self.note) if part)


@dataclass(frozen=True, kw_only=True)
class Published:
    """What its authors and others say about a network; `idea` is in our words.

    Of timm's networks little is written down here: the year is that of their family's paper, None where it has none.
    """

    name: str
    year: int | None
    authors: str
    paper: str
    where: str
    input: str
    depth: str
    idea: str
    note: str = ""
    facts: tuple[Fact, ...] = ()

    @property
    def credit(self) -> str:
        """Who made it, where it was published, and what it takes."""
        made = f"{self.authors}: {self.paper}. {self.where}, {self.year}." if self.authors else self.where
        return f"{made} Input {self.input}{f'; {self.depth}' if self.depth else ''}."


@dataclass(frozen=True, kw_only=True)
class Winner:
    """The winner of a year's ImageNet challenge: top-5 error in percent on its test images.

    `family` is that of its networks; empty where they are of none, or of several.
    """

    year: int
    team: str
    error: float
    note: str
    family: str = ""


@dataclass(frozen=True, kw_only=True)
class Rated:
    """What torchvision says of a network with its IMAGENET1K_V1 weights; accuracies in percent, MACs for one image."""

    name: str
    params: int
    macs: float
    top1: float
    top5: float


def winners() -> tuple[tuple[Winner, ...], str]:
    """The winners of the ImageNet challenges, and the source."""
    held = tomllib.loads(_CHALLENGE.read_text("utf-8"))
    return tuple(Winner(**row) for row in held["winners"]), held["source"]


@cache
def rated() -> tuple[Rated, ...]:
    """Every network that torchvision has weights for and the trainer takes."""
    rows = []
    for name in registry.names():
        if registry.get(name).weights_file:
            params, macs, top1, top5 = (fact.value for fact in torchvision_facts(name))
            rows.append(Rated(name=name, params=int(params), macs=macs, top1=top1, top5=top5))
    return tuple(rows)


def published(name: str) -> Published:
    """What is published about the network of that name."""
    if name.startswith(stack.PREFIX):
        raise NotFoundError("Nothing is published about a network of one's own; `python -m tlcore layers` measures it.")
    if name in _all():
        return _all()[name]
    if entry := registry.of_timm(name):
        return _of_timm(entry)
    raise NotFoundError(f"Nothing is written down about a network named '{name}'.")


def published_names() -> tuple[str, ...]:
    """The networks that something is written down about."""
    return tuple(_all())


def torchvision_facts(name: str) -> tuple[Fact, ...]:
    """What torchvision says of its IMAGENET1K_V1 weights: counts, and accuracy on ImageNet's validation images."""
    import torchvision

    meta: dict[str, Any] = torchvision.models.get_model_weights(name).IMAGENET1K_V1.meta
    accuracy = meta["_metrics"]["ImageNet-1K"]
    source = "torchvision's description of its IMAGENET1K_V1 weights"
    return (
        Fact(
            fact="parameters",
            value=meta["num_params"],
            unit="parameters",
            source=source,
            rounding=1,
            differs=_HEAD.get(name, ""),
        ),
        Fact(fact="MACs", value=round(meta["_ops"] * 1e9), unit="multiply-adds", source=source, rounding=1e6),
        Fact(fact="top-1 accuracy", value=accuracy["acc@1"], unit="%", source=source, variant="these weights, 1 crop"),
        Fact(fact="top-5 accuracy", value=accuracy["acc@5"], unit="%", source=source, variant="these weights, 1 crop"),
    )


@cache
def _all() -> dict[str, Published]:
    networks: dict[str, Published] = {}
    for file in sorted(set(_FOLDER.glob("*.toml")) - {_CHALLENGE}):
        for name, values in tomllib.loads(file.read_text("utf-8")).items():
            if name in networks:
                raise ValueError(f"{file.name} describes {name} a second time.")
            networks[name] = _published(name, values)
    return networks


def _of_timm(entry: Entry) -> Published:
    family = entry.family
    count = sum(one.family == family for one in entries().values())
    among = f"One of {count} networks that timm counts to this family" if count > 1 else "A network of timm"
    paper = f" The family began with arXiv:{family.paper} ({family.year})." if family.paper else ""
    return Published(
        name=entry.name, year=family.year, authors="", paper=family.paper, depth="",
        where=f"timm, module {entry.module}.{paper}", input="x".join(map(str, (3, *entry.input))),
        idea=f"{family.title}. {among}.",
    )  # fmt: skip


def _published(name: str, values: dict[str, Any]) -> Published:
    facts = tuple(Fact(**fact) for fact in values.pop("facts", ()))
    return Published(name=name, facts=facts, **values)
