"""Every case of the bad-input corpus through the real ingest process: its outcome, its words, and what it leaves.

Slow: the uploads that cost a reader most are read by real ones, each a process with limits of its own.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import read_here
from tests.corpus import DATASETS, IMAGES, UPLOADS, ImageCase, UploadCase
from tests.corpus.images import gradient, metadata_of
from tests.corpus.measure import cost
from tlcore.data.ingest import reading
from tlcore.data.ingest.report import IngestReport
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.decode import UnreadableImageError, canonical
from tlcore.errors import BadInputError
from tlcore.settings import PROJECT_ROOT, Limits, Settings

# The promise is 2 s on a quiet machine (see `python -m tests.corpus FOLDER --measure`); test machines are not quiet.
_SECONDS, _SECONDS_AN_IMAGE = 20, 0.03
# Those that cost the reader most, or that it gives up half way; `python -m tests.corpus` measures all of them.
_CONFINED = {
    *("200mb-of-zeros.zip", "50k-claims-5.zip", "bad-crc.zip", "nested-as.zip", "symlink.zip", "torn.zip"),
    *("1000-classes.zip", "2000-files.zip", "links", "not-utf8-names"),
}
_EARLIER_BLOB = "blobs/00/earlier.webp"


@dataclass(frozen=True)
class Result:
    """What one upload came to; `new` are the files that it added beside blobs, `blobs` the blobs that are there."""

    seconds: float
    new: frozenset[str]
    blobs: frozenset[str]
    report: IngestReport | None = None
    error: BadInputError | None = None


def _files(root: Path) -> frozenset[str]:
    return frozenset(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())


def _ingested(source: Path, root: Path) -> Result:
    settings = Settings(home=root / "home")
    (settings.home / _EARLIER_BLOB).parent.mkdir(parents=True)
    (settings.home / _EARLIER_BLOB).write_bytes(b"")
    before, start = _files(root), time.monotonic()
    report = error = None
    try:
        report = reading.ingest_path(source, BlobStore(settings.blobs), settings=settings)
    except BadInputError as refusal:
        error = refusal
    seconds, after = time.monotonic() - start, _files(root)
    blobs = frozenset(name for name in after if name.startswith("home/blobs/"))
    return Result(seconds, after - before - blobs, blobs, report, error)


def _run(case: UploadCase, folder: Path) -> Result:
    root = folder / Path(case.name).stem
    root.mkdir()
    case.write(root / case.name)
    return _ingested(root / case.name, root)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """The results of all uploads; those in processes of their own two at a time."""
    folder = tmp_path_factory.mktemp("uploads")
    with ThreadPoolExecutor(2) as pool:
        confined = [case for case in UPLOADS if case.name in _CONFINED]
        done = dict(zip(confined, pool.map(lambda case: _run(case, folder), confined), strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_run_reader", read_here)
        done.update({case: _run(case, folder) for case in UPLOADS if case not in done})
    return {case.name: result for case, result in done.items()}


@pytest.fixture(scope="module")
def image_result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The result of one upload that holds every single-image case."""
    root = tmp_path_factory.mktemp("images")
    (root / "upload" / "class").mkdir(parents=True)
    for case in IMAGES:
        (root / "upload" / "class" / case.name).write_bytes(case.data())
    return _ingested(root / "upload", root)


def _named(cases: Sequence[ImageCase | UploadCase]) -> dict[str, object]:
    return {"argvalues": cases, "ids": [case.name for case in cases]}


def assert_one_sentence(message: str) -> None:
    """A refusal is one line that a person can read, without quotations from Python."""
    assert message.endswith(".")
    assert not message.endswith("..")
    assert message.isprintable()
    assert "Traceback" not in message
    assert "Error" not in message


@pytest.mark.parametrize("case", **_named(UPLOADS))
def test_upload_has_the_outcome_that_the_corpus_states(case: UploadCase, results: dict[str, Result]) -> None:
    result = results[case.name]
    if case.outcome == "refused":
        assert type(result.error).__name__ == case.error
        assert case.says in str(result.error)
        assert_one_sentence(str(result.error))
    else:
        assert result.error is None
        assert result.report is not None
        assert result.report.classes == case.classes
        assert len(result.report.skipped) == case.skipped
        report = result.report
        said = (*report.warnings, report.read_as, report.named_as, report.lost)
        assert any(case.says in sentence for sentence in said)
        for sentence in filter(None, said):
            assert_one_sentence(sentence)


