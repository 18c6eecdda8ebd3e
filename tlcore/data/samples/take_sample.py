"""Bring a sample set into the blob store; its images are our own, so no sandbox is needed."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from tlcore.data.ingest.report import IngestedImage, IngestReport
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.decode import stored_bytes
from tlcore.data.samples import get_sample


def take_sample(name: str, blobs: BlobStore) -> IngestReport:
    """The images of a sample set, stored as blobs."""
    images = []
    blobs.root.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=blobs.root, prefix=".sample-") as folder:
        for label, image_name, image in get_sample(name).generate():
            stored = stored_bytes(image)
            blob = hashlib.sha256(stored).hexdigest()
            staged = Path(folder, blob)
            staged.write_bytes(stored)
            blobs.adopt(staged, blob)
            images.append(
                IngestedImage(
                    label=label,
                    name=image_name,
                    blob=blob,
                    width=image.width,
                    height=image.height,
                    bytes=len(stored),
                )
            )
    return IngestReport(images=tuple(images))
