"""Every filter on a 512x512 image against scipy.ndimage and scikit-image, with OpenCV as the fast reference.

`python -m bench.filters`: all in one run, in turn, three runs at a time, on one thread each; of every rival its
quickest way to the same response, which is checked before it is timed. The shortest run counts, for on a busy machine
it is the one that was disturbed least. Ratios are theirs over ours: above 1 we are quicker.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any

import numpy as np
import scipy.ndimage as ndi
import torch
from skimage import feature
from skimage import filters as ski

from tlcore.filters import show
from tlcore.filters.bank import Kernel, bank
from tlcore.filters.pictures import picture_of

try:
    import cv2
except ImportError:  # the reference is optional
    cv2 = None

SIDE = 512
RIVALS = ("scipy", "scikit-image", "OpenCV")
_AT_A_TIME = 3
_OTHER = {
    "canny": "scikit-image interpolates between directions, OpenCV takes whole numbers",
    "roberts_a": "scikit-image's lies a pixel on",
    "roberts_b": "scikit-image's lies a pixel on",
    "dog": "scikit-image cuts its Gaussians elsewhere",
}
"""Whose responses are not the same numbers, and why."""
_INNER = (slice(16, -16), slice(16, -16))
Run = Callable[[], Any]


@dataclass
class Case:
    """A filter: our way, and each rival's ways, with what their response has to be multiplied by to be ours."""

    name: str
    ours: Run
    rivals: dict[str, list[Run]] = field(default_factory=dict)
    factors: dict[str, float] = field(default_factory=dict)
    same: bool = True

    def add(self, rival: str, run: Run, factor: float = 1.0) -> None:
        """One more way of a rival; all ways of a rival share their factor."""
        self.rivals.setdefault(rival, []).append(run)
        self.factors[rival] = factor


def cases(image: np.ndarray) -> Iterator[Case]:
    """Every kernel of the bank and every operator."""
    tensor = torch.from_numpy(image)[None]
    for name in show.choices():
        case = Case(name, partial(show.respond, tensor, name), same=name not in _OTHER)
        if name in bank():
            _kernel_ways(case, bank()[name], image)
        else:
            _operator_ways(case, image)
        _named_ways(case, image)
        yield case


