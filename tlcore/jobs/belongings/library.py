"""A person's collections: images in classes, edited freely until training freezes them. Every query takes its owner."""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from tlcore.data.dataset import Dataset, LabelledImage, freeze, missing_for_training
from tlcore.data.ingest.report import IngestedImage, IngestReport
from tlcore.data.names import clean_name, natural_key, same_but_for_case, unique_name
from tlcore.errors import BadInputError, LimitExceededError, NotFoundError
from tlcore.jobs.belongings.storage import Storage
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import classes, collections, images
from tlcore.settings import Settings, get_settings


@dataclass(frozen=True)
class ClassInfo:
    """A class of a collection; `count` is its number of images."""

    id: int
    name: str
    enabled: bool
    count: int


@dataclass(frozen=True)
class ImageInfo:
    """An image of a collection."""

    id: int
    class_id: int
    blob: str
    name: str
    width: int
    height: int


@dataclass(frozen=True)
class Collection:
    """A collection and its classes, in the natural order of their names."""

    id: str
    name: str
    source: str
    flip: bool
    changed_at: float
    classes: tuple[ClassInfo, ...]

    @property
    def enabled_counts(self) -> dict[str, int]:
        """How many images each class has that takes part in training."""
        return {c.name: c.count for c in self.classes if c.enabled}

    @property
    def image_count(self) -> int:
        """How many images there are, disabled classes included."""
        return sum(c.count for c in self.classes)

    @property
    def missing(self) -> str | None:
        """What is missing before it can be trained on, in words."""
        if len(self.enabled_counts) < 2 <= len(self.classes):
            return "Switch on or add another class: a network needs at least two to tell apart."
        return missing_for_training(self.enabled_counts)


