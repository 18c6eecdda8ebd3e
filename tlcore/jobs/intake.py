"""Uploads and sample sets into a person's collection: ingest into a store apart, check the room, add, adopt."""

from collections.abc import Callable, Iterable
from pathlib import Path

from tlcore.data.blobs import BlobStore
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
        with self._storage.staging() as staged:
            return self._added(owner, collection_id, ingest_path(path, staged, progress), staged)

    def files(
        self, owner: str, collection_id: str, files: Iterable[UploadedFile], progress: Progress | None = None
    ) -> IngestReport:
        """Single files, each with its class."""
        self._library.get(owner, collection_id)
        with self._storage.staging() as staged:
            return self._added(owner, collection_id, ingest_files(files, staged, progress), staged)

    def sample(self, owner: str, name: str) -> Collection:
        """A new collection with the images of a sample set."""
        sample = get_sample(name)
        with self._storage.staging() as staged:
            report = take_sample(name, staged)
            self._require_room(owner, report)  # before there is a collection, or it would stay behind empty
            collection = self._library.create(owner, sample.title, source=name, flip=sample.flip)
            self._adopt(owner, collection.id, report, staged)
        return self._library.get(owner, collection.id)

    def online(self, owner: str, name: str, progress: Progress) -> Collection:
        """A new collection with the images of an online set, downloaded if they are not here yet."""
        from tlcore.data.online import get_online, take_online

        online = get_online(name)
        with self._storage.staging() as staged:
            report = take_online(name, staged, progress)
            self._require_room(owner, report)
            collection = self._library.create(owner, online.title, source=name, flip=online.flip)
            self._adopt(owner, collection.id, report, staged)
        return self._library.get(owner, collection.id)

    def _added(self, owner: str, collection_id: str, report: IngestReport, staged: BlobStore) -> IngestReport:
        before = self._library.blobs(owner, collection_id)
        self._require_room(owner, report)
        self._adopt(owner, collection_id, report, staged)
        if again := sum(image.blob in before for image in report.images):
            was = "image was" if again == 1 else "images were"
            warning = f"{again} {was} in this set already; duplicates stay on one side of the split."
            report = report.model_copy(update={"warnings": (*report.warnings, warning)})
        return report

    def _require_room(self, owner: str, report: IngestReport) -> None:
        self._storage.require_room(owner, sum(image.bytes for image in report.images))

    def _adopt(self, owner: str, collection_id: str, report: IngestReport, staged: BlobStore) -> None:
        blobs = {image.blob for image in report.images}
        try:
            self._library.add(owner, collection_id, report, lambda: self._storage.blobs.take_over(staged, blobs))
        except BaseException:  # some may have been moved already, though nothing came to hold them
            self._storage.collect(blobs)
            raise
