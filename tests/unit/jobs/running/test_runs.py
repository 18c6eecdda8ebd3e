"""Runs as their owners see them: nobody touches another's."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.conftest import finished_with
from tests.unit.jobs.conftest import ANN, BEN
from tlcore.data.dataset import Dataset
from tlcore.data.ingest.report import IngestedImage, IngestReport
from tlcore.errors import BadInputError, BadSpecError, NotFoundError, QueueFullError, QuotaExceededError
from tlcore.events import StateChanged
from tlcore.jobs.belongings.library import Library
from tlcore.jobs.belongings.storage import Storage
from tlcore.jobs.kinds.registry import KINDS
from tlcore.jobs.kinds.specs import DegradationSpec, LanguageSpec, LesionSpec, SpeedSpec, SurfaceSpec
from tlcore.jobs.running import runs as runs_module
from tlcore.jobs.running.queue import Ending, Queue
from tlcore.jobs.running.runs import Run, Runs
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import dataset_blobs, datasets
from tlcore.jobs.store.tables import runs as table
from tlcore.settings import Limits, Settings, get_settings
from tlcore.specs import Spec
from tlcore.train.recipe.spec import TrainSpec

Submit = Callable[[str], Run]


def test_a_run_keeps_its_spec_and_data(runs: Runs, spec: TrainSpec, dataset: Dataset) -> None:
    run = runs.submit(ANN, spec, dataset, name="  my\nrun ", collection_name="Ants")
    again = runs.get(ANN, run.id)
    assert (again.spec, again.name, again.collection_name, again.state) == (spec, "my run", "Ants", "queued")
    assert runs.dataset(ANN, run.id) == dataset


@pytest.mark.parametrize("act", ["get", "dataset", "stop", "resume", "delete", "told", "seen"])
def test_another_owner_finds_nothing(runs: Runs, submit: Submit, act: str) -> None:
    run = submit(ANN)
    with pytest.raises(NotFoundError):
        getattr(runs, act)(BEN, run.id)
    with pytest.raises(NotFoundError):
        runs.rename(BEN, run.id, "mine now")
    assert runs.all(BEN) == ()
    assert [r.id for r in runs.all(ANN)] == [run.id]


def test_stopping_a_waiting_run_cancels_it(runs: Runs, submit: Submit) -> None:
    assert runs.stop(ANN, submit(ANN).id).state == "cancelled"


def test_stopping_a_working_run_is_acknowledged_at_once(runs: Runs, submit: Submit, queue: Queue) -> None:
    run = submit(ANN)
    queue.claim("w1")
    stopped = runs.stop(ANN, run.id)
    assert stopped.is_stopping
    assert [event.state for event in runs.told(ANN, run.id, StateChanged)] == ["queued", "running", "stopping"]


def test_a_stopped_run_can_go_on_and_a_finished_one_can_not(runs: Runs, submit: Submit, queue: Queue) -> None:
    run = submit(ANN)
    queue.claim("w1")
    queue.finish(run.id, 1, "done", result=finished_with(stopped=True))
    assert runs.get(ANN, run.id).was_stopped
    assert runs.resume(ANN, run.id).state == "queued"
    queue.claim("w1")
    queue.finish(run.id, 2, "done", result=finished_with())
    with pytest.raises(BadInputError, match="nothing to resume"):
        runs.resume(ANN, run.id)


def test_going_on_takes_a_place_in_the_queue_too(runs: Runs, submit: Submit) -> None:
    over = [runs.stop(ANN, submit(ANN).id).id for _ in range(4)]
    for run in over[:3]:
        assert runs.resume(ANN, run).state == "queued"
    with pytest.raises(QueueFullError, match="3 runs waiting"):
        runs.resume(ANN, over[3])
    assert runs.get(ANN, over[3]).state == "cancelled"


def test_who_has_used_up_the_space_starts_no_more_runs(database: Database, spec: TrainSpec, dataset: Dataset) -> None:
    settings = Settings(home=get_settings().home, limits=Limits(owner_bytes=10))
    runs = Runs(database, settings)
    first = runs.submit(ANN, spec, dataset)
    folder = settings.runs / first.id
    folder.mkdir(parents=True)
    (folder / "learned.safetensors").write_bytes(b"eleven byte")
    with pytest.raises(QuotaExceededError):
        runs.submit(ANN, spec, dataset)
    runs.submit(BEN, spec, dataset)


def test_what_could_not_be_read_back_is_not_queued(runs: Runs, spec: TrainSpec, dataset: Dataset) -> None:
    with pytest.raises(BadSpecError):
        runs.submit(ANN, spec.model_copy(update={"epochs": -1}), dataset)
    assert runs.all(ANN) == ()
    assert [runs.submit(ANN, spec, dataset).state for _ in range(3)] == ["queued"] * 3


def test_deleting_a_run_frees_the_images_that_no_other_run_holds(
    runs: Runs, storage: Storage, submit: Submit, dataset: Dataset
) -> None:
    first, second = submit(ANN), submit(ANN)
    for run in (first, second):
        runs.stop(ANN, run.id)
    blobs = {example.blob for example in dataset.examples}
    runs.delete(ANN, first.id)
    assert all(storage.holds(ANN, blob) for blob in blobs)
    runs.delete(ANN, second.id)
    assert not any(storage.holds(ANN, blob) for blob in blobs)
    with pytest.raises(NotFoundError):
        runs.get(ANN, first.id)


def test_a_working_run_is_not_deleted(runs: Runs, submit: Submit, queue: Queue) -> None:
    run = submit(ANN)
    queue.claim("w1")
    with pytest.raises(BadInputError, match="Stop the run"):
        runs.delete(ANN, run.id)


def kept(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        tables = (datasets, dataset_blobs, table)
        return {one.name: connection.scalar(select(func.count()).select_from(one)) or 0 for one in tables}


@pytest.fixture
def ants(library: Library, dataset: Dataset) -> str:
    """A collection of the images of the data set."""
    images = tuple(
        IngestedImage(blob=e.blob, label=dataset.classes[e.label], name=e.name, width=8, height=8, bytes=9)
        for e in dataset.examples
    )
    made = library.create(ANN, "Ants")
    library.add(ANN, made.id, IngestReport(images=images, skipped=(), warnings=()))
    return made.id


def test_a_collection_is_frozen_and_its_run_queued_at_once(
    runs: Runs, library: Library, spec: TrainSpec, ants: str
) -> None:
    run = runs.submit_on_collection(ANN, spec, ants, name="mine")
    assert (run.name, run.collection, run.collection_name, run.state) == ("mine", ants, "Ants", "queued")
    assert runs.dataset(ANN, run.id) == library.freeze(ANN, ants)
    with pytest.raises(NotFoundError):
        runs.submit_on_collection(BEN, spec, ants)


@pytest.mark.parametrize("fails", ["append", "to_run", "outdated"])
def test_where_one_of_both_fails_nothing_is_kept(
    runs: Runs, database: Database, spec: TrainSpec, ants: str, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(runs_module, fails, fail)
    with pytest.raises(OSError, match="full"):
        runs.submit_on_collection(ANN, spec, ants)
    assert kept(database) == {"datasets": 0, "dataset_blobs": 0, "runs": 0}


def test_images_that_are_deleted_while_a_run_is_queued_on_them_stay_with_it(
    runs: Runs, library: Library, storage: Storage, spec: TrainSpec, ants: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between freezing and queueing nobody else writes."""
    deletion: list[Thread] = []
    keep = runs_module.keep_dataset

    def deleted_meanwhile(*given: Any) -> None:
        deletion.append(Thread(target=library.delete, args=(ANN, ants)))
        deletion[0].start()
        deletion[0].join(0.1)
        assert deletion[0].is_alive()
        keep(*given)

    monkeypatch.setattr(runs_module, "keep_dataset", deleted_meanwhile)
    run = runs.submit_on_collection(ANN, spec, ants)
    deletion[0].join()
    assert all(storage.holds(ANN, example.blob) for example in runs.dataset(ANN, run.id).examples)