class Library:
    """The collections of all owners; each method touches only those of the owner it is given."""

    def __init__(self, database: Database, settings: Settings | None = None) -> None:
        self._db = database
        self._settings = settings or get_settings()
        self._storage = Storage(database, self._settings)

    def create(self, owner: str, name: str, *, source: str = "", flip: bool = True) -> Collection:
        """A new, empty collection; a name that is taken gets a number."""
        now = time.time()
        collection_id = secrets.token_hex(8)
        with self._db.writing() as connection:
            taken = connection.scalars(select(collections.c.name).where(collections.c.owner == owner)).all()
            connection.execute(
                insert(collections).values(
                    id=collection_id,
                    owner=owner,
                    name=unique_name(clean_name(name, "My images"), taken),
                    source=source,
                    flip=flip,
                    created_at=now,
                    changed_at=now,
                )
            )
        return self.get(owner, collection_id)

    def all(self, owner: str) -> tuple[Collection, ...]:
        """The owner's collections, the last changed first."""
        with self._db.reading() as connection:
            rows = connection.execute(
                select(collections).where(collections.c.owner == owner).order_by(collections.c.changed_at.desc())
            ).all()
            return tuple(_collection(connection, row) for row in rows)

    def get(self, owner: str, collection_id: str) -> Collection:
        """One collection of the owner."""
        with self._db.reading() as connection:
            return _collection(connection, _own(connection, owner, collection_id))

    def rename(self, owner: str, collection_id: str, name: str) -> None:
        """Give a collection another name."""
        with self._db.writing() as connection:
            own = _own(connection, owner, collection_id)
            others = select(collections.c.name).where(collections.c.owner == owner, collections.c.id != own.id)
            chosen = unique_name(clean_name(name, own.name), connection.scalars(others).all())
            _touch(connection, own.id, name=chosen)

    def delete(self, owner: str, collection_id: str) -> None:
        """Delete a collection, and those of its images that nobody else and no run holds."""
        with self._db.writing() as connection:
            own = _own(connection, owner, collection_id)
            blobs = connection.scalars(select(images.c.blob).join(classes).where(classes.c.collection == own.id)).all()
            connection.execute(delete(collections).where(collections.c.id == own.id))
        self._storage.collect(blobs)

    def add(
        self, owner: str, collection_id: str, report: IngestReport, adopt: Callable[[], None] = lambda: None
    ) -> None:
        """Put ingested images into a collection, making the classes that it lacks; `adopt` brings their files."""
        with self._db.writing() as connection:
            own = _own(connection, owner, collection_id)
            class_ids = _classes_for(connection, own.id, report)
            self._require_few_classes(connection, own.id)
            _insert_images(connection, class_ids, report.images)
            _touch(connection, own.id)
            adopt()  # while the lock keeps every deletion out, to which files without rows are nobody's

    def place_again(self, owner: str, collection_id: str, before: IngestReport, after: IngestReport) -> None:
        """Move the images of an upload to where another reading of its folders puts them.

        Images that were moved or deleted since are left alone, and classes that it leaves empty are deleted.
        """
        with self._db.writing() as connection:
            own = _own(connection, owner, collection_id)
            had, classes_now = (_classes_for(connection, own.id, report) for report in (before, after))
            places = _places(connection, own.id)
            for old, new in zip(before.images, after.images, strict=True):
                if rows := places.get((had[old.label], old.blob, old.name)):
                    moved = {"class_id": classes_now[new.label], "name": new.name, "part": new.part}
                    connection.execute(update(images).where(images.c.id == rows.pop()).values(moved))
            _delete_empty(connection, {*had.values(), *classes_now.values()})
            self._require_few_classes(connection, own.id)
            _touch(connection, own.id)

    def _require_few_classes(self, connection: Connection, collection_id: str) -> None:
        if len(_class_ids(connection, collection_id)) > self._settings.limits.classes:
            raise LimitExceededError(f"A collection may have at most {self._settings.limits.classes} classes.")

    def rename_class(self, owner: str, class_id: int, name: str) -> None:
        """Rename a class; another class of that very name in the collection is refused."""
        label = clean_name(name, "")
        with self._db.writing() as connection:
            row = _own_class(connection, owner, class_id)
            others = {name for name, other in _class_ids(connection, row.collection).items() if other != class_id}
            if not label or label in others:
                raise BadInputError("Give the class a name." if not label else f"There is a class '{label}' already.")
            connection.execute(update(classes).where(classes.c.id == class_id).values(name=label))
            _touch(connection, row.collection)

    def enable_class(self, owner: str, class_id: int, *, enabled: bool) -> None:
        """Let a class take part in training, or keep it out without deleting it."""
        with self._db.writing() as connection:
            row = _own_class(connection, owner, class_id)
            connection.execute(update(classes).where(classes.c.id == class_id).values(enabled=enabled))
            _touch(connection, row.collection)

    def delete_class(self, owner: str, class_id: int) -> None:
        """Delete a class, and those of its images that nothing else holds."""
        with self._db.writing() as connection:
            row = _own_class(connection, owner, class_id)
            blobs = connection.scalars(select(images.c.blob).where(images.c.class_id == class_id)).all()
            connection.execute(delete(classes).where(classes.c.id == class_id))
            _touch(connection, row.collection)
        self._storage.collect(blobs)

    def images(self, owner: str, class_id: int) -> tuple[ImageInfo, ...]:
        """The images of a class, in the order in which they came."""
        with self._db.reading() as connection:
            _own_class(connection, owner, class_id)
            rows = connection.execute(select(images).where(images.c.class_id == class_id).order_by(images.c.id)).all()
        return tuple(ImageInfo(r.id, r.class_id, r.blob, r.name, r.width, r.height) for r in rows)

    def move_images(self, owner: str, image_ids: Sequence[int], class_id: int) -> None:
        """Put images into another class of their collection."""
        with self._db.writing() as connection:
            target = _own_class(connection, owner, class_id)
            mine = select(classes.c.id).where(classes.c.collection == target.collection)
            connection.execute(
                update(images).where(images.c.id.in_(image_ids), images.c.class_id.in_(mine)).values(class_id=class_id)
            )
            _touch(connection, target.collection)

    def blobs(self, owner: str, collection_id: str) -> frozenset[str]:
        """The images of a collection, each once."""
        with self._db.reading() as connection:
            own = _own(connection, owner, collection_id)
            held = select(images.c.blob).join(classes).where(classes.c.collection == own.id)
            return frozenset(connection.scalars(held).all())

    def torn(self, owner: str, collection_id: str) -> tuple[tuple[str, ...], ...]:
        """Images that lie in more than one class: for each the places, as `class/name`."""
        with self._db.reading() as connection:
            own = _own(connection, owner, collection_id)
            inside = classes.c.collection == own.id
            torn = (
                select(images.c.blob)
                .join(classes)
                .where(inside)
                .group_by(images.c.blob)
                .having(func.count(images.c.class_id.distinct()) > 1)
            )
            rows = connection.execute(
                select(images.c.blob, classes.c.name.label("label"), images.c.name)
                .join(classes)
                .where(inside, images.c.blob.in_(torn))
                .order_by(images.c.blob, classes.c.name, images.c.id)
            ).all()
        places: dict[str, dict[str, str]] = {}
        for row in rows:
            places.setdefault(row.blob, {}).setdefault(row.label, f"{row.label}/{row.name}")
        return tuple(tuple(by_class.values()) for by_class in places.values())

    def delete_images(self, owner: str, image_ids: Sequence[int]) -> None:
        """Delete those of the images that are the owner's, for good where nothing else holds them."""
        with self._db.writing() as connection:
            rows = connection.execute(
                select(images.c.id, images.c.blob, classes.c.collection)
                .join(classes, images.c.class_id == classes.c.id)
                .join(collections, classes.c.collection == collections.c.id)
                .where(images.c.id.in_(image_ids), collections.c.owner == owner)
            ).all()
            connection.execute(delete(images).where(images.c.id.in_([row.id for row in rows])))
            for collection_id in {row.collection for row in rows}:
                _touch(connection, collection_id)
        self._storage.collect(row.blob for row in rows)

    def freeze(self, owner: str, collection_id: str) -> Dataset:
        """The data set that training would use now; raises `NotEnoughImagesError` with what is missing."""
        with self._db.reading() as connection:
            return frozen(connection, owner, collection_id)[1]


