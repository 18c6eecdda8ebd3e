"""`tlcore filter`: a kernel of the bank, or one's own, on an image."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tlcore.data.decode import UnreadableImageError, canonical
from tlcore.errors import BadInputError
from tlcore.filters.bank import Kernel, bank, custom, get_kernel
from tlcore.settings import get_settings

_OPERATORS = ("prewitt", "sobel", "sobel5", "scharr")


def run(options: Namespace) -> int:
    """Write the response: raw numbers as .npy, or a picture in which grey is zero."""
    import torch

    from tlcore.filters.engine import apply, gradient

    if options.out.suffix not in {".npy", ".png"}:
        raise BadInputError(f"The response goes into a .npy or .png file, and {options.out} is neither.")
    pixels = _pixels(options.image, grey=options.grey)
    how = {"border": options.border}
    if options.magnitude:
        operator = options.kernel.removesuffix("_x").removesuffix("_y")
        if operator not in _OPERATORS:
            raise BadInputError(f"--magnitude takes {', '.join(_OPERATORS)}, not '{options.kernel}'.")
        response = gradient(torch.from_numpy(pixels), operator, normalise=False, **how).magnitude
    else:
        more = {"stride": options.stride, "dilation": options.dilation, "convolution": options.convolution}
        response = apply(torch.from_numpy(pixels), _kernel(options.kernel), **how, **more)
    _write(options.out, response.numpy())
    return 0


def _kernel(given: str) -> Kernel:
    if given in bank():
        return get_kernel(given)
    path = Path(given)
    if path.suffix != ".json":
        return get_kernel(given)  # which says what there is
    if not path.is_file():
        raise BadInputError(f"There is no kernel at {path}.")
    try:
        rows = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path} is not JSON.") from error
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadInputError(f"{path} should hold a list of rows, each a list of numbers.")
    return custom(rows)


def _pixels(path: Path, *, grey: bool) -> Any:
    """The image as float32 `(channels, rows, columns)` in [0, 1]; grey is the mean of its channels."""
    if not path.is_file():
        raise BadInputError(f"There is no image at {path}.")
    try:
        image = canonical(path.read_bytes(), get_settings().limits.looked_at)
    except UnreadableImageError as error:
        raise BadInputError(f"{path} can't be used: {error}.") from error
    pixels = np.asarray(image, np.float32).transpose(2, 0, 1) / 255
    return np.ascontiguousarray(pixels.mean(0, keepdims=True) if grey else pixels)


def _write(path: Path, response: Any) -> None:
    if path.suffix == ".npy":
        np.save(path, response.astype(np.float32))
        return
    signed = bool((response < 0).any())
    largest = max(1.0, float(np.abs(response).max()))
    shown = 0.5 + response / (2 * largest) if signed else response / largest
    picture = (shown.clip(0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)
    Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture).save(path)
