"""One image through a network, and what any step makes of it: feature maps, kernels, and what a position looks at."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from tlcore.data.pixels.decode import center_crop, resized
from tlcore.data.pixels.encode import png
from tlcore.filters.show import coloured, full_colour
from tlcore.measure.networks import places
from tlcore.measure.table import Table, layer_table
from tlcore.measure.trace import trace
from tlcore.seeded import seeded
from tlcore.seeds import torch_generator
from tlcore.train import trained
from tlcore.zoo import architectures, registry
from tlcore.zoo.network import IMAGENET_MEAN, IMAGENET_STD
from tlcore.zoo.staged import HeadShape, new_network, replace_head

Network = nn.Module
"""A network of any make, for whoever only hands it on."""
_MOST = 64
_CELL = 96


@dataclass(frozen=True)
class Look:
    """A network with one image: `inputs` as its forward takes them, and `photo` `(h, w, 3)` as the network sees it.

    `classes` name its outputs where it is a classifier with weights; with random weights there are none to name.
    Looking hooks into the network, so whoever shares one looks one at a time.
    """

    network: nn.Module
    inputs: tuple[Tensor, ...]
    photo: NDArray[np.uint8]
    classes: tuple[str, ...] = ()

    @property
    def is_random(self) -> bool:
        """Whether its weights are random."""
        return not self.classes


def random_network(name: str) -> nn.Module:
    """The named network with random weights, the same at every call."""
    with seeded(0):
        return architectures.get(name).build("cpu").eval()


def look(network: nn.Module, name: str, image: Image.Image) -> Look:
    """A network that `random_network` made, on a canonical image."""
    row = architectures.get(name)
    channels, high, wide = row.input_shape
    photo = _filled(image, high, wide)
    generator = torch_generator(0)
    more = tuple(torch.rand(shape, generator=generator) for shape in row.more_inputs)
    return Look(network, (_normalised(photo, channels), *more), photo)


def look_with(model: trained.TrainedModel, image: Image.Image) -> Look:
    """A trained model, or a pretrained network, on a canonical image."""
    prep = model.card.preprocessing
    photo = np.asarray(center_crop(resized(image, prep), prep.crop), np.uint8)
    return Look(model.staged.network, (model.inputs([image]),), photo, model.card.classes)


def model_table(card: trained.ModelCard) -> Table:
    """The layer table of a trained model: its network with the classifier that it learned, at its own input size."""
    return _model_table(card.backbone, card.head, card.preprocessing.crop)


@lru_cache(maxsize=32)
def _model_table(backbone: str, head: HeadShape, side: int) -> Table:
    row = registry.get(backbone)
    with torch.device("meta"):
        network = new_network(row, on_meta=True)
        replace_head(network, row, head)
        return layer_table(trace(network, torch.zeros(1, 3, side, side)), places(backbone))


def answers(view: Look, most: int = 5) -> list[tuple[str, float]]:
    """The likeliest classes with their probabilities; nothing from random weights."""
    if view.is_random:
        return []
    with torch.no_grad():
        probabilities = view.network(*view.inputs)[0].softmax(0)
    best = probabilities.topk(min(most, len(view.classes)))
    return [(view.classes[i], p) for i, p in zip(best.indices.tolist(), best.values.tolist(), strict=True)]


def outcome(view: Look, index: int) -> Tensor:
    """What a step makes of the image, without the batch."""
    output = trace(view.network, *view.inputs, keep=(index,)).steps[index].output
    assert output is not None
    return output[0]


def gradient_field(view: Look, index: int, row: int, column: int) -> NDArray[np.float32]:
    """How much each input pixel `(h, w)` moves a step's values at one position: absolute gradients, the largest 1."""
    inputs = (view.inputs[0].clone().requires_grad_(), *view.inputs[1:])
    output = trace(view.network, *inputs, keep=(index,), gradients=True).steps[index].output
    assert output is not None
    (gradient,) = torch.autograd.grad(output[0, :, row, column].sum(), inputs[0])
    values = gradient[0].abs().sum(0).numpy()
    largest = float(values.max())
    return (values / largest if largest > 0 else values).astype(np.float32)


def sprite(maps: Tensor, *, shared: bool = True) -> bytes:
    """Maps `(c, h, w)` side by side as PNG bytes: blue is positive, orange negative, zero dark.

    With `shared` all have the same full colour, so that they can be compared; else each its own.
    """
    shown = maps[:_MOST].float()
    if shared:
        return _grid(list(coloured(shown.numpy(), full_colour(shown))))
    return _grid([coloured(each.numpy(), full_colour(each[None])) for each in shown])


def first_kernels(network: nn.Module) -> bytes | None:
    """The filters of the first convolution as PNG bytes: in colour where they see three channels; None without one."""
    first = next((module for module in network.modules() if isinstance(module, nn.Conv2d)), None)
    if first is None:
        return None
    filters = first.weight.detach().float()[:_MOST]
    if filters.shape[1] != 3:
        return sprite(filters[:, 0], shared=False)
    low, high = filters.amin((1, 2, 3), keepdim=True), filters.amax((1, 2, 3), keepdim=True)
    scaled = (filters - low) / (high - low).clamp_min(1e-12)
    return _grid([cell.astype(np.uint8) for cell in (scaled * 255).permute(0, 2, 3, 1).numpy()])


def heat(photo: NDArray[np.uint8], values: NDArray[np.float32]) -> bytes:
    """The photo, dark but where `values` `(h, w)` are high, as PNG bytes."""
    strength = np.sqrt(values)[..., None]
    return png((photo * (0.25 + 0.75 * strength)).astype(np.uint8))


def _filled(image: Image.Image, high: int, wide: int) -> NDArray[np.uint8]:
    """The image scaled to cover that many rows and columns, and cut to them at its centre."""
    scale = max(high / image.height, wide / image.width)
    size = (max(wide, round(image.width * scale)), max(high, round(image.height * scale)))
    larger = image.resize(size, Image.Resampling.BILINEAR)
    left, top = (larger.width - wide) // 2, (larger.height - high) // 2
    return np.asarray(larger.crop((left, top, left + wide, top + high)).convert("RGB"), np.uint8)


def _normalised(photo: NDArray[np.uint8], channels: int) -> Tensor:
    pixels = torch.from_numpy(photo.copy()).permute(2, 0, 1).float().div(255)
    if channels == 1:
        return pixels.mean(0, keepdim=True)[None]
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return ((pixels - mean) / std)[None]


def _grid(cells: Sequence[NDArray[np.uint8]]) -> bytes:
    """Cells of one size in a near square, enlarged without smoothing, with a dark line between."""
    columns = int(np.ceil(np.sqrt(len(cells))))
    high, wide = cells[0].shape[:2]
    factor = max(1, _CELL // max(high, wide))
    step_x, step_y = wide * factor + 2, high * factor + 2
    sheet = np.zeros((-(-len(cells) // columns) * step_y, columns * step_x, 3), np.uint8)
    for place, cell in enumerate(cells):
        top, left = place // columns * step_y, place % columns * step_x
        sheet[top : top + step_y - 2, left : left + step_x - 2] = cell.repeat(factor, 0).repeat(factor, 1)
    return png(sheet)