def frozen(connection: Connection, owner: str, collection_id: str) -> tuple[str, Dataset]:
    """A collection's name, and the data set that training would use now."""
    own = _own(connection, owner, collection_id)
    rows = connection.execute(
        select(images.c.blob, images.c.name, images.c.part, classes.c.name.label("label"))
        .join(classes, images.c.class_id == classes.c.id)
        .where(classes.c.collection == own.id, classes.c.enabled)
        .order_by(images.c.id)
    ).all()
    return own.name, freeze(LabelledImage(blob=r.blob, label=r.label, name=r.name, part=r.part) for r in rows)


def _own(connection: Connection, owner: str, collection_id: str) -> Row:
    row = connection.execute(
        select(collections).where(collections.c.id == collection_id, collections.c.owner == owner)
    ).one_or_none()
    if row is None:
        raise NotFoundError("There is no such image set, or it is not yours.")
    return row


def _own_class(connection: Connection, owner: str, class_id: int) -> Row:
    row = connection.execute(
        select(classes)
        .join(collections, classes.c.collection == collections.c.id)
        .where(classes.c.id == class_id, collections.c.owner == owner)
    ).one_or_none()
    if row is None:
        raise NotFoundError("There is no such class, or it is not yours.")
    return row


def _collection(connection: Connection, row: Row) -> Collection:
    counted = connection.execute(
        select(classes.c.id, classes.c.name, classes.c.enabled, func.count(images.c.id))
        .outerjoin(images, images.c.class_id == classes.c.id)
        .where(classes.c.collection == row.id)
        .group_by(classes.c.id, classes.c.name, classes.c.enabled)
    ).all()
    infos = [ClassInfo(id_, name, bool(enabled), count) for id_, name, enabled, count in counted]
    infos.sort(key=lambda info: natural_key(info.name))
    return Collection(row.id, row.name, row.source, bool(row.flip), row.changed_at, tuple(infos))


def _classes_for(connection: Connection, collection_id: str, report: IngestReport) -> dict[str, int]:
    """The ids of the classes that these images go into, by label; those that are lacking are made."""
    known = _class_ids(connection, collection_id)
    for label in report.classes:
        match = same_class(label, known, case_matters=report.reading.case_matters)
        known[label] = known[match] if match else _new_class(connection, collection_id, label)
    return known


def same_class(label: str, names: Iterable[str], *, case_matters: bool) -> str | None:
    """The class among these that images of this label belong to, whatever its case unless that matters."""
    names = tuple(names)
    if label in names or case_matters:
        return label if label in names else None
    return next((name for name in names if same_but_for_case(name) == same_but_for_case(label)), None)


def _class_ids(connection: Connection, collection_id: str) -> dict[str, int]:
    rows = connection.execute(select(classes.c.name, classes.c.id).where(classes.c.collection == collection_id))
    return dict(rows.all())


def _new_class(connection: Connection, collection_id: str, label: str) -> int:
    result = connection.execute(insert(classes).values(collection=collection_id, name=label, enabled=True))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def _insert_images(connection: Connection, class_ids: dict[str, int], taken: Iterable[IngestedImage]) -> None:
    now = time.time()
    rows = [
        {
            "class_id": class_ids[image.label],
            "blob": image.blob,
            "name": image.name,
            "width": image.width,
            "height": image.height,
            "bytes": image.bytes,
            "part": image.part,
            "added_at": now,
        }
        for image in taken
    ]
    connection.execute(insert(images), rows)


def _places(connection: Connection, collection_id: str) -> dict[tuple[int, str, str], list[int]]:
    """The images of a collection, by class, blob and name."""
    rows = connection.execute(
        select(images.c.id, images.c.class_id, images.c.blob, images.c.name)
        .join(classes, images.c.class_id == classes.c.id)
        .where(classes.c.collection == collection_id)
        .order_by(images.c.id)
    )
    places: dict[tuple[int, str, str], list[int]] = {}
    for row in rows:
        places.setdefault((row.class_id, row.blob, row.name), []).append(row.id)
    return places


def _delete_empty(connection: Connection, class_ids: Iterable[int]) -> None:
    held = select(images.c.class_id)
    connection.execute(delete(classes).where(classes.c.id.in_(class_ids), classes.c.id.not_in(held)))


def _touch(connection: Connection, collection_id: str, **changes: object) -> None:
    connection.execute(
        update(collections).where(collections.c.id == collection_id).values(changed_at=time.time(), **changes)
    )
