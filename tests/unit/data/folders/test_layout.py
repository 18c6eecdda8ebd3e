"""What folders mean: as torchvision's ImageFolder reads them where that is what they are, and as people mean them."""

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torchvision.datasets import ImageFolder

from tlcore.data.folders.layout import Layout, looks_like_an_image, understood
from tlcore.data.ingest.report import Part, Reading

Folders = tuple[str, ...]


def folders(*patterns: str) -> list[Folders]:
    """The folders that patterns stand for: `{cats,dogs}/{train,test}` for four."""
    found = []
    for pattern in patterns:
        pieces = [piece.strip("{}").split(",") for piece in re.findall(r"\{.*?\}|[^/{}]+", pattern)]
        found += list(product(*pieces))
    return found


def placed(*patterns: str, **reading: object) -> dict[str, tuple[str | None, Part | None]]:
    """Where an image in each of these folders belongs."""
    paths = folders(*patterns)
    layout = understood(paths, Reading(**reading))  # type: ignore[arg-type]
    return {"/".join(path): layout.place(path) for path in paths}


def classes(*patterns: str, **reading: object) -> set[str | None]:
    """The classes of images in these folders."""
    return {label for label, _ in placed(*patterns, **reading).values()}


def parts(*patterns: str, **reading: object) -> set[Part | None]:
    """The parts of images in these folders."""
    return {part for _, part in placed(*patterns, **reading).values()}


_NAMES = st.sampled_from(["monday", "tuesday", "img", "close", "far away", "2024-05-01", "b"])
_TREES = st.dictionaries(
    st.sampled_from(["ants", "bees", "Wasps", "0", "10", "not bees"]),
    st.lists(st.lists(_NAMES, max_size=3).map(tuple), min_size=1, max_size=4),
    min_size=2,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=_TREES)
