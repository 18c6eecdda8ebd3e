"""Take an upload in: run the disposable reader over it and adopt what it found."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from threading import Timer
from typing import Literal

from tlcore import errors
from tlcore.data.ingest.report import USUAL, IngestJob, IngestReport, Reading, UploadedFile
from tlcore.data.ingest.sandbox import REPORT
from tlcore.data.names import clean_name
from tlcore.data.pixels.blobs import BlobStore
from tlcore.errors import BadInputError, LimitExceededError
from tlcore.settings import PROJECT_ROOT, Settings, get_settings
from tlcore.wording import Progress, unheard

_WALL_PER_CPU_SECOND = 4  # how much slower a busy machine may be before the reader counts as stuck


def ingest_path(
    path: Path,
    blobs: BlobStore,
    progress: Progress = unheard,
    settings: Settings | None = None,
    reading: Reading = USUAL,
) -> IngestReport:
    """Take in a zip archive or a folder with one folder per class (and parts above or below them, if any)."""
    described = {"kind": _kind_of(path), "source": str(path.resolve()), "reading": reading}
    return _ingest(described, blobs, progress, settings)


def ingest_files(
    files: Iterable[UploadedFile],
    blobs: BlobStore,
    progress: Progress = unheard,
    settings: Settings | None = None,
    reading: Reading = USUAL,
) -> IngestReport:
    """Take in single files, each with the class that it belongs to, or with folders in its name that say it."""
    absolute = tuple(
        file.model_copy(update={"path": str(Path(file.path).absolute())}) if file.path else file for file in files
    )
    return _ingest({"kind": "files", "files": absolute, "reading": reading}, blobs, progress, settings)


def _kind_of(path: Path) -> Literal["zip", "folder"]:
    shown = clean_name(str(path), longest=1000)
    try:
        str(path).encode()
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise BadInputError(f"There is no file or folder at {shown} that can be read.") from error
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISREG(mode):
        return "zip"
    raise BadInputError(f"{shown} is neither a file nor a folder.")  # a pipe would never end


def _ingest(job: dict[str, object], blobs: BlobStore, progress: Progress, settings: Settings | None) -> IngestReport:
    settings = settings or get_settings()
    settings.scratch.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix="ingest-", dir=settings.scratch.resolve()))
    try:
        described = IngestJob.model_validate(
            {**job, "staging": str(staging), "limits": settings.limits.model_dump_json()}
        )
        report = _run_reader(described, staging, progress, settings)
        for blob in {image.blob for image in report.images}:
            blobs.adopt(staging / blob, blob)
        return report
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _run_reader(job: IngestJob, staging: Path, progress: Progress, settings: Settings) -> IngestReport:
    job_file = staging / "job.json"
    job_file.write_text(job.model_dump_json(), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "tlcore.data.ingest.sandbox", str(job_file)],
        cwd=staging,
        env=_bare_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    deadline = Timer(_WALL_PER_CPU_SECOND * settings.limits.ingest_cpu_seconds, process.kill)
    deadline.start()
    try:
        with process:
            _follow(process, progress)
    finally:
        deadline.cancel()
    return _answer(staging / REPORT, process.returncode, settings)


def _follow(process: subprocess.Popen[str], progress: Progress) -> None:
    try:
        for line in process.stdout or ():
            done, total = line.split()
            progress(int(done), int(total))
    except BaseException:
        process.kill()  # nobody waits for the answer any more
        raise


def _bare_environment() -> dict[str, str]:
    """Only what Python needs; one malloc arena, since each reserves address space that the limit counts."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(PROJECT_ROOT), "MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _answer(report: Path, exit_code: int, settings: Settings) -> IngestReport:
    if not report.is_file() and exit_code > 0:
        raise BadInputError(f"Reading the upload failed with exit code {exit_code}, so nothing was taken from it.")
    if not report.is_file():  # a signal: the limit on processor time, the out-of-memory killer or our deadline
        raise LimitExceededError(
            f"Reading the upload took more than {settings.limits.ingest_memory_bytes / 1e6:.0f} MB of memory or "
            f"{settings.limits.ingest_cpu_seconds} s (signal {-exit_code}), so nothing was taken from it."
        )
    answer = json.loads(report.read_text())
    if "error" in answer:
        raise getattr(errors, answer["error"], BadInputError)(answer["message"])
    return IngestReport.model_validate(answer["report"])
