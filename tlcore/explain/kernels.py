"""The filters that a network's first convolution learned, beside those that people wrote down.

`weight` is in the network's own units, `(filters, channels, rows, columns)`. Its input is (pixel - mean) / std, so a
weight divided by its channel's std says what the filter does to pixels in [0, 1]; and since all channels of a grey
picture are equal, the sum of those over the channels is what it does to grey.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from tlcore.errors import BadInputError
from tlcore.explain.looking import Look
from tlcore.filters.bank import Kernel, bank, custom, gabor, get_kernel
from tlcore.filters.engine import apply
from tlcore.seeds import numpy_generator
from tlcore.train.trained import TrainedModel
from tlcore.wording import counted

Matrix = NDArray[np.float64]
OWN_KINDS = {"nearest": "Its nearest kernel", "noise": "Noise", "zero": "Zeros"}
"""What a filter can be replaced by, besides the kernels of the bank."""
_WAVELENGTHS, _ANGLES = (3.0, 4.0, 6.0, 8.0), tuple(22.5 * turn for turn in range(8))
_SAME, _FAINT = 0.9999, 0.1
_AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class FirstLayer:
    """The first convolution of a network, where it is, what it learned, and how its input was normalised."""

    path: str
    weight: Matrix
    std: Matrix

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of a filter."""
        return self.weight.shape[2], self.weight.shape[3]

    @property
    def on_pixels(self) -> Matrix:
        """The weights for pixels in [0, 1]."""
        return self.weight / self.std[:, None, None]

    @property
    def grey(self) -> Matrix:
        """What each filter does to a grey picture, `(filters, rows, columns)`."""
        return self.on_pixels.sum(1)

    @property
    def grey_shares(self) -> Matrix:
        """The share of each filter's squared weights that is the same in all channels: 1 sees only grey, 0 colour."""
        squares = (self.on_pixels**2).sum((1, 2, 3))
        same = (self.grey**2).sum((1, 2)) / self.weight.shape[1]
        return np.divide(same, squares, out=np.zeros_like(same), where=squares > 0)

    @property
    def lengths(self) -> Matrix:
        """The filters as vectors, their lengths over the median one; training leaves some all but zero."""
        norms = np.linalg.norm(self.weight.reshape(len(self.weight), -1), axis=1)
        return norms / (np.median(norms) or 1.0)


@dataclass(frozen=True, eq=False)
class Match:
    """A kernel of the bank, fitted to a filter's size, and its correlation with the filter in [-1, 1]."""

    kernel: Kernel
    values: Matrix
    stretched: bool
    correlation: float


@dataclass(frozen=True, eq=False)
class Change:
    """The probabilities of all classes before and after."""

    classes: tuple[str, ...]
    before: NDArray[np.float32]
    after: NDArray[np.float32]

    @property
    def total_variation(self) -> float:
        """The share of the probability that moved to other classes: half of the sum of all differences."""
        return float(np.abs(self.after - self.before).sum() / 2)

    @property
    def leading(self) -> tuple[str, str]:
        """The likeliest class before and after."""
        return self.classes[int(self.before.argmax())], self.classes[int(self.after.argmax())]

    def rows(self, most: int = 5) -> list[tuple[str, float, float]]:
        """The likeliest classes of either, with both probabilities, by the one before."""
        best = {int(i) for side in (self.before, self.after) for i in side.argsort()[::-1][:most]}
        ordered = sorted(best, key=lambda i: -self.before[i])
        return [(self.classes[i], float(self.before[i]), float(self.after[i])) for i in ordered]


def first_convolution(network: nn.Module) -> tuple[str, nn.Conv2d]:
    """The path of the first convolution, and itself."""
    for path, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            return path, module
    raise BadInputError("The network has no convolution.")


def first_layer(model: TrainedModel) -> FirstLayer:
    """The filters that a model's first convolution learned; `BadInputError` where it does not see three colours."""
    path, convolution = first_convolution(model.staged.network)
    if convolution.in_channels != 3:
        raise BadInputError(
            f"Its first convolution reads {counted(convolution.in_channels, 'channel')}, not three colours."
        )
    weight = convolution.weight.detach().double().numpy().copy()
    return FirstLayer(path, weight, np.array(model.card.preprocessing.std))


