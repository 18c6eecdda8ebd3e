"""What the folders of an upload mean: which are its classes, which its parts, and which only wrap or divide them.

Classes are the first folders below what wraps everything, with images at any depth in them, as torchvision's
ImageFolder reads them; parts (`train`, `test`) lie above the classes or below them. All folders are looked at before
any is read, since what one means depends on those beside it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tlcore.data.folders.parts import parts_among
from tlcore.data.folders.vocabulary import ANNOTATION_FOLDERS, IMAGE_FOLDERS, IMAGE_SUFFIXES
from tlcore.data.ingest.report import USUAL, Part, Reading

Folders = tuple[str, ...]
"""The folders above a file, from the outermost."""
_BELOW_CLASSES = 3  # levels in which parts are looked for


@dataclass
class _Folder:
    inside: dict[str, "_Folder"] = field(default_factory=dict)
    images: int = 0

    @property
    def deep_images(self) -> int:
        return self.images + sum(folder.deep_images for folder in self.inside.values())


@dataclass(frozen=True)
class Layout:
    """Where parts and classes are in the folders of one upload; levels count from 0, the outermost folder."""

    root: Folders = ()
    parts: Mapping[Folders, Part | None] = field(default_factory=dict)
    part_level: int | None = None
    class_levels: Mapping[Folders, int] = field(default_factory=dict)
    annotations: frozenset[Folders] = frozenset()
    beside_parts: frozenset[Folders] = frozenset()
    reading: Reading = USUAL

    def place(self, folders: Folders) -> tuple[str | None, Part | None]:
        """The class and the part of a file in these folders; no class where they name none."""
        part = self.parts.get(self._part_folder(folders))
        return self._label(folders), part if self.reading.keep_parts else None

    def class_level(self, folders: Folders) -> int:
        """The level at which these folders name their class."""
        if isinstance(self.reading.classes_from, int):
            return self.reading.classes_from - 1
        if self.reading.classes_from == "last":
            return max((level for level in range(len(folders)) if level != self.part_level), default=0)
        return self.class_levels.get(self._part_folder(folders), len(self.root))

    @property
    def parts_first(self) -> bool:
        """Whether the parts lie above the classes."""
        return self.part_level == len(self.root)

    def _label(self, folders: Folders) -> str | None:
        if isinstance(self.reading.classes_from, str) and self.is_left_out(folders):
            return None
        if self.reading.classes_from == "first" and self._has_no_classes(folders):
            return None
        level = self.class_level(folders)
        return folders[level] if level < len(folders) else None

    def is_left_out(self, folders: Folders) -> bool:
        """Whether they lead into what lies beside the images of the classes."""
        left_out = self.annotations | self.beside_parts
        return any(folders[:levels] in left_out for levels in range(1, len(folders) + 1))

    def _has_no_classes(self, folders: Folders) -> bool:
        """Whether they lead past what holds the classes, or to the part whose images belong to none."""
        return folders[: len(self.root)] != self.root or self.parts.get(self._part_folder(folders), "") is None

    def _part_folder(self, folders: Folders) -> Folders:
        return () if self.part_level is None else folders[: self.part_level + 1]


def holds_no_classes(name: str) -> bool:
    """Whether a folder is called as those with annotations are, or with the images of all classes."""
    return _letters(name) in ANNOTATION_FOLDERS | IMAGE_FOLDERS


def looks_like_an_image(name: str) -> bool:
    """Whether a file is called as images are; what it is its content says."""
    stem, _, suffix = name.rpartition(".")
    return bool(stem) and suffix.lower() in IMAGE_SUFFIXES


def understood(paths: Iterable[Folders], reading: Reading) -> Layout:
    """The layout of an upload whose images lie in these folders."""
    tree = _tree(paths)
    annotations = frozenset(_take_out_annotations(tree, ()))
    root = tuple(_wrapping(tree))
    for name in root:
        tree = tree.inside[name]
    outer = _parts_in(tree, root[-1] if root else "")
    if not outer:
        level, parts = _parts_below(tree, root)
        return Layout(root, parts, level, annotations=annotations, reading=reading)
    if not reading.keep_parts:  # what lies beside them is one more folder whose images are put together
        outer |= {name: "train" for name, folder in tree.inside.items() if name not in outer and folder.inside}
    return Layout(
        root,
        {(*root, name): part for name, part in outer.items()},
        len(root),
        _class_levels(tree, root, outer),
        annotations,
        frozenset((*root, name) for name in tree.inside.keys() - outer.keys()),
        reading,
    )


def _tree(paths: Iterable[Folders]) -> _Folder:
    tree = _Folder()
    for folders in paths:
        folder = tree
        for name in folders:
            folder = folder.inside.setdefault(name, _Folder())
        folder.images += 1
    return tree


def _take_out_annotations(folder: _Folder, above: Folders) -> Iterator[Folders]:
    """Take masks and the like out, where they lie beside a folder that is called after its images."""
    if any(_letters(name) in IMAGE_FOLDERS for name in folder.inside):
        for name in [name for name in folder.inside if _letters(name) in ANNOTATION_FOLDERS]:
            del folder.inside[name]
            yield (*above, name)
    for name, inner in folder.inside.items():
        yield from _take_out_annotations(inner, (*above, name))


def _letters(name: str) -> str:
    return re.sub(r"[\W\d_]+", "", name).lower()


def _wrapping(folder: _Folder, name: str = "") -> Iterator[str]:
    """The folders that wrap everything, from the outermost."""
    while not _parts_in(folder, name) and (inner := _way_in(folder)):
        yield inner
        folder, name = folder.inside[inner], inner


def _way_in(folder: _Folder) -> str | None:
    """The one folder to go on into; None where there are several, or where it is a class itself."""
    names = list(folder.inside)
    if len(names) > 1:  # whoever unpacks two archives into one folder may have a part beside what holds the others
        others = folder.inside.keys() - parts_among(names).keys()
        return (
            next((name for name in others if _parts_in(folder.inside[name], name)), None) if len(others) == 1 else None
        )
    for name in names:
        inner = folder.inside[name]
        if inner.inside and (not inner.images or (len(inner.inside) > 1 and inner.deep_images > 2 * inner.images)):
            return name
    return None


def _parts_in(folder: _Folder, name: str) -> dict[str, Part | None]:
    """The parts in a folder, where class folders lie in them; others beside them are neither."""
    parts = parts_among(folder.inside, name)
    with_folders = {parts[inner] for inner in parts if folder.inside[inner].inside}
    if not with_folders or (len(folder.inside) == 1 and _wraps_parts(folder)):
        return {}
    return parts if parts.keys() == folder.inside.keys() or {"train"} < with_folders - {None} else {}


def _wraps_parts(folder: _Folder) -> bool:
    """Whether the only folder inside, whatever it is called, holds several parts: `test/train` and `test/val`."""
    ((name, inner),) = folder.inside.items()
    return len(_parts_in(inner, name)) > 1


def _class_levels(tree: _Folder, root: Folders, parts: Iterable[str]) -> dict[Folders, int]:
    """The level of the classes in each part, below what wraps them there."""
    folders = {name: tree.inside[name] for name in parts}
    shared = 0
    while inner := _shared_wrapper(folders.values()):
        shared += 1
        folders = {name: folder.inside.get(inner, _Folder()) for name, folder in folders.items()}
    level = len(root) + 1 + shared
    return {(*root, name): level + _wrappers_in(folder, name) for name, folder in folders.items()}


def _shared_wrapper(parts: Collection[_Folder]) -> str | None:
    """The one folder in which all parts hold their class folders, whatever it is called."""
    names = {name for part in parts for name in part.inside}
    below = [folder for part in parts for folder in part.inside.values()]
    wraps = len(names) == 1 and all(folder.inside and not folder.images for folder in below)
    return names.pop() if wraps else None


def _wrappers_in(part: _Folder, name: str) -> int:
    """How many folders wrap the classes of a part: `train/images/ants`, `seg_train/seg_train/ants`."""
    if len(part.inside) != 1:
        return 0
    ((inner, folder),) = part.inside.items()
    wraps = _letters(inner) in IMAGE_FOLDERS or inner == name or inner in parts_among([inner], name)
    return 1 + _wrappers_in(folder, name) if wraps else 0


def _parts_below(tree: _Folder, root: Folders) -> tuple[int | None, dict[Folders, Part | None]]:
    """The level below the classes whose folders are parts, and those."""
    here = {(*root, name): folder for name, folder in tree.inside.items()}
    for level in range(len(root) + 1, len(root) + 1 + _BELOW_CLASSES):
        parts = {
            (*above, name): part
            for above, folder in here.items()
            for name, part in parts_among(folder.inside, above[-1]).items()
        }
        below = {(*above, name): inner for above, folder in here.items() for name, inner in folder.inside.items()}
        if {"train"} < set(parts.values()) - {None} and 2 * len(parts) > len(below):
            return level, parts
        here = below
    return None, {}