def ended(
    runs: Runs, queue: Queue, spec: Spec, state: Ending = "done", dataset: Dataset | None = None
) -> Run[Any, Any]:
    run = runs.submit(ANN, spec, dataset)
    assert queue.claim("w1") is not None
    queue.finish(run.id, 1, state)
    return run


@pytest.mark.parametrize(
    ("spec", "most"),
    [(SpeedSpec(networks=("lenet5",)), 1), (LanguageSpec(), 4), (DegradationSpec(), 4)],
    ids=lambda one: one.kind if isinstance(one, Spec) else "",
)
def test_of_some_kinds_the_newest_few_are_kept(
    runs: Runs, queue: Queue, dataset: Dataset, spec: Spec, most: int
) -> None:
    given = dataset if KINDS[spec.kind].needs_images else None
    made = [ended(runs, queue, spec, dataset=given).id for _ in range(6)]
    assert [run.id for run in runs.of_kind(ANN, spec.kind)] == made[::-1][:most]


@pytest.mark.parametrize("of", [LesionSpec, SurfaceSpec])
def test_of_measurements_on_a_run_six_are_kept_each_with_other_settings(
    runs: Runs, queue: Queue, dataset: Dataset, of: type[LesionSpec | SurfaceSpec]
) -> None:
    one, other = "1" * 16, "2" * 16
    elsewhere = ended(runs, queue, of(run=other), dataset=dataset).id
    failed = ended(runs, queue, of(run=one), "failed", dataset).id
    assert failed in {run.id for run in runs.of_kind(ANN, of.model_fields["kind"].default)}
    made = [ended(runs, queue, of(run=one, seed=seed), dataset=dataset).id for seed in range(7)]
    again = ended(runs, queue, of(run=one, seed=4), dataset=dataset).id
    left = [run.id for run in runs.of_kind(ANN, of.model_fields["kind"].default)]
    assert left == [again, made[6], made[5], made[3], made[2], made[1], elsewhere]


