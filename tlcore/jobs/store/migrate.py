"""Bring the database to the newest schema; safe to call from several processes at once."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from tlcore.settings import PROJECT_ROOT

MIGRATIONS = PROJECT_ROOT / "tlcore" / "jobs" / "store" / "migrations"


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Apply the migrations that the database lacks, inside one transaction that holds the write lock."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
