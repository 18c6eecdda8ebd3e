"""Image blobs: stored bytes named by their SHA-256, shared by everyone who uploads the same pixels."""

import os
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from tlcore.data.pixels.decode import open_stored
from tlcore.errors import NotFoundError


class BlobStore:
    """A folder of blobs; a file that is there is complete."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, blob: str) -> Path:
        """Where the blob lies, or would lie."""
        if len(blob) != 64 or not set(blob) <= set("0123456789abcdef"):
            raise NotFoundError("There is no such image.")
        return self.root / blob[:2] / f"{blob}.webp"

    def adopt(self, staged: Path, blob: str) -> None:
        """Move a finished file in; over one that is there already, which has the same bytes or was damaged."""
        target = self.path(blob)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(staged, target)

    def take_over(self, other: "BlobStore", blobs: Iterable[str]) -> None:
        """Adopt these blobs of another store on the same disk."""
        for blob in blobs:
            self.adopt(other.path(blob), blob)

    def size(self, blob: str) -> int:
        """How many bytes the blob takes; none once it is gone."""
        try:
            return self.path(blob).stat().st_size
        except FileNotFoundError:
            return 0

    def read(self, blob: str) -> bytes:
        """The stored bytes."""
        try:
            return self.path(blob).read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError("The image is no longer here.") from error

    def image(self, blob: str) -> Image.Image:
        """The canonical image."""
        return open_stored(self.read(blob))

    def delete(self, blobs: Iterable[str]) -> None:
        """Remove the blobs; those that are gone already are no error."""
        for blob in blobs:
            self.path(blob).unlink(missing_ok=True)
