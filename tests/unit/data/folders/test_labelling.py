"""The report on an upload: names of classes told apart, what is missing, and the other ways to read its folders."""

import pytest

from tlcore.data.folders.labelling import missing_classes, read_again, reported, require_classes, ways
from tlcore.data.folders.layout import understood
from tlcore.data.ingest.report import IngestedImage, IngestReport, Reading, Skipped
from tlcore.data.names import MAX_NAME
from tlcore.errors import BadInputError


def report(*paths: str, skipped: tuple[Skipped, ...] = (), **reading: object) -> IngestReport:
    """What an upload of these files would give."""
    folders = [tuple(path.split("/")[:-1]) for path in paths]
    found = IngestReport(skipped=skipped)
    layout = understood([*folders, *(item.folders for item in skipped)], Reading(**reading))  # type: ignore[arg-type]
    images = [
        IngestedImage(
            label=layout.place(above)[0] or "",
            part=layout.place(above)[1],
            name=path.split("/")[-1],
            blob=path,
            width=8,
            height=8,
            bytes=1,
            folders=above,
        )
        for path, above in zip(paths, folders, strict=True)
    ]
    return reported(images, found, layout)


SESSIONS = tuple(f"{label}/{day}/1.jpg" for label in ("cats", "dogs") for day in ("monday", "tuesday"))
SPLIT = tuple(f"{part}/{label}/1.jpg" for part in ("Training", "Testing") for label in ("cats", "dogs"))


def test_classes_stand_in_natural_order() -> None:
    assert list(report("10/1.jpg", "9/1.jpg", "1/1.jpg").classes) == ["1", "9", "10"]


def test_long_names_that_are_shown_alike_are_told_apart() -> None:
    names = [f"{'x' * 60}{n}{'y' * 60}" for n in range(12)]
    shown = list(report(*(f"{name}/1.jpg" for name in names)).classes)
    assert len(set(shown)) == 12
    assert max(map(len, shown)) <= MAX_NAME
    assert any(name.endswith("(12)") for name in shown)


def test_letters_are_kept_apart_when_asked() -> None:
    letters = ("A/1.jpg", "a/1.jpg", "b/1.jpg")
    together = report(*letters)
    assert together.classes == {"A": 2, "b": 1}
    assert "Folders whose names differ only in case ('A' and 'a') were put into one class, 'A'." in together.warnings
    assert ways(together).case
    apart = read_again(together, Reading(case_matters=True))
    assert apart.classes == {"A": 1, "a": 1, "b": 1}
    assert ways(apart).case
    assert not ways(report("A/1.jpg", "b/1.jpg")).case


def test_the_folders_can_be_read_again_and_back() -> None:
    first = report(*SESSIONS)
    assert ways(first).classes == {"first": ("cats", "dogs"), "last": ("monday", "tuesday")}
    last = read_again(first, Reading(classes_from="last"))
    assert last.classes == {"monday": 2, "tuesday": 2}
    assert last.read_as == "The folders in which images lie are taken for classes ('monday' and 'tuesday')."
    assert ways(last) == ways(first)
    back = read_again(last, Reading())
    assert [(i.label, i.blob) for i in back.images] == [(i.label, i.blob) for i in first.images]
    assert back.read_as == first.read_as


def test_parts_can_be_put_together_and_back() -> None:
    kept = report(*SPLIT)
    assert ways(kept).parts == ("Training", "Testing")
    assert ways(kept).classes == {}
    assert {image.part for image in kept.images} == {"train", "test"}
    pooled = read_again(kept, Reading(keep_parts=False))
    assert {image.part for image in pooled.images} == {None}
    assert pooled.read_as.endswith("and the images of 'Training' and 'Testing' are put together.")
    assert ways(pooled).parts == ("Training", "Testing")
    assert read_again(pooled, Reading()).read_as == kept.read_as


def test_a_class_that_lost_its_images_still_counts_when_folders_are_read_again() -> None:
    """Without it, the folder of the other class would wrap everything."""
    broken = Skipped(file="dogs/1.jpg", reason="damaged", folders=("dogs", "monday"))
    first = report("cats/monday/1.jpg", "cats/tuesday/1.jpg", skipped=(broken,))
    assert (
        first.lost == "The class 'dogs' is missing: its folder holds no image that can be used ('dogs/1.jpg': damaged)."
    )
    assert read_again(read_again(first, Reading(classes_from="last")), Reading()).lost == first.lost


def test_a_folder_without_images_of_its_own_is_no_lost_class() -> None:
    notes = Skipped(file="masks/1.png", reason="damaged", folders=("masks",))
    layout = understood([("cats",), ("dogs",)], Reading())
    assert missing_classes(["cats", "dogs"], IngestReport(skipped=(notes,)), layout) == ""
    assert missing_classes(["Cats", "dogs"], IngestReport(bare=(("cats", "monday"),)), layout) == ""
    assert missing_classes(["cats"], IngestReport(bare=(("dogs", "monday"),)), layout).startswith("The class 'dogs'")


def test_single_files_have_no_other_reading() -> None:
    image = IngestedImage(label="cups", name="1.jpg", blob="1", width=8, height=8, bytes=1)
    found = reported([image], IngestReport(), understood([], Reading()))
    assert (found.classes, found.read_as, found.lost) == ({"cups": 1}, "", "")
    assert (ways(found).classes, ways(found).parts, ways(found).case) == ({}, (), False)


@pytest.mark.parametrize(
    "labels", [["train", "test"], ["Training"], ["seg_train", "seg_val"], ["TRAIN", "dev", "eval"]]
)
def test_classes_that_are_all_parts_are_refused(labels: list[str]) -> None:
    with pytest.raises(BadInputError, match="part"):
        require_classes(labels)


@pytest.mark.parametrize("labels", [["train", "bus"], ["steam_train", "toy_train"], ["valid", "invalid"], []])
def test_other_classes_are_not(labels: list[str]) -> None:
    require_classes(labels)
