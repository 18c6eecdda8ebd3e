"""The networks that stand for larger ones in tests are made of the same modules."""

from tests.unit.siblings import STANDS_FOR
from tlcore.zoo import architectures


def classes_in(name: str) -> set[type]:
    """The classes of the modules of which the network is made."""
    return {type(module) for module in architectures.get(name).build("meta").modules()}


def test_who_stands_for_others_is_made_of_the_same_classes_of_modules() -> None:
    for small, larger in STANDS_FOR.items():
        here = classes_in(small)
        assert {name: classes_in(name) ^ here for name in larger} == {name: set() for name in larger}
