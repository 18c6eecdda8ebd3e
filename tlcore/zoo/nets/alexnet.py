"""AlexNet as it was in 2012, on two GPUs, and ZFNet, which came of looking into it."""

from torch import Tensor, nn


def _conv(channels: int, maps: int, kernel: int, stride: int = 1, padding: int = 0, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, maps, kernel, stride, padding, groups=groups), nn.ReLU(inplace=True))


def _response_norm() -> nn.Module:
    """K = 2, n = 5, alpha = 1e-4, beta = 0.75 (section 3.3); PyTorch divides alpha by n, so it is given times n."""
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)


class FiveConvolutions(nn.Module):
    """The course that both networks take: five convolutions, three of them pooled, then three dense layers.

    They differ in how they get from an image to 256 maps of 13x13, and in the groups of the later convolutions.
    """

    def __init__(
        self, *, conv1: nn.Module, pool1: nn.Module, conv2: nn.Module, pool2: nn.Module, groups: int, classes: int
    ) -> None:
        super().__init__()
        self.conv1, self.pool1, self.conv2, self.pool2 = conv1, pool1, conv2, pool2
        self.conv3 = _conv(256, 384, 3, padding=1)
        self.conv4 = _conv(384, 384, 3, padding=1, groups=groups)
        self.conv5 = _conv(384, 256, 3, padding=1, groups=groups)
        self.pool5 = nn.MaxPool2d(3, 2)
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(256 * 6 * 6, 4096), nn.ReLU(inplace=True), nn.Dropout(0.5),
            nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(0.5),
            nn.Linear(4096, classes),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.conv1(x))
        x = self.pool2(self.conv2(x))
        x = self.pool5(self.conv5(self.conv4(self.conv3(x))))
        return self.classifier(x)


class AlexNet2012(FiveConvolutions):
    """Krizhevsky, Sutskever & Hinton 2012, figure 2: images `(n, 3, 227, 227)` to logits `(n, 1000)`.

    With `groups=2` conv2, conv4 and conv5 see only the maps of their own GPU; `groups=1` is the single tower of many
    blogs. The paper prints 224 pixels, but its 55x55 maps after conv1 need 227.
    """

    def __init__(self, classes: int = 1000, groups: int = 2) -> None:
        super().__init__(
            conv1=_conv(3, 96, 11, 4).append(_response_norm()),
            pool1=nn.MaxPool2d(3, 2),  # windows overlap (section 3.4)
            conv2=_conv(96, 256, 5, padding=2, groups=groups).append(_response_norm()),
            pool2=nn.MaxPool2d(3, 2),
            groups=groups,
            classes=classes,
        )


class ZFNet(FiveConvolutions):
    """Zeiler & Fergus 2013, figure 3: a finer first layer (7x7, stride 2) keeps what AlexNet's 11x11 lost.

    Images `(n, 3, 224, 224)` to logits `(n, 1000)`; responses are normalised after pooling.
    """

    def __init__(self, classes: int = 1000) -> None:
        super().__init__(
            conv1=_conv(3, 96, 7, 2, padding=1),
            pool1=nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), _response_norm()),
            conv2=_conv(96, 256, 5, 2),
            pool2=nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), _response_norm()),
            groups=1,
            classes=classes,
        )
