"""The bad-input corpus: hostile, broken and odd uploads, each generated here with the outcome that it must have.

`python -m tests.corpus FOLDER` writes every case there; `--measure` also runs each through the ingest process and
prints its time and memory. Nothing is committed as a binary file.
"""

from tests.corpus.archives import ARCHIVES
from tests.corpus.case import ImageCase, Outcome, UploadCase
from tests.corpus.datasets import DATASETS
from tests.corpus.images import IMAGES
from tests.corpus.layouts import LAYOUTS
from tests.corpus.names import NAMES

UPLOADS: tuple[UploadCase, ...] = (*ARCHIVES, *NAMES, *LAYOUTS, *DATASETS)

__all__ = ["ARCHIVES", "DATASETS", "IMAGES", "LAYOUTS", "NAMES", "UPLOADS", "ImageCase", "Outcome", "UploadCase"]
