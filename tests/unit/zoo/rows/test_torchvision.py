"""Every row against what torchvision itself publishes about the network."""

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlparse

import pytest
import torch
import torchvision
from torchvision.transforms import InterpolationMode

from tlcore.zoo import registry
from tlcore.zoo.network import IMAGENET_MEAN, IMAGENET_STD
from tlcore.zoo.staged import new_network

PUBLISHED = [name for name in registry.names() if registry.get(name).weights_file]
# Published files of these count auxiliary classifiers, which the rows leave out; the paper's network has none at work.
WITH_AUXILIARY_HEADS = {"inception_v3": 27_161_264}


def published(name: str) -> Any:
    """torchvision's IMAGENET1K_V1 weights entry of a network."""
    return torchvision.models.get_model_weights(name).IMAGENET1K_V1  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_weights_file_is_the_published_one(name: str) -> None:
    assert registry.get(name).weights_file == PurePosixPath(urlparse(published(name).url).path).name


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_weights_file_ends_in_digits_of_its_hash(name: str) -> None:
    prefix = registry.get(name).weights_file.rsplit("-", 1)[1].removesuffix(".pth")
    assert len(prefix) >= 8
    assert int(prefix, 16) >= 0


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_preprocessing_is_the_published_one(name: str) -> None:
    row, transforms = registry.get(name), published(name).transforms()
    prep = row.preprocessing
    assert ([prep.resize], [prep.crop]) == (transforms.resize_size, transforms.crop_size)
    assert InterpolationMode(prep.interpolation) == transforms.interpolation
    assert (tuple(transforms.mean), tuple(transforms.std)) == (IMAGENET_MEAN, IMAGENET_STD)
    # Networks that rescale their input themselves are built without that step, and the preprocessing does it instead.
    rescales = "transform_input" in row.options
    assert (prep.mean, prep.std) == (((0.5,) * 3, (0.5,) * 3) if rescales else (IMAGENET_MEAN, IMAGENET_STD))


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_parameter_count_is_the_published_one(name: str) -> None:
    expected = WITH_AUXILIARY_HEADS.get(name, registry.get(name).parameters)
    assert published(name).meta["num_params"] == expected


def test_only_networks_that_rescale_their_input_carry_the_option() -> None:
    rescaling = {name for name in PUBLISHED if "transform_input" in registry.get(name).options}
    assert rescaling == {"googlenet", "inception_v3"}


@pytest.mark.parametrize("name", [name for name in registry.names() if registry.get(name).min_size > 32])
def test_a_smaller_input_does_not_run(name: str) -> None:
    row = registry.get(name)
    network = new_network(row, on_meta=True).eval()
    side = row.min_size - 1
    with torch.no_grad(), pytest.raises(RuntimeError, match=r"(Output|Kernel) size"):
        network(torch.zeros(1, 3, side, side, device="meta"))
