"""One engine a process, with the settings that SQLite needs to be safe among several processes."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from tlcore.errors import BadInputError
from tlcore.settings import Settings, get_settings

_BUSY_MILLISECONDS = 15_000


def open_engine(url: str) -> Engine:
    """An engine for the database, in which one transaction writes at a time, as the queue takes for granted."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        return _on_postgresql(url)
    if parsed.get_backend_name() != "sqlite":
        raise BadInputError(f"The database is SQLite or PostgreSQL, not {parsed.get_backend_name()}.")
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_MILLISECONDS / 1000, "check_same_thread": False})
    event.listen(engine, "connect", _configure)
    return _one_writer_at_a_time(engine, "BEGIN IMMEDIATE")


def _on_postgresql(url: str) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise BadInputError(
            "PostgreSQL needs a driver: pip install 'psycopg[binary]', and a TLCORE_DATABASE_URL that begins with "
            "postgresql+psycopg://."
        ) from error
    return _one_writer_at_a_time(engine, "SELECT pg_advisory_xact_lock(5407218)")  # any number, the same everywhere


def _one_writer_at_a_time(engine: Engine, lock: str) -> Engine:
    """Let every transaction begin with a lock that lasts until its end; single SELECTs wait for nobody."""

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql(lock)

    event.listen(engine, "begin", begin)
    return engine


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    return _parsed(url).render_as_string(hide_password=True)


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:  # the URL is not quoted, as a password may be in it
        raise BadInputError(
            "TLCORE_DATABASE_URL is not the URL of a database, as in sqlite:////data/lab.db."
        ) from error


@cache
def _engine(url: str) -> Engine:
    from tlcore.jobs.store.migrate import upgrade

    engine = open_engine(url)
    upgrade(engine)
    return engine


class Database:
    """Reading and writing transactions on the database of the settings."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.engine = _engine((settings or get_settings()).database)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for single SELECTs, each a snapshot of its own; takes no lock."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its first statement, so that what it read stays true."""
        with self.engine.begin() as connection:
            yield connection


def journal_mode(version: tuple[int, int, int]) -> str:
    """WAL where SQLite's WAL-reset bug (3.7.0 to 3.51.2) is fixed, else DELETE.

    The fix is in 3.51.3, and was backported to 3.44.6 and 3.50.7 (sqlite.org, release history).
    """
    backported = {(3, 44): 6, (3, 50): 7}
    fixed = version >= (3, 51, 3) or version[2] >= backported.get(version[:2], 1000)
    return "WAL" if fixed else "DELETE"


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by the engine's own listener
    for pragma in (
        f"busy_timeout={_BUSY_MILLISECONDS}",
        f"journal_mode={journal_mode(sqlite3.sqlite_version_info)}",
        "foreign_keys=ON",
        "secure_delete=ON",
        "synchronous=NORMAL" if journal_mode(sqlite3.sqlite_version_info) == "WAL" else "synchronous=FULL",
    ):
        connection.execute(f"PRAGMA {pragma}")
