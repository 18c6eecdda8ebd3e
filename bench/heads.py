"""The default frozen run beside a cross-validated logistic regression on the same features of the same images.

`TLCORE_TEST_DATA=... python -m bench.heads` takes six sets and five draws of each, three tenths of a class held out.
The rival is scikit-learn's `LogisticRegressionCV` (ten strengths, five folds) on the one view without augmentation.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
from PIL import Image
from sklearn.linear_model import LogisticRegressionCV

from bench.curves import TARGETS, Bench, accuracy, drawn, pool_of
from tlcore.data.dataset import Dataset
from tlcore.data.pixels.pool import Pool, read_pool
from tlcore.plots.transfer import mean_interval
from tlcore.settings import get_settings
from tlcore.train.device import choose
from tlcore.train.learning import inputs
from tlcore.train.learning.model import build
from tlcore.train.recipe.plan import make_plan, preprocessing
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import registry

SMALL = "tiny-imagenet"
SMALL_CLASSES, SMALL_IMAGES = 10, 60
SEEDS = range(5)
MEAN_WANTED, LEAST_WANTED = 0.005, -0.015


def pools(bench: Bench, data: Path) -> Iterator[tuple[str, Pool]]:
    """Every set, decoded."""
    for target in TARGETS:
        yield target, pool_of(bench, target, data)
    folder = bench.home / SMALL
    table = pq.read_table(data / "tiny-imagenet-64" / "train-00.parquet").to_pylist()
    for label in range(SMALL_CLASSES):
        rows = [row for row in table if row["label"] == label][:SMALL_IMAGES]
        (folder / str(label)).mkdir(parents=True)
        for number, row in enumerate(rows):
            Image.open(BytesIO(row["image"])).save(folder / str(label) / f"{number}.png")
    yield SMALL, read_pool(folder, preprocessing(bench.spec(SMALL)), bench.threads)


def rival(bench: Bench, spec: TrainSpec, dataset: Dataset, windows: dict[Any, inputs.Windows]) -> float:
    """The accuracy of the logistic regression on the features that the run has kept."""
    plan = make_plan(spec)
    model, weights_id = build(spec, len(dataset.classes), plan, bench.device)
    cache = bench.home / "cache"
    work = inputs.Extraction(model, dataset, windows, spec, plan.preprocessing, weights_id, cache, lambda: False)
    kept = inputs.boundary_inputs(work, plan.first)
    learned, held_out = kept.views[0], kept.held_out["val"]
    labels = {part: [example.label for example in dataset.of(part)] for part in ("train", "val")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        regression = LogisticRegressionCV(Cs=10, cv=5, max_iter=1000).fit(learned.float().numpy(), labels["train"])
    return float(regression.score(held_out.float().numpy(), labels["val"]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.heads", description=__doc__)
    parser.add_argument("--backbone", default="efficientnet_lite0")
    parser.add_argument("--image-size", type=int)
    options = parser.parse_args()
    size = options.image_size or registry.get(options.backbone).preprocessing.crop
    gains = []
    with TemporaryDirectory(prefix="heads-") as home:
        bench = Bench(options.backbone, size, choose("cpu"), Path(home), get_settings().most_threads)
        for target, pool in pools(bench, Path(os.environ["TLCORE_TEST_DATA"])):
            pairs = []
            for seed in SEEDS:
                dataset, windows = drawn(pool, 0, seed)
                spec = bench.spec(target, dataset.count("train"), strategy="frozen", seed=seed)
                pairs.append((accuracy(bench, spec, dataset, windows), rival(bench, spec, dataset, windows)))
            middle, low, high = mean_interval([ours - theirs for ours, theirs in pairs])
            gains.append(middle)
            ours, theirs = (fmean(pair[i] for pair in pairs) for i in (0, 1))
            print(
                f"{target:14} ours {ours:.1%}  logistic regression {theirs:.1%}  {100 * middle:+.1f} points"
                f" ({100 * low:+.1f} to {100 * high:+.1f})", flush=True,
            )  # fmt: skip
    met = fmean(gains) >= MEAN_WANTED and min(gains) >= LEAST_WANTED
    print(f"mean {100 * fmean(gains):+.2f} points, least {100 * min(gains):+.2f}: {'met' if met else 'MISSED'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
