"""What a filter says of an image that was shifted, turned or brightened, against what it should say if it went along.

A filter is *equivariant* to a change when changing the image and then filtering gives the same as filtering and then
changing the response; it *ignores* a change when the response stays as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone in the field uses
from torch import Tensor

from tlcore.errors import BadInputError

Respond = Callable[[Tensor], Tensor]
MARGIN = 8
"""Pixels: no kernel of up to 15 reaches further, so that beyond it a border or a seam plays no part."""
_FULL_TURN = 360


@dataclass(frozen=True)
class Moved:
    """The changed image, the response to it, and the response that the change of the response would have given.

    `inside` marks the pixels, `(rows, columns)`, that no border, seam or corner reaches.
    """

    image: Tensor
    response: Tensor
    expected: Tensor
    inside: Tensor

    @property
    def difference(self) -> Tensor:
        """The response minus the expected one."""
        return self.response - self.expected

    @property
    def error(self) -> float:
        """The root mean square of the difference inside, as a share of the expected response's; 0 if both vanish."""
        return relative(self.response[:, self.inside], self.expected[:, self.inside])

    @property
    def error_at_border(self) -> float:
        """The same outside of `inside`."""
        return relative(self.response[:, ~self.inside], self.expected[:, ~self.inside])

    @property
    def offset(self) -> float:
        """The mean of the difference inside."""
        chosen = self.difference[:, self.inside]
        return float(chosen.mean()) if chosen.numel() else 0.0


def shifted(image: Tensor, respond: Respond, right: int, down: int) -> Moved:
    """The image moved by whole pixels; what leaves it on one side comes back on the other."""

    def move(x: Tensor) -> Tensor:
        return x.roll((down, right), (-2, -1))

    inside = _away_from_borders(image)
    return Moved(move(image), respond(move(image)), move(respond(image)), inside & move(inside))


def turned(image: Tensor, respond: Respond, degrees: int) -> Moved:
    """The middle square turned counter-clockwise: exactly by quarter turns, else between its pixels (bicubic)."""
    square = _middle_square(image)

    def turn(x: Tensor) -> Tensor:
        return _turn(x, degrees)

    inside = _away_from_borders(square)
    if degrees % 90:
        side = square.shape[-1]
        axis = torch.arange(side) - (side - 1) / 2
        inside = (axis[:, None] ** 2 + axis**2) < max(0, side / 2 - MARGIN) ** 2
    return Moved(turn(square), respond(turn(square)), turn(respond(square)), inside)


def brightened(image: Tensor, respond: Respond, by: float) -> Moved:
    """The image with the same value added to every pixel; nothing is cut off at white."""
    return Moved(image + by, respond(image + by), respond(image), _away_from_borders(image))


def _away_from_borders(image: Tensor) -> Tensor:
    inside = torch.zeros(image.shape[1:], dtype=torch.bool)
    inside[MARGIN:-MARGIN, MARGIN:-MARGIN] = True
    return inside


def _middle_square(image: Tensor) -> Tensor:
    high, wide = image.shape[1:]
    side = min(high, wide)
    top, left = (high - side) // 2, (wide - side) // 2
    return image[:, top : top + side, left : left + side]


def _turn(x: Tensor, degrees: int) -> Tensor:
    if abs(degrees) > _FULL_TURN:
        raise BadInputError(f"The image is turned by up to {_FULL_TURN} degrees, not by {degrees}.")
    if degrees % 90 == 0:
        return x.rot90(degrees // 90, (-2, -1))
    angle = torch.deg2rad(torch.tensor(float(degrees)))
    cosine, sine = angle.cos(), angle.sin()
    matrix = torch.stack([torch.stack([cosine, -sine, sine * 0]), torch.stack([sine, cosine, sine * 0])])
    grid = F.affine_grid(matrix[None], [1, *x.shape], align_corners=False)
    return F.grid_sample(x[None], grid, mode="bicubic", padding_mode="border", align_corners=False)[0]


def relative(one: Tensor, other: Tensor) -> float:
    """The length of the difference over the length of the second; where that is zero, 1 if they differ at all."""
    length, difference = float(other.norm()), float((one - other).norm())
    return difference / length if length else float(difference > 0)
