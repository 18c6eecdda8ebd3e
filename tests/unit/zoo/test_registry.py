"""The registry: one dict that refuses duplicates and answers typing errors."""

from dataclasses import replace

import pytest

from tlcore.errors import UnknownNameError
from tlcore.zoo import registry


def test_every_name_leads_to_its_own_row() -> None:
    assert [registry.get(name).name for name in registry.names()] == list(registry.names())


def test_a_name_can_be_given_only_once() -> None:
    before = registry.names()
    with pytest.raises(ValueError, match="already registered under the name 'resnet18'"):
        registry.register(replace(registry.get("resnet50"), name="resnet18"))
    assert registry.names() == before
    assert registry.get("resnet18").parameters == 11_689_512  # He et al.'s ResNet-18, as torchvision publishes it


def test_a_new_name_is_known_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_NETWORKS", dict(registry._NETWORKS))
    row = registry.register(replace(registry.get("resnet18"), name="mynet"))
    assert registry.get("mynet") is row
    assert registry.names()[-1] == "mynet"


@pytest.mark.parametrize(("typed", "meant"), [("resnet-18", "resnet18"), ("mobilenetv2", "mobilenet_v2")])
def test_a_typing_error_is_answered_with_the_nearest_names(typed: str, meant: str) -> None:
    with pytest.raises(UnknownNameError, match=f"There is no network named '{typed}'. Did you mean .*{meant}"):
        registry.get(typed)


def test_an_unlikely_name_is_answered_with_all_names() -> None:
    with pytest.raises(UnknownNameError) as caught:
        registry.get("zzzzzz")
    assert all(name in str(caught.value) for name in registry.names())


@pytest.mark.parametrize("given", ["", None, 7])
def test_what_is_no_name_is_refused_too(given: object) -> None:
    with pytest.raises(UnknownNameError):
        registry.get(given)  # type: ignore[arg-type]


def test_titles_are_unique() -> None:
    titles = [registry.get(name).title for name in registry.names()]
    assert len(set(titles)) == len(titles)
