"""`tlcore data`: ingest a zip or a folder and report; imports no torch."""

import hashlib
import json
from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from tlcore.cli.folders import notes, reading_from
from tlcore.cli.said import tell_read
from tlcore.data.dataset import missing_for_training
from tlcore.data.ingest.reading import ingest_path
from tlcore.data.ingest.report import IngestReport
from tlcore.data.pixels.blobs import BlobStore
from tlcore.settings import get_settings


def run(options: Namespace) -> int:
    """Check the images and print what was found; nothing is kept."""
    settings = get_settings()
    settings.scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.scratch, prefix="data-") as folder:
        report = ingest_path(options.source, BlobStore(Path(folder)), reading=reading_from(options))
    warnings = list(report.warnings)
    if missing := missing_for_training(report.classes):
        warnings.append(missing)
    if options.json:
        print(json.dumps(_as_json(report, warnings), ensure_ascii=False))
    else:
        _print(report, warnings)
    return 0


def _as_json(report: IngestReport, warnings: list[str]) -> dict[str, object]:
    return {
        "dataset": dataset_digest(report),
        "images": len(report.images),
        "classes": report.classes,
        "skipped": [item.model_dump() for item in report.skipped],
        "notes": [*notes(report), *report.notes],
        "warnings": [*([report.lost] if report.lost else []), *warnings],
    }


def dataset_digest(report: IngestReport) -> str:
    """A name for exactly these images in exactly these classes, whatever their order and file names."""
    rows = sorted(f"{image.label}\0{image.part}\0{image.blob}" for image in report.images)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:32]


def _print(report: IngestReport, warnings: list[str]) -> None:
    print(f"{len(report.images)} images in {len(report.classes)} classes")
    for label, count in report.classes.items():
        print(f"  {count:6d}  {label}")
    for item in report.skipped:
        print(f"skipped {item.file}: {item.reason}")
    tell_read(report, warnings)
