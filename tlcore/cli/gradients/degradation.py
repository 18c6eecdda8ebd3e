"""`tlcore degradation`: plain and residual networks of two depths, trained side by side, and probed afterwards."""

import json
import shlex
import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tlcore.cli.progress import shown
from tlcore.cli.training.train import dataset_from, require_writable
from tlcore.errors import BadInputError
from tlcore.gradients.events import Lap, RaceFinished
from tlcore.jobs.kinds.specs import RACERS, DegradationSpec, LesionSpec, SurfaceSpec
from tlcore.settings import get_settings

if TYPE_CHECKING:
    from tlcore.data.dataset import Dataset
    from tlcore.events import Event
    from tlcore.train.run import RunContext

_RUN = "0" * 16


def run(options: Namespace) -> int:
    """Race; laps as they happen, and a table at the end."""
    spec = DegradationSpec.of(
        {"networks": tuple(options.nets or RACERS), "epochs": options.epochs, "seed": options.seed}
    )
    if absent := sorted(set(options.probe) - set(spec.networks)):
        raise BadInputError(f"{absent[0]} is not in the race, so it can't be probed.")
    require_writable(options.out)
    settings = get_settings()
    settings.scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.scratch, prefix="race-") as folder:
        told, probed = _race(options, spec, Path(folder))
    if options.out:
        options.out.write_text(_kept(told, probed), "utf-8")
    if not options.json:
        _table(told[-1])
    return 0


def _race(options: Namespace, spec: DegradationSpec, folder: Path) -> "tuple[list[Event], dict[str, dict[str, Any]]]":
    """What the race told; and of the networks to probe, the lesions and the loss around them."""
    from tlcore.jobs.kinds.degradation import run_race
    from tlcore.train import device as devices
    from tlcore.train.run import RunContext

    settings = get_settings()
    dataset, blobs, _ = dataset_from(options, folder)
    context = RunContext(
        run_id=_RUN, device=devices.choose(options.device or settings.device), blobs=blobs, cache=settings.cache,
        folder=folder / _RUN, threads=settings.most_threads, checkpoints=False,
    )  # fmt: skip
    told = list(shown(run_race(spec, dataset, context), options.json))
    return told, {network: _probed(network, dataset, context, options.json) for network in options.probe}


def _probed(network: str, dataset: "Dataset", context: "RunContext", as_json: bool) -> dict[str, Any]:
    from tlcore.jobs.kinds.lesions import measure_lesions
    from tlcore.jobs.kinds.surface import measure_surface

    lesions, surface = LesionSpec.of({"run": f"{_RUN}/{network}"}), SurfaceSpec.of({"run": f"{_RUN}/{network}"})
    results: dict[str, Any] = {"surface_spec": surface.model_dump(exclude={"run"})}
    for name, stream in {
        "lesions": measure_lesions(lesions, dataset, context), "surface": measure_surface(surface, dataset, context),
    }.items():  # fmt: skip
        *_, result = shown(stream, as_json)
        results[name] = result.to_json()
    return results


def _kept(told: "list[Event]", probed: dict[str, dict[str, Any]]) -> str:
    """The race as the app draws it, with how it came about."""
    import torch

    about = {
        "command": "python -m tlcore " + shlex.join(sys.argv[1:]),
        "day": datetime.now(UTC).date().isoformat(),
        "torch": torch.__version__,
    }
    laps = [event.to_json() for event in told if isinstance(event, Lap | RaceFinished)]
    return json.dumps({**about, "events": laps, "probed": probed}) + "\n"


def _table(finished: "Event") -> None:
    assert isinstance(finished, RaceFinished)
    print(f"{'network':16} epoch  training error  held-out error   seconds")
    for lap in finished.laps:
        print(f"{lap.network:16} {lap.epoch:5}  {lap.train_error:14.1%}  {lap.val_error:14.1%}  {lap.seconds:8.1f}")
