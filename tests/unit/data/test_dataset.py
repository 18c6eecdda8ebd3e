"""Freezing: what is in a data set, and on which side of the split each image falls."""

import hashlib
from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tlcore.data.dataset import (
    TEST_FROM,
    Dataset,
    Example,
    LabelledImage,
    freeze,
    freeze_report,
    missing_for_training,
    split_warnings,
)
from tlcore.data.ingest.report import IngestedImage, IngestReport, Part
from tlcore.errors import NotEnoughImagesError


def blob(text: object) -> str:
    """A blob name as ingest would give it."""
    return hashlib.sha256(str(text).encode()).hexdigest()


def images(**counts: int) -> list[LabelledImage]:
    """So many different images of each class."""
    return [
        LabelledImage(blob=blob((label, number)), label=label, name=f"{number}.jpg")
        for label, count in counts.items()
        for number in range(count)
    ]


def parts(dataset: Dataset) -> dict[str, Part]:
    """The part of each image."""
    return {example.blob: example.part for example in dataset.examples}


class_sizes = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(2, 60), min_size=2, max_size=5)


# What a data set is


@given(class_sizes, st.integers(0, 100))
def test_every_image_is_in_exactly_one_part(sizes: dict[str, int], seed: int) -> None:
    dataset = freeze(images(**sizes), seed)
    assert Counter(example.blob for example in dataset.examples) == Counter(i.blob for i in images(**sizes))
    assert sum(dataset.count(part) for part in ("train", "val", "test")) == sum(sizes.values())
    for part in ("train", "val", "test"):
        assert {example.part for example in dataset.of(part)} <= {part}
        assert sum(dataset.class_counts(part)) == dataset.count(part) == len(dataset.of(part))


@given(class_sizes)
def test_labels_are_indices_into_the_sorted_classes(sizes: dict[str, int]) -> None:
    dataset = freeze(images(**sizes))
    labels = {image.blob: image.label for image in images(**sizes)}
    assert dataset.classes == tuple(sorted(sizes))
    assert all(dataset.classes[example.label] == labels[example.blob] for example in dataset.examples)


def test_classes_stand_in_natural_order() -> None:
    dataset = freeze(images(**{"1": 2, "2": 2, "10": 2, "B": 2, "a": 2}))
    assert dataset.classes == ("1", "2", "10", "a", "B")


def test_a_data_set_of_before_means_the_same() -> None:
    """Older ones have their classes by code point: what is stored says which label is which."""
    new = freeze(images(**{"1": 3, "2": 4, "10": 5}))
    old = new.in_order(sorted(new.classes))
    assert old.classes == ("1", "10", "2")
    stored = Dataset.model_validate_json(old.model_dump_json())
    assert stored == old
    assert stored.id == old.id != new.id
    assert {(e.blob, stored.classes[e.label], e.part) for e in stored.examples} == {
        (e.blob, new.classes[e.label], e.part) for e in new.examples
    }
    assert stored.in_order(new.classes) == new


@given(st.permutations(images(ants=7, bees=5)))
def test_the_order_of_the_images_does_not_matter(shuffled: list[LabelledImage]) -> None:
    assert freeze(shuffled) == freeze(images(ants=7, bees=5))
    assert freeze(shuffled).id == freeze(images(ants=7, bees=5)).id


def test_the_id_is_of_the_contents() -> None:
    base = freeze(images(ants=7, bees=5))
    assert len(base.id) == 32
    others = [
        freeze(images(ants=7, bees=6)),
        freeze(images(ants=7, wasps=5)),
        freeze(images(ants=7, bees=5), split_seed=1),
    ]
    assert len({base.id, *(other.id for other in others)}) == 4
    assert Dataset.model_validate_json(base.model_dump_json()) == base


# The split


@given(class_sizes, st.integers(0, 100))
def test_every_class_is_split_in_the_same_proportions(sizes: dict[str, int], seed: int) -> None:
    dataset = freeze(images(**sizes), seed)
    with_test = min(sizes.values()) >= TEST_FROM
    for label, size in sorted(sizes.items()):
        index = dataset.classes.index(label)
        train, val, test = (dataset.class_counts(part)[index] for part in ("train", "val", "test"))
        assert train >= 1
        assert val >= 1
        assert abs(val - 0.2 * size) <= 0.5 or val == 1
        assert abs(test - 0.15 * size) <= 0.5 if with_test else test == 0


