"""What is to be said of images that were taken in: a sentence for all of which the same is true."""

from collections import defaultdict
from collections.abc import Iterable

from tlcore.data.ingest.report import IngestedImage
from tlcore.wording import listed

_NAMED = 3


def warnings_of(images: Iterable[IngestedImage]) -> list[str]:
    """What a person should act on, as that a picture came out in one colour though its file holds more."""
    return _gathered((image.warning, image) for image in images)


def notes_of(images: Iterable[IngestedImage]) -> list[str]:
    """What a person may want to know, as that a picture is of one colour."""
    return _gathered((image.note, image) for image in images)


def _gathered(said: Iterable[tuple[str, IngestedImage]]) -> list[str]:
    names: dict[str, list[str]] = defaultdict(list)
    for words, image in said:
        if words:
            names[words].append(f"'{image.label}/{image.name}'")
    return [f"{listed(images, _NAMED)}: {words}." for words, images in names.items()]
