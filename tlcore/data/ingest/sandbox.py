"""The disposable process that reads uploads: `python -m tlcore.data.ingest.sandbox JOB.json`.

It decodes hostile bytes, so it runs with limits on memory, processor time and open files, imports neither torch nor
numpy, and answers only through files in its staging folder. Progress goes to standard output, `done total` a line.
"""

import hashlib
import json
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tlcore.data.folders.labelling import class_key, reported, require_classes
from tlcore.data.ingest.report import IngestedImage, IngestJob, IngestReport, Reading, Skipped
from tlcore.data.ingest.sources import SourceFile, opened
from tlcore.data.names import as_text, clean_name
from tlcore.data.pixels.decode import OpenedImage, UnreadableImageError, open_image, stored_bytes
from tlcore.errors import BadInputError, LimitExceededError
from tlcore.settings import Limits

REPORT = "report.json"
_PROGRESS_EVERY = 8
_WRITERS = 2  # four fifths of the time go to encoding, in which Pillow holds no lock
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
    with opened(job, limits) as upload:
        require_classes(file.label for file in upload.files if file.label is not None)  # before anything is decoded
        skipped: list[Skipped] = []
        taken = _take_in(upload.files, Path(job.staging), limits, skipped)
        images = tuple(_few_classes(taken, limits, job.reading))
    if not images:
        raise BadInputError(_nothing_found(skipped, job.reading))
    return reported(images, upload.rest.model_copy(update={"skipped": tuple(skipped)}), upload.layout)


def _few_classes(images: Iterable[IngestedImage], limits: Limits, reading: Reading) -> Iterator[IngestedImage]:
    """The images as they come; stops at the first class too many instead of decoding the rest in vain."""
    labels = set()
    for image in images:
        labels.add(class_key(image.label, reading))
        if len(labels) > limits.classes:
            raise LimitExceededError(f"There are more than {limits.classes} classes, the most that is allowed.")
        yield image


def _take_in(
    files: tuple[SourceFile, ...], staging: Path, limits: Limits, skipped: list[Skipped]
) -> Iterator[IngestedImage]:
    """What can be used, in the order of the files; it is stored while the next are read."""
    with ThreadPoolExecutor(_WRITERS) as writers:
        written: deque[Future[IngestedImage]] = deque()
        for file, image in _decoded(files, limits, skipped):
            written.append(writers.submit(_store, file, image, staging))
            if len(written) > _WRITERS:
                yield written.popleft().result()
        for one in written:
            yield one.result()


def _decoded(
    files: tuple[SourceFile, ...], limits: Limits, skipped: list[Skipped]
) -> Iterator[tuple[SourceFile, OpenedImage]]:
    for number, file in enumerate(files, 1):
        if number % _PROGRESS_EVERY == 0 or number == len(files):
            print(number, len(files), flush=True)  # noqa: T201 - the protocol with the parent
        shown, folders = _shown(file), as_text(file.folders)
        try:
            data = _bytes_of(file)  # read wherever it lies: an archive with a damaged member is refused
            if file.label is None:
                skipped.append(Skipped(file=shown, reason=_NO_CLASS, folders=folders))
                continue
            yield file, open_image(data, limits)
        except UnreadableImageError as error:
            where = f"{clean_name(file.label or '', '')}/{shown}".lstrip("/")
            skipped.append(Skipped(file=where, reason=str(error), folders=folders))


def _store(file: SourceFile, taken: OpenedImage, staging: Path) -> IngestedImage:
    stored = stored_bytes(taken.image)
    blob = hashlib.sha256(stored).hexdigest()
    (staging / blob).write_bytes(stored)
    return IngestedImage(
        label=str(file.label),
        part=file.part,
        name=_shown(file),
        blob=blob,
        width=taken.image.width,
        height=taken.image.height,
        bytes=len(stored),
        folders=as_text(file.folders),
        warning=taken.warning,
        note=taken.note,
    )


def _shown(file: SourceFile) -> str:
    return clean_name(file.name.rsplit("/", 2)[-1])


def _bytes_of(file: SourceFile) -> bytes:
    try:
        return file.read()
    except OSError as error:
        raise UnreadableImageError("the file can't be read") from error


def _nothing_found(skipped: list[Skipped], reading: Reading) -> str:
    if not skipped:
        return "There are no files in it; put the images of each class into a folder named after the class."
    if isinstance(reading.classes_from, int) and all(item.reason == _NO_CLASS for item in skipped):
        return f"No image lies in a folder of level {reading.classes_from}; the outermost folders are of level 1."
    if all(item.reason == _NO_CLASS for item in skipped):
        return "The images are not in class folders; put the images of each class into a folder named after the class."
    return f"None of its files is an image that can be used; '{skipped[0].file}': {skipped[0].reason}."


if __name__ == "__main__":
    main(sys.argv[1])
