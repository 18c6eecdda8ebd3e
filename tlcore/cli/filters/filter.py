"""`tlcore filter`: a kernel of the bank, or one's own, on an image."""

import json
from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.cli.image_files import open_file
from tlcore.data.pixels.encode import png
from tlcore.errors import BadInputError
from tlcore.filters.bank import Kernel, bank, custom, get_kernel
from tlcore.settings import get_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

_OPERATORS = ("prewitt", "sobel", "sobel5", "scharr")


def run(options: Namespace) -> int:
    """Write the response: raw numbers as .npy, or a picture in which grey is zero."""
    if options.out.suffix.lower() not in {".npy", ".png"}:
        raise BadInputError(f"The response goes into a .npy or .png file, and {options.out} is neither.")
    _write(options.out, _response(options).numpy())
    return 0


def _response(options: Namespace) -> "Tensor":
    """Channel by channel, so that a large photograph needs little memory beside its response."""
    import torch

    from tlcore.filters.engine import apply

    given, how = options.kernel, ("border", "stride", "dilation", "convolution")
    respond = (
        partial(_magnitude, operator=_operator(given)) if options.magnitude else partial(apply, kernel=_kernel(given))
    )
    settings = {name: getattr(options, name) for name in how}
    planes = _pixels(options.image, grey=options.grey)
    return torch.cat([respond(torch.from_numpy(plane[None]), **settings) for plane in planes])


def _operator(given: str) -> str:
    operator = given.removesuffix("_x").removesuffix("_y")
    if operator not in _OPERATORS:
        raise BadInputError(f"--magnitude takes {', '.join(_OPERATORS)}, not '{given}'.")
    return operator


def _magnitude(plane: "Tensor", operator: str, **settings: Any) -> "Tensor":
    from tlcore.filters.engine import gradient

    return gradient(plane, operator, normalise=False, **settings).magnitude


def _kernel(given: str) -> Kernel:
    if given in bank():
        return get_kernel(given)
    path = Path(given)
    if path.suffix.lower() != ".json":
        return get_kernel(given)  # which says what there is
    if not path.is_file():
        raise BadInputError(f"There is no kernel at {path}.")
    try:
        rows = json.loads(path.read_bytes())  # in whichever Unicode it is written, with or without a byte order mark
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path} is not JSON.") from error
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadInputError(f"{path} should hold a list of rows, each a list of numbers.")
    return custom(rows)


def _pixels(path: Path, *, grey: bool) -> Iterator["NDArray[np.float32]"]:
    """The image as it is, a plane `(rows, columns)` in [0, 1] a channel; grey is the mean of the channels."""
    image = open_file(path, get_settings().limits.looked_at, longest=None)
    if grey:
        yield np.asarray(image, np.float32).mean(2, dtype=np.float32) / np.float32(255)
        return
    for channel in image.split():
        yield np.asarray(channel, np.float32) / np.float32(255)


def _write(path: Path, response: "NDArray[np.float32]") -> None:
    if path.suffix.lower() == ".npy":
        with path.open("wb") as file:  # given a path, NumPy would add its own suffix to .NPY
            np.save(file, response.astype(np.float32))
        return
    signed = bool((response < 0).any())
    largest = max(1.0, float(np.abs(response).max()))
    shown = 0.5 + response / (2 * largest) if signed else response / largest
    picture = (shown.clip(0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)
    path.write_bytes(png(picture))
