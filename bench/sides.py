"""One side of a benchmark, in a process of its own: `python -m bench.sides SIDE '{"json": "options"}'` prints JSON."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from bench import tutorial
from tlcore.data.dataset import Dataset, freeze_report
from tlcore.data.ingest.reading import ingest_path
from tlcore.data.pixels.blobs import BlobStore
from tlcore.settings import get_settings
from tlcore.train import events
from tlcore.train.device import choose
from tlcore.train.learning import inputs
from tlcore.train.recipe.advice import recommended
from tlcore.train.run import RunContext, train
from tlcore.zoo import registry, weights
from tlcore.zoo.staged import HeadShape, with_new_head


def rival(options: dict[str, Any]) -> dict[str, Any]:
    """The tutorial, for `epochs` epochs."""
    torch.manual_seed(options["seed"])
    row = registry.get(options["backbone"])
    staged = with_new_head(row.name, HeadShape(options["classes"]), weights.load(weights.require(row.name)))
    told = list(
        tutorial.epochs(
            Path(options["folder"]),
            staged.network,
            staged.head,
            frozen=options["frozen"],
            count=options["epochs"],
            seed=options["seed"],
            device=choose(options["device"]).name,
        )
    )
    return {"seconds": [epoch.seconds for epoch in told], "best": max(epoch.val_accuracy for epoch in told)}


def ours(options: dict[str, Any]) -> dict[str, Any]:
    """Transfer Lab, with a spec; repeated with other values of it on the same caches."""
    home = get_settings().home
    blobs = BlobStore(home / "blobs")
    dataset = freeze_report(ingest_path(Path(options["folder"]), blobs))
    device = choose(options["device"])
    if not options.get("cached", True):
        inputs.worth_caching = lambda *_: False  # type: ignore[assignment] - the same code without its cache
    _warm(device.name)
    runs = [_one(options, {**options["spec"], **change}, dataset, blobs) for change in options["changes"]]
    return {"runs": runs}


def _warm(device: str) -> None:
    """What a warm worker has behind it before its first run."""
    layer = torch.nn.Conv2d(3, 8, 3).to(device)
    layer(torch.zeros(1, 3, 32, 32, device=device)).sum().backward()


def _one(options: dict[str, Any], values: dict[str, Any], dataset: Dataset, blobs: BlobStore) -> dict[str, Any]:
    settings = get_settings()
    with TemporaryDirectory(dir=settings.home) as folder:
        device, threads = choose(options["device"]), settings.most_threads
        context = RunContext("bench", device, blobs, settings.cache, Path(folder), threads, checkpoints=False)
        told = list(train(recommended(values), dataset, context))
    finished = told[-1]
    assert isinstance(finished, events.Finished)
    return {
        "seconds": finished.seconds,
        "accuracy": finished.accuracy,
        "phases": finished.seconds_by_phase,
        "epochs": [event.seconds for event in told if isinstance(event, events.Epoch)],
    }


if __name__ == "__main__":
    side = {"rival": rival, "ours": ours}[sys.argv[1]]
    print(json.dumps(side(json.loads(sys.argv[2]))))
