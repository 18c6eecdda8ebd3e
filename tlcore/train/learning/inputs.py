"""What a training step is fed with: pixels, or activations cached where the frozen stages end."""

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from tlcore.data.dataset import Dataset, Example
from tlcore.data.ingest.report import Part
from tlcore.data.pixels import transforms
from tlcore.data.pixels.shards import Rows, ShardStore
from tlcore.events import Progress
from tlcore.train.learning.model import LearningModel
from tlcore.train.recipe.plan import Phase
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo.network import Preprocessing

CACHE_BYTES = 4_000_000_000
"""Boundary activations larger than this are computed anew each epoch instead of cached."""
_SHARD_ROWS = 256  # what is lost at most when extraction is interrupted
_FIRST_PARTS: tuple[Part, ...] = ("val", "train")
_ROUNDS, _FEWEST_ROWS = 8, 16  # of a first look, and the rows of one that has fewer
_IN_MEMORY_BYTES = 1_500_000_000
_GROWTH_STEP = 8  # sides that networks can halve a few times
Windows = Rows | Tensor
"""Decoded windows `(n, resize, resize, 3)` uint8: on disk, or resident on the device."""


class Inputs(Protocol):
    """Batches that enter the network at stage `entry`; indices count within a part of the data set."""

    entry: int

    def training(self, indices: Tensor, generator: torch.Generator, progress: float = 0.0) -> Tensor:
        """A batch of training views, after this share of the phase."""
        ...

    def evaluation(self, part: Part, indices: Tensor) -> Tensor:
        """A batch of evaluation views."""
        ...


@dataclass
class PixelInputs:
    """Training windows from the decoded arrays, augmented on the device."""

    windows: dict[Part, Windows]
    prep: Preprocessing
    spec: TrainSpec
    model: LearningModel
    entry: int = 0

    def training(self, indices: Tensor, generator: torch.Generator, progress: float = 0.0) -> Tensor:
        """One augmented view per image; the generator decides which."""
        uniforms = torch.rand(len(indices), transforms.UNIFORMS, generator=generator)
        windows, spec = self._windows("train", indices), self.spec
        side = training_side(spec, self.prep, progress)
        view = transforms.augmented_view(windows, uniforms, self.prep, spec.augmentation, spec.flip, side)
        return self.model.to_device(view)

    def evaluation(self, part: Part, indices: Tensor) -> Tensor:
        """The evaluation view of each image."""
        return self.model.to_device(transforms.evaluation_view(self._windows(part, indices), self.prep))

    def _windows(self, part: Part, indices: Tensor) -> Tensor:
        return _taken(self.windows[part], indices).to(self.model.device.torch, non_blocking=True)


@dataclass
class RepeatedViews(PixelInputs):
    """For frozen stages whose activations are too many to keep: the very views that would be cached, made anew."""

    blobs: tuple[str, ...] = ()

    def training(self, indices: Tensor, generator: torch.Generator, progress: float = 0.0) -> Tensor:  # noqa: ARG002
        """Each image in one of its views, by the numbers that `BoundaryInputs` draws."""
        choice = torch.randint(self.spec.views_an_image, (len(indices),), generator=generator)
        windows = self._windows("train", indices)
        batch = transforms.evaluation_view(windows, self.prep)
        for view in set(choice.tolist()) - {0}:
            chosen = choice == view
            blobs = [self.blobs[index] for index in indices[chosen].tolist()]
            chosen = chosen.to(batch.device)
            batch[chosen] = _view(windows[chosen], blobs, view, self.spec, self.prep)
        return self.model.to_device(batch)


@dataclass
class BoundaryInputs:
    """Activations at the boundary between frozen and trainable stages; `views[v]` holds view v of the training part."""

    views: list[Tensor | Rows]
    held_out: dict[Part, Tensor | Rows]
    model: LearningModel
    entry: int

    def training(self, indices: Tensor, generator: torch.Generator, progress: float = 0.0) -> Tensor:  # noqa: ARG002
        """Each image in one of its cached views; the generator decides which."""
        choice = torch.randint(len(self.views), (len(indices),), generator=generator)
        if len(self.views) == 1:
            return self._rows(self.views[0], indices)
        batch = self._rows(self.views[0], indices).clone()
        for view in sorted(set(choice.tolist())):
            chosen = choice == view
            batch[chosen.to(batch.device)] = self._rows(self.views[view], indices[chosen])
        return batch

    def all_views(self) -> list[Tensor]:
        """Every cached view of all training images, the image as it is first."""
        return [self._rows(view, torch.arange(len(view))) for view in self.views]

    def evaluation(self, part: Part, indices: Tensor) -> Tensor:
        """The evaluation view of each image."""
        return self._rows(self.held_out[part], indices)

    def _rows(self, source: Tensor | Rows, indices: Tensor) -> Tensor:
        if isinstance(source, Tensor):
            return source[indices.to(source.device)]
        return self.model.to_device(_from_stored(source.take(indices.tolist()), self.model.dtype))