@pytest.mark.parametrize("case", **_named(UPLOADS))
def test_upload_leaves_nothing_but_its_blobs(case: UploadCase, results: dict[str, Result]) -> None:
    result = results[case.name]
    assert not result.new
    assert not any(Path("/tmp").glob("evil*"))
    expected = {image.blob for image in result.report.images} if result.report else set()
    assert {Path(name).stem for name in result.blobs} == expected | {"earlier"}
    assert result.seconds < _SECONDS + _SECONDS_AN_IMAGE * len(expected)


@pytest.mark.parametrize("case", **_named(IMAGES))
def test_image_has_the_outcome_that_the_corpus_states(case: ImageCase, image_result: Result) -> None:
    assert image_result.report is not None
    taken = {image.name: image for image in image_result.report.images}
    skipped = {item.file: item.reason for item in image_result.report.skipped}
    if case.outcome == "accepted":
        assert case.name in taken, skipped.get(f"class/{case.name}")
        assert (taken[case.name].width, taken[case.name].height) == (case.size or gradient().size)
    else:
        reason = skipped[f"class/{case.name}"]
        assert case.says in reason
        assert reason.isprintable()


@pytest.mark.parametrize(
    "case", **_named([case for case in IMAGES if case.outcome == "skipped" and "scan" not in case.name])
)
def test_image_is_skipped_in_process_for_the_same_reason(case: ImageCase) -> None:
    with pytest.raises(UnreadableImageError, match=case.says or None):
        canonical(case.data())


def test_images_leave_nothing_but_pixels(image_result: Result, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert not image_result.new
    home = next(tmp_path_factory.getbasetemp().glob("images*")) / "home"
    store = BlobStore(Settings(home=home).blobs)
    assert image_result.report is not None
    for image in image_result.report.images:
        assert metadata_of(store.read(image.blob)) == {}
    assert not any(b"<script>" in store.read(image.blob) for image in image_result.report.images)


def test_largest_image_stays_below_the_memory_limit(tmp_path: Path) -> None:
    """A WebP with alpha costs most: its reader holds the picture four times."""
    case = next(case for case in IMAGES if case.name == "24mp-alpha.webp")
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / case.name).write_bytes(case.data())
    spent = cost(tmp_path)
    assert spent.answer == "1 images"
    assert spent.resident < Limits().ingest_memory_bytes / 1e6


_SAID = {
    "one-class.zip": "Add a second class",
    "one-image.zip": "Add 1 more image to 'ants'",
    "no-images.zip": "None of its files",
    "not-there.zip": "There is no file or folder",
}


def _command(case: UploadCase, folder: Path) -> subprocess.CompletedProcess[str]:
    source = folder / case.name
    case.write(source)
    return subprocess.run(
        [sys.executable, "-m", "tlcore", "data", str(source), "--json"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "TLCORE_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("case", **_named([case for case in DATASETS if case.name in _SAID]))
def test_command_answers_in_json(case: UploadCase, tmp_path: Path) -> None:
    """What training will refuse is a warning here."""
    ran = _command(case, tmp_path)
    answer = json.loads(ran.stdout)
    assert "Traceback" not in ran.stderr
    assert not _files(tmp_path / "home")
    if case.outcome == "refused":
        assert ran.returncode == 2
        assert_one_sentence(answer["error"])
        assert _SAID[case.name] in answer["error"]
    else:
        assert ran.returncode == 0
        assert answer["classes"] == case.classes
        assert _SAID[case.name] in " ".join(answer["warnings"])


def test_reading_uploads_imports_neither_torch_nor_numpy(image_folder: Path, tmp_path: Path) -> None:
    """What reads hostile bytes is small, and the command line answers at once."""
    program = (
        "import sys, tlcore.data.ingest.sandbox, tlcore.data.ingest.reading; from tlcore.cli.main import main;"
        f"main(['data', {str(image_folder)!r}, '--json']);"
        "sys.exit(str(sorted({'torch', 'torchvision', 'numpy', 'streamlit'} & set(sys.modules))))"
    )
    env = {**os.environ, "TLCORE_HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert ran.stderr.strip() == "[]"
