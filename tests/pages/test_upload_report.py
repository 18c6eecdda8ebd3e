"""What the data-sets page says of an upload, and the choices by which its folders are read another way."""

from collections.abc import Callable
from itertools import product

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts.session import Services
from tests.pages.conftest import OWNER
from tests.pages.test_datasets import button, png, zip_of
from tlcore.settings import Limits, Settings

Visit = Callable[..., AppTest]


@pytest.fixture
def empty_set(services: Services) -> str:
    return services.library.create(OWNER, "Mine").id


def uploaded(visit: Visit, collection: str, *paths: str, **broken: bytes) -> AppTest:
    """The page after a zip with a different image at each of these paths."""
    files = {path: png(number) for number, path in enumerate(paths)}
    page = visit("datasets", set=collection)
    return page.file_uploader[0].upload("mine.zip", zip_of({**files, **broken}), "application/zip").run()


def counts(services: Services, collection: str) -> dict[str, int]:
    return services.library.get(OWNER, collection).enabled_counts


SESSIONS = tuple(f"{label}/{day}/1.png" for label, day in product(("cats", "dogs"), ("monday", "tuesday")))


def test_classes_are_chosen_from_the_outer_or_the_inner_folders(
    visit: Visit, services: Services, empty_set: str
) -> None:
    """Every choice counts, the second and the third too, and the report stays until it is closed."""
    page = uploaded(visit, empty_set, *SESSIONS)
    assert counts(services, empty_set) == {"cats": 2, "dogs": 2}
    assert any(info.value.startswith("The outermost folders are taken for classes") for info in page.info)
    for way, classes in (("last", ("monday", "tuesday")), ("first", ("cats", "dogs")), ("last", ("monday", "tuesday"))):
        page.segmented_control(key="reading-classes_from-1").set_value(way).run()
        assert counts(services, empty_set) == dict.fromkeys(classes, 2)
        assert [s.value for s in page.success] == [f"Added 4 images: 2 {classes[0]}, 2 {classes[1]}."]
        assert page.segmented_control(key="reading-classes_from-1").value == way
    button(page, "Close this report").click().run()  # type: ignore[attr-defined]
    assert not page.success
    assert counts(services, empty_set) == {"monday": 2, "tuesday": 2}


def test_parts_are_kept_or_put_together(visit: Visit, services: Services, empty_set: str) -> None:
    places = product(("Training", "Testing"), ("cats", "dogs"), range(3))
    page = uploaded(visit, empty_set, *(f"{part}/{label}/{n}.png" for part, label, n in places))
    for kept, validated in ((False, 2), (True, 6), (False, 2)):
        page.toggle(key="reading-keep_parts-1").set_value(kept).run()
        assert services.library.freeze(OWNER, empty_set).count("val") == validated


def test_letters_are_kept_apart_by_choice(visit: Visit, services: Services, empty_set: str) -> None:
    page = uploaded(visit, empty_set, "A/1.png", "a/1.png", "b/1.png")
    assert counts(services, empty_set) == {"A": 2, "b": 1}
    for apart, found in ((True, {"A": 1, "a": 1, "b": 1}), (False, {"A": 2, "b": 1}), (True, {"A": 1, "a": 1, "b": 1})):
        page.toggle(key="reading-case_matters-1").set_value(apart).run()
        assert counts(services, empty_set) == found


def test_a_class_without_images_is_named_until_somebody_closes_it(
    visit: Visit, services: Services, empty_set: str
) -> None:
    page = uploaded(visit, empty_set, "cats/1.png", "dogs/1.png", **{"owls/1.jpg": b"broken"})
    for _ in range(3):
        (error,) = page.error
        assert error.value.startswith("The class 'owls' is missing\\: its folder holds no image that can be used")
        page.run()
    button(page, "Close this report").click().run()  # type: ignore[attr-defined]
    assert not page.error


def test_a_plain_upload_is_reported_once(visit: Visit, empty_set: str) -> None:
    page = uploaded(visit, empty_set, "photos/cats/1.png", "photos/dogs/1.png")
    assert len(page.success) == 1
    assert not page.run().success


def test_a_report_belongs_to_its_set(visit: Visit, services: Services, empty_set: str) -> None:
    page = uploaded(visit, empty_set, *SESSIONS)
    other = services.library.create(OWNER, "Another")
    page.run()
    page.button(key=f"open-{other.id}").click().run()
    assert not page.success


def test_each_upload_has_choices_of_its_own(visit: Visit, services: Services, empty_set: str) -> None:
    page = uploaded(visit, empty_set, *SESSIONS)
    page.segmented_control(key="reading-classes_from-1").set_value("last").run()
    more = zip_of({f"{label}/{day}/2.png": png(9 + n) for n, (label, day) in enumerate(product("xy", "pq"))})
    page.file_uploader[0].upload("more.zip", more, "application/zip").run()
    assert page.segmented_control(key="reading-classes_from-2").value == "first"
    assert counts(services, empty_set) == {"monday": 2, "tuesday": 2, "x": 2, "y": 2}
    page.segmented_control(key="reading-classes_from-2").set_value("last").run()
    assert counts(services, empty_set) == {"monday": 2, "p": 2, "q": 2, "tuesday": 2}


def test_a_choice_that_can_not_be_had_is_a_sentence_and_taken_back(
    visit: Visit, services: Services, empty_set: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = uploaded(visit, empty_set, *(f"{label}/{day}/1.png" for label, day in product("xy", "pqr")))
    monkeypatch.setattr(services.library, "_settings", Settings(limits=Limits(classes=2)))
    page.segmented_control(key="reading-classes_from-1").set_value("last").run()
    assert [error.value for error in page.error] == ["A collection may have at most 2 classes."]
    assert page.segmented_control(key="reading-classes_from-1").value == "first"
    assert counts(services, empty_set) == {"x": 3, "y": 3}
