"""Every network: it builds, its table adds up, and what is published agrees or says why not.

Slow: what is published of each of the networks is measured anew, of the largest too.
"""

import pytest
import torch
import torchvision
from torch import nn
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.resnet import Bottleneck, ResNet

from tests.unit.siblings import sampled
from tlcore.measure.against import facts_beside
from tlcore.measure.networks import measure
from tlcore.measure.table import GLOBAL, NOT_RUN, layer_table, map_rows, stages
from tlcore.measure.trace import trace
from tlcore.zoo import architectures, registry
from tlcore.zoo.facts import published, published_names

NAMES = architectures.names()
OUTPUTS = {
    "resnet18_64": [(200,)],
    "lenet5": [(10,)],
    "lenet5_modern": [(10,)],
    "googlenet_2014_aux": [(1000,), (1000,), (1000,)],
    "fcn32s": [(21, 500, 500)],
    "fcn8s": [(21, 500, 500)],
    "unet": [(2, 388, 388)],
    "pixelnet": [(2000, 21)],
    "fcn_resnet50": [(21, 520, 520)],
    "deeplabv3_resnet50": [(21, 520, 520)],
    "fast_rcnn": [(21,), (84,)],
    "faster_rcnn": [(18, 37, 50), (36, 37, 50), (21,), (84,)],
    "faster_rcnn_fpn": [(k, n, n) for k in (3, 12) for n in (200, 100, 50, 25, 13)] + [(91,), (364,)],
    "ssd300": [(8732, 4), (8732, 91)],
    "yolov1": [(7, 7, 30)],
    "yolov3_tiny": [(255, 13, 13), (255, 26, 26)],
    "vggface": [(2622,)],
    "facenet": [(512,)],
}


def known_fields() -> dict[str, int]:
    """Sides of receptive fields before global pooling; sources beside them."""
    return {
        "alexnet": 195,  # Araujo, Norris & Sim 2019, Table 1, as are the next three
        "alexnet_2012": 195,
        "vgg16": 212,
        "inception_v3": 1311,
        "mobilenet_v1": 315,
        "se_resnet50": 483,  # ResNet-50 with the stride in the first 1x1, as in the papers
        "resnet50": 427,  # as torchvision builds it, with the stride in the 3x3
        "resnet18": 435,
        "googlenet_2014": 715,
        "bn_inception": 699,
        "fcn32s": 404,  # before its upsampling: Long et al. 2014, Table 1
    }


@pytest.mark.parametrize("name", sampled(NAMES))
def test_the_tables_sums_and_the_outputs_are_the_networks(name: str) -> None:
    """Against what torch counts on the module itself, and with its own counter of operations."""
    row, table = architectures.get(name), measure(name)
    network = row.build("meta").eval()
    shapes = [(1, *row.input_shape), *row.more_inputs]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        outputs = tree_leaves(network(*(torch.zeros(shape, device="meta") for shape in shapes)))
    digits = 10 if name.startswith("cifar_") else 1000
    assert [tuple(output.shape[1:]) for output in outputs] == OUTPUTS.get(name, [(digits,)])
    assert {tuple(output.shape[1:]) for output in outputs} <= {row.output_shape for row in table.rows}
    assert table.params == sum(parameter.numel() for parameter in network.parameters())
    assert table.macs == counter.get_total_flops() // 2
    assert sum(row.params for row in table.rows) == table.params
    assert sum(stage.params for stage in stages(table)) == table.params
    assert sum(stage.macs for stage in stages(table)) == table.macs
    assert sum(row.weights + row.biases for row in table.rows) == table.params
    assert sum(row.macs for row in table.rows) == table.macs
    assert [row.index for row in table.rows] == list(range(len(table.rows)))


def test_stages_add_up_to_what_one_counts_by_hand() -> None:
    """ResNet-18: two blocks of two 3x3 convolutions a stage, BatchNorm's two values a map, and projections."""

    def params(before: int, maps: int) -> int:
        projection = before * maps + 2 * maps if before != maps else 0
        return 9 * before * maps + 3 * 9 * maps * maps + 4 * 2 * maps + projection

    found = {stage.name: (stage.params, stage.output_shape) for stage in stages(measure("resnet18"))}
    assert found["layer1"] == (params(64, 64), (64, 56, 56))
    assert found["layer2"] == (params(64, 128), (128, 28, 28))
    assert found["layer3"] == (params(128, 256), (256, 14, 14))
    assert found["layer4"][0] == params(256, 512)


def test_values_with_their_channels_last_are_no_maps() -> None:
    table = measure("convnext_tiny")
    shown = {row.index for row in map_rows(table)}
    for row in table.rows:
        if row.type in {"Conv2d", "LayerNorm2d", "add"}:
            assert row.index in shown, row.name
        if row.type in {"Linear", "GELU", "LayerNorm"}:
            assert row.index not in shown, row.name
    everything = {row.index for row in measure("shufflenet_v2_x0_5").rows if len(row.output_shape or ()) == 3}
    assert {row.index for row in map_rows(measure("shufflenet_v2_x0_5"))} == everything


def test_an_answer_laid_out_in_three_axes_is_no_map() -> None:
    """YOLO's last step names 7 rows, 7 columns and 30 values of a vector."""
    table = measure("yolov1")
    assert table.rows[-1].output_shape == (7, 7, 30)
    assert map_rows(table)[-1].index < table.rows[-1].index