@dataclass(frozen=True)
class Extraction:
    """All that running images through frozen stages depends on."""

    model: LearningModel
    dataset: Dataset
    windows: dict[Part, Windows]
    spec: TrainSpec
    prep: Preprocessing
    weights_id: str
    cache: Path
    should_stop: Callable[[], bool]

    def key(self, first: int, view: int) -> str:
        """Weights, stage, preprocessing, type and view: with the image's hash, all that a row depends on."""
        prep = f"{self.prep.resize}-{self.prep.crop}-{self.prep.interpolation}"
        augmented = f"{self.spec.augmentation}{'-flip' if self.spec.flip else ''}-{view}" if view else "plain"
        return f"{self.spec.backbone}-{self.weights_id}/stage{first}-{prep}-{self.model.precision}/{augmented}"


def training_side(spec: TrainSpec, prep: Preprocessing, progress: float) -> int:
    """The side of training views after this share of a phase; growing ones reach their full size at three quarters.

    Progressive resizing: small views first, when the network learns what is coarse, at a fraction of the cost
    (Tan & Le 2021, "EfficientNetV2", section 4).
    """
    full = spec.train_size or prep.crop
    if spec.start_size is None:
        return full
    grown = spec.start_size + (full - spec.start_size) * min(progress / 0.75, 1)
    return min(full, round(grown / _GROWTH_STEP) * _GROWTH_STEP)


Heard = Callable[[Part, Sequence[str], Tensor], None]
"""Is told the activations of images as they are, a batch at a time."""
_Piece = tuple[int, Part, tuple[str, ...]]
"""A view of some images of a part, whose activations become a shard."""


class ExtractionStoppedError(Exception):
    """The run was asked to stop before its features were complete."""


def worth_caching(model: LearningModel, spec: TrainSpec, dataset: Dataset, phase: Phase) -> bool:
    """Whether the activations below the phase's first stage are fixed and small enough to keep."""
    if phase.first == 0:
        return False
    views = spec.views_an_image
    rows = dataset.count("train") * views + dataset.count("val") + dataset.count("test")
    size = int(np.prod(_row_shape(model, phase.first))) * (2 if model.precision == "bfloat16" else 4)
    return rows * size <= CACHE_BYTES


def unheard(_part: Part, _blobs: Sequence[str], _features: Tensor) -> None:
    """For whoever does not listen to an extraction."""


def at_boundary(work: Extraction, first: int, heard: Heard = unheard) -> Generator[Progress, None, BoundaryInputs]:
    """The activations before stage `first` as inputs, after computing what is missing of them."""
    yield from extract(work, first, heard)
    try:
        return boundary_inputs(work, first)
    except KeyError:  # a shard was evicted, or deleted with somebody else's image beside these, since it was found
        yield from extract(work, first)
        return boundary_inputs(work, first)


def extract(work: Extraction, first: int, heard: Heard = unheard) -> Iterator[Progress]:
    """Compute what is missing of the activations before stage `first`, telling how far it is.

    Training and validation images as they are come first, mixed as they are in the data set and in the order of their
    hashes, so that what is `heard` of them is soon enough for a first answer.
    """
    missing = [*_first_look(work, first), *_later_looks(work, first)]
    _tell_known(work, first, heard)
    total = sum(len(wanted) for _, _, wanted in missing)
    done, begun = 0, monotonic()
    for view, part, wanted in missing:
        for blobs, activations in _extract_one(work, first, view, part, wanted):
            done += len(blobs)
            if not view:
                heard(part, blobs, activations)
            yield Progress(
                phase="features",
                done=done,
                total=total,
                images_per_second=done / max(monotonic() - begun, 1e-9),
            )


