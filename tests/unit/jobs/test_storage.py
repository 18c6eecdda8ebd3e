"""Disk: quotas hold, and deletion really deletes."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import ImageSet
from tests.unit.jobs.conftest import ANN, BEN
from tlcore.data.arrays import windows
from tlcore.data.ingest import ingest_path
from tlcore.errors import QuotaExceededError
from tlcore.jobs.database import Database
from tlcore.jobs.intake import Intake
from tlcore.jobs.library import Library
from tlcore.jobs.runs import Runs
from tlcore.jobs.storage import Storage
from tlcore.settings import Limits, Settings, get_settings
from tlcore.train.spec import TrainSpec
from tlcore.zoo.network import Preprocessing


@pytest.fixture
def intake(library: Library, storage: Storage) -> Intake:
    return Intake(library, storage)


def stored(settings: Settings) -> set[str]:
    return {path.stem for path in settings.blobs.rglob("*.webp")}


def test_a_shared_image_goes_with_its_last_holder(
    intake: Intake, library: Library, storage: Storage, image_folder: Path
) -> None:
    mine, hers = library.create(ANN, "Mine"), library.create(BEN, "Hers")
    intake.archive(ANN, mine.id, image_folder)
    intake.archive(BEN, hers.id, image_folder)
    everything = stored(get_settings())
    assert len(everything) == 96
    storage.collect(library.delete(ANN, mine.id))
    assert stored(get_settings()) == everything
    assert storage.used(ANN) == 0
    storage.collect(library.delete(BEN, hers.id))
    assert stored(get_settings()) == set()


def test_images_of_a_run_outlive_their_collection(
    intake: Intake, library: Library, storage: Storage, runs: Runs, image_folder: Path, spec: TrainSpec
) -> None:
    mine = library.create(ANN, "Mine")
    intake.archive(ANN, mine.id, image_folder)
    run = runs.submit(ANN, spec, library.freeze(ANN, mine.id))
    storage.collect(library.delete(ANN, mine.id))
    blob = runs.dataset(ANN, run.id).examples[0].blob
    assert storage.holds(ANN, blob)
    assert not storage.holds(BEN, blob)
    assert blob in stored(get_settings())
    runs.stop(ANN, run.id)
    storage.collect(runs.delete(ANN, run.id))
    assert stored(get_settings()) == set()


def test_what_was_derived_goes_with_the_image(
    intake: Intake, library: Library, storage: Storage, image_folder: Path
) -> None:
    mine = library.create(ANN, "Mine")
    intake.archive(ANN, mine.id, image_folder)
    settings = get_settings()
    blobs = [example.blob for example in library.freeze(ANN, mine.id).examples]
    windows(blobs, Preprocessing(resize=40, crop=32), storage.blobs, settings.cache)
    assert list(settings.cache.rglob("*.npy"))
    storage.collect(library.delete(ANN, mine.id))
    assert not list(settings.cache.rglob("*.npy"))


def test_deleting_an_owner_leaves_nothing(
    intake: Intake, library: Library, storage: Storage, runs: Runs, image_folder: Path, spec: TrainSpec
) -> None:
    mine = library.create(ANN, "Mine")
    intake.archive(ANN, mine.id, image_folder)
    run = runs.submit(ANN, spec, library.freeze(ANN, mine.id))
    folder = get_settings().runs / run.id
    folder.mkdir(parents=True)
    (folder / "learned.safetensors").write_bytes(b"canary")
    storage.delete_owner(ANN)
    assert library.all(ANN) == ()
    assert runs.all(ANN) == ()
    left = [path for path in get_settings().home.rglob("*") if path.is_file() and path.suffix != ".sqlite3"]
    assert left == []


def test_a_full_quota_refuses_the_upload_and_keeps_nothing(
    database: Database, library: Library, image_folder: Path
) -> None:
    settings = Settings(home=get_settings().home, limits=Limits(owner_bytes=10_000))
    storage = Storage(database, settings)
    mine = library.create(ANN, "Mine")
    with pytest.raises(QuotaExceededError, match="0 MB that one person may use"):
        Intake(library, storage).archive(ANN, mine.id, image_folder)
    assert stored(settings) == set()
    assert library.get(ANN, mine.id).image_count == 0


def test_tidying_removes_what_interrupted_uploads_left(storage: Storage) -> None:
    import os
    import time

    scratch = get_settings().scratch
    (scratch / "upload-old").mkdir(parents=True)
    (scratch / "upload-old" / "000000").write_bytes(b"x")
    (scratch / "upload-new").mkdir()
    os.utime(scratch / "upload-old", (time.time() - 7200, time.time() - 7200))
    storage.tidy()
    assert [path.name for path in scratch.iterdir()] == ["upload-new"]


def test_blobs_that_are_gone_are_said_to_be_gone(shapes: ImageSet, tmp_path: Path) -> None:
    from tlcore.data.blobs import BlobStore
    from tlcore.errors import NotFoundError

    root = shutil.copytree(shapes.blobs.root, tmp_path / "blobs")
    store, blob = BlobStore(root), shapes.dataset.examples[0].blob
    store.delete([blob, blob])
    with pytest.raises(NotFoundError, match="no longer here"):
        store.read(blob)


def test_ingest_and_storage_agree_on_bytes(image_folder: Path, storage: Storage) -> None:
    report = ingest_path(image_folder, storage.blobs)
    on_disk = sum(path.stat().st_size for path in storage.blobs.root.rglob("*.webp"))
    assert sum(image.bytes for image in report.images) == on_disk
