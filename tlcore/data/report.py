"""What reading an upload found: the values that cross the border of the ingest process."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Part = Literal["train", "val", "test"]


class Skipped(BaseModel):
    """A file that was left out, with the reason in a few words."""

    model_config = ConfigDict(frozen=True)

    file: str
    reason: str


class IngestedImage(BaseModel):
    """An image that was taken in; `blob` is the SHA-256 of its stored bytes."""

    model_config = ConfigDict(frozen=True)

    label: str
    name: str
    blob: str
    width: int
    height: int
    bytes: int
    part: Part | None = None


class IngestReport(BaseModel):
    """Everything that one upload gave."""

    model_config = ConfigDict(frozen=True)

    images: tuple[IngestedImage, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def classes(self) -> dict[str, int]:
        """How many images each class got, in the order of the class names."""
        counts: dict[str, int] = {}
        for image in self.images:
            counts[image.label] = counts.get(image.label, 0) + 1
        return dict(sorted(counts.items()))


class UploadedFile(BaseModel):
    """A file on disk that a person put into a class, or into none; `path` is ours, `name` is theirs."""

    model_config = ConfigDict(frozen=True)

    label: str | None
    name: str
    path: str
    part: Part | None = None


class IngestJob(BaseModel):
    """What the ingest process shall read: a zip, a folder, or single files; results go to `staging`."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["zip", "folder", "files"]
    staging: str
    limits: str  # the JSON of settings.Limits
    source: str = ""
    files: tuple[UploadedFile, ...] = ()
