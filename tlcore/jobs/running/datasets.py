"""The data sets that runs hold: kept with the first run on one, forgotten with the last."""

from pydantic import ValidationError
from sqlalchemy import Connection, Row, delete, func, insert, select

from tlcore.data.dataset import Dataset
from tlcore.errors import BadInputError, NotFoundError
from tlcore.jobs.store.tables import dataset_blobs, datasets, runs


def dataset_of(connection: Connection, row: Row) -> Dataset:
    """The data set of a run's row."""
    manifest = connection.scalar(
        select(datasets.c.manifest).where(datasets.c.id == row.dataset, datasets.c.owner == row.owner)
    )
    if manifest is None:
        raise NotFoundError("The images of this run are no longer here.")
    try:
        return Dataset.model_validate_json(manifest)
    except ValidationError as error:
        raise BadInputError("The list of this run's images was kept by another version and can't be read.") from error


def keep_dataset(connection: Connection, owner: str, dataset: Dataset, now: float) -> None:
    """Keep a data set for an owner, and note which images it holds."""
    here = connection.scalar(select(datasets.c.id).where(datasets.c.id == dataset.id, datasets.c.owner == owner))
    if here:
        return
    connection.execute(
        insert(datasets).values(id=dataset.id, owner=owner, manifest=dataset.model_dump_json(), created_at=now)
    )
    rows = [
        {"dataset": dataset.id, "owner": owner, "blob": blob} for blob in sorted({e.blob for e in dataset.examples})
    ]
    if rows:  # a model that was brought back came without its images
        connection.execute(insert(dataset_blobs), rows)


def drop_dataset(connection: Connection, owner: str, dataset: str) -> tuple[str, ...]:
    """Forget a data set that no run of the owner uses any more."""
    used = connection.scalar(
        select(func.count()).select_from(runs).where(runs.c.owner == owner, runs.c.dataset == dataset)
    )
    if used:
        return ()
    mine = (dataset_blobs.c.dataset == dataset) & (dataset_blobs.c.owner == owner)
    blobs = connection.scalars(select(dataset_blobs.c.blob).where(mine)).all()
    connection.execute(delete(dataset_blobs).where(mine))
    connection.execute(delete(datasets).where(datasets.c.id == dataset, datasets.c.owner == owner))
    return tuple(blobs)
