"""`make bench`: the ratios that the design promises, against the PyTorch tutorial on the same photographs and weights.

Photographs and weights come from the folder that TLCORE_TEST_DATA names (`ants-bees/`, `weights/`).
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.driver import ROOT, Setup, report, run_side
from bench.few import write_few
from tlcore.data.samples import get_sample
from tlcore.train.device import choose

EPOCHS = 25
FROZEN = {"strategy": "frozen", "epochs": EPOCHS, "views": 1, "augmentation": "none"}


def frozen(setup: Setup, repeats: int, gpu: bool, fast_cpu: bool) -> None:
    """(a) the frozen extractor from nothing, at one view and at the default views; (b) again on cached features."""
    rival_seconds, one_view, default_views, again = [], [], [], []
    for seed in range(repeats):
        rival = run_side(setup, "rival", setup.options(frozen=True, epochs=2, seed=seed))
        rival_seconds.append(EPOCHS * statistics.mean(rival["seconds"]))
        spec = {"backbone": setup.backbone, **FROZEN}
        changes = [{"seed": seed}, {"seed": seed, "lr": 1e-3}, {"seed": seed, "hidden_units": 128}]
        ours = run_side(setup, "ours", setup.options(spec=spec, changes=changes))["runs"]
        one_view.append(ours[0]["seconds"])
        again += [run["seconds"] for run in ours[1:]]
        many = run_side(
            setup,
            "ours",
            setup.options(
                spec={"backbone": setup.backbone, "strategy": "frozen", "epochs": EPOCHS}, changes=[{"seed": seed}]
            ),
        )
        default_views.append(many["runs"][0]["seconds"])
    wanted = 10 if gpu else 30 if fast_cpu else 15
    report(
        "(a) frozen extractor, one view",
        rival_seconds,
        one_view,
        wanted,
        f"rival: 2 epochs measured, times {EPOCHS / 2:g}",
    )
    report("(a) frozen extractor, default views", rival_seconds, default_views, None)
    report("(b) another rate or head on cached features", rival_seconds, again, 200)


def process(setup: Setup, repeats: int) -> None:
    """(e) the frozen extractor as whole processes, from their start to their end: with nothing cached, and again."""
    rival, cold, warm = [], [], []
    for seed in range(repeats):
        begun = time.perf_counter()
        told = run_side(setup, "rival", setup.options(frozen=True, epochs=2, seed=seed))["seconds"]
        rival.append(time.perf_counter() - begun + (EPOCHS - 2) * statistics.mean(told))
        with TemporaryDirectory(prefix="bench-") as home:
            cold.append(command_seconds(setup, home, seed))
            warm += [command_seconds(setup, home, seed) for _ in range(2)]
    note = f"rival: 2 epochs measured, times {EPOCHS / 2:g}"
    report("(e) python -m tlcore train, frozen, nothing cached", rival, cold, 20, note)
    report("(e) python -m tlcore train, frozen, features cached", rival, warm, 60, note)


def command_seconds(setup: Setup, home: str, seed: int) -> float:
    """How long the command takes, in a process of its own; the images are read and checked anew each time."""
    command = [sys.executable, "-m", "tlcore", "train", str(setup.folder), "--backbone", setup.backbone]
    settings = ["--epochs", str(EPOCHS), "--views", "1", "--set", "augmentation=none", "--seed", str(seed)]
    environment = {**os.environ, "TLCORE_HOME": home, "TLCORE_WEIGHTS": str(setup.weights)}
    begun = time.perf_counter()
    subprocess.run(
        [*command, *settings, "--device", setup.device], cwd=ROOT, env=environment, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - begun


def last_stage(setup: Setup, repeats: int) -> None:
    """(c) an epoch of the last stage, from pixels against from cached boundary activations."""
    cached, uncached = [], []
    spec = {"backbone": setup.backbone, "strategy": "last-k", "stages": 1, "epochs": 3, "augmentation": "none"}
    for seed in range(repeats):
        for kept in (False, True):
            options = setup.options(spec=spec, changes=[{"seed": seed}], cached=kept)
            epochs = run_side(setup, "ours", options)["runs"][0]["epochs"]
            (cached if kept else uncached).extend(epochs[1:])
    report("(c) last stage, an epoch, cached against uncached", uncached, cached, 2)


def full(setup: Setup, repeats: int, gpu: bool) -> None:
    """(d) an epoch of full fine-tuning."""
    rival, ours = [], []
    spec = {"backbone": setup.backbone, "strategy": "full", "epochs": 3, "warmup_epochs": 0}
    for seed in range(repeats):
        rival += run_side(setup, "rival", setup.options(frozen=False, epochs=2, seed=seed))["seconds"]
        ours += run_side(setup, "ours", setup.options(spec=spec, changes=[{"seed": seed}]))["runs"][0]["epochs"]
    report("(d) full fine-tuning, an epoch", rival, ours, 5 if gpu else 3)


def accuracy(setup: Setup, seeds: int) -> None:
    """Paired accuracies: ours against the tutorial's best epoch, frozen and full."""
    for strategy, is_frozen in (("frozen", True), ("full", False)):
        pairs = []
        for seed in range(seeds):
            rival = run_side(setup, "rival", setup.options(frozen=is_frozen, epochs=EPOCHS, seed=seed))["best"]
            spec = {"backbone": setup.backbone, "strategy": strategy}
            ours = run_side(setup, "ours", setup.options(spec=spec, changes=[{"seed": seed}]))["runs"][0]["accuracy"]
            pairs.append((rival, ours))
            print(f"{strategy}, seed {seed}: rival {rival:.4f}, ours {ours:.4f}", flush=True)
        difference = statistics.mean(ours - rival for rival, ours in pairs)
        verdict = "met" if difference >= -0.015 else "MISSED"
        print(
            f"{strategy}: ours minus rival {100 * difference:+.1f} points over {seeds} seeds "
            f"(wanted >= -1.5, {verdict})"
        )


