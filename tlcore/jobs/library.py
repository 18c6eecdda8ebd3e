"""A person's collections: images in classes, edited freely until training freezes them. Every query takes its owner."""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from tlcore.data.dataset import Dataset, LabelledImage, freeze, missing_for_training
from tlcore.data.names import clean_name, unique_name
from tlcore.data.report import IngestedImage, IngestReport
from tlcore.errors import BadInputError, LimitExceededError, NotFoundError
from tlcore.jobs.database import Database
from tlcore.jobs.tables import classes, collections, images
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
    """A collection and its classes, in the order of their names."""

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

    def delete(self, owner: str, collection_id: str) -> tuple[str, ...]:
        """Delete a collection; returns the blobs that it held, for the storage to collect."""
        with self._db.writing() as connection:
            own = _own(connection, owner, collection_id)
            blobs = connection.scalars(select(images.c.blob).join(classes).where(classes.c.collection == own.id)).all()
            connection.execute(delete(collections).where(collections.c.id == own.id))
        return tuple(blobs)

    def add(
        self, owner: str, collection_id: str, found: IngestReport, adopt: Callable[[], None] = lambda: None
    ) -> None:
        """Put ingested images into a collection, making the classes that it lacks; `adopt` brings their files."""
        with self._db.writing() as connection:
            own = _own(connection, owner, collection_id)
            known = _class_ids(connection, own.id)
            for label in found.classes:
                match = next((name for name in known if name.casefold() == label.casefold()), None)
                known[label] = known[match] if match else _new_class(connection, own.id, label)
            if len(set(known.values())) > self._settings.limits.classes:
                raise LimitExceededError(f"A collection may have at most {self._settings.limits.classes} classes.")
            _insert_images(connection, known, found.images)
            _touch(connection, own.id)
            adopt()  # while the lock keeps every deletion out, to which files without rows are nobody's

    def rename_class(self, owner: str, class_id: int, name: str) -> None:
        """Rename a class; another class of that name in the collection is refused."""
        label = clean_name(name, "")
        with self._db.writing() as connection:
            row = _own_class(connection, owner, class_id)
            others = {n.casefold() for n, i in _class_ids(connection, row.collection).items() if i != class_id}
            if not label or label.casefold() in others:
                raise BadInputError("Give the class a name." if not label else f"There is a class '{label}' already.")
            connection.execute(update(classes).where(classes.c.id == class_id).values(name=label))
            _touch(connection, row.collection)

    def enable_class(self, owner: str, class_id: int, *, enabled: bool) -> None:
        """Let a class take part in training, or keep it out without deleting it."""
        with self._db.writing() as connection:
            row = _own_class(connection, owner, class_id)
            connection.execute(update(classes).where(classes.c.id == class_id).values(enabled=enabled))
            _touch(connection, row.collection)

    def delete_class(self, owner: str, class_id: int) -> tuple[str, ...]:
        """Delete a class with its images; returns their blobs."""
        with self._db.writing() as connection:
            row = _own_class(connection, owner, class_id)
            blobs = connection.scalars(select(images.c.blob).where(images.c.class_id == class_id)).all()
            connection.execute(delete(classes).where(classes.c.id == class_id))
            _touch(connection, row.collection)
        return tuple(blobs)

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

    def delete_images(self, owner: str, image_ids: Sequence[int]) -> tuple[str, ...]:
        """Delete images; returns their blobs."""
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
        return tuple(row.blob for row in rows)

    def freeze(self, owner: str, collection_id: str) -> Dataset:
        """The data set that training would use now; raises `NotEnoughImagesError` with what is missing."""
        with self._db.reading() as connection:
            own = _own(connection, owner, collection_id)
            rows = connection.execute(
                select(images.c.blob, images.c.name, images.c.part, classes.c.name.label("label"))
                .join(classes, images.c.class_id == classes.c.id)
                .where(classes.c.collection == own.id, classes.c.enabled)
                .order_by(images.c.id)
            ).all()
        return freeze(LabelledImage(blob=r.blob, label=r.label, name=r.name, part=r.part) for r in rows)


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
        .order_by(classes.c.name)
    ).all()
    infos = tuple(ClassInfo(id_, name, bool(enabled), count) for id_, name, enabled, count in counted)
    return Collection(row.id, row.name, row.source, bool(row.flip), row.changed_at, infos)


def _class_ids(connection: Connection, collection_id: str) -> dict[str, int]:
    rows = connection.execute(select(classes.c.name, classes.c.id).where(classes.c.collection == collection_id))
    return dict(rows.all())


def _new_class(connection: Connection, collection_id: str, label: str) -> int:
    result = connection.execute(insert(classes).values(collection=collection_id, name=label, enabled=True))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def _insert_images(connection: Connection, class_ids: dict[str, int], found: Iterable[IngestedImage]) -> None:
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
        for image in found
    ]
    connection.execute(insert(images), rows)


def _touch(connection: Connection, collection_id: str, **changes: object) -> None:
    connection.execute(
        update(collections).where(collections.c.id == collection_id).values(changed_at=time.time(), **changes)
    )
