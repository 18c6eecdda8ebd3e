"""What reading an upload found: the values that cross the border of the ingest process."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tlcore.data.names import in_natural_order

Part = Literal["train", "val", "test"]
Way = Literal["first", "last"]
WAYS: tuple[Way, ...] = ("first", "last")
Level = Annotated[int, Field(ge=1, le=32)]


class Reading(BaseModel):
    """How a person wants the folders of an upload to be read, where the usual way is not what they mean.

    Classes are the `first` folders below what wraps them all, as torchvision's ImageFolder reads them, or the `last`,
    in which images lie directly, or those of a level, counted from the outermost. `code_page` is what names in a zip
    are in that are not in Unicode.
    """

    model_config = ConfigDict(frozen=True)

    classes_from: Way | Level = "first"
    keep_parts: bool = True
    case_matters: bool = False
    code_page: str = ""


USUAL = Reading()


class Skipped(BaseModel):
    """A file that was left out, with the reason in a few words."""

    model_config = ConfigDict(frozen=True)

    file: str
    reason: str
    folders: tuple[str, ...] = ()


class IngestedImage(BaseModel):
    """An image that was taken in; `blob` is the SHA-256 of its stored bytes, `folders` are those that it lay in.

    A warning or a note says what it looks like.
    """

    model_config = ConfigDict(frozen=True)

    label: str
    name: str
    blob: str
    width: int
    height: int
    bytes: int
    part: Part | None = None
    folders: tuple[str, ...] = ()
    warning: str = ""
    note: str = ""


class IngestReport(BaseModel):
    """Everything that one upload gave; a warning asks to be acted on, a note does not.

    Each in a sentence, or empty: `read_as` says how folders were understood, where there was something to understand,
    `named_as` what the letters of names were taken for, `lost` which classes got no image though they have a folder.
    Folders are `bare` in which no file of a person's lies, and `emptied` where a system saw images once.
    """

    model_config = ConfigDict(frozen=True)

    images: tuple[IngestedImage, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    reading: Reading = USUAL
    read_as: str = ""
    named_as: str = ""
    lost: str = ""
    bare: tuple[tuple[str, ...], ...] = ()
    emptied: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> dict[str, int]:
        """How many images each class got, in the order of the class names."""
        counts: dict[str, int] = {}
        for image in self.images:
            counts[image.label] = counts.get(image.label, 0) + 1
        return {label: counts[label] for label in in_natural_order(counts)}


class UploadedFile(BaseModel):
    """A file on disk that a person put into a class, or into none; `path` is ours, `name` is theirs.

    Without a class, the folders in its name say which it belongs to. What a system left has no `path`.
    """

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
    reading: Reading = USUAL
