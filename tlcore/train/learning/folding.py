"""Fixed batch normalisation folded into the convolution before it, on the fly, so that both still learn.

With its statistics fixed, BN(conv(x)) = g (Wx - m) / s + b is one convolution with the weights W g / s. The product is
formed anew in each forward: W, g and b keep their names and get their exact gradients, and a pass over every feature
map is saved in both directions.
"""

import types
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlcore.zoo.network import Network

# torch's convolution and timm's that pads as TensorFlow does; others make something of their weights first.
_LINEAR_IN_WEIGHT = {"Conv2d", "Conv2dSame"}


class _Reweighted:
    """A convolution with another weight and bias, for its own class's forward."""

    def __init__(self, convolution: nn.Conv2d, weight: Tensor, bias: Tensor) -> None:
        self._convolution, self.weight, self.bias = convolution, weight, bias

    def __getattr__(self, name: str) -> Any:
        return getattr(self._convolution, name)


def fold_fixed_norms(network: nn.Module, row: Network) -> int:
    """Fold every normalisation that alone reads a convolution's output; returns how many there are.

    The normalisations must stay in evaluation mode from now on.
    """
    pairs = _pairs(network, row.min_size)
    for convolution, norm in pairs:
        _fold(convolution, norm)
    return len(pairs)


def _pairs(network: nn.Module, size: int) -> list[tuple[nn.Conv2d, _BatchNorm]]:
    """Which normalisation reads which convolution, seen by running a small black image through the network."""
    outputs: dict[int, tuple[nn.Conv2d, Tensor]] = {}  # holds the tensors too, so that no id is used twice
    pairs: list[tuple[nn.Conv2d, _BatchNorm]] = []

    def note_output(module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        outputs[id(output)] = (module, output)

    def note_input(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, _BatchNorm)
        if id(inputs[0]) in outputs:
            pairs.append((outputs[id(inputs[0])][0], module))

    hooks = [m.register_forward_hook(note_output) for m in network.modules() if type(m).__name__ in _LINEAR_IN_WEIGHT]
    hooks += [m.register_forward_pre_hook(note_input) for m in network.modules() if isinstance(m, _BatchNorm)]
    was_training = {module: module.training for module in network.modules()}
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, size, size, dtype=next(network.parameters()).dtype))
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in was_training.items():
            module.training = training
    return pairs


def _fold(convolution: nn.Conv2d, norm: _BatchNorm) -> None:
    plain: Any = type(convolution).forward

    def folded(self: nn.Conv2d, x: Tensor) -> Tensor:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        shift = norm.bias - norm.running_mean * scale
        if self.bias is not None:
            shift = shift + self.bias * scale
        out: Tensor = plain(_Reweighted(self, self.weight * scale.view(-1, 1, 1, 1), shift), x)
        return out

    after = [getattr(norm, name) for name in ("drop", "act") if hasattr(norm, name)]  # timm's do it in the same module

    def passed_on(_self: _BatchNorm, x: Tensor) -> Tensor:
        for module in after:
            x = module(x)
        return x

    # On the instances alone: tensor names and shapes stay torchvision's.
    convolution.forward = types.MethodType(folded, convolution)  # type: ignore[method-assign]
    norm.forward = types.MethodType(passed_on, norm)  # type: ignore[method-assign]
