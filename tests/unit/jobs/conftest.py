"""A store of its own for each test, and a data set that needs no images."""

import hashlib
from collections.abc import Callable

import pytest

from tlcore.data.dataset import Dataset, LabelledImage, freeze
from tlcore.jobs.belongings.library import Library
from tlcore.jobs.belongings.storage import Storage
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.runs import Run, Runs
from tlcore.jobs.store.database import Database
from tlcore.train.recipe.spec import TrainSpec

ANN, BEN = "ann" * 10 + "ab", "ben" * 10 + "ab"


@pytest.fixture
def database(migrated: None) -> Database:
    return Database()


@pytest.fixture
def runs(database: Database) -> Runs:
    return Runs(database)


@pytest.fixture
def queue(database: Database) -> Queue:
    return Queue(database)


@pytest.fixture
def library(database: Database) -> Library:
    return Library(database)


@pytest.fixture
def storage(database: Database) -> Storage:
    return Storage(database)


@pytest.fixture
def dataset() -> Dataset:
    return freeze(
        LabelledImage(blob=hashlib.sha256(f"{label}{n}".encode()).hexdigest(), label=label, name=f"{n}.png")
        for label in ("ants", "bees")
        for n in range(5)
    )


@pytest.fixture
def spec() -> TrainSpec:
    return TrainSpec(backbone="shufflenet_v2_x0_5", strategy="scratch", epochs=2, batch_size=8)


@pytest.fixture
def submit(runs: Runs, spec: TrainSpec, dataset: Dataset) -> Callable[[str], Run]:
    return lambda owner: runs.submit(owner, spec, dataset)
