"""`tlcore lesion`: blocks left out of a trained network, or exchanged, and what it still gets right."""

import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tlcore.cli.folders import reading_from
from tlcore.cli.progress import counting
from tlcore.cli.said import tell
from tlcore.data.ingest.report import Reading
from tlcore.errors import BadInputError, LimitExceededError
from tlcore.settings import get_settings
from tlcore.specs import SEEDS

if TYPE_CHECKING:
    from torch import Tensor, nn

    from tlcore.gradients.residual.lesions import Lesion
    from tlcore.train.trained import TrainedModel

_MOST_BYTES = 4_000_000_000  # of images in memory
_DRAWS = range(1, 1001)


def run(options: Namespace) -> int:
    """Print how many images the whole network and every lesion of it gets right."""
    from tlcore.gradients.residual.lesions import Lesion, measured
    from tlcore.train.learning import threads

    if sum(choice is not None for choice in (options.drop, options.swap, options.random)) > 1:
        raise BadInputError("Choose one of --drop, --swap and --random.")
    threads.take(get_settings().most_threads)
    model = _model(options.model)
    network = model.staged.network
    lesions = (Lesion(), *_lesions(network, options))
    images, labels = _images(model, options.images, reading_from(options))
    rows = []
    with counting("lesions", hidden=options.json) as progress:
        for outcome in measured(network, images, labels, lesions):
            rows.append(outcome.to_json())
            progress(len(rows), len(lesions))
    if options.json:
        print(json.dumps(_summary(options, network, rows)))
    else:
        _print(network, rows)
    return 0


def _model(given: str) -> "TrainedModel":
    """A model that was taken home, the folder of a run, or a pretrained network."""
    from tlcore.export.importing import read_bundle
    from tlcore.train import trained
    from tlcore.zoo import registry

    if Path(given).is_dir():
        return trained.load(Path(given))
    return trained.pretrained(given) if given in registry.names() else read_bundle(Path(given))


def _lesions(network: "nn.Module", options: Namespace) -> "tuple[Lesion, ...]":
    from tlcore.gradients.residual.lesions import Lesion, blocks_of, each_dropped, named, random_drops

    if options.drop:
        return (Lesion(dropped=tuple(dict.fromkeys(named(network, options.drop)))),)
    if options.swap:
        one, other = named(network, options.swap)
        if one == other:
            raise BadInputError("A block is exchanged for another one, not for itself.")
        return (Lesion(swapped=((one, other),)),)
    blocks = blocks_of(network)
    if options.random is not None:
        if options.draws not in _DRAWS:
            raise BadInputError(f"From {_DRAWS[0]} to {_DRAWS[-1]} draws can be made, not {options.draws}.")
        if options.seed not in SEEDS:
            raise BadInputError(f"A seed is a whole number from 0 to {SEEDS[-1]}, not {options.seed}.")
        return random_drops(blocks, options.random, options.draws, options.seed)
    if not blocks:
        named(network, ["1"])  # says that this network has none
    return each_dropped(blocks)


def _images(model: "TrainedModel", source: Path, reading: Reading) -> "tuple[Tensor, Tensor]":
    """The images of a folder or a zip, one folder per class, as the model is evaluated on them."""
    import torch

    from tlcore.data.ingest.reading import ingest_path
    from tlcore.data.pixels.blobs import BlobStore

    classes, settings = model.card.classes, get_settings()
    settings.scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.scratch, prefix="lesion-") as folder:
        blobs = BlobStore(Path(folder, "blobs"))
        report = ingest_path(source, blobs, reading=reading)
        tell(report)
        given = report.images
        if unknown := {image.label for image in given} - set(classes):
            raise BadInputError(f"The folder has a class '{min(unknown)}' that the model does not know.")
        if not given:
            raise BadInputError(f"There are no images in {source}.")
        if len(given) > (most := _MOST_BYTES // (3 * 4 * model.card.preprocessing.crop**2)):
            raise LimitExceededError(f"There are {len(given):,} images, and memory is meant for {most:,}; give fewer.")
        images = torch.cat([model.inputs([blobs.image(image.blob)]) for image in given])
    return images, torch.tensor([classes.index(image.label) for image in given])


def _summary(options: Namespace, network: "nn.Module", rows: list[dict[str, Any]]) -> dict[str, Any]:
    from tlcore.gradients.residual.lesions import blocks_of
    from tlcore.gradients.residual.paths import paths_of

    blocks = [
        {"number": block.number, "path": block.path, "residual": block.residual, "changes_shape": block.resizes}
        for block in blocks_of(network)
    ]
    whole, *lesions = rows
    return {
        "model": options.model, "blocks": blocks, "paths": asdict(paths_of(network).row()), "whole": whole,
        "lesions": lesions,
    }  # fmt: skip


def _print(network: "nn.Module", rows: list[dict[str, Any]]) -> None:
    from tlcore.gradients.residual.lesions import blocks_of

    numbers = {block.path: block.number for block in blocks_of(network)}
    resizing = {block.path for block in blocks_of(network) if block.resizes}
    print(f"{'lesion':44} {'right':>11} {'accuracy':>9}  95 % interval")
    for row in rows:
        words = [f"without {_named(row['dropped'], numbers, resizing)}"] if row["dropped"] else []
        words += [f"{numbers[one]} and {numbers[other]} exchanged" for one, other in row["swapped"]]
        right = f"{row['correct']} of {row['seen']}"
        said = ", ".join(words) or "none"
        print(f"{said:44} {right:>11} {row['accuracy']:>9.3f}  {row['low']:.3f} to {row['high']:.3f}")
    if fixed := [str(b.number) for b in blocks_of(network) if not b.can_be_dropped]:
        print(f"Blocks {', '.join(fixed)} change the shape and have no shortcut, so they can't be left out.")
    elif resizing:
        print("* changes the shape: only its branch is left out, its shortcut stays")


def _named(paths: list[str], numbers: dict[str, int], resizing: set[str]) -> str:
    if len(paths) == 1:
        return f"block {numbers[paths[0]]} ({paths[0]}){'*' if paths[0] in resizing else ''}"
    return "blocks " + ", ".join(f"{numbers[path]}{'*' if path in resizing else ''}" for path in paths)
