"""The registry: one dict of networks that refuses duplicates."""

from difflib import get_close_matches

from tlcore.errors import UnknownNameError
from tlcore.zoo import stack
from tlcore.zoo.network import Network
from tlcore.zoo.rows import cifar as cifar_rows
from tlcore.zoo.rows import timm as timm_rows
from tlcore.zoo.rows import torchvision as torchvision_rows

_NETWORKS: dict[str, Network] = {}


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
    """The network of that name, or that a stack's name describes; an unknown one is answered with the nearest."""
    if name in _NETWORKS:
        return _NETWORKS[name]
    if str(name).startswith(stack.PREFIX):
        return stack.network_row(name)
    near = get_close_matches(str(name), _NETWORKS, n=3)
    hint = f" Did you mean {', '.join(near)}?" if near else f" Known names: {', '.join(_NETWORKS)}."
    raise UnknownNameError(f"There is no network named '{name}'.{hint}")


for _row in (*torchvision_rows.ROWS, *timm_rows.ROWS, *cifar_rows.ROWS):
    register(_row)
