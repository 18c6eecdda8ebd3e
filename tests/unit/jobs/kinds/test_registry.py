"""Specs of jobs: what can be asked, and what is read back."""

import pytest

from tlcore.errors import BadSpecError, UnknownNameError
from tlcore.jobs.kinds.registry import KINDS, parse_spec
from tlcore.jobs.kinds.specs import SpeedSpec
from tlcore.train.recipe.spec import TrainSpec


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"networks": ["resnet19"]}, "no network named 'resnet19'"),
        ({"networks": []}, "list of networks"),
        ({"networks": ["lenet5"], "batch_size": 0}, "The batch can't be 0"),
    ],
)
def test_a_bad_request_is_a_sentence(values: dict[str, object], said: str) -> None:
    with pytest.raises(BadSpecError, match=said):
        SpeedSpec.of(values)


def test_a_network_is_measured_once() -> None:
    assert SpeedSpec.of({"networks": ["vgg16", "lenet5", "vgg16"]}).networks == ("vgg16", "lenet5")


@pytest.mark.parametrize("name", KINDS)
def test_every_job_can_be_given_back_with_half_the_batch(name: str) -> None:
    """A worker does so when a device runs out of memory, whatever the job."""
    assert "batch_size" in KINDS[name].spec.model_fields


def test_what_was_stored_is_read_back_as_its_kind() -> None:
    for spec in (SpeedSpec(networks=("lenet5",)), TrainSpec(backbone="resnet18")):
        assert parse_spec(spec.model_dump(mode="json")) == spec
    with pytest.raises(UnknownNameError, match="no kind of job called 'baking'"):
        parse_spec({"kind": "baking"})
