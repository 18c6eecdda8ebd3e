"""Networks that answer for every pixel: FCN, U-Net and PixelNet."""

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Tensor, nn


def _convolutions(channels: int, maps: int, count: int, first_padding: int = 1) -> nn.Sequential:
    """VGG's 3x3 convolutions with rectifiers."""
    parts: list[nn.Module] = []
    for number in range(count):
        padding = first_padding if number == 0 else 1
        parts += [nn.Conv2d(channels, maps, 3, padding=padding), nn.ReLU(inplace=True)]
        channels = maps
    return nn.Sequential(*parts)


def _crop(x: Tensor, like: Tensor, offset: int) -> Tensor:
    """The part of `x` from `offset` on that is as large as `like`."""
    return x[:, :, offset : offset + like.shape[2], offset : offset + like.shape[3]]


def bilinear_upsampling(classes: int, kernel: int, stride: int) -> nn.ConvTranspose2d:
    """A transposed convolution that starts as bilinear interpolation, each class by itself (FCN, section 3.3)."""
    up = nn.ConvTranspose2d(classes, classes, kernel, stride, bias=False)
    if not up.weight.is_meta:
        ramp = 1 - (torch.arange(kernel) - (kernel - 1) / 2).abs() / stride
        with torch.no_grad():
            up.weight.zero_()
            up.weight[range(classes), range(classes)] = ramp[:, None] * ramp[None, :]
    return up


class FCN(nn.Module):
    """Long, Shelhamer & Darrell 2014, on VGG-16: images `(n, 3, h, w)` to scores `(n, 21, h, w)`.

    `stride` 32 upsamples the last scores at once; 8 adds those of pool4 and pool3 on the way (figure 3). As released,
    the first convolution pads by 100 pixels, so that images of any size leave something to crop.
    """

    def __init__(self, classes: int = 21, stride: int = 32) -> None:
        super().__init__()
        self.block1 = _convolutions(3, 64, 2, first_padding=100)
        self.block2 = _convolutions(64, 128, 2)
        self.block3 = _convolutions(128, 256, 3)
        self.block4 = _convolutions(256, 512, 3)
        self.block5 = _convolutions(512, 512, 3)
        self.pool1, self.pool2, self.pool3, self.pool4, self.pool5 = (nn.MaxPool2d(2, ceil_mode=True) for _ in range(5))
        self.fc6 = nn.Sequential(nn.Conv2d(512, 4096, 7), nn.ReLU(inplace=True), nn.Dropout2d(0.5))
        self.fc7 = nn.Sequential(nn.Conv2d(4096, 4096, 1), nn.ReLU(inplace=True), nn.Dropout2d(0.5))
        self.score = nn.Conv2d(4096, classes, 1)
        self.stride = stride
        if stride == 32:
            self.upsample = bilinear_upsampling(classes, 64, 32)
        else:
            self.score4, self.score3 = nn.Conv2d(512, classes, 1), nn.Conv2d(256, classes, 1)
            self.upsample5 = bilinear_upsampling(classes, 4, 2)
            self.upsample4 = bilinear_upsampling(classes, 4, 2)
            self.upsample = bilinear_upsampling(classes, 16, 8)

    def forward(self, x: Tensor) -> Tensor:
        pool3 = self.pool3(self.block3(self.pool2(self.block2(self.pool1(self.block1(x))))))
        pool4 = self.pool4(self.block4(pool3))
        score = self.score(self.fc7(self.fc6(self.pool5(self.block5(pool4)))))
        if self.stride == 32:
            return _crop(self.upsample(score), x, 19)
        score = self.upsample5(score)
        score = score + _crop(self.score4(pool4), score, 5)
        score = self.upsample4(score)
        score = score + _crop(self.score3(pool3), score, 9)
        return _crop(self.upsample(score), x, 31)


class DoubleConvolution(nn.Sequential):
    """Two unpadded 3x3 convolutions with rectifiers: each side loses four pixels."""

    def __init__(self, channels: int, maps: int) -> None:
        super().__init__(
            nn.Conv2d(channels, maps, 3), nn.ReLU(inplace=True), nn.Conv2d(maps, maps, 3), nn.ReLU(inplace=True)
        )


