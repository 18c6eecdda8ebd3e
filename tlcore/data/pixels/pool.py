"""A large set of labelled images, decoded once and held in memory: what a backbone is pretrained on."""

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from tlcore.data.dataset import Dataset, Example, LabelledImage, freeze
from tlcore.data.folders.labelling import missing_classes, require_classes
from tlcore.data.folders.layout import Layout
from tlcore.data.folders.said import read_as
from tlcore.data.ingest.report import USUAL, IngestJob, IngestReport, Part, Reading, Skipped
from tlcore.data.ingest.sources import SourceFile, Upload, opened
from tlcore.data.names import as_text
from tlcore.data.pixels.decode import UnreadableImageError, canonical, training_window
from tlcore.data.pixels.parquet import parquet_files, read_parquet
from tlcore.errors import LimitExceededError, NotEnoughImagesError
from tlcore.settings import Limits
from tlcore.wording import Progress, unheard
from tlcore.zoo.network import Preprocessing

_UNLIMITED = Limits(files=10**9)
_PIECE = 4096


@dataclass(frozen=True)
class Pool:
    """A data set and, for each part, its training windows `(n, resize, resize, 3)` uint8 in the set's order."""

    dataset: Dataset
    windows: dict[Part, NDArray[np.uint8]]
    skipped: tuple[Skipped, ...]
    read_as: str = ""
    lost: str = ""

    def in_order(self, classes: Sequence[str]) -> "Pool":
        """The same pool with its classes in this order."""
        dataset = self.dataset.in_order(classes)
        windows = {}
        for part, pixels in self.windows.items():
            rows = {_key(self.dataset, example): row for row, example in enumerate(self.dataset.of(part))}
            windows[part] = pixels[[rows[_key(dataset, example)] for example in dataset.of(part)]]
        return replace(self, dataset=dataset, windows=windows)


def read_pool(
    source: Path,
    prep: Preprocessing,
    threads: int = 2,
    progress: Progress = unheard,
    reading: Reading = USUAL,
) -> Pool:
    """Read a folder with one folder per class, or Parquet files, with parts if they are named.

    Unlike an upload it has no limit but this machine's memory; the images come from whoever runs this.
    """
    upload = _opened(source, reading)
    files = upload.files
    require_classes(file.label for file in files if file.label is not None)
    _check_memory(len(files), prep)
    pixels = np.empty((len(files), prep.resize, prep.resize, 3), np.uint8)
    labelled: list[LabelledImage] = []
    rows: dict[str, int] = {}
    skipped: list[Skipped] = []
    with ThreadPoolExecutor(threads) as pool:  # Pillow releases the GIL while it decodes
        for start in range(0, len(files), _PIECE):
            piece = files[start : start + _PIECE]
            for file, (blob, window) in zip(piece, pool.map(lambda file: _decoded(file, prep), piece), strict=True):
                if isinstance(window, str) or file.label is None:
                    reason = window if isinstance(window, str) else "in no class folder"
                    skipped.append(Skipped(file=file.name, reason=reason, folders=as_text(file.folders)))
                    continue
                rows[blob] = len(labelled)
                pixels[len(labelled)] = window
                labelled.append(LabelledImage(blob=blob, label=file.label, name=file.name, part=file.part))
            progress(start + len(piece), len(files))
    whole = _pool(freeze(labelled), pixels, rows, skipped)
    rest = upload.rest.model_copy(update={"skipped": skipped})
    lost = missing_classes(whole.dataset.classes, rest, upload.layout)
    return replace(whole, read_as=read_as(upload.layout, (file.folders for file in files)), lost=lost)


def _opened(source: Path, reading: Reading) -> Upload:
    if tables := parquet_files(source):
        return Upload(tuple(read_parquet(tables)), Layout(), IngestReport())
    job = IngestJob(kind="folder", source=str(source), staging="", limits="", reading=reading)
    with opened(job, _UNLIMITED) as upload:
        return upload


def _key(dataset: Dataset, example: Example) -> tuple[str, str, str]:
    """What tells an example from others, whatever the order of the classes."""
    return dataset.classes[example.label], example.name, example.blob


def _decoded(file: SourceFile, prep: Preprocessing) -> tuple[str, "NDArray[np.uint8] | str"]:
    """The hash of the file's bytes, and its pixels or the reason why there are none."""
    try:
        data = file.read()
        return hashlib.sha256(data).hexdigest(), training_window(canonical(data), prep)
    except UnreadableImageError as error:
        return "", str(error)


def _check_memory(images: int, prep: Preprocessing) -> None:
    """Once while they are decoded and once when they are laid out by parts."""
    needed = 2 * images * prep.resize**2 * 3
    free = psutil.virtual_memory().available
    if needed > free:
        raise LimitExceededError(
            f"{images:,} images of {prep.resize} pixels need {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB "
            "are free; choose a smaller image size."
        )


def _pool(dataset: Dataset, pixels: NDArray[np.uint8], rows: dict[str, int], skipped: Iterable[Skipped]) -> Pool:
    if not dataset.count("train") or not dataset.count("val"):
        raise NotEnoughImagesError("There must be images to train on and images to validate with.")
    parts: tuple[Part, ...] = ("train", "val", "test")
    windows = {part: pixels[[rows[example.blob] for example in dataset.of(part)]] for part in parts}
    return Pool(dataset, windows, tuple(skipped))
