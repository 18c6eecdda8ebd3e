"""`tlcore train`: the whole job without server and queue."""

import json
import secrets
import sys
import threading
from argparse import Namespace
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING, Any, NamedTuple

from tlcore.cli.folders import reading_from
from tlcore.cli.progress import shown
from tlcore.cli.said import miss, tell, warn
from tlcore.data.dataset import Dataset, LabelledImage, freeze, split_warnings, why_split_anew
from tlcore.data.ingest.reading import ingest_path
from tlcore.data.ingest.report import IngestReport, Part
from tlcore.data.names import clean_name
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.samples import SAMPLE_SETS
from tlcore.data.samples.take_sample import take_sample
from tlcore.errors import BadInputError, BadSpecError, LimitExceededError, NotEnoughImagesError
from tlcore.settings import get_settings
from tlcore.train.recipe.spec import TrainSpec

if TYPE_CHECKING:
    from tlcore.train.events import Finished
    from tlcore.train.judging.balance import Balance

_LOADER, _TRAINER = "loads the trainer", "tlcore.train.run"
_DIRECT = ("backbone", "strategy", "stages", "epochs", "batch_size", "lr", "seed", "views")


def run(options: Namespace) -> int:
    """Ingest, train, and write the model; events as they happen."""
    spec_from(options)  # bad settings cost no reading of images
    require_writable(options.out)
    settings = get_settings()
    settings.scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.scratch, prefix="train-") as folder:
        taken = dataset_from(options, Path(folder))
        spec = spec_from(options, taken.dataset.count("train"))
        tell_in_vain(spec, settings_from(options, _DIRECT))
        _train(options, spec, taken.dataset, taken.blobs, Path(folder, "run"))
    miss(taken.lost)  # once more, below the epochs
    return 0


def spec_from(options: Namespace, images: int | None = None) -> TrainSpec:
    """The spec that the command line asks for; what it leaves out takes the value recommended for so many images."""
    from tlcore.train.recipe.advice import recommended

    return recommended(settings_from(options, _DIRECT), images, _side_for)


def _side_for(backbone: str, views: int) -> int | None:
    from tlcore.train import pace

    return pace.side_for(backbone, views)


def tell_in_vain(spec: TrainSpec, given: Iterable[str]) -> None:
    """Say which of the settings that were given make no difference; those that were not are nobody's surprise."""
    from tlcore.train.recipe.effects import Case, in_vain

    warn(f"{name}={json.dumps(getattr(spec, name))} {sentence}" for name, sentence in in_vain(Case(spec), given))


