"""Collections: edited freely, by their owner alone."""

import hashlib

import pytest

from tests.unit.jobs.conftest import ANN, BEN
from tlcore.data.ingest.report import IngestedImage, IngestReport, Reading
from tlcore.data.pixels.blobs import BlobStore
from tlcore.errors import BadInputError, LimitExceededError, NotEnoughImagesError, NotFoundError
from tlcore.jobs.belongings.library import Collection, Library
from tlcore.jobs.store.database import Database
from tlcore.settings import Limits, Settings, get_settings


def report(**counts: int) -> IngestReport:
    return IngestReport(
        images=tuple(
            IngestedImage(
                label=label,
                name=f"{n}.jpg",
                blob=hashlib.sha256(f"{label}{n}".encode()).hexdigest(),
                width=8,
                height=8,
                bytes=100,
            )
            for label, count in counts.items()
            for n in range(count)
        )
    )


@pytest.fixture
def birds(library: Library) -> Collection:
    made = library.create(ANN, "Birds")
    library.add(ANN, made.id, report(robins=4, wrens=2))
    return library.get(ANN, made.id)


def class_id(collection: Collection, name: str) -> int:
    return next(c.id for c in collection.classes if c.name == name)


def test_images_go_into_their_classes(birds: Collection, library: Library) -> None:
    assert birds.enabled_counts == {"robins": 4, "wrens": 2}
    assert birds.missing is None
    assert [i.name for i in library.images(ANN, class_id(birds, "wrens"))] == ["0.jpg", "1.jpg"]


def test_a_second_upload_finds_a_class_whatever_its_case(birds: Collection, library: Library) -> None:
    library.add(ANN, birds.id, report(Robins=2))
    assert library.get(ANN, birds.id).enabled_counts == {"robins": 6, "wrens": 2}


def test_taken_names_get_a_number(library: Library) -> None:
    assert [library.create(ANN, "Birds").name for _ in range(3)] == ["Birds", "Birds (2)", "Birds (3)"]
    assert library.create(BEN, "Birds").name == "Birds"


def test_nobody_else_sees_or_touches_it(birds: Collection, library: Library) -> None:
    wrens = class_id(birds, "wrens")
    image = library.images(ANN, wrens)[0]
    for act in (
        lambda: library.get(BEN, birds.id),
        lambda: library.rename(BEN, birds.id, "x"),
        lambda: library.delete(BEN, birds.id),
        lambda: library.add(BEN, birds.id, report(x=1)),
        lambda: library.rename_class(BEN, wrens, "x"),
        lambda: library.enable_class(BEN, wrens, enabled=False),
        lambda: library.delete_class(BEN, wrens),
        lambda: library.images(BEN, wrens),
        lambda: library.move_images(BEN, [image.id], wrens),
        lambda: library.freeze(BEN, birds.id),
    ):
        with pytest.raises(NotFoundError):
            act()
    library.delete_images(BEN, [image.id])
    assert library.get(ANN, birds.id) == birds
    assert library.all(BEN) == ()


def test_images_move_only_within_their_collection(birds: Collection, library: Library) -> None:
    other = library.create(ANN, "Other")
    library.add(ANN, other.id, report(cats=1))
    cats = class_id(library.get(ANN, other.id), "cats")
    robins = [i.id for i in library.images(ANN, class_id(birds, "robins"))]
    library.move_images(ANN, robins, cats)
    assert library.get(ANN, other.id).enabled_counts == {"cats": 1}
    library.move_images(ANN, robins[:3], class_id(birds, "wrens"))
    assert library.get(ANN, birds.id).enabled_counts == {"robins": 1, "wrens": 5}


def test_torn_images_are_those_in_two_classes(birds: Collection, library: Library) -> None:
    assert library.torn(ANN, birds.id) == ()
    robins = library.images(ANN, class_id(birds, "robins"))
    copies = [IngestedImage(label="wrens", name="copy", blob=r.blob, width=1, height=1, bytes=1) for r in robins[:1]]
    twice = IngestedImage(label="robins", name="twice", blob=robins[1].blob, width=1, height=1, bytes=1)
    library.add(ANN, birds.id, IngestReport(images=(*copies, twice)))
    assert library.torn(ANN, birds.id) == ((f"robins/{robins[0].name}", "wrens/copy"),)  # a copy in one class is none
    assert library.blobs(ANN, birds.id) == {i.blob for c in birds.classes for i in library.images(ANN, c.id)}


def test_a_class_that_is_off_is_kept_but_not_trained_on(birds: Collection, library: Library) -> None:
    library.enable_class(ANN, class_id(birds, "wrens"), enabled=False)
    assert library.get(ANN, birds.id).missing == (
        "Switch on or add another class: a network needs at least two to tell apart."
    )
    with pytest.raises(NotEnoughImagesError, match="second class"):
        library.freeze(ANN, birds.id)
    assert library.get(ANN, birds.id).image_count == 6


def test_renaming_onto_another_class_is_refused(birds: Collection, library: Library) -> None:
    with pytest.raises(BadInputError, match="'robins' already"):
        library.rename_class(ANN, class_id(birds, "wrens"), "robins")
    library.rename_class(ANN, class_id(birds, "wrens"), "Wrens")
    assert "Wrens" in library.get(ANN, birds.id).enabled_counts


