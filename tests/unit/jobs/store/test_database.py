"""The database: its journal, its schema, and what migrations leave."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, update

from tlcore.data.dataset import Dataset
from tlcore.errors import BadInputError
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.runs import Runs
from tlcore.jobs.store.database import Database, journal_mode, open_engine
from tlcore.jobs.store.migrate import upgrade
from tlcore.jobs.store.tables import metadata, runs
from tlcore.settings import Settings
from tlcore.train.recipe.spec import TrainSpec

POSTGRESQL = os.environ.get("TLCORE_TEST_POSTGRESQL")  # read before tests get an environment of their own


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "DELETE"),
        ((3, 44, 5), "DELETE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 9), "DELETE"),
        ((3, 50, 6), "DELETE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "DELETE"),
        ((3, 51, 3), "WAL"),
        ((3, 52, 0), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_wal_only_where_its_reset_bug_is_fixed(version: tuple[int, int, int], mode: str) -> None:
    assert journal_mode(version) == mode


def test_the_migrations_make_the_schema_that_the_tables_describe(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_pragmas_are_in_force(database: Database) -> None:
    with database.reading() as connection:
        for pragma, value in (("foreign_keys", 1), ("secure_delete", 1), ("busy_timeout", 15_000)):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    assert mode == journal_mode(sqlite3.sqlite_version_info).lower()


def test_a_writer_that_waits_for_another_loses_nothing(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE counts (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO counts VALUES (0)")

    def add() -> None:
        for _ in range(25):
            with database.writing() as connection:
                n = connection.exec_driver_sql("SELECT n FROM counts").scalar()
                connection.exec_driver_sql(f"UPDATE counts SET n = {n + 1}")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT n FROM counts").scalar() == 100


def test_opening_twice_migrates_once() -> None:
    settings = Settings()
    assert Database(settings).engine is Database(settings).engine


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://lab@localhost/lab", "SQLite or PostgreSQL, not mysql"),
        ("postgresql+nosuch://lab@localhost/lab", "PostgreSQL needs a driver"),
    ],
)
def test_another_database_is_refused_in_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        open_engine(url)


def taken_by_many(settings: Settings | None) -> list[str]:
    """The runs that eight workers take until none is left."""

    def work(number: int) -> list[str]:
        queue, mine = Queue(Database(settings), settings), []
        while (claim := queue.claim(f"worker-{number}")) is not None:
            mine.append(claim.run.id)
        return mine

    with ThreadPoolExecutor(8) as workers:
        return [run for found in workers.map(work, range(8)) for run in found]


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest) -> Iterator[Settings | None]:
    """A database that many workers share; that of TLCORE_TEST_POSTGRESQL is emptied first."""
    if request.param == "sqlite":
        yield None
        return
    url = POSTGRESQL
    if not url:
        pytest.skip("TLCORE_TEST_POSTGRESQL names no PostgreSQL database that may be emptied")
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    upgrade(engine)  # a process does so only once
    yield Settings(database_url=url)
    engine.dispose()


def test_who_reads_waits_for_no_writer(shared: Settings | None, spec: TrainSpec, dataset: Dataset) -> None:
    """Within a transaction that writes, another connection sees what was there before it, at once."""
    database = Database(shared)
    run = Runs(database).submit("a" * 32, spec, dataset)
    with database.writing() as writing:
        writing.execute(update(runs).values(name="another"))
        with database.reading() as reading:
            assert reading.scalar(select(runs.c.name)) == run.name


def test_no_run_is_taken_twice(shared: Settings | None, spec: TrainSpec, dataset: Dataset) -> None:
    store = Runs(Database(shared))
    queued = [store.submit(f"{owner:032d}", spec, dataset).id for owner in range(24)]
    assert sorted(taken_by_many(shared)) == sorted(queued)