def strategies(setup: Setup, seeds: int) -> None:
    """Our five strategies on the same photographs."""
    for strategy in ("frozen", "last-k", "full", "probe-then-tune", "scratch"):
        spec = {"backbone": setup.backbone, "strategy": strategy}
        runs = run_side(setup, "ours", setup.options(spec=spec, changes=[{"seed": seed} for seed in range(seeds)]))[
            "runs"
        ]
        found = [run["accuracy"] for run in runs]
        seconds = statistics.median(run["seconds"] for run in runs)
        spread = statistics.stdev(found) if seeds > 1 else 0.0
        print(
            f"{strategy}: accuracy {statistics.mean(found):.4f} (sd {spread:.4f}), {seconds:.1f} s",
            flush=True,
        )


def few(setup: Setup, seeds: int) -> None:
    """Transfer against training from scratch on ten images a class of the rendered sample sets."""
    for sample in ("fabrics", "signs"):
        found: dict[str, list[float]] = {"frozen": [], "scratch": []}
        for seed in range(seeds):
            with TemporaryDirectory(prefix="bench-few-") as folder:
                write_few(sample, 10, seed, Path(folder))
                here = replace(setup, folder=Path(folder))
                for strategy, accuracies in found.items():
                    spec = {"backbone": setup.backbone, "strategy": strategy, "flip": get_sample(sample).flip}
                    runs = run_side(here, "ours", here.options(spec=spec, changes=[{"seed": seed}]))["runs"]
                    accuracies.append(runs[0]["accuracy"])
        means = {strategy: statistics.mean(accuracies) for strategy, accuracies in found.items()}
        print(f"{sample}, 10 images a class: frozen {means['frozen']:.3f}, scratch {means['scratch']:.3f}", flush=True)


def main() -> int:
    """Choose what to measure from the command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", default=["frozen", "process", "last-stage", "full"])
    parser.add_argument("--gpu", action="store_true", help="measure on the GPU, against the GPU's targets")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--backbone", default="mobilenet_v2")
    options = parser.parse_args()
    data = Path(os.environ.get("TLCORE_TEST_DATA", ""))
    if not (data / "ants-bees" / "train").is_dir():
        print("bench: TLCORE_TEST_DATA must name a folder with ants-bees/{train,val} and weights/", file=sys.stderr)
        return 2
    setup = Setup(data / "ants-bees", 2, options.backbone, "cuda" if options.gpu else "cpu", data / "weights")
    fast_cpu = choose("cpu").bf16
    print(f"{options.backbone} on {choose(setup.device).title}; min / median / max", flush=True)
    actions = {
        "frozen": lambda: frozen(setup, options.repeats, options.gpu, fast_cpu),
        "process": lambda: process(setup, options.repeats),
        "last-stage": lambda: last_stage(setup, options.repeats),
        "full": lambda: full(setup, options.repeats, options.gpu),
        "accuracy": lambda: accuracy(setup, options.seeds),
        "strategies": lambda: strategies(setup, options.seeds),
        "few": lambda: few(setup, options.seeds),
    }
    for name in options.names:
        actions[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
