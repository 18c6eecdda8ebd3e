"""What a backbone is worth: accuracy by images a class, of its features, of random features, and from scratch.

`TLCORE_TEST_DATA=... python -m bench.curves --backbone NAME --out curves.jsonl` appends one line a measurement, and
goes on where it stopped. Every method sees the same images: of each class three tenths are held out for testing, anew
for every seed, and training takes as many of the others as it may. The accuracy is that of the last epoch, so nothing
is chosen on the test images but the best of three rates from scratch, which favours training from scratch; it is chosen
on the first two seeds, each anew, and by their mean for the others.
"""

import argparse
import json
import math
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import save_file

from bench.few import write_few
from tlcore.data.dataset import Dataset, Example
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.pool import Pool, read_pool
from tlcore.settings import get_settings
from tlcore.train import events
from tlcore.train.device import Device, choose
from tlcore.train.learning.inputs import Windows
from tlcore.train.recipe.advice import recommended
from tlcore.train.recipe.plan import preprocessing
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.run import RunContext, train
from tlcore.zoo import registry, weights
from tlcore.zoo.staged import new_network

TARGETS = ("ants-bees", "cats-dogs", "trash", "sign-digits", "digits")
MIRRORED = {"sign-digits": False, "digits": False}
SIZES = (5, 10, 20, 50, 0)  # 0: all
RATES = (3e-4, 1e-3, 3e-3)
TRIED = 2  # seeds on which every rate is tried
HELD_OUT = 0.3
SCRATCH_STEPS = 250  # at least, however few the images
EPOCH_STEPS = 25  # at least: the few images are repeated, or most of the time would go into testing after every epoch
METHODS = ("transfer", "random", "scratch")


@dataclass(frozen=True)
class Bench:
    """Where everything is, and what is measured."""

    backbone: str
    size: int
    device: Device
    home: Path
    threads: int

    def spec(self, target: str, images: int | None = None, **values: Any) -> TrainSpec:
        """The app's own recommendation for a strategy."""
        given = {"backbone": self.backbone, "image_size": self.size, "flip": MIRRORED.get(target, True)}
        return recommended({**given, **values}, images)


def pool_of(bench: Bench, target: str, data: Path) -> Pool:
    """A target set, decoded; the embedded one is written out first."""
    prep = preprocessing(bench.spec(target))
    if (data / target).is_dir():
        return read_pool(data / target, prep, bench.threads)
    folder = bench.home / target
    write_few(target, 10**6, 0, folder)
    return read_pool(folder / "train", prep, bench.threads)


