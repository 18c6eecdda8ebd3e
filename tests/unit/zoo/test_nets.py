"""What sets our own networks apart: details of their papers that counts alone would not show."""

import pytest
import torch
from torch import nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead

from tlcore.zoo import architectures
from tlcore.zoo.nets.detection import BestRegions
from tlcore.zoo.nets.inception4 import FaceNet
from tlcore.zoo.nets.lenet import BITMAPS, C3_TABLE, LeNet5, Squash
from tlcore.zoo.nets.resnet import CifarResNet, ZeroPaddedShortcut
from tlcore.zoo.nets.segmentation import PixelNet, bilinear_upsampling, hypercolumns, stratified_pixels
from tlcore.zoo.nets.senet import SqueezeExcitation

SMALL = ("lenet5", "lenet5_modern", "cifar_resnet20", "cifar_plain20", "mobilenet_v1")


@pytest.mark.parametrize("name", SMALL)
def test_small_networks_run_and_learn(name: str) -> None:
    """Every parameter gets a gradient, so nothing is left out of the forward pass."""
    row = architectures.get(name)
    torch.manual_seed(0)
    network = row.build("cpu").train()
    network(torch.rand(2, *row.input_shape)).square().mean().backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.isfinite().all()] == []


def test_lenet_connects_c3_as_table_one_says() -> None:
    assert [len(seen) for seen in C3_TABLE] == [3] * 6 + [4] * 9 + [6]
    assert len(set(C3_TABLE)) == 16
    assert [sum(m in seen for seen in C3_TABLE) for m in range(6)] == [10] * 6  # each map of S2 feeds ten of C3
    counts = [sum(p.numel() for p in part.parameters()) for part in LeNet5().children()]
    assert counts == [156, 12, 1516, 32, 48120, 10164, 0]  # section II.B


def test_lenets_squash_is_one_at_one() -> None:
    assert Squash()(torch.tensor([-1.0, 0.0, 1.0])).tolist() == pytest.approx([-1, 0, 1], abs=1e-4)


def test_lenets_output_is_the_distance_to_bitmaps() -> None:
    network = LeNet5()
    assert [len(line) for line in BITMAPS] == [24] * 10
    assert len({tuple(code) for code in network.output.codes.tolist()}) == 10
    assert network.output(network.output.codes[3:4]).argmin() == 3
    assert network.output(network.output.codes[3:4])[0, 3] == 0


def test_option_a_pads_maps_with_zeros_and_skips_pixels() -> None:
    x = torch.arange(2 * 4 * 4.0).view(1, 2, 4, 4)
    y = ZeroPaddedShortcut(2, 4, 2)(x)
    assert torch.equal(y[:, 1:3], x[:, :, ::2, ::2])
    assert y[:, [0, 3]].abs().sum() == 0


def test_a_block_whose_weights_are_zero_passes_its_input_on_only_with_a_shortcut() -> None:
    for residual in (True, False):
        block = CifarResNet(20, residual=residual).layer1[1]
        for parameter in block.parameters():
            nn.init.zeros_(parameter)
        x = torch.rand(1, 16, 8, 8)
        assert torch.equal(block.eval()(x), x) == residual


def test_a_cifar_resnet_has_six_n_and_two_layers() -> None:
    with pytest.raises(ValueError, match=r"6n \+ 2 layers, and 21 is not"):
        CifarResNet(21)


def test_upsampling_begins_as_bilinear_interpolation() -> None:
    """Inside, where all neighbours are: at the places that torch's interpolation without aligned corners looks at."""
    x = torch.rand(1, 3, 6, 6)
    up = bilinear_upsampling(3, 4, 2)(x)[:, :, 1:-1, 1:-1]
    expected = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(up[:, :, 1:-1, 1:-1], expected[:, :, 1:-1, 1:-1])


def test_a_hypercolumn_is_what_the_maps_hold_there() -> None:
    maps = [torch.rand(1, 3, 8, 8), torch.rand(1, 2, 4, 4)]
    centre = torch.tensor([[[(2 * 5 + 1) / 8 - 1, (2 * 2 + 1) / 8 - 1]]])  # the middle of column 5, row 2
    found = hypercolumns(maps, centre)
    assert found.shape == (1, 1, 5)
    torch.testing.assert_close(found[0, 0, :3], maps[0][0, :, 2, 5])


def test_pixels_are_drawn_one_from_each_cell() -> None:
    pixels = stratified_pixels(16, 3, torch.Generator().manual_seed(0))
    assert pixels.shape == (3, 16, 2)
    cells = ((pixels + 1) / 2 * 4).floor().long()
    assert all(len({tuple(cell) for cell in image.tolist()}) == 16 for image in cells)
    with pytest.raises(ValueError, match="10 is not a square number"):
        stratified_pixels(10, 1, torch.Generator())


def test_pixelnet_reads_5568_values_a_pixel() -> None:
    with torch.device("meta"):
        first = PixelNet().mlp[0]
    assert first.in_features == 5568


def test_facenet_gives_unit_vectors() -> None:
    torch.manual_seed(0)
    network = FaceNet(length=64).eval()
    with torch.no_grad():
        found = network(torch.rand(2, 3, 96, 96))
    assert found.shape == (2, 64)
    assert found.norm(dim=1).tolist() == pytest.approx([1, 1], abs=1e-5)


def test_an_excitation_only_scales_maps() -> None:
    excitation = SqueezeExcitation(32)
    x = torch.rand(1, 32, 5, 5) + 0.1
    ratio = excitation(x) / x
    torch.testing.assert_close(ratio, ratio[:, :, :1, :1].expand_as(ratio))
    assert 0 < ratio.min() < ratio.max() < 1


def test_the_best_regions_are_those_of_torchvisions_own_proposals() -> None:
    """Where its non-maximum suppression drops nothing: on two levels, of two images."""
    torch.manual_seed(0)
    sizes, images = [(16,), (32,)], torch.rand(2, 3, 64, 96)
    levels = [torch.rand(2, 8, 16, 24), torch.rand(2, 8, 8, 12)]
    head = RPNHead(8, 3)
    limits = {"training": 5000, "testing": 5000}
    whole = RegionProposalNetwork(
        AnchorGenerator(tuple(sizes), ((0.5, 1.0, 2.0),) * 2), head, 0.7, 0.3, 256, 0.5, limits,
        {"training": 20, "testing": 20}, nms_thresh=1.0,
    ).eval()  # fmt: skip
    with torch.no_grad():
        expected, _ = whole(ImageList(images, [(64, 96)] * 2), {str(i): level for i, level in enumerate(levels)})
        found = BestRegions(sizes, 20)((64, 96), *head(levels))
    assert found[:, 0].tolist() == [0] * 20 + [1] * 20
    torch.testing.assert_close(found[:, 1:], torch.cat(expected))


def test_of_two_scores_an_anchor_the_second_is_the_objects() -> None:
    """Ren et al. 2015: a score of the background and one of an object for each of nine anchors."""
    scores, boxes = torch.zeros(1, 18, 4, 5), torch.zeros(1, 36, 4, 5)
    scores[0, 2 * 4 + 1, 2, 3] = 5.0
    scores[0, 2 * 7, 1, 1] = 9.0  # surely background
    (best,) = BestRegions([(32, 64, 128)], 1)((64, 80), [scores], [boxes])
    assert best.tolist() == [
        0,
        48 - 32,
        32 - 32,
        48 + 32,
        32 + 32,
    ]  # fifth anchor: square, 64 pixels, at row 2, column 3
