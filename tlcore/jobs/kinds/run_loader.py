"""A finished run as other jobs take it up: its model on the device, and some of the images that it was made with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from tlcore.data.dataset import Dataset, Example
from tlcore.data.ingest.report import Part
from tlcore.data.pixels import arrays, transforms
from tlcore.errors import IncompleteRunError, NotFoundError
from tlcore.train import trained

if TYPE_CHECKING:
    from tlcore.train.run import RunContext


_MOST_BYTES = 1_000_000_000  # of images in memory


@dataclass(frozen=True)
class Opened:
    """The network in single precision, and images `(n, 3, h, w)` with labels `(n)` as it is evaluated on."""

    network: nn.Module
    images: Tensor
    labels: Tensor
    classes: int


def opened(run_id: str, dataset: Dataset, part: Part, most: int, context: "RunContext") -> Opened:
    """A run's model with up to `most` images of one part of its data set, evenly taken from all classes.

    Of large images there are fewer, so that they fit into a gigabyte.
    """
    try:
        model = trained.load(context.folder.parent / run_id)
    except IncompleteRunError as error:
        raise NotFoundError("The model of this run is no longer here.") from error
    if model.card.dataset != dataset.id:
        raise NotFoundError("These are not the images that the model was trained on.")
    prep, device = model.card.preprocessing, context.device.torch
    chosen = spread(dataset.of(part), min(most, _MOST_BYTES // (3 * 4 * prep.crop**2)))
    if not chosen:
        raise NotFoundError("This model came without its images, so there is nothing here to measure it on.")
    blobs = [example.blob for example in chosen]
    rows = arrays.windows(blobs, prep, context.blobs, context.cache, threads=context.threads)
    images = transforms.evaluation_view(torch.from_numpy(rows.all()), prep).to(device)
    return Opened(
        model.staged.network.to(device).to(memory_format=torch.channels_last),
        images.contiguous(memory_format=torch.channels_last),
        torch.tensor([example.label for example in chosen], device=device),
        len(dataset.classes),
    )


def spread(examples: Sequence[Example], most: int) -> list[Example]:
    """Up to `most` examples at even distances; in a data set's order, classes keep their shares."""
    count = min(most, len(examples))
    return [examples[(2 * place + 1) * len(examples) // (2 * count)] for place in range(count)]
