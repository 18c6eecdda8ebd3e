"""AlexNet as it was in 2012, on two GPUs, and ZFNet, which came of looking into it."""

from torch import Tensor, nn


def _response_norm() -> nn.Module:
    """K = 2, n = 5, alpha = 1e-4, beta = 0.75 (section 3.3); PyTorch divides alpha by n, so it is given times n."""
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)


def _classifier(features: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(features, 4096), nn.ReLU(inplace=True), nn.Dropout(0.5),
        nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(0.5),
        nn.Linear(4096, classes),
    )  # fmt: skip


class AlexNet2012(nn.Module):
    """Krizhevsky, Sutskever & Hinton 2012, figure 2: images `(n, 3, 227, 227)` to logits `(n, 1000)`.

    With `groups=2` conv2, conv4 and conv5 see only the maps of their own GPU; `groups=1` is the single tower of many
    blogs. The paper prints 224 pixels, but its 55x55 maps after conv1 need 227.
    """

    def __init__(self, classes: int = 1000, groups: int = 2) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 96, 11, 4), nn.ReLU(inplace=True), _response_norm())
        self.pool1 = nn.MaxPool2d(3, 2)  # windows overlap (section 3.4)
        self.conv2 = nn.Sequential(
            nn.Conv2d(96, 256, 5, padding=2, groups=groups), nn.ReLU(inplace=True), _response_norm()
        )
        self.pool2 = nn.MaxPool2d(3, 2)
        self.conv3 = nn.Sequential(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(inplace=True))
        self.conv4 = nn.Sequential(nn.Conv2d(384, 384, 3, padding=1, groups=groups), nn.ReLU(inplace=True))
        self.conv5 = nn.Sequential(nn.Conv2d(384, 256, 3, padding=1, groups=groups), nn.ReLU(inplace=True))
        self.pool5 = nn.MaxPool2d(3, 2)
        self.classifier = _classifier(256 * 6 * 6, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.conv1(x))
        x = self.pool2(self.conv2(x))
        x = self.pool5(self.conv5(self.conv4(self.conv3(x))))
        return self.classifier(x)


class ZFNet(nn.Module):
    """Zeiler & Fergus 2013, figure 3: a finer first layer (7x7, stride 2) keeps what AlexNet's 11x11 lost."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 96, 7, 2, padding=1), nn.ReLU(inplace=True))
        self.pool1 = nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), _response_norm())
        self.conv2 = nn.Sequential(nn.Conv2d(96, 256, 5, 2), nn.ReLU(inplace=True))
        self.pool2 = nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), _response_norm())
        self.conv3 = nn.Sequential(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(inplace=True))
        self.conv4 = nn.Sequential(nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(inplace=True))
        self.conv5 = nn.Sequential(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(inplace=True))
        self.pool5 = nn.MaxPool2d(3, 2)
        self.classifier = _classifier(256 * 6 * 6, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.conv1(x))
        x = self.pool2(self.conv2(x))
        x = self.pool5(self.conv5(self.conv4(self.conv3(x))))
        return self.classifier(x)