def shades(weight: Matrix) -> NDArray[np.uint8]:
    """Filters `(n, 3, rows, columns)` as colours `(n, rows, columns, 3)`: zero is mid-grey, each by its own largest.

    Those that are all but zero stay grey: none is scaled up to more than ten times the median one.
    """
    largest = np.abs(weight).max((1, 2, 3), keepdims=True)
    scaled = weight / np.maximum(largest, max(_FAINT * float(np.median(largest)), 1e-12))
    return np.asarray((127.5 + 127.5 * scaled).round().transpose(0, 2, 3, 1), np.uint8)


def fitted(kernel: Kernel, size: tuple[int, int], *, stretched: bool) -> Matrix | None:
    """A kernel at another size: its values centred among zeros, None where they are too many; or resampled to it.

    A resampled derivative keeps a sum of zero, so that it still ignores brightness.
    """
    rows, columns = kernel.values.shape
    if not stretched:
        if rows > size[0] or columns > size[1]:
            return None
        placed = np.zeros(size)
        top, left = size[0] // 2 - rows // 2, size[1] // 2 - columns // 2
        placed[top : top + rows, left : left + columns] = kernel.values
        return placed
    values = torch.from_numpy(kernel.values)[None, None]
    resampled = F.interpolate(values, size, mode="bilinear", antialias=True)[0, 0].numpy()
    return resampled - resampled.mean() if abs(kernel.values.sum()) < 1e-9 else resampled


@lru_cache(maxsize=32)
def candidates(size: tuple[int, int]) -> tuple[Match, ...]:
    """The bank at that size, with Gabor waves turned in steps of 22.5 degrees; of equal ones only the first."""
    waves = [gabor(length, angle) for length in _WAVELENGTHS for angle in _ANGLES]
    kernels = [kernel for kernel in bank().values() if kernel.name != "gabor"] + waves
    different: list[Match] = []
    for kernel in kernels:
        for stretched in (False, True):
            values = fitted(kernel, size, stretched=stretched)
            if values is None or not values.any() or (stretched and kernel.values.shape == size):
                continue
            if not any(abs(correlation(values, other.values)) > _SAME for other in different):
                different.append(Match(kernel, values, stretched, 1.0))
    return tuple(different)


def correlation(one: Matrix, other: Matrix) -> float:
    """The cosine between two kernels, which is how far their responses to white noise correlate; 0 for zeros."""
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float((one * other).sum()) / length if length else 0.0


def nearest(grey: Matrix, most: int = 5) -> list[Match]:
    """The kernels most like a filter's grey part, whatever their sign; each kernel once."""
    best: dict[str, Match] = {}
    for match in candidates((grey.shape[0], grey.shape[1])):
        measured = Match(match.kernel, match.values, match.stretched, correlation(grey, match.values))
        title = match.kernel.title
        if title not in best or abs(measured.correlation) > abs(best[title].correlation):
            best[title] = measured
    return sorted(best.values(), key=lambda match: -abs(match.correlation))[:most]


def by_likeness(layer: FirstLayer, best: Sequence[Match]) -> list[int]:
    """The filters, those most like their nearest kernel first; those that are all but zero last."""
    return sorted(range(len(best)), key=lambda i: (layer.lengths[i] < _FAINT, -abs(best[i].correlation)))


@lru_cache(maxsize=32)
def chance(size: tuple[int, int], draws: int = 2000) -> float:
    """The likeness to the nearest kernel that one in twenty filters of random numbers exceeds: less says nothing."""
    units = np.stack([match.values.ravel() / np.linalg.norm(match.values) for match in candidates(size)])
    noise = numpy_generator(0).standard_normal((draws, units.shape[1]))
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    return float(np.quantile(np.abs(noise @ units.T).max(1), 0.95))


def respond(image: Tensor, kernels: Matrix) -> Tensor:
    """The sum `(1, h, w)` of each channel's response to its own kernel: a layer's map, by the engine of the filters.

    `image` is `(channels, h, w)`, `kernels` `(channels, rows, columns)`; every pixel is taken, the border mirrored.
    """
    parts = [apply(image[i : i + 1], custom(kernel.tolist())) for i, kernel in enumerate(kernels)]
    return torch.stack(parts).sum(0)


