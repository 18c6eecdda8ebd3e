"""Disk: quotas hold, and deletion really deletes."""

import shutil
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import update

from tests.conftest import ImageSet, draw_set
from tests.unit.jobs.conftest import ANN, BEN
from tlcore.data.dataset import Dataset
from tlcore.data.ingest.reading import ingest_path
from tlcore.data.ingest.report import IngestReport
from tlcore.data.pixels.arrays import windows
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.samples.online import ONLINE_SETS, OnlineSet
from tlcore.errors import BadInputError, NotFoundError, QuotaExceededError
from tlcore.jobs.belongings import intake as intake_module
from tlcore.jobs.belongings.intake import Intake
from tlcore.jobs.belongings.library import Library
from tlcore.jobs.belongings.storage import Belongings, Storage
from tlcore.jobs.kinds.specs import DegradationSpec, LanguageSpec
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.runs import Runs
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import runs as run_table
from tlcore.settings import Limits, Settings, get_settings
from tlcore.train.recipe.spec import TrainSpec
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
    library.delete(ANN, mine.id)
    assert stored(get_settings()) == everything
    assert storage.used(ANN) == 0
    library.delete(BEN, hers.id)
    assert stored(get_settings()) == set()


def test_images_of_a_run_outlive_their_collection(
    intake: Intake, library: Library, storage: Storage, runs: Runs, image_folder: Path, spec: TrainSpec
) -> None:
    mine = library.create(ANN, "Mine")
    intake.archive(ANN, mine.id, image_folder)
    run = runs.submit(ANN, spec, library.freeze(ANN, mine.id))
    library.delete(ANN, mine.id)
    blob = runs.dataset(ANN, run.id).examples[0].blob
    assert storage.holds(ANN, blob)
    assert not storage.holds(BEN, blob)
    assert blob in stored(get_settings())
    runs.stop(ANN, run.id)
    runs.delete(ANN, run.id)
    assert stored(get_settings()) == set()


def test_deleting_a_set_whose_images_a_run_holds_makes_no_room(
    intake: Intake, library: Library, storage: Storage, runs: Runs, image_folder: Path, spec: TrainSpec
) -> None:
    mine = library.create(ANN, "Mine")
    intake.archive(ANN, mine.id, image_folder)
    run = runs.submit(ANN, spec, library.freeze(ANN, mine.id))
    runs.stop(ANN, run.id)
    used = storage.used(ANN)
    library.delete(ANN, mine.id)
    on_disk = sum(path.stat().st_size for path in storage.blobs.root.rglob("*.webp"))
    assert storage.used(ANN) == used == on_disk
    runs.delete(ANN, run.id)
    assert storage.used(ANN) == 0


def test_the_models_of_a_race_count_as_those_of_a_run(storage: Storage, runs: Runs, dataset: Dataset) -> None:
    run = runs.submit(ANN, DegradationSpec(networks=("cifar_plain20",)), dataset)
    folder = get_settings().runs / run.id
    (folder / "cifar_plain20").mkdir(parents=True)
    (folder / "cifar_plain20" / "learned.safetensors").write_bytes(bytes(1000))
    (folder / "curves.json").write_bytes(bytes(10))
    assert storage.used(ANN) == 1010


