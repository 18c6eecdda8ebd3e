"""Networks with weights that cost nothing, for facts that hold whatever the weights are."""

import torch
from torch import nn


def filled(network: nn.Module) -> nn.Module:
    """Give a network weights of a size that keeps activations finite, far faster than its own initialisation."""
    if next(network.parameters()).is_meta:
        network.to_empty(device="cpu")
    noise = torch.randn(1 << 20, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for parameter in network.parameters():
            flat, scale = parameter.view(-1), max(1, parameter[0].numel()) ** -0.5
            for start in range(0, len(flat), len(noise)):
                piece = flat[start : start + len(noise)]
                torch.mul(noise[: len(piece)], scale, out=piece)
        for buffer in network.buffers():
            buffer.fill_(1)
    return network
