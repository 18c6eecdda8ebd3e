"""The data-sets page: ways in, editing, and what is missing in words."""

import io
import zipfile
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts.session import Services
from tests.conftest import BACKBONE, Backbone, draw_set
from tests.pages.conftest import OWNER, count_calls
from tlcore.data.names import clean_name
from tlcore.jobs.belongings.library import Library
from tlcore.train.recipe.spec import TrainSpec

Visit = Callable[..., AppTest]


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def png(seed: int) -> bytes:
    buffer = io.BytesIO()
    next(image for _, _, image in draw_set(("rings",), 1, seed)).save(buffer, "PNG")
    return buffer.getvalue()


def button(page: AppTest, label: str) -> object:
    return next(b for b in page.button if b.label.startswith(label))


@pytest.fixture
def empty_set(services: Services) -> str:
    return services.library.create(OWNER, "Mine").id


def test_a_sample_set_is_one_click(visit: Visit, services: Services) -> None:
    page = visit("datasets")
    button(page, "**Handwritten digits").click().run()
    made = services.library.all(OWNER)
    assert [c.image_count for c in made] == [500]
    assert "Handwritten digits" in [s.value for s in page.subheader]
    assert any("all classes equally large" in caption.value for caption in page.caption)


def test_a_zip_is_taken_in_and_reported(visit: Visit, services: Services, empty_set: str) -> None:
    page = visit("datasets", set=empty_set)
    data = zip_of({"a/1.png": png(1), "a/2.png": png(2), "b/1.png": png(3), "b/x.png": b"nonsense"})
    page.file_uploader[0].upload("mine.zip", data, "application/zip").run()
    assert [s.value for s in page.success] == ["Added 3 images: 2 a, 1 b."]
    assert services.library.get(OWNER, empty_set).enabled_counts == {"a": 2, "b": 1}
    assert "Add 1 more image to 'b'." in [i.value for i in page.info]
    assert button(page, "Train on it").disabled


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"no zip at all", "The file is not a zip archive."),
        (zip_of({"../../etc/passwd": b"x"}), "points outside"),
        (zip_of({"a/readme.txt": b"hello"}), "None of its files is an image"),
    ],
)
def test_a_bad_zip_is_one_sentence_and_changes_nothing(
    visit: Visit, services: Services, empty_set: str, data: bytes, sentence: str
) -> None:
    page = visit("datasets", set=empty_set)
    page.file_uploader[0].upload("mine.zip", data, "application/zip").run()
    assert len(page.error) == 1
    assert sentence in page.error[0].value
    assert not page.exception
    assert services.library.get(OWNER, empty_set).image_count == 0


@pytest.mark.parametrize(("typed", "name"), [("", "My birds"), (" Owls ", "Owls")])
def test_a_zip_can_be_dropped_before_anything_is_named(visit: Visit, services: Services, typed: str, name: str) -> None:
    page = visit("datasets")
    page.text_input(key="new-set-name").set_value(typed).run()
    page.file_uploader[0].upload("My birds.zip", zip_of({"a/1.png": png(1), "b/1.png": png(2)}), "zip").run()
    (made,) = services.library.all(OWNER)
    assert (made.name, made.enabled_counts) == (name, {"a": 1, "b": 1})
    assert page.query_params["set"] == made.id
    assert [s.value for s in page.success] == ["Added 2 images: 1 a, 1 b."]
    page.button(key="new-set").click().run()
    assert not page.warning
    page.file_uploader[0].upload("Others.zip", zip_of({"c/1.png": png(3)}), "zip").run()
    assert {one.name for one in services.library.all(OWNER)} == {name, "Others"}


def test_a_set_begins_with_a_folder_and_is_called_like_it(visit: Visit, services: Services) -> None:
    page = visit("datasets")
    page.segmented_control(key="way").set_value("Folder").run()
    page.file_uploader[0].upload("pets/cats/0.png", png(1), "image/png").run()
    (made,) = services.library.all(OWNER)
    assert (made.name, made.enabled_counts) == ("pets", {"cats": 1})
    assert not page.exception


def test_a_bad_zip_begins_no_set(visit: Visit, services: Services) -> None:
    page = visit("datasets")
    page.file_uploader[0].upload("mine.zip", b"no zip at all", "application/zip").run()
    assert ["not a zip archive" in error.value for error in page.error] == [True]
    assert services.library.all(OWNER) == ()
    assert page.file_uploader[0]  # and another one can be given


