"""The registry: one dict of networks that refuses duplicates; behind it those that a name describes, and timm's."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache

from tlcore.errors import UnknownNameError
from tlcore.zoo import stack
from tlcore.zoo.network import Network
from tlcore.zoo.rows import cifar as cifar_rows
from tlcore.zoo.rows import own as own_rows
from tlcore.zoo.rows import timm as timm_rows
from tlcore.zoo.rows import torchvision as torchvision_rows
from tlcore.zoo.timm import index
from tlcore.zoo.timm.rows import network_row

_NETWORKS: dict[str, Network] = {}
_TAKEN = frozenset(row.name for row in own_rows.ROWS)
"""The names of networks that are only looked at; one of timm with such a name needs the prefix."""


def register(network: Network) -> Network:
    """Add one network; a name can be given only once."""
    if network.name in _NETWORKS:
        raise ValueError(f"A network is already registered under the name '{network.name}'.")
    _NETWORKS[network.name] = network
    return network


def names() -> tuple[str, ...]:
    """The names of all networks, in the order of the registry (by family, small to large)."""
    return tuple(_NETWORKS)


def get(name: str) -> Network:
    """The network of that name, one that a stack's name describes, or one of timm's; else the nearest are named."""
    if name in _NETWORKS:
        return _NETWORKS[name]
    if str(name).startswith(stack.PREFIX):
        return stack.network_row(name)
    if entry := of_timm(name):
        return network_row(entry, timm_name(entry))
    near = nearest(name, _NETWORKS)
    hint = f" Did you mean {', '.join(near)}?" if near else f" Known names: {', '.join(_NETWORKS)}, and timm's."
    raise UnknownNameError(f"There is no network named '{name}'.{hint}")


def of_timm(name: str) -> index.Entry | None:
    """The network of timm that a name means: one that no other network here has, or one behind timm's prefix."""
    return None if name in _TAKEN or name in _NETWORKS else index.find(name)


def timm_name(entry: index.Entry) -> str:
    """The name that a network of timm has here."""
    return entry.name if of_timm(entry.name) else index.PREFIX + entry.name


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The names nearest to a mistyped one, of the known ones and of timm's together."""
    return get_close_matches(str(name), dict.fromkeys([*known, *timm_names()]), n=3)


@cache
def trainable_timm_names() -> tuple[str, ...]:
    """Those that can be cut into stages."""
    return tuple(timm_name(entry) for entry in index.entries().values() if entry.stages)


def timm_names() -> tuple[str, ...]:
    """The names of all networks of timm, as they are called here."""
    return tuple(map(timm_name, index.entries().values()))


for _row in (*torchvision_rows.ROWS, *timm_rows.ROWS, *cifar_rows.ROWS):
    register(_row)
