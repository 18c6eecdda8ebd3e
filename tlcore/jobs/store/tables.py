"""The tables. Times are seconds since the epoch; ids that leave this machine are random and unguessable."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

ACTIVE = ("queued", "running")
"""The states of a run that is not over."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

owners = Table(
    "owners",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
)

join_codes = Table(
    "join_codes",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("expires_at", Float, nullable=False),
)

collections = Table(
    "collections",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(64), nullable=False, index=True),
    Column("name", String(120), nullable=False),
    Column("source", String(120), nullable=False, default=""),
    Column("flip", Boolean, nullable=False, default=True),
    Column("created_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
)

classes = Table(
    "classes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("collection", ForeignKey("collections.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(120), nullable=False),
    Column("enabled", Boolean, nullable=False, default=True),
    UniqueConstraint("collection", "name"),
)

images = Table(
    "images",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("class", ForeignKey("classes.id", ondelete="CASCADE"), nullable=False, index=True, key="class_id"),
    Column("blob", String(64), nullable=False, index=True),
    Column("name", String(255), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("part", String(8)),
    Column("added_at", Float, nullable=False),
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(64), primary_key=True),
    Column("manifest", Text, nullable=False),
    Column("created_at", Float, nullable=False),
)

dataset_blobs = Table(
    "dataset_blobs",
    metadata,
    Column("dataset", String(32), primary_key=True),
    Column("owner", String(64), primary_key=True),
    Column("blob", String(64), primary_key=True, index=True),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("name", String(120), nullable=False),
    Column("spec", JSON, nullable=False),
    Column("dataset", String(32), nullable=False),
    Column("collection", String(32), nullable=False, default=""),
    Column("collection_name", String(120), nullable=False, default=""),
    Column("state", String(16), nullable=False),
    Column("extra", Boolean, nullable=False, default=False, server_default=false()),
    Column("beside", String(32), nullable=False, default="", server_default=""),
    Column("attempt", Integer, nullable=False, default=0),
    Column("losses", Integer, nullable=False, default=0),
    Column("memory_retries", Integer, nullable=False, default=0),
    Column("worker", String(64)),
    Column("message", Text, nullable=False, default=""),
    Column("result", JSON),
    Column("created_at", Float, nullable=False),
    Column("queued_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("heartbeat_at", Float),
    Column("stop_requested_at", Float),
    Column("stopping_at", Float),
    Column("device_seconds", Float, nullable=False, default=0.0),
    Index("ix_runs_state_queued_at", "state", "queued_at"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("payload", JSON, nullable=False),
    Index("ix_events_run_id", "run", "id"),
    sqlite_autoincrement=True,
)

workers = Table(
    "workers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("host", String(120), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("device", String(32), nullable=False),
    Column("title", String(120), nullable=False),
    Column("state", String(16), nullable=False),
    Column("started_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
)