class UNet(nn.Module):
    """Ronneberger, Fischer & Brox 2015, figure 1: `(n, 1, 572, 572)` to scores `(n, 2, 388, 388)`.

    Each step up concatenates the cropped maps of the same depth on the way down.
    """

    def __init__(self, channels: int = 1, classes: int = 2) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.down1, self.down2 = DoubleConvolution(channels, 64), DoubleConvolution(64, 128)
        self.down3, self.down4 = DoubleConvolution(128, 256), DoubleConvolution(256, 512)
        self.bottom = nn.Sequential(DoubleConvolution(512, 1024), nn.Dropout(0.5))
        self.up4, self.merge4 = nn.ConvTranspose2d(1024, 512, 2, 2), DoubleConvolution(1024, 512)
        self.up3, self.merge3 = nn.ConvTranspose2d(512, 256, 2, 2), DoubleConvolution(512, 256)
        self.up2, self.merge2 = nn.ConvTranspose2d(256, 128, 2, 2), DoubleConvolution(256, 128)
        self.up1, self.merge1 = nn.ConvTranspose2d(128, 64, 2, 2), DoubleConvolution(128, 64)
        self.score = nn.Conv2d(64, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        one = self.down1(x)
        two = self.down2(self.pool(one))
        three = self.down3(self.pool(two))
        four = self.down4(self.pool(three))
        x = self.bottom(self.pool(four))
        x = self.merge4(self._beside(four, self.up4(x)))
        x = self.merge3(self._beside(three, self.up3(x)))
        x = self.merge2(self._beside(two, self.up2(x)))
        x = self.merge1(self._beside(one, self.up1(x)))
        return self.score(x)

    @staticmethod
    def _beside(skip: Tensor, x: Tensor) -> Tensor:
        margin = (skip.shape[2] - x.shape[2]) // 2
        return torch.cat([_crop(skip, x, margin), x], 1)


class PixelNet(nn.Module):
    """Bansal, Chen, Russell, Gupta & Ramanan 2017: images and a few of their pixels to scores of those pixels.

    One pass of VGG-16; at each asked pixel the maps of six layers are interpolated and concatenated (the hypercolumn,
    5568 values), and a small network reads them. Training on few, far-apart pixels an image is what makes it fast.
    """

    def __init__(self, classes: int = 21) -> None:
        super().__init__()
        self.block1, self.block2 = _convolutions(3, 64, 2), _convolutions(64, 128, 2)
        self.block3, self.block4 = _convolutions(128, 256, 3), _convolutions(256, 512, 3)
        self.block5 = _convolutions(512, 512, 3)
        self.pool = nn.MaxPool2d(2)
        self.fc6 = nn.Sequential(nn.Conv2d(512, 4096, 7, padding=3), nn.ReLU(inplace=True))
        self.fc7 = nn.Sequential(nn.Conv2d(4096, 4096, 1), nn.ReLU(inplace=True))
        self.mlp = nn.Sequential(
            nn.Linear(64 + 128 + 256 + 512 + 512 + 4096, 4096), nn.ReLU(inplace=True), nn.Dropout(0.5),
            nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(0.5),
            nn.Linear(4096, classes),
        )  # fmt: skip

    def forward(self, x: Tensor, pixels: Tensor) -> Tensor:
        """Scores `(n, k, classes)` of images `(n, 3, h, w)` at `pixels` `(n, k, 2)`: x and y from -1 to 1."""
        maps: list[Tensor] = []
        for block in (self.block1, self.block2, self.block3, self.block4, self.block5):
            x = block(x if not maps else self.pool(x))
            maps.append(x)
        maps.append(self.fc7(self.fc6(self.pool(x))))
        return self.mlp(hypercolumns(maps, pixels))


def hypercolumns(maps: list[Tensor], pixels: Tensor) -> Tensor:
    """Maps `(n, c, h, w)` interpolated at `pixels` `(n, k, 2)` and concatenated: `(n, k, sum of c)`."""
    columns = [F.grid_sample(m, pixels[:, :, None], align_corners=False).squeeze(3) for m in maps]
    return torch.cat(columns, 1).transpose(1, 2)


def stratified_pixels(count: int, images: int, generator: torch.Generator) -> Tensor:
    """Random pixels `(images, count, 2)` from -1 to 1, one in each cell of a grid, so that no region is left out.

    `count` is a square number. Neighbouring pixels say nearly the same, and a batch of them learns little.
    """
    side = round(count**0.5)
    if side * side != count:
        raise ValueError(f"The pixels of an image lie in a square grid, and {count} is not a square number.")
    corners = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="xy"), -1).view(1, count, 2)
    return (corners + torch.rand((images, count, 2), generator=generator)) / side * 2 - 1
