"""What is said about an upload: names in a row, and how its folders were read."""

from collections.abc import Iterable, Sequence

from tlcore import wording
from tlcore.data.folders.layout import Folders, Layout
from tlcore.data.names import clean_name, in_natural_order

_NAMED = 4  # names in a row; of more the number is said


def listed(names: Sequence[str]) -> str:
    """Names in a row: all of a few, else the first and how many more there are."""
    quoted = [f"'{clean_name(name)}'" for name in names]
    return wording.listed(quoted, _NAMED if len(quoted) <= _NAMED else _NAMED - 1)


def read_as(layout: Layout, paths: Iterable[Folders]) -> str:
    """How the folders of these images were understood, in a sentence; nothing where there was nothing to understand."""
    paths = tuple(dict.fromkeys(paths))
    placed = [(folders, label) for folders in paths if (label := layout.place(folders)[0]) is not None]
    parts = part_names(layout, [folders for folders, _ in placed])
    below = in_natural_order({name for folders, _ in placed for name in _below_class(layout, folders)})
    if not (layout.root or parts or below or layout.reading.classes_from != "first"):
        return ""
    classes = in_natural_order({label for _, label in placed})
    sentence = f"{_where(layout, parts)} are taken for classes ({listed(classes)})"
    if parts and layout.reading.keep_parts:
        those = "those two" if len(parts) == 2 else "those" if layout.parts_first else ""
        sentence += f", and {those if layout.parts_first else listed(parts) + ' below them'} for parts of the set"
    elif parts:
        sentence += f", and the images of {listed(parts)} are put together"
    if below:
        sentence += f"; folders below the classes, such as '{clean_name(below[0])}', only group their images"
    return f"{sentence}."


def _where(layout: Layout, parts: Sequence[str]) -> str:
    """Which folders are classes."""
    if layout.reading.classes_from == "last":
        return "The folders in which images lie"
    if layout.reading.classes_from != "first":
        return f"The folders of level {layout.reading.classes_from}"
    if layout.parts_first and parts:
        return f"The folders in {listed(parts)}"
    return f"The folders in '{clean_name(layout.root[-1])}'" if layout.root else "The outermost folders"


def part_names(layout: Layout, paths: Iterable[Folders]) -> tuple[str, ...]:
    """The folders among these that are parts, as they are called."""
    level = layout.part_level
    if level is None:
        return ()
    parts = {folders[: level + 1] for folders in paths} & layout.parts.keys()
    of = {folders[-1]: layout.parts[folders] for folders in parts}
    return tuple(sorted(in_natural_order(of), key=lambda name: ("train", "val", "test", None).index(of[name])))


def _below_class(layout: Layout, folders: Folders) -> Iterable[str]:
    below = range(layout.class_level(folders) + 1, len(folders))
    return (folders[level] for level in below if level != layout.part_level)