def _first_look(work: Extraction, first: int) -> Iterator[_Piece]:
    """What is missing of training and validation images as they are, in alternating pieces of equal shares."""
    wanted: dict[Part, tuple[str, ...]] = {part: tuple(sorted(_missing(work, first, 0, part))) for part in _FIRST_PARTS}
    longest = max(map(len, wanted.values()))
    rounds = max(min(_ROUNDS, math.ceil(longest / _FEWEST_ROWS)), math.ceil(longest / _SHARD_ROWS))
    for number in range(rounds):
        for part, blobs in wanted.items():
            if piece := blobs[len(blobs) * number // rounds : len(blobs) * (number + 1) // rounds]:
                yield 0, part, piece


def _tell_known(work: Extraction, first: int, heard: Heard) -> None:
    """Tell what an earlier run has looked at already."""
    store = ShardStore(work.cache / "features", work.key(first, 0))
    for part in _FIRST_PARTS:
        blobs = [example.blob for example in work.dataset.of(part)]
        absent = set(store.missing(blobs))
        known = [blob for blob in blobs if blob not in absent]
        with suppress(KeyError):  # evicted since
            if known:
                heard(part, known, _from_stored(store.rows(known).all(), work.model.dtype))


def _later_looks(work: Extraction, first: int) -> Iterator[_Piece]:
    """What is missing of test images, and of the augmented views of training images."""
    looks: list[tuple[int, Part]] = [(0, "test"), *((view, "train") for view in range(1, work.spec.views_an_image))]
    for view, part in looks:
        wanted = _missing(work, first, view, part)
        yield from ((view, part, wanted[i : i + _SHARD_ROWS]) for i in range(0, len(wanted), _SHARD_ROWS))


def _missing(work: Extraction, first: int, view: int, part: Part) -> tuple[str, ...]:
    store = ShardStore(work.cache / "features", work.key(first, view))
    return store.missing(example.blob for example in work.dataset.of(part))


def boundary_inputs(work: Extraction, first: int) -> BoundaryInputs:
    """The cached activations as inputs; `extract` must have run to its end."""

    def rows(part: Part, view: int) -> Tensor | Rows:
        blobs = [example.blob for example in work.dataset.of(part)]
        stored = ShardStore(work.cache / "features", work.key(first, view)).rows(blobs)
        return _resident(stored, work.model) if blobs else stored

    return BoundaryInputs(
        views=[rows("train", view) for view in range(work.spec.views_an_image)],
        held_out={part: rows(part, 0) for part in ("val", "test")},
        model=work.model,
        entry=first,
    )


def _extract_one(
    work: Extraction, first: int, view: int, part: Part, blobs: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Tensor]]:
    store = ShardStore(work.cache / "features", work.key(first, view))
    stored_type = "int16" if work.model.precision == "bfloat16" else "float32"
    shard = store.create(blobs, _row_shape(work.model, first), stored_type)
    position = {example.blob: index for index, example in enumerate(work.dataset.of(part))}
    try:
        size = work.model.forward_batch(0)
        for start in range(0, len(blobs), size):
            if work.should_stop():
                raise ExtractionStoppedError
            batch = blobs[start : start + size]
            pixels = _taken(work.windows[part], torch.tensor([position[blob] for blob in batch]))
            activations = _run_frozen(work, first, view, batch, pixels)
            shard.array[start : start + len(batch)] = _to_stored(activations, work.model.dtype)
            yield batch, activations
        shard.commit()
    finally:
        shard.discard()


def _run_frozen(work: Extraction, first: int, view: int, blobs: Sequence[str], windows: Tensor) -> Tensor:
    model = work.model
    x = _view(windows.to(model.device.torch), blobs, view, work.spec, work.prep)
    model.eval_mode()
    with torch.no_grad(), model.autocast():
        return model.staged.features(model.to_device(x), 0, first)


def _view(windows: Tensor, blobs: Sequence[str], view: int, spec: TrainSpec, prep: Preprocessing) -> Tensor:
    """View number `view` of these images: 0 is the evaluation view, the others follow from each image's hash."""
    if not view:
        return transforms.evaluation_view(windows, prep)
    uniforms = transforms.view_uniforms(blobs, view)
    return transforms.augmented_view(windows, uniforms, prep, spec.augmentation, spec.flip)


def _row_shape(model: LearningModel, first: int) -> tuple[int, ...]:
    crop = model.plan.preprocessing.crop
    model.eval_mode()
    with torch.no_grad(), model.autocast():
        probe = model.to_device(torch.zeros(1, 3, crop, crop))
        return tuple(model.staged.features(probe, 0, first).shape[1:])


def _taken(windows: Windows, indices: Tensor) -> Tensor:
    if isinstance(windows, Tensor):
        return windows[indices.to(windows.device)]
    return torch.from_numpy(windows.take(indices.tolist()))


def _to_stored(activations: Tensor, dtype: torch.dtype) -> np.ndarray:
    """NumPy knows no bfloat16, so its bits are stored as int16."""
    activations = activations.to(dtype).contiguous().cpu()
    return activations.view(torch.int16).numpy() if dtype == torch.bfloat16 else activations.numpy()


def _from_stored(rows: np.ndarray, dtype: torch.dtype) -> Tensor:
    tensor = torch.from_numpy(rows)
    return tensor.view(torch.bfloat16) if dtype == torch.bfloat16 else tensor


def _resident(rows: Rows, model: LearningModel) -> Tensor | Rows:
    """All rows on the device when they are few enough, else read from disk batch by batch."""
    if len(rows) * rows.shards[0][0].nbytes > _IN_MEMORY_BYTES:
        return rows
    return model.to_device(_from_stored(rows.all(), model.dtype))


def labels_of(examples: Sequence[Example], model: LearningModel) -> Tensor:
    """The labels `(n,)` of these examples, on the device."""
    return torch.tensor([example.label for example in examples], device=model.device.torch)