def drawn(pool: Pool, each: int, seed: int, least: int = 0) -> tuple[Dataset, dict[Any, Windows]]:
    """`each` images a class to train on (0: all) and the held-out ones, with their windows.

    Those to train on are repeated while there are fewer than `least`.
    """
    rows, by_class = [], defaultdict(list)
    for part, windows in pool.windows.items():
        for example, window in zip(pool.dataset.of(part), windows, strict=True):
            by_class[example.label].append(len(rows))
            rows.append((example, window))
    shuffler = random.Random(seed)  # noqa: S311 - a split, not a secret
    chosen: dict[str, list[tuple[Example, Any]]] = {"train": [], "val": []}
    for label in sorted(by_class):
        own = by_class[label]
        shuffler.shuffle(own)
        held = round(HELD_OUT * len(own))
        chosen["val"] += [rows[i] for i in own[:held]]
        chosen["train"] += [rows[i] for i in own[held : held + each if each else None]]
    chosen["train"] *= max(1, least // len(chosen["train"]))
    examples = tuple(e.model_copy(update={"part": part}) for part, found in chosen.items() for e, _ in found)
    stacked = {p: torch.stack([torch.from_numpy(w) for _, w in found]) for p, found in chosen.items()}
    return Dataset(classes=pool.dataset.classes, examples=examples), {**stacked, "test": stacked["val"][:0]}


def accuracy(bench: Bench, spec: TrainSpec, dataset: Dataset, windows: dict[Any, Windows]) -> float:
    """The last epoch's accuracy on the held-out images."""
    with TemporaryDirectory(dir=bench.home) as folder:
        blobs, cache = BlobStore(bench.home / "blobs"), bench.home / "cache"
        context = RunContext("bench", bench.device, blobs, cache, Path(folder), bench.threads, checkpoints=False)
        last = [event for event in train(spec, dataset, context, windows) if isinstance(event, events.Epoch)][-1]
    return last.val_correct / last.val_seen


@dataclass(frozen=True)
class Cell:
    """One thing to measure; `images` a class, 0 for all."""

    target: str
    method: str
    images: int
    seed: int
    size: int


def measured(bench: Bench, cell: Cell, pool: Pool, rates: tuple[float, ...]) -> dict[str, Any]:
    """One method's accuracy on one draw; from scratch also that of every rate."""
    if cell.method == "scratch":
        return _from_scratch(bench, cell, pool, rates)
    dataset, windows = drawn(pool, cell.images, cell.seed)
    with random_weights(bench) if cell.method == "random" else nullcontext():
        spec = bench.spec(cell.target, dataset.count("train"), strategy="frozen", seed=cell.seed)
        return {"accuracy": accuracy(bench, spec, dataset, windows), **facts(dataset)}


def _from_scratch(bench: Bench, cell: Cell, pool: Pool, rates: tuple[float, ...]) -> dict[str, Any]:
    spec = bench.spec(cell.target, strategy="scratch", seed=cell.seed, batch_size=16)
    dataset, windows = drawn(pool, cell.images, cell.seed, EPOCH_STEPS * spec.batch_size)
    epochs = math.ceil(SCRATCH_STEPS * spec.batch_size / dataset.count("train"))
    if len(set(dataset.of("train"))) == dataset.count("train"):  # not repeated
        epochs = max(epochs, spec.epochs)
    spec = spec.with_changes(epochs=epochs, warmup_epochs=1)
    found = {rate: accuracy(bench, spec.with_changes(lr=rate), dataset, windows) for rate in rates}
    rated = {f"{rate:g}": value for rate, value in found.items()}
    return {"accuracy": max(found.values()), "rates": rated, **facts(dataset)}


def facts(dataset: Dataset) -> dict[str, int]:
    """What an accuracy is of."""
    return {"classes": len(dataset.classes), "tested": dataset.count("val")}


def rates_for(cell: Cell, rows: list[dict[str, Any]]) -> tuple[float, ...]:
    """Every rate for the first seeds, then the one with the best mean over them."""
    if cell.method != "scratch" or cell.seed < TRIED:
        return RATES
    alike = {"target": cell.target, "method": cell.method, "images": cell.images, "size": cell.size}
    tried = [row["rates"] for row in rows if row["seed"] < TRIED and {**row, **alike} == row]
    return (max(RATES, key=lambda rate: fmean(found[f"{rate:g}"] for found in tried)),)


@contextmanager
def random_weights(bench: Bench) -> Iterator[None]:
    """Take the network's random weights for the pretrained ones, for as long as the context lasts."""
    own, file = weights.require, bench.home / "random" / f"{bench.backbone}.safetensors"
    weights.require = lambda *_: weights.WeightsFile(bench.backbone, "folder", file)
    try:
        yield
    finally:
        weights.require = own


def write_random(bench: Bench) -> None:
    """The same network as it is before any training."""
    torch.manual_seed(0)
    folder = bench.home / "random"
    folder.mkdir(parents=True)
    save_file(new_network(registry.get(bench.backbone)).state_dict(), folder / f"{bench.backbone}.safetensors")


def most_left(pool: Pool) -> int:
    """How many images the largest class has left to train on."""
    counts = Counter(example.label for example in pool.dataset.examples)
    return max(count - round(HELD_OUT * count) for count in counts.values())


def measured_before(cell: Cell, rows: list[dict[str, Any]], most: int) -> dict[str, Any] | None:
    """What was measured of the very same images under another number of them: no class has more than `most`."""

    def asked(one: Cell) -> Cell:
        return one if 0 < one.images < most else replace(one, images=0)

    return next((row for row in rows if asked(cell_of(row)) == asked(cell)), None)


def cell_of(row: dict[str, Any]) -> Cell:
    """What a row is the measurement of."""
    return Cell(*(row[name] for name in Cell.__dataclass_fields__))


def cells(options: argparse.Namespace, size: int) -> Iterator[Cell]:
    """Everything to measure."""
    for images in options.sizes:
        for target in options.targets:
            for seed in range(options.seeds):
                for method in options.methods:
                    yield Cell(target, method, images, seed, size)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.curves", description=__doc__)
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--device", default="")
    parser.add_argument("--targets", nargs="+", default=TARGETS)
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    options = parser.parse_args()
    data = Path(os.environ["TLCORE_TEST_DATA"])
    size = options.image_size or registry.get(options.backbone).preprocessing.crop
    rows = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    done = {cell_of(row) for row in rows}
    with TemporaryDirectory(prefix="curves-") as home, options.out.open("a") as out:
        bench = Bench(options.backbone, size, choose(options.device), Path(home), get_settings().most_threads)
        write_random(bench)
        pools: dict[str, Pool] = {}
        for cell in cells(options, size):
            if cell in done:
                continue
            pools = pools if cell.target in pools else {cell.target: pool_of(bench, cell.target, data)}
            pool = pools[cell.target]
            known = measured_before(cell, rows, most_left(pool))
            found = known or measured(bench, cell, pool, rates_for(cell, rows))
            rows.append({**found, "backbone": options.backbone, **asdict(cell)})
            print(json.dumps(rows[-1]), file=out, flush=True)
            name = f"{cell.target:12} {cell.method:9} {cell.images or 'all':>4} seed {cell.seed}"
            print(f"{name}: {found['accuracy']:.3f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
