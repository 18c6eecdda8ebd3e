"""Runs as their owners see them: nobody touches another's."""

from collections.abc import Callable

import pytest

from tests.unit.jobs.conftest import ANN, BEN
from tlcore.data.dataset import Dataset
from tlcore.errors import BadInputError, BadSpecError, NotFoundError, QueueFullError, QuotaExceededError
from tlcore.jobs.database import Database
from tlcore.jobs.queue import Queue
from tlcore.jobs.runs import Run, Runs
from tlcore.settings import Limits, Settings, get_settings
from tlcore.train.spec import TrainSpec

Submit = Callable[[str], Run]


def test_a_run_keeps_its_spec_and_data(runs: Runs, spec: TrainSpec, dataset: Dataset) -> None:
    run = runs.submit(ANN, spec, dataset, name="  my\nrun ", collection_name="Ants")
    again = runs.get(ANN, run.id)
    assert (again.spec, again.name, again.collection_name, again.state) == (spec, "my run", "Ants", "queued")
    assert runs.dataset(ANN, run.id) == dataset


@pytest.mark.parametrize("act", ["get", "dataset", "stop", "resume", "delete", "history", "newest_event"])
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
    assert [event["state"] for event in runs.history(ANN, run.id)] == ["queued", "running", "stopping"]


def test_a_stopped_run_can_go_on_and_a_finished_one_can_not(runs: Runs, submit: Submit, queue: Queue) -> None:
    run = submit(ANN)
    queue.claim("w1")
    queue.finish(run.id, 1, "done", result={"stopped": True})
    assert runs.get(ANN, run.id).was_stopped
    assert runs.resume(ANN, run.id).state == "queued"
    queue.claim("w1")
    queue.finish(run.id, 2, "done", result={"stopped": False})
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


def test_deleting_a_run_frees_the_images_that_no_other_run_holds(runs: Runs, submit: Submit, dataset: Dataset) -> None:
    first, second = submit(ANN), submit(ANN)
    for run in (first, second):
        runs.stop(ANN, run.id)
    assert runs.delete(ANN, first.id) == ()
    assert set(runs.delete(ANN, second.id)) == {example.blob for example in dataset.examples}
    with pytest.raises(NotFoundError):
        runs.get(ANN, first.id)


def test_a_working_run_is_not_deleted(runs: Runs, submit: Submit, queue: Queue) -> None:
    run = submit(ANN)
    queue.claim("w1")
    with pytest.raises(BadInputError, match="Stop the run"):
        runs.delete(ANN, run.id)