def require_writable(out: Path | None) -> None:
    """Refuse a file that could not be written at the end, before there is work that would be lost."""
    if out is None:
        return
    if out.is_dir():
        raise BadInputError(f"--out should name a file, and {out} is a folder.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        raise BadInputError(f"--out can't be written: {out.parent} can't be used ({error.strerror}).") from error


def settings_from(options: Namespace, direct: Iterable[str]) -> dict[str, Any]:
    """The settings that were given by options of their own, then by `--set NAME=VALUE`."""
    given = {name: getattr(options, name) for name in direct if getattr(options, name) is not None}
    for text in options.set:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadSpecError(f"'--set {text}' should read NAME=VALUE.")
        given[name.strip()] = _value(value)
    return given


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


class Taken(NamedTuple):
    """A data set, where its images lie, and in a sentence which classes got none."""

    dataset: Dataset
    blobs: BlobStore
    lost: str = ""


def dataset_from(options: Namespace, folder: Path) -> Taken:
    """The images that the command line names, and where they then lie; `val` may name a folder held out."""
    blobs = BlobStore(folder / "blobs")
    if options.source in SAMPLE_SETS and not Path(options.source).exists():
        return Taken(freeze(_labelled(take_sample(options.source, blobs))), blobs)
    if not Path(options.source).exists():
        samples = ", ".join(SAMPLE_SETS)
        raise BadInputError(
            f"There is no folder or zip at {clean_name(options.source)}; the sample sets are {samples}."
        )
    reading = reading_from(options)
    report = ingest_path(Path(options.source), blobs, _load_meanwhile, reading=reading)
    tell(report)
    if options.val is None:
        return Taken(freeze(_labelled(report)), blobs, report.lost)
    held_out = ingest_path(options.val, blobs, reading=reading)
    tell(held_out)
    if unknown := held_out.classes.keys() - report.classes.keys():
        raise NotEnoughImagesError(f"The validation folder has a class '{min(unknown)}' that is not trained on.")
    if absent := report.classes.keys() - held_out.classes.keys():
        raise NotEnoughImagesError(f"The validation folder has no images of '{min(absent)}'.")
    images = [*_labelled(report, "train"), *_labelled(held_out, "val")]
    if reason := why_split_anew(images):
        raise NotEnoughImagesError(f"The folders can't be kept apart, because {reason}.")
    warn(split_warnings(images))
    return Taken(freeze(images), blobs, report.lost)


def _load_meanwhile(_done: int, _total: int) -> None:
    """Load what trains while another process reads the images: as long again, on a core of its own."""
    if not any(thread.name == _LOADER for thread in threading.enumerate()) and _TRAINER not in sys.modules:
        threading.Thread(target=_load, name=_LOADER).start()


def _load() -> None:
    with suppress(Exception):  # whoever needs it hears of it
        import_module(_TRAINER)


def _labelled(report: IngestReport, part: Part | None = None) -> list[LabelledImage]:
    return [
        LabelledImage(blob=image.blob, label=image.label, name=image.name, part=part or image.part)
        for image in report.images
    ]


def _train(options: Namespace, spec: TrainSpec, dataset: Dataset, blobs: BlobStore, folder: Path) -> None:
    from tlcore.gradients.layers.watching import watch
    from tlcore.train import device as devices
    from tlcore.train.events import Finished
    from tlcore.train.run import RunContext, train

    settings = get_settings()
    run_id = secrets.token_hex(8)
    device = devices.choose(options.device or settings.device)
    context = RunContext(
        run_id=run_id,
        device=device,
        blobs=blobs,
        cache=settings.cache,
        folder=folder,
        threads=settings.most_threads,
        checkpoints=False,
        watch=watch,
    )
    try:
        *_, last = shown(train(spec, dataset, context), options.json)
    except (RuntimeError, MemoryError) as error:
        if not devices.is_out_of_memory(error):
            raise
        raise LimitExceededError(
            f"{device.title} ran out of memory; try --batch-size {max(1, spec.batch_size // 2)} or a smaller network."
        ) from error
    out = _write(folder, options.out)
    assert isinstance(last, Finished)
    _report(last, run_id, out, options.json)


def _write(folder: Path, out: Path | None) -> Path | None:
    if out is None:
        return None
    from tlcore.export.bundle import write_bundle
    from tlcore.train import trained

    return write_bundle(trained.load(folder), out)


def _report(finished: "Finished", run_id: str, out: Path | None, as_json: bool) -> None:
    from tlcore.train.judging.intervals import wilson_interval

    low, high = wilson_interval(finished.correct, finished.seen)
    best = f", best epoch {finished.best_epoch}" if finished.epochs_done > 1 else ""
    if as_json:
        names = (
            "accuracy",
            "val_loss",
            "seconds",
            "seconds_by_phase",
            "train_images",
            "val_images",
            "device",
            "balance",
        )
        told = finished.to_json()
        line = {"event": "result", "run_id": run_id, **{name: told[name] for name in names}}
        line["interval"] = (low, high)
        print(json.dumps({**line, "out": str(out) if out else None}))
        return
    print(
        f"accuracy {finished.accuracy:.3f} on {finished.seen} validation images "
        f"(95 % interval {low:.3f} to {high:.3f}){best}, {finished.seconds:.1f} s"
    )
    assert finished.balance is not None
    _tell_balance(finished.balance)
    if out:
        print(f"model written to {out}")


def _tell_balance(balance: "Balance") -> None:
    """Where classes are of different sizes, what the accuracy alone would hide."""
    from tlcore.train.judging.balance import few_said

    if not balance.uneven:
        return
    low, high = balance.interval
    print(
        f"balanced accuracy {balance.accuracy:.3f} (95 % interval {low:.3f} to {high:.3f}), the mean over the classes "
        f"of the share that is right; always saying '{balance.largest}' has accuracy {balance.always:.3f}, "
        f"balanced {1 / balance.classes:.3f}"
    )
    if few := few_said(balance, "'{}'".format):
        print(few)
