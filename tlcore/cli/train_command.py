"""`tlcore train`: the whole job without server and queue."""

import json
import secrets
import sys
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

from tlcore.cli.progress import cores, shown
from tlcore.data.blobs import BlobStore
from tlcore.data.dataset import Dataset, LabelledImage, freeze, split_warnings, why_split_anew
from tlcore.data.ingest import ingest_path
from tlcore.data.names import clean_name
from tlcore.data.report import IngestReport, Part
from tlcore.data.samples import SAMPLE_SETS
from tlcore.data.take_sample import take_sample
from tlcore.errors import BadInputError, BadSpecError, LimitExceededError, NotEnoughImagesError
from tlcore.settings import get_settings
from tlcore.train.spec import TrainSpec

_DIRECT = ("backbone", "strategy", "stages", "epochs", "batch_size", "lr", "seed", "views")


def run(options: Namespace) -> int:
    """Ingest, train, and write the model; events as they happen."""
    spec_from(options)  # bad settings cost no reading of images
    require_writable(options.out)
    settings = get_settings()
    settings.scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.scratch, prefix="train-") as folder:
        dataset, blobs = dataset_from(options, Path(folder))
        spec = spec_from(options, dataset.count("train"))
        _train(options, spec, dataset, blobs, Path(folder, "run"))
    return 0


def spec_from(options: Namespace, images: int | None = None) -> TrainSpec:
    """The spec that the command line asks for; what it leaves out takes the value recommended for so many images."""
    from tlcore.train.advice import recommended

    return recommended(settings_from(options, _DIRECT), images)


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


def dataset_from(options: Namespace, folder: Path) -> tuple[Dataset, BlobStore]:
    """The images that the command line names, and where they then lie; `val` may name a folder held out."""
    blobs = BlobStore(folder / "blobs")
    if options.source in SAMPLE_SETS and not Path(options.source).exists():
        return freeze(_labelled(take_sample(options.source, blobs))), blobs
    if not Path(options.source).exists():
        samples = ", ".join(SAMPLE_SETS)
        raise BadInputError(
            f"There is no folder or zip at {clean_name(options.source)}; the sample sets are {samples}."
        )
    report = ingest_path(Path(options.source), blobs)
    _tell(report)
    if options.val is None:
        return freeze(_labelled(report)), blobs
    held_out = ingest_path(options.val, blobs)
    _tell(held_out)
    if unknown := held_out.classes.keys() - report.classes.keys():
        raise NotEnoughImagesError(f"The validation folder has a class '{min(unknown)}' that is not trained on.")
    if absent := report.classes.keys() - held_out.classes.keys():
        raise NotEnoughImagesError(f"The validation folder has no images of '{min(absent)}'.")
    images = [*_labelled(report, "train"), *_labelled(held_out, "val")]
    if reason := why_split_anew(images):
        raise NotEnoughImagesError(f"The folders can't be kept apart, because {reason}.")
    _warn(split_warnings(images))
    return freeze(images), blobs


def _labelled(report: IngestReport, part: Part | None = None) -> list[LabelledImage]:
    return [
        LabelledImage(blob=image.blob, label=image.label, name=image.name, part=part or image.part)
        for image in report.images
    ]


def _tell(report: IngestReport) -> None:
    for item in report.skipped:
        print(f"skipped {item.file}: {item.reason}", file=sys.stderr)
    _warn(report.warnings)


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def _train(options: Namespace, spec: TrainSpec, dataset: Dataset, blobs: BlobStore, folder: Path) -> None:
    from tlcore.gradients.watching import watch
    from tlcore.train import device as devices
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
        threads=settings.threads or cores(),
        checkpoints=False,
        watch=watch,
    )
    last: dict[str, Any] = {}
    try:
        for event in shown(train(spec, dataset, context), options.json):
            last = event
    except (RuntimeError, MemoryError) as error:
        if not devices.is_out_of_memory(error):
            raise
        raise LimitExceededError(
            f"{device.title} ran out of memory; try --batch-size {max(1, spec.batch_size // 2)} or a smaller network."
        ) from error
    out = _write(folder, options.out)
    _report(last, run_id, out, options.json)


def _write(folder: Path, out: Path | None) -> Path | None:
    if out is None:
        return None
    from tlcore.export.bundle import write_bundle
    from tlcore.train import trained

    return write_bundle(trained.load(folder), out)


def _report(finished: dict[str, Any], run_id: str, out: Path | None, as_json: bool) -> None:
    from tlcore.train.evaluation import wilson_interval

    if as_json:
        names = (
            "accuracy",
            "val_loss",
            "seconds",
            "seconds_by_phase",
            "train_images",
            "val_images",
            "device",
        )
        line = {"event": "result", "run_id": run_id, **{name: finished[name] for name in names}}
        print(json.dumps({**line, "out": str(out) if out else None}))
        return
    low, high = wilson_interval(finished["correct"], finished["seen"])
    print(
        f"accuracy {finished['accuracy']:.3f} on {finished['seen']} validation images "
        f"(95 % interval {low:.3f} to {high:.3f}), best epoch {finished['best_epoch']}, {finished['seconds']:.1f} s"
    )
    if out:
        print(f"model written to {out}")
