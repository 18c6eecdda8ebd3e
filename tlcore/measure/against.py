"""Published facts beside what is measured on the network itself."""

from dataclasses import dataclass

from tlcore.measure.networks import measure
from tlcore.measure.table import Table
from tlcore.zoo import registry
from tlcore.zoo.facts import Fact, published, torchvision_facts

_MEASURED = {"parameters": "params", "MACs": "macs"}


@dataclass(frozen=True)
class Compared:
    """A published fact, and the same measured here; None where it can't be measured without images or training."""

    fact: Fact
    measured: int | None


def facts_beside(name: str) -> tuple[Compared, ...]:
    """All facts about the named network, with what its layers add up to."""
    facts = published(name).facts
    if name in registry.names() and registry.get(name).weights_file:
        facts += torchvision_facts(name)
    table = measure(name)
    return tuple(Compared(fact, _measured(fact, table)) for fact in facts)


def _measured(fact: Fact, table: Table) -> int | None:
    column = _MEASURED.get(fact.fact)
    return getattr(table, column) if column else None