def as_pixels(view: Look) -> Tensor:
    """The photo as the network sees it, `(3, h, w)` in [0, 1]."""
    return torch.from_numpy(view.photo.copy()).permute(2, 0, 1).float() / 255


def agreement(one: Tensor, other: Tensor, margin: int) -> float | None:
    """Pearson's correlation of two responses `(1, h, w)` without a margin; None where one of them is constant."""
    inside = slice(margin, -margin or None)
    a, b = (np.asarray(r[0, inside, inside], np.float64).ravel() for r in (one, other))
    if not a.size or a.std() < 1e-9 or b.std() < 1e-9:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def substitute(layer: FirstLayer, index: int, kind: str, seed: int = 0) -> Matrix:
    """What stands in for a filter, `(channels, rows, columns)` in the network's units.

    `kind` is one of `OWN_KINDS` or a kernel's name. But for zeros it is as long as the filter, and has the sign that is
    nearer to it, so that only the shape differs; kernels treat all channels of the picture alike.
    """
    own = layer.weight[index]
    if kind == "zero":
        return np.zeros_like(own)
    if kind == "noise":
        shape = numpy_generator(seed, index).standard_normal(own.shape)
    else:
        shape = _kernel_values(layer, index, kind) * layer.std[:, None, None]
    shape = shape * np.linalg.norm(own) / np.linalg.norm(shape)
    return shape if (shape * own).sum() >= 0 else -shape


def _kernel_values(layer: FirstLayer, index: int, kind: str) -> Matrix:
    if kind == "nearest":
        return nearest(layer.grey[index], 1)[0].values
    kernel = get_kernel(kind)
    values = fitted(kernel, layer.size, stretched=True)
    assert values is not None
    if not values.any():
        raise BadInputError(f"At {layer.size[0]}x{layer.size[1]} nothing is left of {kernel.title}.")
    return values


def with_filters(network: nn.Module, filters: dict[int, Matrix]) -> nn.Module:
    """The network with other filters in its first convolution; every other tensor is shared, and it stays as it was."""
    shared: dict[int, Any] = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    copied = copy.deepcopy(network, shared)
    _, convolution = first_convolution(copied)
    weight = convolution.weight.detach().clone()
    for index, values in filters.items():
        weight[index] = torch.from_numpy(values).to(weight)
    convolution.weight = nn.Parameter(weight, requires_grad=False)
    return copied


def replace(view: Look, filters: dict[int, Matrix]) -> Change:
    """What a network with classes says about its image before and after filters are replaced."""
    changed = with_filters(view.network, filters)
    with torch.no_grad():
        before, after = (net(*view.inputs)[0].softmax(0).numpy() for net in (view.network, changed))
    return Change(view.classes, before, after)


def replace_each(view: Look, filters: list[Matrix], first: int = 0) -> list[float]:
    """The total variation when each of some filters, from the `first` on, is replaced while all others stay.

    Only the replaced map differs, so the convolution runs once, and the rest of the network on a batch of variants.
    """
    copied = with_filters(view.network, {})
    _, convolution = first_convolution(copied)
    substitutes = torch.from_numpy(np.stack(filters)).to(convolution.weight)

    def variants(module: nn.Conv2d, given: tuple[Tensor], made: Tensor) -> Tensor:
        bias = None if module.bias is None else module.bias[first : first + len(filters)]
        new = F.conv2d(given[0], substitutes, bias, module.stride, module.padding, module.dilation)
        batch = made.repeat(len(filters) + 1, 1, 1, 1)
        for place in range(len(filters)):
            batch[place + 1, first + place] = new[0, place]
        return batch

    convolution.register_forward_hook(variants)
    with torch.no_grad():
        probabilities = copied(*view.inputs).softmax(1)
    return ((probabilities[1:] - probabilities[:1]).abs().sum(1) / 2).tolist()


def batches(count: int) -> list[range]:
    """Filters by the few that `replace_each` takes at once."""
    return [range(first, min(count, first + _AT_ONCE)) for first in range(0, count, _AT_ONCE)]