def test_a_folder_brings_its_classes(visit: Visit, services: Services, empty_set: str) -> None:
    page = visit("datasets", set=empty_set)
    page.segmented_control(key="way").set_value("Folder").run()
    uploader = page.file_uploader[0]
    for name, seed in (("ds/cats/0.png", 1), ("ds/dogs/0.png", 2)):
        uploader = uploader.upload(name, png(seed), "image/png")
    uploader.run()
    assert services.library.get(OWNER, empty_set).enabled_counts == {"cats": 1, "dogs": 1}


def test_files_and_webcam_go_into_a_named_class(visit: Visit, services: Services, empty_set: str) -> None:
    page = visit("datasets", set=empty_set)
    page.file_uploader[0].upload("mine.zip", zip_of({"cups/0.png": png(3)}), "application/zip").run()
    page.segmented_control(key="way").set_value("Files").run()
    assert page.file_uploader[0].proto.disabled
    page.selectbox(key=f"class-files-{empty_set}").set_value("cups").run()
    page.file_uploader[0].upload("1.png", png(1), "image/png").run()
    page.segmented_control(key="way").set_value("Webcam").run()
    page.selectbox(key=f"class-webcam-{empty_set}").set_value("cups").run()
    page.camera_input[0].upload("shot.jpg", png(2), "image/jpeg").run()
    found = services.library.get(OWNER, empty_set)
    assert found.enabled_counts == {"cups": 3}
    names = [image.name for image in services.library.images(OWNER, found.classes[0].id)]
    assert names == ["0.png", "1.png", "webcam-003.jpg"]


def test_classes_are_renamed_switched_off_and_deleted(
    visit: Visit, services: Services, empty_set: str, put_shapes: Callable[[str], None]
) -> None:
    put_shapes(empty_set)
    ids = {c.name: c.id for c in services.library.get(OWNER, empty_set).classes}
    page = visit("datasets", set=empty_set)
    page.text_input(key=f"class-{ids['discs']}").set_value("dots").run()
    page.toggle(key=f"use-{ids['rows']}").set_value(False).run()
    page.button(key=f"delete-{ids['rings']}").click().run()
    page.button(key="confirm-delete").click().run()
    found = services.library.get(OWNER, empty_set)
    assert {c.name: (c.enabled, c.count) for c in found.classes} == {
        "checks": (True, 24),
        "dots": (True, 24),
        "rows": (False, 24),
    }
    assert len(list(services.storage.blobs.root.rglob("*.webp"))) == 72  # what was deleted is gone from the disk


def test_nothing_is_deleted_before_it_is_confirmed(
    visit: Visit, services: Services, empty_set: str, put_shapes: Callable[[str], None]
) -> None:
    """Two quick clicks on a bin once deleted two classes, and two on a set's button the next set too."""
    put_shapes(empty_set)
    services.library.create(OWNER, "Another")
    rings = next(c.id for c in services.library.get(OWNER, empty_set).classes if c.name == "rings")
    page = visit("datasets", set=empty_set)
    page.button(key=f"delete-{rings}").click().run()
    assert any("**rings** with its 24 images" in text.value for text in page.markdown)
    page.button(key="confirm-keep").click().run()
    button(page, "Delete this set").click().run()  # type: ignore[attr-defined]
    assert any("**Mine** with its 96 images" in text.value for text in page.markdown)
    assert len(services.library.get(OWNER, empty_set).classes) == 4
    page.button(key="confirm-delete").click().run()
    assert [c.name for c in services.library.all(OWNER)] == ["Another"]
    assert not page.warning  # it was deleted here, so nobody is told that it is gone


def test_a_name_that_is_taken_is_said_beside_its_field(
    visit: Visit, services: Services, empty_set: str, put_shapes: Callable[[str], None]
) -> None:
    put_shapes(empty_set)
    ids = {c.name: c.id for c in services.library.get(OWNER, empty_set).classes}
    page = visit("datasets", set=empty_set)
    page.text_input(key=f"class-{ids['discs']}").set_value("rows").run()
    assert [error.value for error in page.error] == ["There is a class 'rows' already."]
    assert page.toggle(key=f"use-{ids['rows']}").value  # the other rows, and what is below them, are still there
    assert any(caption.value.startswith("Click images to pick them") for caption in page.caption)
    page.text_input(key=f"class-{ids['discs']}").set_value("  ").run()
    assert [error.value for error in page.error] == ["Give the class a name."]


