"""The disposable process that reads uploads: `python -m tlcore.data.sandbox JOB.json`.

It decodes hostile bytes, so it runs with limits on memory, processor time and open files, imports neither torch nor
numpy, and answers only through files in its staging folder. Progress goes to standard output, `done total` a line.
"""

import hashlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tlcore.data.dataset import split_warnings
from tlcore.data.decode import UnreadableImageError, canonical, stored_bytes
from tlcore.data.names import clean_name, unique_name
from tlcore.data.report import IngestedImage, IngestJob, IngestReport, Skipped
from tlcore.data.sources import SourceFile, opened
from tlcore.errors import BadInputError, LimitExceededError
from tlcore.settings import Limits

REPORT = "report.json"
_PROGRESS_EVERY = 8
_NO_CLASS = "not in a class folder"


def main(job_file: str) -> None:
    """Read the upload that the job describes; the report or the refusal is written to the staging folder."""
    job = IngestJob.model_validate_json(Path(job_file).read_text("utf-8"))
    limits = Limits.model_validate_json(job.limits)
    _confine(limits)
    write_answer(job, limits)


def write_answer(job: IngestJob, limits: Limits) -> None:
    """Read the upload and write what it gave, or why it is refused, in this process as it is."""
    try:
        answer: dict[str, Any] = {"report": _read(job, limits).model_dump(mode="json")}
    except BadInputError as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    except MemoryError:
        answer = {
            "error": "LimitExceededError",
            "message": "Reading the upload needs more memory than is allowed.",
        }
    except OSError as error:
        answer = {"error": "BadInputError", "message": f"The upload can't be read here: {error.strerror or error}."}
    report = Path(job.staging, REPORT)
    report.with_suffix(".part").write_text(json.dumps(answer), "utf-8")
    os.replace(report.with_suffix(".part"), report)  # a process that is killed leaves no half of an answer


def _confine(limits: Limits) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the parent's time limit still holds
        return
    wanted = {
        resource.RLIMIT_AS: limits.ingest_memory_bytes,
        resource.RLIMIT_CPU: limits.ingest_cpu_seconds,
        resource.RLIMIT_NOFILE: limits.ingest_open_files,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):  # macOS refuses an address-space limit
            continue


def _read(job: IngestJob, limits: Limits) -> IngestReport:
    with opened(job, limits) as files:
        skipped: list[Skipped] = []
        images = tuple(_few_classes(_take_in(files, Path(job.staging), limits, skipped), limits))
    images, renamed = _with_clean_names(images)
    if not images:
        raise BadInputError(_nothing_found(skipped))
    warnings = (*renamed, *split_warnings(images), *duplicate_warnings(images))
    return IngestReport(images=images, skipped=tuple(skipped), warnings=warnings)


def _few_classes(images: Iterable[IngestedImage], limits: Limits) -> Iterator[IngestedImage]:
    """The images as they come; stops at the first class too many instead of decoding the rest in vain."""
    labels = set()
    for image in images:
        labels.add(clean_name(image.label).casefold())
        if len(labels) > limits.classes:
            raise LimitExceededError(f"There are more than {limits.classes} classes, the most that is allowed.")
        yield image


def _take_in(
    files: tuple[SourceFile, ...], staging: Path, limits: Limits, skipped: list[Skipped]
) -> Iterator[IngestedImage]:
    for number, file in enumerate(files, 1):
        shown = clean_name(file.name.rsplit("/", 2)[-1])
        if number % _PROGRESS_EVERY == 0 or number == len(files):
            print(number, len(files), flush=True)  # noqa: T201 - the protocol with the parent
        try:
            data = _bytes_of(file)  # read wherever it lies: an archive with a damaged member is refused
            if file.label is None:
                skipped.append(Skipped(file=shown, reason=_NO_CLASS))
                continue
            image = canonical(data, limits)
        except UnreadableImageError as error:
            skipped.append(Skipped(file=f"{clean_name(file.label or '', '')}/{shown}".lstrip("/"), reason=str(error)))
            continue
        stored = stored_bytes(image)
        blob = hashlib.sha256(stored).hexdigest()
        (staging / blob).write_bytes(stored)
        yield IngestedImage(
            label=file.label,
            part=file.part,
            name=shown,
            blob=blob,
            width=image.width,
            height=image.height,
            bytes=len(stored),
        )


def _bytes_of(file: SourceFile) -> bytes:
    try:
        return file.read()
    except OSError as error:
        raise UnreadableImageError("the file can't be read") from error


def _with_clean_names(images: tuple[IngestedImage, ...]) -> tuple[tuple[IngestedImage, ...], list[str]]:
    """Normalise class names, merging those that differ by case or Unicode form, and tell equal file names apart."""
    spelling: dict[str, str] = {}
    merged: dict[str, set[str]] = defaultdict(set)
    taken: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    suffixed, cleaned = 0, []
    for image in images:
        clean = clean_name(image.label)
        label = spelling.setdefault(clean.casefold(), clean)
        merged[label].add(image.label)
        names = taken[label, image.part]
        name = unique_name(image.name, names)
        names.add(name)
        suffixed += name != image.name
        cleaned.append(image.model_copy(update={"label": label, "name": name}))
    warnings = [
        f"Folders whose names differ only in case or spelling were put into one class, '{label}'."
        for label, spellings in merged.items()
        if len(spellings) > 1
    ]
    if suffixed:
        warnings.append(f"{suffixed} file {_plural(suffixed, 'name')} occurred twice and got a number.")
    return tuple(cleaned), warnings


def duplicate_warnings(images: Iterable[IngestedImage]) -> list[str]:
    """One warning for exact duplicates, and one for each image that lies in two classes."""
    places: dict[str, list[IngestedImage]] = defaultdict(list)
    for image in images:
        places[image.blob].append(image)
    repeats = sum(len(same) - 1 for same in places.values())
    torn = [same for same in places.values() if len({image.label for image in same}) > 1]
    warnings = []
    if repeats:
        warnings.append(
            f"{repeats} {_plural(repeats, 'image')} of the set {'is an' if repeats == 1 else 'are'} exact "
            f"{_plural(repeats, 'duplicate')}; duplicates stay on one side of the split."
        )
    for same in torn[:10]:
        first, second = same[0], next(image for image in same if image.label != same[0].label)
        warnings.append(
            f"The same image is in two classes: '{first.label}/{first.name}' and '{second.label}/{second.name}'."
        )
    if len(torn) > 10:
        warnings.append(f"{len(torn) - 10} more images are in two classes.")
    return warnings


def _nothing_found(skipped: list[Skipped]) -> str:
    if not skipped:
        return "There are no files in it; put the images of each class into a folder named after the class."
    if all(item.reason == _NO_CLASS for item in skipped):
        return "The images are not in class folders; put the images of each class into a folder named after the class."
    return f"None of its files is an image that can be used; '{skipped[0].file}': {skipped[0].reason}."


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


if __name__ == "__main__":
    main(sys.argv[1])
