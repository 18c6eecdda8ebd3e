"""A database of an earlier version is brought up to date, and what it held means the same."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from tlcore.jobs.store.database import open_engine
from tlcore.jobs.store.migrate import upgrade


@pytest.fixture
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database as it was before runs stood beside one another."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('earlier') / 'lab.sqlite'}")
    upgrade(engine, "0002")
    yield engine
    engine.dispose()


def insert(engine: Engine, name: str, created_at: float, *, strategy: str = "scratch", **other: str) -> None:
    """A run as it was kept then."""
    values = {"owner": "ann", "dataset": "d", "backbone": "resnet18_64", **other}
    spec = f'{{"kind": "train", "backbone": "{values["backbone"]}", "strategy": "{strategy}"}}'
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO runs (id, owner, kind, name, spec, dataset, collection, collection_name, state, extra, "
                "attempt, losses, memory_retries, message, created_at, queued_at, device_seconds) VALUES (:id, :owner, "
                "'train', :id, :spec, :dataset, '', '', 'done', false, 1, 0, 0, '', :at, :at, 1.0)"
            ),
            {"id": name, "owner": values["owner"], "dataset": values["dataset"], "spec": spec, "at": created_at},
        )


def test_runs_that_were_asked_for_together_stand_beside_one_another(earlier: Engine) -> None:
    insert(earlier, "main", 100.0, strategy="frozen")
    insert(earlier, "twin", 100.2)
    insert(earlier, "alone", 200.0)  # from scratch, long after
    insert(earlier, "other main", 300.0, strategy="full")
    insert(earlier, "other network", 300.1, backbone="resnet18")
    insert(earlier, "somebody else's", 300.2, owner="ben")
    insert(earlier, "other images", 300.3, dataset="e")
    insert(earlier, "other twin", 300.4)
    upgrade(earlier)
    with earlier.connect() as connection:
        beside = dict(connection.execute(text("SELECT id, beside FROM runs WHERE beside != ''")).all())
    assert beside == {"twin": "main", "other twin": "other main"}