def test_a_set_that_is_deleted_takes_no_image_that_somebody_is_just_taking_in(
    intake: Intake, library: Library, storage: Storage, image_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anns, bens = library.create(ANN, "Ann's"), library.create(BEN, "Ben's")
    intake.archive(BEN, bens.id, image_folder)
    same = stored(get_settings())

    def while_ben_deletes(*given: Any) -> IngestReport:
        report = ingest_path(*given)
        library.delete(BEN, bens.id)
        assert stored(get_settings()) == set()  # his deletion is not put off for that
        return report

    monkeypatch.setattr(intake_module, "ingest_path", while_ben_deletes)
    intake.archive(ANN, anns.id, image_folder)
    assert stored(get_settings()) == library.blobs(ANN, anns.id) == same


def test_a_deletion_waits_while_files_are_put_in_place_with_their_rows(
    intake: Intake, library: Library, storage: Storage, image_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, deleted, own = library.create(ANN, "Mine"), Event(), BlobStore.take_over
    deletions = []

    def while_they_are_collected(self: BlobStore, other: BlobStore, blobs: Any) -> None:
        own(self, other, blobs)

        def delete() -> None:
            storage.collect(blobs)
            deleted.set()

        deletions.append(Thread(target=delete))
        deletions[0].start()
        assert not deleted.wait(0.1)

    monkeypatch.setattr(BlobStore, "take_over", while_they_are_collected)
    intake.archive(ANN, mine.id, image_folder)
    deletions[0].join()
    assert stored(get_settings()) == library.blobs(ANN, mine.id)


def test_a_visitor_who_leaves_a_download_leaves_nothing(
    intake: Intake, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit ends a page whose visitor went elsewhere by an exception that is no `Exception`."""

    class Left(BaseException):
        pass

    def images(_root: Path) -> Any:
        return ((label, image) for label, _, image in draw_set(("rings", "rows"), each=5, seed=3))

    def progress(done: int, _total: int) -> None:
        if done == 7:
            raise Left

    short = OnlineSet("short", "Short", "", "", megabytes=0, classes=2, per_class=5, resources=tuple, images=images)
    monkeypatch.setitem(ONLINE_SETS, "short", short)
    with pytest.raises(Left):
        intake.online(ANN, "short", progress)
    assert stored(get_settings()) == set()
    assert list(get_settings().scratch.iterdir()) == []
    assert library.all(ANN) == ()
    assert intake.online(ANN, "short", lambda *_: None).image_count == 10


def test_what_was_derived_goes_with_the_image(
    intake: Intake, library: Library, storage: Storage, image_folder: Path
) -> None:
    mine = library.create(ANN, "Mine")
    intake.archive(ANN, mine.id, image_folder)
    settings = get_settings()
    blobs = [example.blob for example in library.freeze(ANN, mine.id).examples]
    windows(blobs, Preprocessing(resize=40, crop=32), storage.blobs, settings.cache)
    assert list(settings.cache.rglob("*.npy"))
    library.delete(ANN, mine.id)
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


def test_nothing_of_an_owner_is_deleted_while_a_job_of_any_kind_works(
    storage: Storage, runs: Runs, queue: Queue, dataset: Dataset
) -> None:
    """A worker would write its checkpoints and decoded images again after they were deleted."""
    race = runs.submit(ANN, DegradationSpec(networks=("cifar_plain20",)), dataset)
    claim = queue.claim("worker")
    assert claim is not None
    assert storage.belongings(ANN).working == (race.name,)
    with pytest.raises(BadInputError, match=f"^Stop what still works before you delete everything: {race.name}"):
        storage.delete_owner(ANN)
    assert runs.get(ANN, race.id).state == "running"
    queue.finish(race.id, claim.run.attempt, "cancelled")
    storage.delete_owner(ANN)
    assert storage.belongings(ANN) == Belongings(collections=0, images=0, runs=0, working=())


def test_images_that_only_a_run_holds_and_runs_of_every_kind_belong_to_their_owner(
    intake: Intake, library: Library, storage: Storage, runs: Runs, image_folder: Path
) -> None:
    mine = library.create(ANN, "Mine")
    intake.archive(ANN, mine.id, image_folder)
    runs.submit(ANN, DegradationSpec(networks=("cifar_plain20",)), library.freeze(ANN, mine.id))
    library.delete(ANN, mine.id)
    runs.submit(ANN, LanguageSpec())
    assert storage.belongings(ANN) == Belongings(collections=0, images=96, runs=2, working=())
    assert storage.belongings(BEN) == Belongings(collections=0, images=0, runs=0, working=())


def test_deleting_an_owner_takes_what_can_not_be_read_too(
    storage: Storage, runs: Runs, database: Database, spec: TrainSpec, dataset: Dataset
) -> None:
    run = runs.submit(ANN, spec, dataset)
    with database.writing() as connection:
        connection.execute(update(run_table).values(spec={"kind": "gone"}))
    assert runs.all(ANN) == ()
    storage.delete_owner(ANN)
    with pytest.raises(NotFoundError):
        runs.get(ANN, run.id)


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
    with pytest.raises(QuotaExceededError):
        Intake(library, storage).sample(ANN, "digits")
    assert [collection.name for collection in library.all(ANN)] == ["Mine"]


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
    from tlcore.data.pixels.blobs import BlobStore
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
