"""Lesions: what is left out is gone and nothing else, and the network is left as it was found."""

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from scipy.stats import kendalltau
from torch import Tensor, nn
from torchvision.models import resnet18, resnet50

from tests.unit.gradients.conftest import CLASSES, gratings
from tlcore.errors import BadInputError
from tlcore.gradients.residual import lesions
from tlcore.gradients.residual.lesions import Lesion, blocks_of, lesioned
from tlcore.zoo.nets.configurable import ConfigurableNet, Design
from tlcore.zoo.nets.resnet import CifarResNet, PreActivationResNet

IMAGES = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
BUILDERS = {
    "cifar": lambda: CifarResNet(20),
    "plain": lambda: CifarResNet(20, residual=False),
    "resnet18": resnet18,
    "resnet50": resnet50,
    "preact": PreActivationResNet,
    "own": lambda: ConfigurableNet(Design(depth=14, width=4)),
    "own, pre-activated": lambda: ConfigurableNet(Design(depth=14, width=4, pre_activation=True)),
    "own, projected": lambda: ConfigurableNet(Design(depth=14, width=4, skip="projection", batch_norm=False)),
    "own, plain": lambda: ConfigurableNet(Design(depth=14, width=4, skip="none")),
}


@pytest.fixture(params=BUILDERS)
def network(request: pytest.FixtureRequest) -> nn.Module:
    """A network whose normalisation has seen something, so that blocks differ from the identity."""
    torch.manual_seed(0)
    made: nn.Module = BUILDERS[request.param]()
    with torch.no_grad():
        made.train()(IMAGES)
    return made.eval()


def answers(network: nn.Module, images: Tensor = IMAGES) -> Tensor:
    with torch.no_grad():
        return network(images)


def fingerprint(network: nn.Module) -> list[tuple[str, int, bool]]:
    """The very modules in their places, with their modes."""
    return [(name, id(module), module.training) for name, module in network.named_modules()]


@pytest.mark.parametrize(
    ("name", "count", "droppable", "pairs"),
    [
        ("cifar", 9, 9, 3 + 1 + 1),  # three equal blocks in the first stage, two in each other one
        ("plain", 9, 7, 3 + 1 + 1),
        ("resnet18", 8, 8, 1),  # the first stage has two equal ones, the others one after the resizing one
        ("resnet50", 16, 16, 1 + 3 + 10 + 1),
        ("preact", 16, 16, 1 + 3 + 10 + 1),
        ("own, plain", 6, 4, 1),
    ],
)
def test_blocks_are_found_and_told_apart(name: str, count: int, droppable: int, pairs: int) -> None:
    blocks = blocks_of(BUILDERS[name]())
    assert [block.number for block in blocks] == list(range(1, count + 1))
    assert sum(block.can_be_dropped for block in blocks) == droppable == len(lesions.each_dropped(blocks))
    assert len(lesions.exchangeable(blocks)) == pairs


def test_every_lesion_leaves_the_network_as_it_was_found(network: nn.Module) -> None:
    network.train()
    network.get_submodule(blocks_of(network)[0].path).eval()
    before, blocks = fingerprint(network), blocks_of(network)
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    wanted = (*lesions.each_dropped(blocks), *lesions.shuffles(blocks, 3, 2), *lesions.random_drops(blocks, 2, 2))
    outcomes = list(lesions.measured(network, IMAGES, torch.tensor([0, 1]), wanted))
    assert [outcome.lesion for outcome in outcomes] == list(wanted)
    assert fingerprint(network) == before
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())


def test_an_error_within_a_lesion_leaves_the_network_as_it_was_found(network: nn.Module) -> None:
    before, lesion = fingerprint(network), lesions.each_dropped(blocks_of(network))[-1]
    with pytest.raises(ZeroDivisionError), lesioned(network, lesion):
        raise ZeroDivisionError
    assert fingerprint(network) == before


def test_the_intact_network_is_what_it_is(network: nn.Module) -> None:
    whole = answers(network)
    with lesioned(network, Lesion()):
        assert torch.equal(answers(network), whole)


def test_a_residual_block_that_is_left_out_leaves_its_shortcut() -> None:
    """By hand: through every block's layers in turn, but for one."""
    network = CifarResNet(20).eval()
    blocks = [*network.layer1, *network.layer2, *network.layer3]
    for place in (0, 3, 8):  # the first, one that changes the shape, and the last
        x = network.stem(IMAGES)
        for at, block in enumerate(blocks):
            branch = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))
            x = F.relu(block.shortcut(x) + (0 if at == place else branch))
        with lesioned(network, Lesion(dropped=(blocks_of(network)[place].path,))):
            assert torch.allclose(answers(network), network.head(x), atol=1e-6)


def test_a_resizing_block_of_torchvisions_keeps_its_projection() -> None:
    network = resnet18(num_classes=CLASSES).eval()
    x = torch.randn(1, 64, 8, 8)
    block = network.layer2[0]
    with lesioned(network, Lesion(dropped=("layer2.0",))), torch.no_grad():
        assert torch.equal(network.layer2[0](x), F.relu(block.downsample(x)))


def test_a_bottleneck_that_is_left_out_passes_its_input_on() -> None:
    network = resnet50(num_classes=CLASSES).eval()
    x = torch.randn(1, 256, 8, 8).relu()
    with lesioned(network, Lesion(dropped=("layer1.1",))), torch.no_grad():
        assert torch.equal(network.layer1[1](x), x)


