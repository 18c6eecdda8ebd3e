"""Uploads and sample sets into a person's collection: ingest, check the room, add."""

from collections.abc import Callable, Iterable
from pathlib import Path

from tlcore.data.ingest import ingest_files, ingest_path
from tlcore.data.report import IngestReport, UploadedFile
from tlcore.data.samples import get_sample
from tlcore.data.take_sample import take_sample
from tlcore.jobs.library import Collection, Library
from tlcore.jobs.storage import Storage

Progress = Callable[[int, int], None]


class Intake:
    """The ways in, for one owner at a time."""

    def __init__(self, library: Library, storage: Storage) -> None:
        self._library = library
        self._storage = storage

    def archive(self, owner: str, collection_id: str, path: Path, progress: Progress | None = None) -> IngestReport:
        """A zip archive, or a folder on this machine."""
        self._library.get(owner, collection_id)
        return self._added(owner, collection_id, ingest_path(path, self._storage.blobs, progress))

    def files(
        self, owner: str, collection_id: str, files: Iterable[UploadedFile], progress: Progress | None = None
    ) -> IngestReport:
        """Single files, each with its class."""
        self._library.get(owner, collection_id)
        return self._added(owner, collection_id, ingest_files(files, self._storage.blobs, progress))

    def sample(self, owner: str, name: str) -> Collection:
        """A new collection with the images of a sample set."""
        sample = get_sample(name)
        report = take_sample(name, self._storage.blobs)
        collection = self._library.create(owner, sample.title, source=name, flip=sample.flip)
        self._added(owner, collection.id, report)
        return self._library.get(owner, collection.id)

    def online(self, owner: str, name: str, progress: Progress) -> Collection:
        """A new collection with the images of an online set, downloaded if they are not here yet."""
        from tlcore.data.online import get_online, take_online

        online = get_online(name)
        report = take_online(name, self._storage.blobs, progress)
        collection = self._library.create(owner, online.title, source=name, flip=online.flip)
        self._added(owner, collection.id, report)
        return self._library.get(owner, collection.id)

    def _added(self, owner: str, collection_id: str, report: IngestReport) -> IngestReport:
        before = self._library.blobs(owner, collection_id)
        try:
            self._storage.require_room(owner, sum(image.bytes for image in report.images))
            self._library.add(owner, collection_id, report)
        except Exception:
            self._storage.collect(image.blob for image in report.images)
            raise
        if again := sum(image.blob in before for image in report.images):
            was = "image was" if again == 1 else "images were"
            warning = f"{again} {was} in this set already; duplicates stay on one side of the split."
            report = report.model_copy(update={"warnings": (*report.warnings, warning)})
        return report