def test_classes_may_differ_in_case_when_somebody_says_so(library: Library) -> None:
    letters = library.create(ANN, "Letters")
    library.add(ANN, letters.id, report(A=2, b=3))
    library.add(ANN, letters.id, report(a=1).model_copy(update={"reading": Reading(case_matters=True)}))
    assert library.get(ANN, letters.id).enabled_counts == {"A": 2, "a": 1, "b": 3}
    library.add(ANN, letters.id, report(a=1))  # the very name is found first
    assert library.get(ANN, letters.id).enabled_counts == {"A": 2, "a": 2, "b": 3}
    library.rename_class(ANN, class_id(library.get(ANN, letters.id), "b"), "B")
    library.rename_class(ANN, class_id(library.get(ANN, letters.id), "B"), "b")


def test_sharp_s_is_no_double_s(library: Library) -> None:
    made = library.create(ANN, "Words")
    library.add(ANN, made.id, report(Maße=1, Masse=2))
    library.add(ANN, made.id, report(MASSE=4))
    assert library.get(ANN, made.id).enabled_counts == {"Masse": 6, "Maße": 1}


def test_classes_stand_in_natural_order(library: Library) -> None:
    made = library.create(ANN, "Numbers")
    library.add(ANN, made.id, report(**{"10": 2, "1": 2, "2": 2}))
    assert [c.name for c in library.get(ANN, made.id).classes] == ["1", "2", "10"]
    assert library.freeze(ANN, made.id).classes == ("1", "2", "10")


def relabelled(found: IngestReport, **labels: str) -> IngestReport:
    """The same images under other labels."""
    images = tuple(i.model_copy(update={"label": labels[i.label], "part": "train"}) for i in found.images)
    return found.model_copy(update={"images": images})


def test_an_upload_is_placed_again_and_back(library: Library) -> None:
    made = library.create(ANN, "Pets")
    library.add(ANN, made.id, report(birds=2))
    first = report(monday=2, tuesday=3)
    library.add(ANN, made.id, first)
    again = relabelled(first, monday="cats", tuesday="cats")
    library.place_again(ANN, made.id, first, again)
    assert library.get(ANN, made.id).enabled_counts == {"birds": 2, "cats": 5}
    library.place_again(ANN, made.id, again, first)
    assert library.get(ANN, made.id).enabled_counts == {"birds": 2, "monday": 2, "tuesday": 3}


def test_what_was_changed_since_an_upload_stays_as_it_is(library: Library) -> None:
    made = library.create(ANN, "Pets")
    first = report(monday=3, tuesday=3, birds=1)
    library.add(ANN, made.id, first)
    monday, birds = (class_id(library.get(ANN, made.id), name) for name in ("monday", "birds"))
    moved, deleted, _ = library.images(ANN, monday)
    library.move_images(ANN, [moved.id], birds)
    library.delete_images(ANN, [deleted.id])
    library.place_again(ANN, made.id, first, relabelled(first, monday="cats", tuesday="cats", birds="birds"))
    assert library.get(ANN, made.id).enabled_counts == {"birds": 2, "cats": 4}


def test_placing_again_takes_no_image_of_another_upload(library: Library) -> None:
    """The same image may have come twice; each upload has its own row of it."""
    made = library.create(ANN, "Pets")
    first = report(monday=2)
    library.add(ANN, made.id, first)
    library.add(ANN, made.id, first)
    library.place_again(ANN, made.id, first, relabelled(first, monday="cats"))
    assert library.get(ANN, made.id).enabled_counts == {"cats": 2, "monday": 2}
    with pytest.raises(NotFoundError):
        library.place_again(BEN, made.id, first, first)


def test_freezing_gives_the_same_data_set_until_something_changes(birds: Collection, library: Library) -> None:
    frozen = library.freeze(ANN, birds.id)
    assert library.freeze(ANN, birds.id).id == frozen.id
    assert frozen.classes == ("robins", "wrens")
    library.delete_images(ANN, [library.images(ANN, class_id(birds, "robins"))[0].id])
    assert library.freeze(ANN, birds.id).id != frozen.id


@pytest.mark.parametrize("delete", ["collection", "class", "images"])
def test_deleting_takes_the_files_that_nothing_else_holds(birds: Collection, library: Library, delete: str) -> None:
    robins = class_id(birds, "robins")
    other = library.create(ANN, "Other")
    library.add(ANN, other.id, report(robins=1))
    blobs = BlobStore(get_settings().blobs)
    held = {blob: blobs.path(blob) for blob in library.blobs(ANN, birds.id)}
    for path in held.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"image")
    doomed = {image.blob for image in library.images(ANN, robins)}
    if delete == "collection":
        doomed = set(held)
        library.delete(ANN, birds.id)
    elif delete == "class":
        library.delete_class(ANN, robins)
    else:
        library.delete_images(ANN, [image.id for image in library.images(ANN, robins)])
    assert {blob for blob, path in held.items() if not path.exists()} == doomed - library.blobs(ANN, other.id)


def test_too_many_classes_are_refused_and_change_nothing(database: Database) -> None:
    library = Library(database, Settings(limits=Limits(classes=2)))
    made = library.create(ANN, "Birds")
    with pytest.raises(LimitExceededError, match="at most 2 classes"):
        library.add(ANN, made.id, report(a=1, b=1, c=1))
    assert library.get(ANN, made.id).classes == ()
