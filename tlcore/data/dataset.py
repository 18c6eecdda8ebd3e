"""A frozen data set: which images, which classes, and which part of the split each belongs to."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from tlcore.data.ingest.report import IngestedImage, IngestReport, Part
from tlcore.data.names import in_natural_order
from tlcore.errors import NotEnoughImagesError
from tlcore.wording import counted, plural

VALIDATION_SHARE = 0.2
TEST_SHARE = 0.15
TEST_FROM = 20
"""A held-out test part is cut when every class has at least this many images."""
_PARTS: tuple[Part, ...] = ("train", "val", "test")


class Example(BaseModel):
    """One image of a data set; `label` is the index of its class."""

    model_config = ConfigDict(frozen=True)

    blob: str
    label: int
    part: Part
    name: str = ""


class Dataset(BaseModel):
    """Classes and examples; equal contents have equal ids."""

    model_config = ConfigDict(frozen=True)

    classes: tuple[str, ...]
    examples: tuple[Example, ...]

    @cached_property
    def id(self) -> str:
        """The hash of the manifest."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]

    def in_order(self, classes: Sequence[str]) -> "Dataset":
        """The same images with the same classes in this order."""
        order = tuple(classes)
        labels = (order.index(name) for name in self.classes)
        new = dict(enumerate(labels))
        examples = (example.model_copy(update={"label": new[example.label]}) for example in self.examples)
        return Dataset(classes=order, examples=_in_order(examples))

    def of(self, part: Part) -> tuple[Example, ...]:
        """The examples of one part, in their order in the manifest."""
        return tuple(example for example in self.examples if example.part == part)

    def count(self, part: Part) -> int:
        """How many examples a part has."""
        return sum(example.part == part for example in self.examples)

    def class_counts(self, part: Part) -> tuple[int, ...]:
        """How many examples of each class a part has, in the order of the classes."""
        counts = Counter(example.label for example in self.examples if example.part == part)
        return tuple(counts[label] for label in range(len(self.classes)))


class LabelledImage(BaseModel):
    """An image before the split; a `part` that is given is kept."""

    model_config = ConfigDict(frozen=True)

    blob: str
    label: str
    name: str = ""
    part: Part | None = None


Placed = LabelledImage | IngestedImage
"""An image with its class, and the part that it came with, if it came with one."""


def missing_for_training(counts: dict[str, int]) -> str | None:
    """What is missing before a set with these classes can be trained on, in words; None when nothing is."""
    if not counts:
        return "Add images first: at least two classes with two images each."
    if len(counts) < 2:
        return f"Add a second class: a network needs something to tell '{next(iter(counts))}' from."
    short = {label: 2 - count for label, count in counts.items() if count < 2}
    if not short:
        return None
    return "Add " + " and ".join(f"{counted(count, 'more image')} to '{label}'" for label, count in short.items()) + "."


def freeze(images: Iterable[LabelledImage], split_seed: int = 0) -> Dataset:
    """Freeze images into a data set; raises `NotEnoughImagesError` when it can't be trained on.

    Images that came with parts (a `train` and a `val` folder) keep them where `why_split_anew` finds nothing against
    it, and copies of what is held out are left out; otherwise every class is split in the same proportions by the hash
    of the image and the seed, so exact duplicates fall on one side, and an image that is added later moves at most one
    other of its class over each border between the parts (or, with the twentieth image of the smallest class, makes
    room for the test part).
    """
    images = tuple(images)
    counts = Counter(label for label, _ in {(image.label, image.blob) for image in images})  # copies count once
    classes = in_natural_order(counts)
    if missing := missing_for_training({label: counts[label] for label in classes}):
        raise NotEnoughImagesError(missing)
    parts = _split(images, split_seed) if why_split_anew(images) else _given_parts(images)
    if "val" not in parts:
        raise NotEnoughImagesError(
            "No image is left to validate with: too many lie in more than one class. Give each image one class."
        )
    examples = (
        Example(blob=image.blob, label=classes.index(image.label), part=part, name=image.name)
        for image, part in zip(images, parts, strict=True)
        if part
    )
    return Dataset(classes=classes, examples=_in_order(examples))


def _in_order(examples: Iterable[Example]) -> tuple[Example, ...]:
    return tuple(sorted(examples, key=lambda e: (e.part, e.label, e.name, e.blob)))


def freeze_report(report: IngestReport, split_seed: int = 0) -> Dataset:
    """Freeze what one upload gave."""
    return freeze(
        (
            LabelledImage(blob=image.blob, label=image.label, name=image.name, part=image.part)
            for image in report.images
        ),
        split_seed,
    )


def why_split_anew(images: Sequence[Placed]) -> str | None:
    """Why the parts that images came with can't be their split, in words; None when they can."""
    if outside := sum(image.part is None for image in images):
        return f"{counted(outside, 'image lies', 'images lie')} in none of them"
    parts = _given_parts(images)
    for wanted, purpose in (("train", "to train on"), ("val", "to validate with")):
        having = {image.label for image, part in zip(images, parts, strict=True) if part == wanted}
        if lacking := {image.label for image in images} - having:
            return f"'{min(lacking)}' would have no images {purpose}"
    return None


def split_warnings(images: Sequence[Placed]) -> list[str]:
    """What becomes of the parts that images came with, where it is not what their folders say."""
    given = {image.part for image in images} - {None}
    if not given:
        return []
    if reason := why_split_anew(images):
        return [f"The folders train, val and test are not kept as the split, because {reason}; it is made anew."]
    warnings = []
    if "val" not in given:
        warnings.append("There is no val folder, so the images in test are the ones to validate with.")
    if copies := _given_parts(images).count(None):
        warnings.append(
            f"{counted(copies, 'copy', 'copies')} of held-out images {plural(copies, 'is', 'are')} left "
            "out of the other parts, so that no image is both trained on and tested with."
        )
    return warnings


def _given_parts(images: Sequence[Placed]) -> list[Part | None]:
    """The parts that images came with, `test` for `val` where there is none; None where a copy is held out further."""
    has_val = any(image.part == "val" for image in images)
    parts: list[Part | None] = ["val" if image.part == "test" and not has_val else image.part for image in images]
    furthest: dict[str, Part | None] = {}
    for held in _PARTS:
        furthest |= {image.blob: held for image, part in zip(images, parts, strict=True) if part == held}
    return [part if part == furthest.get(image.blob) else None for image, part in zip(images, parts, strict=True)]


def _split(images: Sequence[LabelledImage], seed: int) -> list[Part | None]:
    groups: dict[str, set[str]] = defaultdict(set)
    first_label: dict[str, str] = {}
    for image in images:
        groups[first_label.setdefault(image.blob, image.label)].add(image.blob)
    with_test = all(len(blobs) >= TEST_FROM for blobs in groups.values())
    part_of: dict[str, Part] = {}
    for blobs in groups.values():
        part_of.update(_split_class(sorted(blobs, key=lambda blob: _rank(blob, seed)), with_test))
    return [part_of[image.blob] for image in images]


def _split_class(blobs: Sequence[str], with_test: bool) -> dict[str, Part]:
    test = round(TEST_SHARE * len(blobs)) if with_test else 0
    validation = max(1, round(VALIDATION_SHARE * len(blobs))) if len(blobs) > 1 else 0
    return {
        blob: "test" if position < test else "val" if position < test + validation else "train"
        for position, blob in enumerate(blobs)
    }


def _rank(blob: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{blob}".encode()).hexdigest()