@pytest.mark.parametrize(("smallest", "tested"), [(19, (0, 0)), (20, (15, 3)), (21, (15, 3))])
def test_a_test_part_is_cut_when_every_class_has_twenty(smallest: int, tested: tuple[int, int]) -> None:
    assert freeze(images(ants=100, bees=smallest)).class_counts("test") == tested


@given(class_sizes, st.integers(0, 100), st.data())
def test_duplicates_fall_on_one_side(sizes: dict[str, int], seed: int, data: st.DataObject) -> None:
    originals = images(**sizes)
    copied = data.draw(st.lists(st.sampled_from(originals), max_size=10))
    copies = [image.model_copy(update={"name": f"copy {n}"}) for n, image in enumerate(copied)]
    dataset = freeze([*originals, *copies], seed)
    sides = Counter(example.blob for example in dataset.examples)
    assert len({(example.blob, example.part) for example in dataset.examples}) == len(sides)
    assert sum(sides.values()) == len(originals) + len(copies)


def test_an_image_in_two_classes_falls_on_one_side_too() -> None:
    torn = [*images(ants=10, bees=10), *(i.model_copy(update={"label": "bees"}) for i in images(ants=10))]
    for seed in range(5):
        dataset = freeze(torn, seed)
        assert len({(example.blob, example.part) for example in dataset.examples}) == 20
        assert sum(dataset.class_counts("train")) + sum(dataset.class_counts("val")) == 30


def test_another_seed_is_another_split_of_the_same_sizes() -> None:
    splits = [freeze(images(ants=40, bees=30), seed) for seed in range(6)]
    assert len({frozenset(parts(split).items()) for split in splits}) == 6
    assert len({split.class_counts("val") for split in splits}) == 1


def test_every_image_is_held_out_by_some_seed() -> None:
    held_out = Counter(e.blob for seed in range(60) for e in freeze(images(ants=10, bees=10), seed).of("val"))
    assert len(held_out) == 20
    assert max(held_out.values()) < 30  # 12 of 60 are expected


@given(class_sizes, st.integers(0, 100))
def test_an_added_image_moves_at_most_one_other_over_each_border(sizes: dict[str, int], seed: int) -> None:
    grown = {**sizes, min(sizes): sizes[min(sizes)] + 1}
    # With the twentieth image of the smallest class a test part appears, for which all classes make room.
    assume((min(sizes.values()) >= TEST_FROM) == (min(grown.values()) >= TEST_FROM))
    before, after = parts(freeze(images(**sizes), seed)), parts(freeze(images(**grown), seed))
    moved = {image for image in before if before[image] != after[image]}
    assert len(moved) <= (2 if min(sizes.values()) >= TEST_FROM else 1)
    assert moved <= {image.blob for image in images(**sizes) if image.label == min(sizes)}


# Parts that came with the images


def with_part(labelled: list[LabelledImage], part: Part | None) -> list[LabelledImage]:
    """The images, as if they had lain in a folder of that part."""
    return [image.model_copy(update={"part": part, "blob": blob((image.blob, part))}) for image in labelled]


def test_given_parts_are_kept() -> None:
    given_parts = [
        *with_part(images(ants=30, bees=30), "train"),
        *with_part(images(ants=2, bees=9), "val"),
        *with_part(images(ants=1), "test"),
    ]
    dataset = freeze(given_parts, split_seed=3)
    assert parts(dataset) == {image.blob: image.part for image in given_parts}
    assert dataset.class_counts("test") == (1, 0)


@pytest.mark.parametrize(
    "incomplete",
    [
        [*with_part(images(ants=9, bees=9), "train"), *with_part(images(ants=2), "val")],
        [*with_part(images(ants=9), "train"), *with_part(images(ants=2, bees=9), "val")],
        [*with_part(images(ants=9, bees=9), "train"), *with_part(images(ants=1, bees=1), None)],
        with_part(images(ants=9, bees=9), "train"),
    ],
    ids=["a class without val", "a class without train", "some without a part", "train alone"],
)
def test_parts_that_make_no_split_are_split_anew(incomplete: list[LabelledImage]) -> None:
    dataset = freeze(incomplete)
    assert min(dataset.class_counts("train")) > 0
    assert min(dataset.class_counts("val")) > 0


