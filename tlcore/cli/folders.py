"""How commands that take images are told to read folders, and what they tell of what they read."""

from argparse import Namespace

from tlcore.data.folders.labelling import ways
from tlcore.data.folders.said import listed
from tlcore.data.ingest.report import IngestReport, Reading


def reading_from(options: Namespace) -> Reading:
    """The reading that these options ask for."""
    return Reading(
        classes_from=options.classes_from,
        keep_parts=not options.pool_parts,
        case_matters=options.case_matters,
        code_page=options.zip_names,
    )


def notes(report: IngestReport) -> list[str]:
    """What was understood and guessed of an upload, each with the options that say otherwise."""
    others = ways(report)
    other = [
        f"--classes-from {way} for {listed(names)}"
        for way, names in others.classes.items()
        if way != report.reading.classes_from
    ]
    other += ["--pool-parts to split anew"] if others.parts and report.reading.keep_parts else []
    told = [f"{report.read_as}{_otherwise(other)}"] if report.read_as else []
    told += [f"{report.named_as}{_otherwise(['--zip-names CODEPAGE'])}"] if report.named_as else []
    apart = others.case and not report.reading.case_matters
    return [*told, *(["Classes that differ only in case are kept apart with --case-matters."] if apart else [])]


def _otherwise(options: list[str]) -> str:
    return f" Otherwise: {'; '.join(options)}." if options else ""
