"""The database: its journal, its schema, and what migrations leave."""

import sqlite3
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tlcore.jobs.database import Database, journal_mode
from tlcore.jobs.tables import metadata
from tlcore.settings import Settings


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
