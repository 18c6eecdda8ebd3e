"""How many connections and weights a layer has: dense, locally connected, and convolutional."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from tlcore.measure.windows.sizes import Sliding, output_size
from tlcore.seeds import torch_generator


@dataclass(frozen=True)
class Layer:
    """A square convolution layer: `channels` maps of `side` pixels in, `maps` out; its padding holds zeros."""

    side: int
    kernel: int
    channels: int = 1
    maps: int = 1
    stride: int = 1
    padding: int = 0

    @property
    def output_side(self) -> int:
        """The side of the maps that come out; raises `ImpossibleSizeError` when the kernel does not fit."""
        window = Sliding(kernel=self.kernel, stride=self.stride, padding=self.padding)
        return output_size(self.side, window).output


@dataclass(frozen=True)
class Count:
    """A way to compute the layer's maps: pairs of an input and an output that are joined, and weights to be learned.

    Biases are left out; connections to padding are none, for there is no input.
    """

    way: str
    connections: int
    weights: int

    @property
    def uses(self) -> float:
        """How many connections share a weight, on average."""
        return self.connections / self.weights


def counts(layer: Layer) -> tuple[Count, Count, Count]:
    """The same maps from a dense layer, a local one without shared weights, and a convolution."""
    inputs = layer.channels * layer.side**2
    outputs = layer.maps * layer.output_side**2
    pairs = layer.channels * layer.maps
    local = pairs * _reached(layer) ** 2
    return (
        Count("Dense", inputs * outputs, inputs * outputs),
        Count("Local", local, local),
        Count("Convolution", local, pairs * layer.kernel**2),
    )


def _reached(layer: Layer) -> int:
    """Pairs of an output and an input pixel inside its window, along one axis."""
    starts = [place * layer.stride - layer.padding for place in range(layer.output_side)]
    return sum(max(0, min(start + layer.kernel, layer.side) - max(start, 0)) for start in starts)


def as_matrix(weight: Tensor, side: int, stride: int = 1, padding: int = 0) -> NDArray[np.float32]:
    """A convolution with one map `(rows, columns)` written as the matrix `(outputs, side * side)` that it is.

    Each column is what the convolution makes of an image with a single pixel lit.
    """
    images = torch.eye(side * side).view(-1, 1, side, side)
    return F.conv2d(images, weight[None, None].float(), stride=stride, padding=padding).flatten(1).T.numpy()


def example_matrices(kernel: int, stride: int, padding: int) -> dict[str, NDArray[np.float32]]:
    """The matrices of a dense, a local and a convolution layer with random weights, for a picture of one channel."""
    side = 8 if kernel < 8 else 12
    generator = torch_generator(0)
    shared = as_matrix(torch.randn(kernel, kernel, generator=generator), side, stride, padding)
    dense = torch.randn(shared.shape, generator=generator).numpy()
    return {"dense": dense, "local": np.where(shared == 0, 0, dense), "convolution": shared}