def _kernel_ways(case: Case, kernel: Kernel, image: np.ndarray) -> None:
    values = (kernel.values * kernel.scale).astype(np.float32)
    case.add("scipy", partial(ndi.correlate, image, values, mode="mirror"))
    if kernel.factors is not None:
        column, row = (factor * np.sqrt(kernel.scale) for factor in kernel.factors)
        case.add("scipy", lambda: _passes(image, column, row))
    if cv2 is not None:
        anchor = tuple(side // 2 for side in reversed(values.shape))
        case.add("OpenCV", partial(cv2.filter2D, image, -1, values, anchor=anchor, borderType=cv2.BORDER_REFLECT_101))
        if kernel.factors is not None:
            case.add("OpenCV", partial(cv2.sepFilter2D, image, -1, row, column, borderType=cv2.BORDER_REFLECT_101))


def _passes(image: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    return ndi.correlate1d(ndi.correlate1d(image, column, 0, mode="mirror"), row, 1, mode="mirror")


def _operator_ways(case: Case, image: np.ndarray) -> None:
    kind, _, operator = case.name.partition("-")
    members = {"gradient": ("x", "y"), "compass": ("n", "nw", "w", "sw", "s", "se", "e", "ne")}.get(kind, ())
    parts = [Case(f"{operator}_{member}", case.ours) for member in members]
    for part in parts:
        _kernel_ways(part, bank()[part.name], image)
    join = np.hypot if kind == "gradient" else np.maximum
    for rival in RIVALS:
        if parts and rival in parts[0].rivals:
            for way in range(len(parts[0].rivals[rival])):
                ways = [part.rivals[rival][way] for part in parts]
                case.add(rival, partial(_joined, ways, join))


def _joined(ways: list[Run], join: Callable[[Any, Any], Any]) -> Any:
    return reduce(join, (way() for way in ways))


def _named_ways(case: Case, image: np.ndarray) -> None:
    """What the libraries have a function of its own for; their scales and signs are not ours."""
    scipy: dict[str, tuple[Run, float]] = {
        "sobel_x": (partial(ndi.sobel, image, 1, mode="mirror"), 1 / 8),
        "sobel_y": (partial(ndi.sobel, image, 0, mode="mirror"), 1 / 8),
        "prewitt_x": (partial(ndi.prewitt, image, 1, mode="mirror"), 1 / 6),
        "prewitt_y": (partial(ndi.prewitt, image, 0, mode="mirror"), 1 / 6),
        "laplacian4": (partial(ndi.laplace, image, mode="mirror"), 1.0),
        "gaussian": (partial(ndi.gaussian_filter, image, 1.0, truncate=3.0, mode="mirror"), 1.0),
        "box": (partial(ndi.uniform_filter, image, 3, mode="mirror"), 1.0),
    }
    skimage: dict[str, tuple[Run, float]] = {
        **{
            f"{name}_{axis}": (partial(getattr(ski, name), image, axis=number, mode="mirror"), 1 / 2)
            for name in ("sobel", "prewitt", "scharr")
            for axis, number in (("x", 1), ("y", 0))
        },
        **{f"gradient-{n}": (partial(getattr(ski, n), image), 2**-0.5) for n in ("sobel", "prewitt", "scharr")},
        "roberts_a": (partial(ski.roberts_pos_diag, image), 1.0),
        "roberts_b": (partial(ski.roberts_neg_diag, image), 1.0),
        "laplacian4": (partial(ski.laplace, image), -1.0),
        "gaussian": (partial(ski.gaussian, image, 1.0, truncate=3.0, mode="mirror"), 1.0),
        "unsharp": (partial(ski.unsharp_mask, image, radius=1.0, amount=1.0, preserve_range=True), 1.0),
        "dog": (partial(ski.difference_of_gaussians, image, 1.0, 1.6, mode="mirror", truncate=3.0), -2 / (1.6**2 - 1)),
        "canny": (partial(feature.canny, image, show.CANNY[0], *show.CANNY[1:]), 1.0),
    }
    for rival, named in (("scipy", scipy), ("scikit-image", skimage)):
        if case.name in named:
            run, factor = named[case.name]
            case.add(rival, run if factor == 1 or rival == "scikit-image" else partial(_scaled, run, factor))
            case.factors[rival] = factor if rival == "scikit-image" else 1.0
    if cv2 is not None and case.name == "canny":
        levels = (image * 255).round().astype(np.uint8)
        sigma, low, high = show.CANNY
        low, high = (round(8 * 255 * slope) for slope in (low, high))  # of OpenCV's Sobel, which is not scaled
        case.add("OpenCV", lambda: cv2.Canny(cv2.GaussianBlur(levels, (11, 11), sigma), low, high, L2gradient=True))


def _scaled(run: Run, factor: float) -> Any:
    return run() * np.float32(factor)


def difference(case: Case) -> float:
    """The largest difference between any rival's response and ours, away from the borders, as a share of ours."""
    ours = np.asarray(case.ours()[0])[_INNER]
    found = [0.0]
    for rival, ways in case.rivals.items():
        for run in ways:
            theirs = np.asarray(run())[_INNER] * case.factors[rival]
            found.append(float(np.abs(theirs - ours).max() / np.abs(ours).max()))
    return max(found)


def measure(case: Case, repeats: int) -> dict[str, float]:
    """The shortest seconds of each side; the sides take turns, so that all meet the same disturbances."""
    best: dict[str, float] = {}
    for _ in range(repeats):
        for side, ways in {"ours": [case.ours], **case.rivals}.items():
            for run in (way for way in ways for _ in range(_AT_A_TIME)):
                start = time.perf_counter()
                run()
                best[side] = min(best.get(side, float("inf")), time.perf_counter() - start)
    return best


def main() -> int:
    """Print a row a filter, and whether any of them misses its target."""
    parser = argparse.ArgumentParser(prog="bench.filters", description=__doc__)
    parser.add_argument("names", nargs="*", help="filters; all of them unless given")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if cv2 is None:
        print("OpenCV is left out: it is not installed (pip install opencv-python-headless)")
    else:
        cv2.setNumThreads(options.threads)
    image = np.asarray(show.as_tensor(picture_of("camera"), grey=True, longest=SIDE)[0])
    print(f"{image.shape[0]}x{image.shape[1]} float32, {options.threads} thread(s); milliseconds, and theirs over ours")
    print(f"{'filter':18}{'ours':>8}" + "".join(f"{rival:>22}" for rival in RIVALS))
    slower: list[str] = []
    ratios: dict[str, list[float]] = {rival: [] for rival in RIVALS}
    for case in cases(image):
        if options.names and case.name not in options.names:
            continue
        if case.same and (off := difference(case)) > 1e-3:
            print(f"{case.name}: a rival's response differs by {off:.1e}, so there is nothing to compare")
            return 1
        best = measure(case, options.repeats)
        print(_row(case.name, best), flush=True)
        for rival in RIVALS:
            if rival in best:
                ratios[rival].append(best[rival] / best["ours"])
        slower += [f"{case.name} ({r})" for r in RIVALS[:2] if best.get(r, float("inf")) < best["ours"]]
    for rival, found in ratios.items():
        if found:
            print(f"{rival}: {len(found)} filters, ratio {min(found):.2f} / {np.median(found):.2f} / {max(found):.2f}")
    print(f"at least as fast as scipy and scikit-image: {'met' if not slower else 'MISSED by ' + ', '.join(slower)}")
    return 0


def _row(name: str, best: dict[str, float]) -> str:
    cells = [
        f"{1e3 * best[rival]:10.2f} ms {best[rival] / best['ours']:7.2f}x" if rival in best else f"{'–':>22}"
        for rival in RIVALS
    ]
    return f"{name:18}{1e3 * best['ours']:8.2f}" + "".join(cells)


if __name__ == "__main__":
    sys.exit(main())
