"""Stages and head against the network's own forward, for every registered network or the one that stands for it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import torch
import torchvision
from torch import Tensor, nn

from tests.unit.filled import filled
from tests.unit.siblings import sampled
from tlcore.zoo import registry
from tlcore.zoo.network import IMAGENET_MEAN, IMAGENET_STD, Network
from tlcore.zoo.staged import (
    HeadShape,
    StagedNetwork,
    feature_count,
    is_head,
    load_tensors,
    make_head,
    new_network,
    replace_head,
    with_new_head,
)

CLASSES = 3
# The widths that each family's paper gives for the layer before its classifier.
FEATURES = {
    "alexnet": 4096,
    "vgg16": 4096,
    "googlenet": 1024,
    "inception_v3": 2048,
    "resnet18": 512,
    "resnet50": 2048,
    "densenet121": 1024,
    "squeezenet1_1": 512,
    "mobilenet_v2": 1280,
    "efficientnet_b0": 1280,
    "shufflenet_v2_x0_5": 1024,
    "mnasnet1_0": 1280,
    "regnet_y_400mf": 440,
    "convnext_tiny": 768,
}


@dataclass(frozen=True)
class Built:
    """A network with pseudo-random weights and a new head, and what its own and the staged forward gave."""

    row: Network
    staged: StagedNetwork
    logits: Tensor
    head_input: Tensor
    features: Tensor
    staged_logits: Tensor


@pytest.fixture(scope="module", params=sampled(registry.names()))
def built(request: pytest.FixtureRequest) -> Iterator[Built]:
    """Every network once, grouped so that only one is in memory at a time."""
    row = registry.get(request.param)
    network = filled(new_network(row, on_meta=True)).eval()
    staged = StagedNetwork(row, network, replace_head(network, row, HeadShape(CLASSES)).eval())
    images = torch.rand(2, 3, max(48, row.min_size), max(48, row.min_size), generator=torch.Generator().manual_seed(0))
    seen: list[Tensor] = []
    network.get_submodule(row.head).register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    middle = len(row.stages) // 2
    with torch.no_grad():
        logits = staged(images)
        boundary = staged.features(images, 0, middle)
        features = staged.features(boundary, middle)
        staged_logits = staged.head(features)
    yield Built(row, staged, logits, seen[0], features, staged_logits)


@dataclass(frozen=True)
class Outlined:
    """A network without weights and with a new head, and how many parameters it had before."""

    row: Network
    staged: StagedNetwork
    parameters: int


@pytest.fixture(scope="module", params=registry.names())
def outlined(request: pytest.FixtureRequest) -> Outlined:
    """Every network, the largest too, for what its modules say without being run."""
    row = registry.get(request.param)
    network = new_network(row, on_meta=True)
    parameters = sum(p.numel() for p in network.parameters())
    return Outlined(row, StagedNetwork(row, network, replace_head(network, row, HeadShape(CLASSES))), parameters)


def test_stages_give_bit_for_bit_what_the_network_gives(built: Built) -> None:
    assert built.logits.shape == (2, CLASSES)
    assert bool(built.logits.isfinite().all())
    assert not torch.equal(*built.logits)  # two images are told apart, so the equality says something
    assert torch.equal(built.staged_logits, built.logits)


def test_features_are_what_the_networks_classifier_receives(built: Built) -> None:
    received = built.head_input
    if built.row.pooled_head:  # SqueezeNet's classifier pools by itself
        received = torch.nn.functional.adaptive_avg_pool2d(received, 1).flatten(1)
    assert torch.equal(built.features, received)


def test_stages_and_head_hold_every_tensor_exactly_once(outlined: Outlined) -> None:
    network = outlined.staged.network
    held = Counter(
        id(tensor)
        for module in (*outlined.staged.stages, outlined.staged.head)
        for tensor in (*module.parameters(), *module.buffers())
    )
    assert held == Counter(id(tensor) for tensor in (*network.parameters(), *network.buffers()))


def test_the_parameter_count_is_measured(outlined: Outlined) -> None:
    assert outlined.parameters == outlined.row.parameters


def test_a_new_head_takes_the_width_of_the_features(built: Built) -> None:
    assert built.features.shape == (2, built.staged.head.in_features)


def test_the_smallest_input_runs(built: Built) -> None:
    side = built.row.min_size
    with torch.no_grad():
        assert built.staged(torch.zeros(1, 3, side, side)).shape == (1, CLASSES)


def test_head_tensors_are_told_by_their_name(outlined: Outlined) -> None:
    network, head = outlined.staged.network, {id(p) for p in outlined.staged.head.parameters()}
    named = {name for name, parameter in network.named_parameters() if id(parameter) in head}
    assert named == {name for name in network.state_dict() if is_head(name, outlined.row)}
    assert len(named) == 2


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_rescaling_in_the_preprocessing_equals_rescaling_in_the_network(name: str) -> None:
    """(x - 0.5) / 0.5 on pixels is what `transform_input` makes of ImageNet-normalised pixels."""
    row = registry.get(name)
    ours = filled(new_network(row, on_meta=True)).eval()
    options = {**row.options, "transform_input": True}
    with torch.device("meta"):
        theirs = torchvision.models.get_model(name, weights=None, **options)
    theirs.load_state_dict(ours.state_dict(), assign=True)
    pixels = torch.rand(2, 3, 80, 80, generator=torch.Generator().manual_seed(2))

    def normalised(mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
        return (pixels - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)

    with torch.no_grad():
        own = ours(normalised(row.preprocessing.mean, row.preprocessing.std))
        published = theirs.eval()(normalised(IMAGENET_MEAN, IMAGENET_STD))
    torch.testing.assert_close(own, published, rtol=1e-3, atol=1e-3)
    assert (own - published).abs().max() < 1e-3 * own.std()


@pytest.mark.parametrize(("name", "width"), FEATURES.items())
def test_the_feature_count_is_the_one_in_the_paper(name: str, width: int) -> None:
    assert feature_count(registry.get(name)) == width


def test_a_variant_has_the_tensors_of_its_network_and_other_strides() -> None:
    """ResNet-18 for small images: without stride and pooling in the stem, 32 pixels stay 32 up to layer1."""
    row = registry.get("resnet18")
    changes: dict[str, dict[str, object] | None] = {"conv1": {"stride": [1, 1]}, "maxpool": None}
    variant = replace(row, name="variant", built_as="resnet18", changes=changes, weights_file="")
    network, original = new_network(variant), new_network(row)
    described = [{name: t.shape for name, t in n.state_dict().items()} for n in (network, original)]
    assert described[0] == described[1]
    staged = StagedNetwork(variant, network.eval(), network.get_submodule("fc"))
    images = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        assert staged.features(images, 0, 2).shape == (1, 64, 32, 32)
        assert torch.equal(staged.head(staged.features(images)), staged(images))
        network.load_state_dict(original.state_dict())
        expected = original.bn1.eval()(torch.nn.functional.conv2d(images, original.conv1.weight, padding=3)).relu()
        assert torch.allclose(staged.features(images, 0, 1), expected, atol=1e-6)


def test_logits_can_be_had_from_any_boundary() -> None:
    row = registry.get("squeezenet1_1")
    staged = with_new_head(row.name, HeadShape(CLASSES), None)
    staged.network.eval()
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        expected = staged(images)
        for first in range(len(row.stages) + 1):
            assert torch.equal(staged.logits_from(staged.features(images, 0, first), first), expected)


def test_a_hidden_head_is_linear_relu_dropout_linear() -> None:
    head = make_head(8, HeadShape(3, hidden=5, dropout=0.4)).eval()
    assert [type(layer) for layer in head] == [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]
    assert head[2].p == 0.4
    x = torch.randn(4, 8)
    hidden = (x @ head[0].weight.T + head[0].bias).clamp(min=0)
    torch.testing.assert_close(head(x), hidden @ head[3].weight.T + head[3].bias)


@pytest.mark.parametrize("name", ["squeezenet1_1", "shufflenet_v2_x0_5", "mnasnet0_5"])
def test_a_body_is_taken_over_and_a_head_of_another_size_is_not(name: str) -> None:
    torch.manual_seed(0)
    row = registry.get(name)
    source = torchvision.models.get_model(name, weights=None, num_classes=7).state_dict()
    staged = with_new_head(name, HeadShape(CLASSES, hidden=4), dict(source))
    state = staged.network.state_dict()
    assert not any(tensor.is_meta for tensor in state.values())
    assert all(torch.equal(state[n], t) for n, t in source.items() if not is_head(n, row))
    with torch.no_grad():
        assert staged(torch.rand(1, 3, 64, 64)).shape == (1, CLASSES)


def test_the_first_stage_sees_the_images_and_the_last_gives_vectors() -> None:
    staged = with_new_head("mnasnet0_5", HeadShape(CLASSES), None)
    images = torch.rand(2, 3, 64, 64)
    assert staged.features(images, 0, 0) is images
    assert staged.features(images, 0, 1).shape == (2, 8, 32, 32)  # MNASNet 0.5's stem: 8 channels at half the size


def test_weights_without_batch_counters_are_taken_too() -> None:
    """Files from before 2018 lack num_batches_tracked."""
    source = torchvision.models.shufflenet_v2_x0_5(weights=None).state_dict()
    old = {name: tensor for name, tensor in source.items() if not name.endswith("num_batches_tracked")}
    network = with_new_head("shufflenet_v2_x0_5", HeadShape(CLASSES), old).network
    counters = [tensor for name, tensor in network.state_dict().items() if name.endswith("num_batches_tracked")]
    assert len(counters) == 56
    assert all(int(counter) == 0 and not counter.is_meta for counter in counters)


def test_loading_some_tensors_leaves_the_others() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    kept = network[1].weight.clone()
    load_tensors(network, {"0.weight": torch.full((2, 2), 5.0)})
    assert torch.equal(network[0].weight, torch.full((2, 2), 5.0))
    assert torch.equal(network[1].weight, kept)