def test_the_strip_shows_what_the_trainer_would_do(
    embedded_backbone: Backbone, visit: Visit, services: Services, empty_set: str, put_shapes: Callable[[str], None]
) -> None:
    put_shapes(empty_set)
    page = visit("datasets", set=empty_set)
    assert page.selectbox(key=f"truth-network-{BACKBONE}").value == BACKBONE
    page.session_state["_form_spec"] = TrainSpec(backbone="resnet18", strategy="scratch", image_size=96)
    page.run()
    assert page.selectbox(key="truth-network-resnet18").value == "resnet18"
    assert page.select_slider(key="truth-size-resnet18-96").value == 96
    page.selectbox(key="truth-network-resnet18").set_value("vgg16").run()
    assert not page.exception


def test_an_image_in_two_classes_is_named(visit: Visit, services: Services, empty_set: str) -> None:
    data = zip_of({"a/1.png": png(1), "a/2.png": png(2), "b/3.png": png(3), "b/4.png": png(4)})
    page = visit("datasets", set=empty_set)
    page.file_uploader[0].upload("one.zip", data, "application/zip").run()
    assert not page.warning
    again = zip_of({"a/1.png": png(1), "b/same.png": png(2)})
    page.file_uploader[0].upload("two.zip", again, "application/zip").run()
    said = [sentence for warning in page.warning for sentence in warning.value.split("  \n")]
    assert "2 images were in this set already; duplicates stay on one side of the split." in said
    assert "The same image is in more than one class: 'a/2.png' and 'b/same.png'." in said


def test_a_set_that_is_gone_is_said_and_none_takes_its_place(visit: Visit, services: Services, empty_set: str) -> None:
    page = visit("datasets", set="deleted")
    assert ["is gone" in warning.value for warning in page.warning] == [True]
    assert not any(b.label == "Train on it" for b in page.button)


def test_names_are_shown_as_they_were_typed(visit: Visit, services: Services, empty_set: str) -> None:
    services.library.rename(OWNER, empty_set, "my **bold** :smile: set")
    page = visit("datasets", set=empty_set)
    assert "my \\*\\*bold\\*\\* \\:smile\\: set" in [s.value for s in page.subheader]


def test_someone_elses_set_is_not_shown(visit: Visit, services: Services) -> None:
    hers = services.library.create("someoneelsesomeoneelsesomeoneels", "Hers")
    page = visit("datasets", set=hers.id)
    assert "Hers" not in str(page)


@pytest.mark.parametrize("typed", ["Red  ant", "My run ", "Red\u200dant"])
def test_a_class_is_renamed_once_though_its_name_is_tidied(
    visit: Visit, services: Services, empty_set: str, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """What is stored is not what was typed, which once renamed the class at every rerun, for ever."""
    page = visit("datasets", set=empty_set)
    page.file_uploader[0].upload("mine.zip", zip_of({"ants/1.png": png(1)}), "application/zip").run()
    asked = count_calls(monkeypatch, Library, "rename_class")
    info = services.library.get(OWNER, empty_set).classes[0]
    page.text_input(key=f"class-{info.id}").set_value(typed).run()
    page.run()
    assert asked == [typed]
    assert [c.name for c in services.library.get(OWNER, empty_set).classes] == [clean_name(typed)]


def test_a_set_is_renamed_once_though_its_name_is_tidied(
    visit: Visit, services: Services, empty_set: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = count_calls(monkeypatch, Library, "rename")
    page = visit("datasets", set=empty_set)
    page.text_input(key=f"name-{empty_set}").set_value("Red  ant").run()
    button(page, "Rename").click().run()  # type: ignore[attr-defined]
    page.run()
    assert asked == ["Red  ant"]
    assert services.library.get(OWNER, empty_set).name == "Red ant"


def test_deleting_what_another_tab_has_deleted_is_a_sentence(visit: Visit, services: Services, empty_set: str) -> None:
    page = visit("datasets", set=empty_set)
    button(page, "Delete this set").click().run()  # type: ignore[attr-defined]
    services.library.delete(OWNER, empty_set)
    page.button(key="confirm-delete").click().run()
    assert [error.value for error in page.error] == ["There is no such image set, or it is not yours."]
    assert not page.exception
    assert not page.run().error  # it is said once
