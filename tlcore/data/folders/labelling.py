"""From the images of an upload to its report: classes by names that can be shown, and everything to be said."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tlcore.data.dataset import split_warnings
from tlcore.data.folders.layout import Folders, Layout, holds_no_classes, looks_like_an_image, understood
from tlcore.data.folders.parts import parts_among
from tlcore.data.folders.said import listed, part_names, read_as
from tlcore.data.ingest.remarks import notes_of, warnings_of
from tlcore.data.ingest.report import USUAL, WAYS, IngestedImage, IngestReport, Reading, Skipped, Way
from tlcore.data.names import (
    MAX_NAME,
    in_natural_order,
    same_but_for_case,
    shortened,
    unique_name,
    whole_name,
)
from tlcore.errors import BadInputError
from tlcore.wording import counted, plural

_ROOM_FOR_NUMBER = 6


def reported(images: Sequence[IngestedImage], rest: IngestReport, layout: Layout) -> IngestReport:
    """The report on images whose labels are still the names of their folders; `rest` is what else it says."""
    reading = layout.reading
    require_classes(image.label for image in images)
    labelled, renamed = _with_clean_names(images, reading)
    warnings = (
        *_unplaced(rest.skipped, layout),
        *renamed,
        *warnings_of(labelled),
        *split_warnings(labelled),
        *duplicate_warnings(labelled),
    )
    return rest.model_copy(
        update={
            "images": labelled,
            "warnings": warnings,
            "notes": tuple(notes_of(labelled)),
            "reading": reading,
            "read_as": read_as(layout, [image.folders for image in images if image.folders]),
            "lost": missing_classes((image.label for image in images), rest, layout),
        }
    )


def read_again(report: IngestReport, reading: Reading) -> IngestReport:
    """The same images, their folders read another way; the order stays."""
    layout = understood(_folders(report), reading)
    return reported(
        [_placed_again(image, layout) if image.folders else image for image in report.images], report, layout
    )


def _placed_again(image: IngestedImage, layout: Layout) -> IngestedImage:
    label, part = layout.place(image.folders)
    return image.model_copy(update={"label": label or image.label, "part": part})


@dataclass(frozen=True)
class Ways:
    """In which ways an upload can be read, where that makes a difference.

    `classes` are those that each choice of folders gives; `parts` are the folders that are parts, and `case` says
    whether names of classes differ in case alone.
    """

    classes: Mapping[Way, tuple[str, ...]]
    parts: tuple[str, ...]
    case: bool


def ways(report: IngestReport) -> Ways:
    """The ways to read this upload; none where its images came without folders."""
    paths = tuple({image.folders for image in report.images if image.folders})
    classes = {way: _labels(report, report.reading.model_copy(update={"classes_from": way}), paths) for way in WAYS}
    differ = classes["first"] != classes["last"] and classes["last"] and not _are_parts(classes["last"])
    names = {whole_name(label) for label in _labels(report, report.reading, paths)}
    return Ways(
        classes if differ else {},
        part_names(understood(_folders(report), USUAL), paths),
        len({same_but_for_case(name) for name in names}) < len(names),
    )


def _labels(report: IngestReport, reading: Reading, paths: Iterable[Folders]) -> tuple[str, ...]:
    layout = understood(_folders(report), reading)
    return in_natural_order({label for path in paths if (label := layout.place(path)[0])})


def require_classes(labels: Iterable[str]) -> None:
    """Refuse folders that are all parts: a network would learn to tell training images from test images."""
    names = in_natural_order(set(labels))
    if _are_parts(names):
        be = plural(len(names), "is a part of a data set, and no class", "are parts of a data set, and no classes")
        raise BadInputError(
            f"{listed(names)} {be}; in each part, put the images of each class into a folder of its own."
        )


def _are_parts(names: Sequence[str]) -> bool:
    return bool(names) and len(parts_among(names)) == len(names)


def _folders(report: IngestReport) -> list[Folders]:
    """The folders from which the layout was understood: those of what is an image or looks like one."""
    images = [image.folders for image in report.images if image.folders]
    broken = [item.folders for item in report.skipped if item.folders and looks_like_an_image(item.file)]
    return [*images, *broken, *report.emptied]


def _with_clean_names(images: Sequence[IngestedImage], reading: Reading) -> tuple[tuple[IngestedImage, ...], list[str]]:
    """Normalise class names, merging those that differ by case or Unicode form, and tell equal file names apart."""
    label_of, warnings = _class_names((image.label for image in images), reading)
    taken: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    cleaned = []
    for image in images:
        label = label_of[image.label]
        names = taken[label, image.part]
        name = unique_name(image.name, names)
        names.add(name)
        cleaned.append(image.model_copy(update={"label": label, "name": name}))
    if twice := len(images) - len({(image.label, image.part, image.folders, image.name) for image in images}):
        warnings.append(f"{counted(twice, 'file name')} occurred twice and got a number.")
    return tuple(cleaned), warnings


def _class_names(labels: Iterable[str], reading: Reading) -> tuple[dict[str, str], list[str]]:
    """The name of the class that each label stands for, and what to say where that is not the label itself."""
    counts = Counter(labels)
    spelled: dict[str, list[str]] = defaultdict(list)
    for label in sorted(counts, key=lambda label: (-counts[label], label)):  # whatever the order of the files
        spelled[class_key(label, reading)].append(label)
    names: dict[str, str] = {}
    for key, same in spelled.items():
        names[key] = _unlike(whole_name(same[0]) or "unnamed", names.values())
    warnings = [_thrown_together(names[key], same) for key, same in spelled.items() if len(same) > 1]
    if cut := [names[key] for key, same in spelled.items() if len(whole_name(same[0])) > MAX_NAME]:
        warnings.append(f"Class names of more than {MAX_NAME} characters are shortened: {listed(cut)}.")
    return {label: names[key] for key, same in spelled.items() for label in same}, warnings


def class_key(label: str, reading: Reading) -> str:
    """What labels of one class have in common."""
    name = whole_name(label) or "unnamed"
    return name if reading.case_matters else same_but_for_case(name)


def _unlike(name: str, others: Iterable[str]) -> str:
    """The name as it is shown, with a number where a longer one is shown alike."""
    others, number = set(others), 2
    shown = shortened(name)
    while shown in others:
        shown = f"{shortened(name, MAX_NAME - _ROOM_FOR_NUMBER)} ({number})"
        number += 1
    return shown


def _thrown_together(name: str, labels: list[str]) -> str:
    by_case = len({whole_name(label) for label in labels}) > 1
    how = f"case ({listed(labels)})" if by_case else "spaces or in how accents are stored"
    return f"Folders whose names differ only in {how} were put into one class, '{name}'."


def _unplaced(skipped: Iterable[Skipped], layout: Layout) -> list[str]:
    """What was left out because of where it lies."""
    warnings = []
    for folders, beside in (
        (layout.annotations, "a folder that is called after its images"),
        (layout.beside_parts, listed(in_natural_order({path[-1] for path in layout.parts}))),
    ):
        if names := in_natural_order({path[-1] for path in folders}):
            these = f"The {plural(len(names), 'folder')} {listed(names)} beside {beside}"
            warnings.append(f"{these} {plural(len(names), 'is', 'are')} left out.")
    places = (item.folders for item in skipped if looks_like_an_image(item.file))
    loose = sum(layout.place(folders)[0] is None and not layout.is_left_out(folders) for folders in places)
    if loose:
        lie = ("image lies in no class folder and is", "images lie in no class folder and are")
        warnings.append(f"{counted(loose, *lie)} left out.")
    return warnings


def missing_classes(labels: Iterable[str], rest: IngestReport, layout: Layout) -> str:
    """Which classes have a folder and no image, and an example of why; `labels` are those that have some."""
    having = {class_key(label, layout.reading) for label in labels}
    why: dict[str, str] = {}
    for folders, reason in (
        *((item.folders, f" ('{item.file}': {item.reason})") for item in rest.skipped),
        *((folders, "") for folders in rest.bare),
    ):
        label = layout.place(folders)[0]
        if label and class_key(label, layout.reading) not in having and not holds_no_classes(label):
            why[label] = why.get(label) or reason
    if not why:
        return ""
    example = next(filter(None, why.values()), "")
    are = plural(len(why), "class {} is missing: its folder holds", "classes {} are missing: their folders hold")
    return f"The {are.format(listed(in_natural_order(why)))} no image that can be used{example}."


def duplicate_warnings(images: Iterable[IngestedImage]) -> list[str]:
    """One warning for exact duplicates, and one for each image that lies in two classes."""
    places: dict[str, list[IngestedImage]] = defaultdict(list)
    for image in images:
        places[image.blob].append(image)
    repeats = sum(len(same) - 1 for same in places.values())
    torn = [same for same in places.values() if len({image.label for image in same}) > 1]
    warnings = []
    if repeats:
        warnings.append(
            f"{counted(repeats, 'image')} of the set {plural(repeats, 'is an', 'are')} exact "
            f"{plural(repeats, 'duplicate')}; duplicates stay on one side of the split."
        )
    for same in torn[:10]:
        first, second = same[0], next(image for image in same if image.label != same[0].label)
        warnings.append(
            f"The same image is in two classes: '{first.label}/{first.name}' and '{second.label}/{second.name}'."
        )
    if len(torn) > 10:
        warnings.append(f"{len(torn) - 10} more images are in two classes.")
    return warnings
