"""`tlcore degradation`: plain and residual networks of two depths, trained side by side."""

import json
import shlex
import sys
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tlcore.cli.progress import cores, shown
from tlcore.cli.train_command import dataset_from
from tlcore.jobs.asked import RACERS, DegradationSpec
from tlcore.settings import get_settings


def run(options: Namespace) -> int:
    """Race; laps as they happen, and a table at the end."""
    spec = DegradationSpec.of(
        {"networks": tuple(options.nets or RACERS), "epochs": options.epochs, "seed": options.seed}
    )
    settings = get_settings()
    settings.scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.scratch, prefix="race-") as folder:
        told = _race(options, spec, Path(folder))
    if options.out:
        options.out.write_text(_kept(told))
    if not options.json:
        _table(told[-1])
    return 0


def _race(options: Namespace, spec: DegradationSpec, folder: Path) -> list[dict[str, Any]]:
    from tlcore.jobs.degradation import run_race
    from tlcore.train import device as devices
    from tlcore.train.run import RunContext

    settings = get_settings()
    dataset, blobs = dataset_from(options, folder)
    context = RunContext(
        run_id="race", device=devices.choose(options.device or settings.device), blobs=blobs, cache=settings.cache,
        folder=folder / "race", threads=settings.threads or cores(), checkpoints=False,
    )  # fmt: skip
    return list(shown(run_race(spec, dataset, context), options.json))


def _kept(told: list[dict[str, Any]]) -> str:
    """The race as the app draws it, with how it came about; an event a line."""
    import torch

    rows = ",\n".join(json.dumps(event) for event in told if event["event"] in {"lap", "finished"})
    command = json.dumps("python -m tlcore " + shlex.join(sys.argv[1:]))
    about = f'"command": {command},\n"day": "{datetime.now(UTC).date().isoformat()}",\n"torch": "{torch.__version__}"'
    return f'{{\n{about},\n"events": [\n{rows}\n]\n}}\n'


def _table(finished: Mapping[str, Any]) -> None:
    print(f"{'network':16} epoch  training error  held-out error   seconds")
    for lap in finished["laps"]:
        print(
            f"{lap['network']:16} {lap['epoch']:5}  {lap['train_error']:14.1%}  {lap['val_error']:14.1%}  "
            f"{lap['seconds']:8.1f}"
        )