def test_classes_are_those_that_imagefolder_finds(
    tree: dict[str, list[Folders]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("tree")
    paths = [(label, *below) for label, inner in tree.items() for below in inner]
    for path in paths:
        root.joinpath(*path).mkdir(parents=True, exist_ok=True)
        root.joinpath(*path, "1.jpg").touch()
    _agrees_with_imagefolder(root, understood(paths, Reading()), root)


@pytest.mark.parametrize("part", ["Training", "test_set"])
def test_each_part_is_read_as_imagefolder_reads_it(part: str, tmp_path: Path) -> None:
    paths = folders("set/{Training,test_set}/{ants,bees}", "set/{Training,test_set}/{ants,bees}/{mon,tue}")
    for path in paths:
        tmp_path.joinpath(*path).mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(*path, "1.jpg").touch()
    _agrees_with_imagefolder(tmp_path / "set" / part, understood(paths, Reading()), tmp_path)


def _agrees_with_imagefolder(part: Path, layout: Layout, root: Path) -> None:
    oracle = ImageFolder(part)
    for file, index in oracle.samples:
        label, _ = layout.place(Path(file).relative_to(root).parent.parts)
        assert label == oracle.classes[index]


@pytest.mark.parametrize(
    "patterns",
    [
        ["{cats,dogs}"],
        ["{cats,dogs}/{monday,tuesday}"],
        ["photos/{cats,dogs}"],
        ["a/b/photos/{cats,dogs}/{monday,tuesday}/{morning,evening}"],
        ["cats", "cats/close", "dogs/a/b/c"],
        ["{train,val}/{cats,dogs}"],
        ["{train,val}/images/{cats,dogs}"],
        ["train/images/{cats,dogs}", "val/{cats,dogs}"],
        ["images/{train,val}/{cats,dogs}"],
        ["{cats,dogs}/{train,test}"],
        ["photos/{cats,dogs}/{train,test}/images"],
        ["{cats,dogs}/images/{train,test}"],
        ["{cats,dogs}/{monday,tuesday}/{train,test}"],
        ["{training_set,test_set}/{cats,dogs}"],
        ["training_set/training_set/{cats,dogs}", "test_set/test_set/{cats,dogs}"],
        ["seg_train/seg_train/{cats,dogs}", "seg_test/seg_test/{cats,dogs}"],
        ["{train,val}/pets/{cats,dogs}"],
        ["test/{train,val}/{cats,dogs}"],
        ["cats/{cats_train,cats_test}", "dogs/{dogs_train,dogs_test}"],
        ["{Train,VALID}/{cats,dogs}/{monday,tuesday}"],
    ],
    ids=" and ".join,
)
def test_classes_are_cats_and_dogs(patterns: list[str]) -> None:
    assert classes(*patterns) == {"cats", "dogs"}


def test_parts_are_kept_wherever_they_lie() -> None:
    assert placed("{Training,Testing}/glioma") == {
        "Training/glioma": ("glioma", "train"),
        "Testing/glioma": ("glioma", "test"),
    }
    assert placed("cats/{train,test}", "dogs/{train,test}")["dogs/test"] == ("dogs", "test")
    assert parts("{cats,dogs}/{monday,tuesday}") == {None}


def test_a_class_may_be_called_train() -> None:
    assert placed("{bus,car,train}/{monday,tuesday}") == {
        f"{label}/{day}": (label, None) for label in ("bus", "car", "train") for day in ("monday", "tuesday")
    }


def test_images_beside_the_classes_are_in_none() -> None:
    paths = [("photos", "cats"), ("photos", "dogs"), ("photos",), ()]
    layout = understood(paths, Reading())
    assert [layout.place(path)[0] for path in paths] == ["cats", "dogs", None, None]


def test_images_that_nobody_labelled_are_in_no_class() -> None:
    found = placed("{seg_train,seg_test}/{sea,street}", "seg_pred/seg_pred")
    assert found["seg_pred/seg_pred"][0] is None
    assert found["seg_test/sea"] == ("sea", "test")
    assert placed("train/{cats,dogs}", "test")["test"][0] is None


def test_what_lies_beside_parts_is_left_out() -> None:
    assert placed("{train,test,sketches}/{cats,dogs}")["sketches/cats"] == (None, None)
    pooled = placed("{train,test,sketches}/{cats,dogs}", keep_parts=False)
    assert set(pooled.values()) == {("cats", None), ("dogs", None)}


@pytest.mark.parametrize(
    ("patterns", "left_out"),
    [
        (["{images,annotations}/{cats,dogs}"], "annotations/cats"),
        (["set/{images,Ground Truth}/{cats,dogs}"], "set/Ground Truth/dogs"),
        (["{cats,dogs}/{images,masks}"], "dogs/masks"),
    ],
)
def test_annotations_are_no_images(patterns: list[str], left_out: str) -> None:
    found = placed(*patterns)
    assert found[left_out] == (None, None)
    assert {label for label, _ in found.values()} == {"cats", "dogs", None}


def test_masks_may_be_a_class() -> None:
    assert classes("{gloves,masks}") == {"gloves", "masks"}


@pytest.mark.parametrize(
    ("way", "found"),
    [("first", {"cats", "dogs"}), ("last", {"monday", "tuesday"}), (1, {"photos"}), (2, {"cats", "dogs"}), (4, {None})],
)
def test_a_person_may_say_which_folders_are_classes(way: str | int, found: set[str]) -> None:
    assert classes("photos/{cats,dogs}/{monday,tuesday}", classes_from=way) == found


def test_the_last_folder_is_never_a_part() -> None:
    assert placed("{cats,dogs}/{train,test}", classes_from="last")["dogs/test"] == ("dogs", "test")


@given(st.lists(st.lists(st.text(max_size=6), max_size=5).map(tuple), max_size=12))
def test_any_folders_are_understood_somehow(paths: list[Folders]) -> None:
    layout = understood(paths, Reading())
    for path in paths:
        label, _ = layout.place(path)
        assert label is None or label in path


@pytest.mark.parametrize(("name", "looks"), [("1.JPG", True), ("a.b.png", True), ("1.txt", False), ("png", False)])
def test_what_looks_like_an_image(name: str, looks: bool) -> None:
    assert looks_like_an_image(name) == looks
