"""What commands say on standard error, each a sentence, and how they answer when something could not be used."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tlcore.cli.folders import notes

if TYPE_CHECKING:
    from tlcore.data.ingest.report import IngestReport

BAD_INPUT = 2


def complain(sentence: str) -> None:
    """Say what could not be done."""
    print(f"tlcore: {sentence}", file=sys.stderr)


def warn(warnings: Iterable[str]) -> None:
    """Say what should be known of that which is done."""
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def note(notes: Iterable[str]) -> None:
    """Say what was understood and guessed, and what may be good to know."""
    for sentence in notes:
        print(f"note: {sentence}", file=sys.stderr)


def miss(lost: str) -> None:
    """Say which classes are missing, if any are: last, so that nobody overlooks it."""
    if lost:
        print(f"WARNING: {lost}", file=sys.stderr)


def tell(report: "IngestReport") -> None:
    """Say which files of an upload were left out, and what is to be known of the others."""
    for item in report.skipped:
        print(f"skipped {item.file}: {item.reason}", file=sys.stderr)
    tell_read(report, report.warnings)


def tell_read(report: "IngestReport", warnings: Iterable[str]) -> None:
    """Say how an upload was read, what to mind, and what is missing."""
    note([*notes(report), *report.notes])
    warn(warnings)
    miss(report.lost)