def test_a_plain_block_is_cut_out_and_one_that_resizes_can_not_be() -> None:
    network = CifarResNet(20, residual=False).eval()
    kept = nn.Sequential(
        network.stem, network.layer1[0], network.layer1[2], network.layer2, network.layer3, network.head
    )
    with lesioned(network, Lesion(dropped=("layer1.1",))):
        assert torch.allclose(answers(network), answers(kept), atol=1e-6)
    with (
        pytest.raises(BadInputError, match="Block 4 changes the shape and has no shortcut"),
        lesioned(network, Lesion(dropped=("layer2.0",))),
    ):
        pass


def test_blocks_change_places() -> None:
    network = CifarResNet(20).eval()
    one, two, three = network.layer1
    turned = nn.Sequential(network.stem, three, two, one, network.layer2, network.layer3, network.head)
    with lesioned(network, Lesion(swapped=(("layer1.0", "layer1.2"),))):
        assert torch.equal(answers(network), answers(turned))
    # after two exchanges in which all three take part, each stands one place further
    moved = nn.Sequential(network.stem, two, three, one, network.layer2, network.layer3, network.head)
    with lesioned(network, Lesion(swapped=(("layer1.0", "layer1.1"), ("layer1.1", "layer1.2")))):
        assert torch.equal(answers(network), answers(moved))
    with (
        pytest.raises(BadInputError, match="Blocks 1 and 4 are shaped differently"),
        lesioned(network, Lesion(swapped=(("layer1.0", "layer2.0"),))),
    ):
        pass


def test_the_order_is_kendalls() -> None:
    blocks = blocks_of(CifarResNet(20))
    assert lesions.in_order(blocks, Lesion()) == 1
    swapped = Lesion(swapped=(("layer1.0", "layer1.2"),))
    expected = kendalltau(range(9), [2, 1, 0, 3, 4, 5, 6, 7, 8]).statistic
    assert lesions.in_order(blocks, swapped) == pytest.approx(expected) == pytest.approx(1 - 2 * 3 / 36)
    assert lesions.in_order(blocks, Lesion(swapped=swapped.swapped * 2)) == 1


def test_draws_differ_repeat_with_their_seed_and_end_where_there_are_no_more() -> None:
    blocks = blocks_of(CifarResNet(20))
    drawn = lesions.random_drops(blocks, 3, 20, seed=1)
    assert len(set(drawn)) == 20
    assert all(len(set(lesion.dropped)) == 3 for lesion in drawn)
    assert drawn == lesions.random_drops(blocks, 3, 20, seed=1) != lesions.random_drops(blocks, 3, 20, seed=2)
    assert len(lesions.random_drops(blocks, 9, 5)) == 1
    assert len(lesions.random_drops(blocks, 8, 50)) == 9
    with pytest.raises(BadInputError, match=r"From 1 to 9 .* not 10"):
        lesions.random_drops(blocks, 10, 1)
    assert all(len(lesion.swapped) == 4 for lesion in lesions.shuffles(blocks, 4, 3))


def test_a_network_without_blocks_is_a_sentence() -> None:
    with pytest.raises(BadInputError, match="Only ResNets and their plain twins"):
        list(lesions.measured(nn.Linear(2, 2), IMAGES, torch.tensor([0, 1]), [Lesion()]))
    assert blocks_of(nn.Linear(2, 2)) == ()


def test_blocks_are_named_by_number_or_path() -> None:
    network = resnet18()
    assert lesions.named(network, ["1", "layer4.1"]) == ("layer1.0", "layer4.1")
    for wrong in ("0", "9", "layer9.1"):
        with pytest.raises(BadInputError, match=f"no block '{wrong}'; they are numbered from 1 to 8"):
            lesions.named(network, [wrong])


def test_right_answers_are_counted_and_what_is_no_number_is_never_right() -> None:
    network, (images, labels) = CifarResNet(8).eval(), gratings(lesions.BATCH + 7, side=32)
    images = images.float()
    (outcome,) = lesions.measured(network, images, labels, [Lesion()])
    assert outcome.correct == int((answers(network, images).argmax(1) == labels).sum())
    assert (outcome.seen, outcome.to_json()["accuracy"]) == (71, outcome.correct / 71)
    with torch.no_grad():
        network.head[2].bias.fill_(math.nan)
    (outcome,) = lesions.measured(network, images, torch.zeros_like(labels), [Lesion()])
    assert outcome.correct == 0


def test_a_stop_ends_it_between_batches() -> None:
    network, told = CifarResNet(8), iter([False, True])
    lesion = Lesion()
    found = lesions.measured(network, IMAGES, torch.tensor([0, 1]), [lesion, lesion], lambda: next(told))
    assert len(list(found)) == 1


@pytest.mark.slow
def test_a_trained_residual_network_bears_what_its_plain_twin_does_not() -> None:
    """Veit et al. 2016, figure 3: dropping one block hardly hurts the one, and ruins the other."""
    images, labels = gratings(320, side=16)
    images, labels = images[labels < 4].float(), labels[labels < 4]
    left = {}
    for residual in (True, False):
        torch.manual_seed(0)
        network = CifarResNet(20, 4, residual=residual)
        train(network, images, labels, steps=80)
        wanted = (Lesion(), *lesions.each_dropped(blocks_of(network)))
        whole, *dropped = (one.accuracy for one in lesions.measured(network, images, labels, wanted))
        assert whole > 0.9
        left[residual] = sum(dropped) / len(dropped)
    assert left[True] > left[False] + 0.3


def train(network: nn.Module, images: Tensor, labels: Tensor, steps: int) -> None:
    """Train a little, on batches of 32."""
    optimizer = torch.optim.Adam(network.train().parameters(), 3e-3)
    order = torch.Generator().manual_seed(0)
    for _ in range(steps):
        chosen = torch.randint(len(images), (32,), generator=order)
        optimizer.zero_grad()
        F.cross_entropy(network(images[chosen]), labels[chosen]).backward()
        optimizer.step()
