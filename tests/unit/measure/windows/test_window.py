"""Windows of layers and of functions are the same, however their arguments are given."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tlcore.measure.trace import trace
from tlcore.measure.windows.window import Window, window_of

CEIL = True


class Calls(nn.Module):
    """A function called on its input."""

    def __init__(self, call: object) -> None:
        super().__init__()
        self.call = call
        self.child = nn.Identity()  # a module without children would be one step, whatever it calls

    def forward(self, x: Tensor) -> Tensor:
        return self.call(x)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("module", "call"),
    [
        (nn.AvgPool2d(3, 2, 1, CEIL), lambda x: F.avg_pool2d(x, 3, 2, 1, CEIL)),
        (nn.MaxPool2d(3, 2, 1, 2, ceil_mode=True), lambda x: F.max_pool2d(x, 3, 2, 1, 2, CEIL)),
        (nn.MaxPool2d(2), lambda x: F.max_pool2d(x, 2)),
        (nn.AvgPool2d((3, 2), padding=(1, 0)), lambda x: F.avg_pool2d(x, kernel_size=(3, 2), padding=(1, 0))),
        (nn.AdaptiveAvgPool2d(2), lambda x: F.adaptive_avg_pool2d(x, 2)),
    ],
)
def test_a_function_has_the_window_of_its_layer(module: nn.Module, call: object) -> None:
    x = torch.zeros(1, 1, 12, 12)
    of_layer, of_call = (window_of(trace(network, x).steps[0]) for network in (nn.Sequential(module), Calls(call)))
    assert of_layer == of_call
    assert isinstance(of_layer, Window)


def test_a_convolution_that_keeps_its_size_says_its_padding() -> None:
    (step,) = trace(nn.Sequential(nn.Conv2d(1, 1, (3, 5), padding="same", dilation=2)), torch.zeros(1, 1, 9, 9)).steps
    assert window_of(step) == Window((3, 5), (1, 1), (2, 4), (2, 2), 1)