def test_what_works_is_never_in_the_way(runs: Runs, queue: Queue, dataset: Dataset) -> None:
    working = runs.submit(ANN, SpeedSpec(networks=("lenet5",)))
    assert queue.claim("w1") is not None
    waiting = runs.submit(ANN, SpeedSpec(networks=("lenet5",)))
    assert {run.id for run in runs.of_kind(ANN, "speed")} == {working.id, waiting.id}


def test_a_run_goes_with_its_files_and_what_was_measured_on_it(
    runs: Runs, queue: Queue, storage: Storage, spec: TrainSpec, dataset: Dataset
) -> None:
    run = ended(runs, queue, spec, dataset=dataset)
    over = ended(runs, queue, LesionSpec(run=run.id), dataset=dataset)
    of_a_racer = ended(runs, queue, SurfaceSpec(run=f"{run.id}/cifar_plain20"), dataset=dataset)
    other = ended(runs, queue, LesionSpec(run="2" * 16), dataset=dataset)
    working = runs.submit(ANN, LesionSpec(run=run.id, seed=1), dataset)
    folders = [get_settings().runs / one.id for one in (run, over, of_a_racer, working, other)]
    for folder in folders:
        folder.mkdir(parents=True)
    runs.delete(ANN, run.id)
    assert [folder.exists() for folder in folders] == [False, False, False, True, True]
    assert {one.id for one in runs.of_kind(ANN, "lesions")} == {working.id, other.id}
    assert runs.of_kind(ANN, "surface") == runs.all(ANN) == ()
    assert storage.holds(ANN, dataset.examples[0].blob)


def test_a_run_on_another_ones_images_needs_some(runs: Runs, submit: Submit, spec: TrainSpec, dataset: Dataset) -> None:
    first = runs.submit(ANN, spec, dataset, collection="c", collection_name="Ants")
    twin = runs.submit_on_run(ANN, spec, first.id, beside=True)
    assert (twin.dataset, twin.collection_name, twin.beside, twin.extra) == (dataset.id, "Ants", first.id, True)
    runs.stop(ANN, twin.id)
    brought = runs.submit(ANN, spec, Dataset(classes=("a", "b"), examples=()))
    with pytest.raises(NotFoundError, match="came without its images"):
        runs.submit_on_run(ANN, LesionSpec(run=brought.id), brought.id)
    with pytest.raises(NotFoundError):
        runs.submit_on_run(BEN, spec, first.id)