@pytest.mark.parametrize("name", NAMES)
def test_what_is_published_agrees_or_says_why_not(name: str) -> None:
    for compared in facts_beside(name):
        fact = compared.fact
        if fact.rounding is not None:
            assert compared.measured is not None
            assert fact.agrees(compared.measured) != bool(fact.differs), f"{fact.fact} {fact.value} of {fact.source}"


def test_every_network_is_described_and_nothing_else_is() -> None:
    assert set(published_names()) == set(NAMES)
    for name in NAMES:
        about = published(name)
        assert about.idea.endswith(".")
        assert 1998 <= about.year <= 2026
        assert all(fact.source for fact in about.facts)


@pytest.mark.parametrize("name", sampled(name for name in registry.names() if registry.get(name).weights_file))
def test_as_its_weights_build_it_a_network_is_as_torchvision_says(name: str) -> None:
    """Parameters exactly, and operations to the three digits that torchvision gives, of its own metadata."""
    weights = torchvision.models.get_model_weights(name).IMAGENET1K_V1
    options = {
        "inception_v3": {"aux_logits": True, "init_weights": False},
        "googlenet": {"aux_logits": False, "init_weights": False},
    }
    side = weights.transforms().crop_size[0]
    where = "cpu" if name.startswith("regnet") else "meta"
    with torch.device(where):
        network = torchvision.models.get_model(name, weights=None, **options.get(name, {})).to("meta")
    found = trace(network, torch.zeros((1, 3, side, side), device="meta"))
    assert found.parameters == weights.meta["num_params"]
    assert round(found.macs / 1e9, 3) == pytest.approx(weights.meta["_ops"], abs=1e-9)


@pytest.mark.parametrize(("name", "side"), known_fields().items())
def test_receptive_fields_are_the_known_ones(name: str, side: int) -> None:
    """Of the last maps that see less than the whole; beyond them come global pooling or dense layers."""
    rows = [row for row in measure(name).rows if isinstance(row.receptive_field, tuple) and row.output_shape]
    last = next(row for row in reversed(rows) if row.type not in {"ConvTranspose2d", "slice"})
    assert last.receptive_field == (side, side)
    assert name == "fcn32s" or measure(name).rows[-1].receptive_field == GLOBAL


@pytest.mark.parametrize(
    ("name", "read"), [("squeezenet1_0", 223), ("squeezenet1_1", 223), ("facenet", 157), ("resnet50", None)]
)
def test_what_no_window_reaches_is_no_part_of_a_whole(name: str, read: int | None) -> None:
    """Strides without padding leave the last pixels out: SqueezeNet's (224 - 3) / 2 is no whole number."""
    last = measure(name).rows[-1]
    assert last.receptive_field == (GLOBAL if read is None else (read, read))
    if read:
        assert last.start == ((read - 1) / 2, (read - 1) / 2)


def test_the_papers_resnet50_sees_further_than_torchvisions() -> None:
    """483 with the stride in the first 1x1 convolution, 427 with the stride in the 3x3; the same parameters."""
    with torch.device("meta"):
        network = ResNet(Bottleneck, [3, 4, 6, 3])
        for block in (module for module in network.modules() if isinstance(module, Bottleneck)):
            block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
        table = layer_table(trace(network, torch.zeros(1, 3, 224, 224)))
    assert [row.receptive_field for row in table.rows if row.name == "layer4.2.relu"][-1] == (483, 483)
    assert table.params == measure("resnet50").params
    assert round(table.macs / 1e9, 2) == 3.86


def test_what_does_not_run_is_listed_at_the_end_with_its_parameters() -> None:
    with torch.device("meta"):
        network = torchvision.models.inception_v3(init_weights=False)
        table = layer_table(trace(network, torch.zeros(1, 3, 299, 299)))
    idle = [row for row in table.rows if row.type == NOT_RUN]
    assert idle == list(table.rows[-len(idle) :])
    assert {row.stage for row in idle} == {"AuxLogits"}
    assert sum(row.params for row in idle) == sum(p.numel() for p in network.AuxLogits.parameters())
    assert all(row.output_shape is None and row.macs == 0 for row in idle)


@pytest.mark.parametrize("twin", [20, 56])
def test_a_plain_network_differs_from_its_twin_in_nothing_but_the_shortcuts(twin: int) -> None:
    plain, residual = measure(f"cifar_plain{twin}"), measure(f"cifar_resnet{twin}")
    assert (plain.params, plain.macs) == (residual.params, residual.macs)
    assert sum(row.type == "add" for row in residual.rows) == (twin - 2) // 2
    assert not any(row.type == "add" for row in plain.rows)


def test_a_stage_or_block_groups_its_rows() -> None:
    places = {row.name: (row.stage, row.block) for row in measure("resnet18").rows}
    assert places["conv1"] == ("stem", "stem")
    assert places["layer1.0.conv1"] == ("layer1", "layer1.0")
    assert places["layer2.0.downsample.0"] == ("layer2", "layer2.0")
    assert places["flatten"][0] == "layer4"  # a function without a place of its own stands where the one before it does
    own = {row.name: (row.stage, row.block) for row in measure("inception_v4").rows}
    assert own["a.2.cat"] == ("a", "a.2")


def test_a_shared_module_counts_once() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(self.conv(x))

    table = layer_table(trace(Twice(), torch.zeros(1, 4, 8, 8)))
    assert [row.params for row in table.rows] == [4 * 4 * 9 + 4, 0]
    assert table.macs == 2 * 8 * 8 * 4 * 4 * 9
