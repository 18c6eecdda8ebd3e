"""Uploads and sample sets into a person's collection: ingest into a store apart, check the room, add, adopt."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tlcore.data.folders.labelling import read_again
from tlcore.data.ingest.reading import ingest_files, ingest_path
from tlcore.data.ingest.report import USUAL, IngestReport, Reading, UploadedFile
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.samples import get_sample
from tlcore.data.samples.take_sample import take_sample
from tlcore.jobs.belongings.library import Collection, Library, same_class
from tlcore.jobs.belongings.storage import Storage
from tlcore.wording import Progress, counted, unheard


def _joined(report: IngestReport, known: Sequence[str]) -> list[str]:
    """What to say of images that went into a class of the set whose name is not quite theirs."""
    matches = ((label, same_class(label, known, case_matters=report.reading.case_matters)) for label in report.classes)
    return [
        f"Images of '{label}' went into the class '{match}', whose name differs only in case."
        for label, match in matches
        if match not in {None, label}
    ]


class Intake:
    """The ways in, for one owner at a time."""

    def __init__(self, library: Library, storage: Storage) -> None:
        self._library = library
        self._storage = storage

    def archive(self, owner: str, collection_id: str, path: Path, progress: Progress = unheard) -> IngestReport:
        """A zip archive, or a folder on this machine."""
        self._library.get(owner, collection_id)
        with self._storage.staging() as staged:
            return self._added(owner, collection_id, ingest_path(path, staged, progress), staged)

    def files(
        self,
        owner: str,
        collection_id: str,
        files: Iterable[UploadedFile],
        progress: Progress = unheard,
        reading: Reading = USUAL,
    ) -> IngestReport:
        """Single files, each with its class, or with folders in its name that say it."""
        self._library.get(owner, collection_id)
        with self._storage.staging() as staged:
            return self._added(owner, collection_id, ingest_files(files, staged, progress, reading=reading), staged)

    def read_again(self, owner: str, collection_id: str, report: IngestReport, reading: Reading) -> IngestReport:
        """Put the images of an upload into the classes that another reading of its folders gives."""
        again = read_again(report, reading)
        self._library.place_again(owner, collection_id, report, again)
        return again

    def new_from_archive(
        self, owner: str, name: str, path: Path, progress: Progress = unheard
    ) -> tuple[Collection, IngestReport]:
        """A new collection with the images of a zip archive, or of a folder on this machine."""
        with self._storage.staging() as staged:
            report = ingest_path(path, staged, progress)
            return self._begun(owner, name, report, staged), report

    def new_from_files(
        self, owner: str, name: str, files: Iterable[UploadedFile], progress: Progress = unheard
    ) -> tuple[Collection, IngestReport]:
        """A new collection with single files, each with its class, or with folders in its name that say it."""
        with self._storage.staging() as staged:
            report = ingest_files(files, staged, progress)
            return self._begun(owner, name, report, staged), report

    def sample(self, owner: str, name: str) -> Collection:
        """A new collection with the images of a sample set."""
        sample = get_sample(name)
        with self._storage.staging() as staged:
            report = take_sample(name, staged)
            return self._begun(owner, sample.title, report, staged, source=name, flip=sample.flip)

    def online(self, owner: str, name: str, progress: Progress) -> Collection:
        """A new collection with the images of an online set, downloaded if they are not here yet."""
        from tlcore.data.samples.online import get_online, take_online

        online = get_online(name)
        with self._storage.staging() as staged:
            report = take_online(name, staged, progress)
            return self._begun(owner, online.title, report, staged, source=name, flip=online.flip)

    def _begun(
        self, owner: str, name: str, report: IngestReport, staged: BlobStore, *, source: str = "", flip: bool = True
    ) -> Collection:
        """A new collection with these images; where there is no room for them it is not begun."""
        self._require_room(owner, report)  # before there is a collection, or it would stay behind empty
        collection = self._library.create(owner, name, source=source, flip=flip)
        try:
            self._adopt(owner, collection.id, report, staged)
        except BaseException:
            self._library.delete(owner, collection.id)
            raise
        return self._library.get(owner, collection.id)

    def _added(self, owner: str, collection_id: str, report: IngestReport, staged: BlobStore) -> IngestReport:
        before = self._library.blobs(owner, collection_id)
        known = [info.name for info in self._library.get(owner, collection_id).classes]
        self._require_room(owner, report)
        self._adopt(owner, collection_id, report, staged)
        warnings = _joined(report, known)
        if again := sum(image.blob in before for image in report.images):
            were = counted(again, "image was", "images were")
            warnings.append(f"{were} in this set already; duplicates stay on one side of the split.")
        return report.model_copy(update={"warnings": (*report.warnings, *warnings)})

    def _require_room(self, owner: str, report: IngestReport) -> None:
        self._storage.require_room(owner, sum(image.bytes for image in report.images))

    def _adopt(self, owner: str, collection_id: str, report: IngestReport, staged: BlobStore) -> None:
        blobs = {image.blob for image in report.images}
        try:
            self._library.add(owner, collection_id, report, lambda: self._storage.blobs.take_over(staged, blobs))
        except BaseException:  # some may have been moved already, though nothing came to hold them
            self._storage.collect(blobs)
            raise