def test_the_reason_for_another_split_is_said() -> None:
    train = with_part(images(ants=9, bees=9), "train")
    (missing,) = split_warnings([*train, *with_part(images(ants=2), "val")])
    assert missing == (
        "The folders train, val and test are not kept as the split, because 'bees' would have no images to validate "
        "with; it is made anew."
    )
    (outside,) = split_warnings([*train, *with_part(images(ants=1, bees=1), None)])
    assert "because 2 images lie in none of them;" in outside
    (copies,) = split_warnings([*train, *(image.model_copy(update={"part": "val"}) for image in train)])
    assert "because 'ants' would have no images to train on;" in copies
    assert split_warnings(images(ants=9, bees=9)) == []
    assert split_warnings([*train, *with_part(images(ants=2, bees=2), "val")]) == []


def test_a_test_folder_is_validated_with_where_there_is_no_other() -> None:
    train, test = with_part(images(ants=9, bees=9), "train"), with_part(images(ants=4, bees=4), "test")
    dataset = freeze([*train, *test])
    assert {image for image, part in parts(dataset).items() if part == "val"} == {image.blob for image in test}
    assert dataset.count("test") == 0
    assert split_warnings([*train, *test]) == [
        "There is no val folder, so the images in test are the ones to validate with."
    ]


def test_a_copy_of_a_held_out_image_is_not_trained_on() -> None:
    """The validation part stays as it was given: a network that learned its images by heart would look good."""
    train, val = with_part(images(ants=9, bees=9), "train"), with_part(images(ants=3, bees=3), "val")
    test = with_part(images(ants=1, bees=1), "test")
    leaks = [val[0].model_copy(update={"part": "train"}), test[0].model_copy(update={"part": "val"})]
    dataset = freeze([*train, *val, *test, *leaks])
    assert parts(dataset) == {image.blob: image.part for image in (*train, *val, *test)}
    assert len(dataset.examples) == 26
    (warning,) = split_warnings([*train, *val, *test, *leaks])
    assert warning.startswith("2 copies of held-out images are left out")


def test_an_upload_is_frozen_as_it_was_reported() -> None:
    def ingested(image: LabelledImage) -> IngestedImage:
        return IngestedImage(
            label=image.label, name=image.name, blob=image.blob, width=8, height=8, bytes=1, part=image.part
        )

    given_parts = [*with_part(images(ants=3, bees=3), "train"), *with_part(images(ants=1, bees=1), "val")]
    report = IngestReport(images=tuple(map(ingested, given_parts)))
    assert freeze_report(report, 5) == freeze(given_parts, 5)
    loose = IngestReport(images=tuple(map(ingested, images(ants=9, bees=9))))
    assert freeze_report(loose, 5) == freeze(images(ants=9, bees=9), 5)


# Refusals


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({}, "Add images first: at least two classes with two images each."),
        ({"ants": 9}, "Add a second class: a network needs something to tell 'ants' from."),
        ({"ants": 9, "bees": 1}, "Add 1 more image to 'bees'."),
        ({"ants": 0, "bees": 1}, "Add 2 more images to 'ants' and 1 more image to 'bees'."),
        ({"ants": 2, "bees": 2}, None),
    ],
)
def test_what_is_missing_is_said_in_words(counts: dict[str, int], sentence: str | None) -> None:
    assert missing_for_training(counts) == sentence


@pytest.mark.parametrize("counts", [{}, {"ants": 9}, {"ants": 9, "bees": 1}])
def test_a_set_that_cannot_be_trained_on_is_refused(counts: dict[str, int]) -> None:
    with pytest.raises(NotEnoughImagesError) as caught:
        freeze(images(**counts))
    assert str(caught.value) == missing_for_training(counts)


def test_copies_of_one_image_are_one_image() -> None:
    """Two copies would both be trained on, and nothing would be left to validate with."""
    with pytest.raises(NotEnoughImagesError, match="Add 1 more image to 'ants' and 1 more image to 'bees'"):
        freeze([*images(ants=1, bees=1), *images(ants=1, bees=1)])


def test_a_set_that_leaves_nothing_to_validate_with_is_refused() -> None:
    ants = images(ants=1, bees=1)
    bees = [image.model_copy(update={"label": {"ants": "bees", "bees": "ants"}[image.label]}) for image in ants]
    with pytest.raises(NotEnoughImagesError, match="No image is left to validate with"):
        freeze([*ants, *bees])


def test_an_example_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Example(blob=blob(0), label=0, part="train").label = 1  # type: ignore[misc]
