"""Whatever takes a picture takes every kind that is read, whatever its file is called, and says what looks wrong.

Slow: every page that takes a picture runs once for every name that a file may have.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages._parts.session import Services
from tests.conftest import Backbone, draw
from tests.corpus.case import encoded, zip_bytes
from tests.pages.conftest import OWNER
from tlcore.data.pixels.decode import IMAGE_SUFFIXES

Visit = Callable[..., AppTest]
PAGES = Path(__file__).parents[2] / "pages"


def photo(image_format: str = "JPEG", seed: int = 0) -> bytes:
    return encoded(draw("rings", np.random.default_rng(seed)), image_format)


NAMED = {
    **dict.fromkeys(("photo.jpg", "photo.jpeg", "photo.jpe", "photo.jfif", "photo.JFIF", "photo.pjp"), photo()),
    "photo.pjpeg": photo(),
    "photo.mpo": encoded(draw("rings", np.random.default_rng(0)), "MPO"),
    "photo.PNG": photo("PNG"),
    "photo.apng": photo("PNG"),
    "photo.webp": photo("WEBP"),
    "photo.gif": photo("GIF"),
    "photo.bmp": photo("BMP"),
    "photo.dib": photo("BMP"),
}


def uploaders() -> Iterator[tuple[Path, ast.Call]]:
    """Every call in the pages that makes an uploader."""
    for file in sorted(PAGES.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("file_uploader"):
                yield file, node


def test_uploaders_take_pictures_by_one_list_zips_or_folders() -> None:
    found = [
        {
            keyword.arg: ast.unparse(keyword.value)
            for keyword in call.keywords
            if keyword.arg in {"type", "accept_multiple_files"}
        }
        for _, call in uploaders()
    ]
    kinds = ["directory" if "directory" in given.get("accept_multiple_files", "") else given["type"] for given in found]
    assert sorted(set(kinds)) == ["'zip'", "IMAGE_SUFFIXES", "directory"]
    assert kinds.count("IMAGE_SUFFIXES") == len({site for _, _, site in SHOWN}), "one of them is not opened below"


SHOWN = (
    ("try_it", {}, "trying"),
    ("filters", {"image": "upload"}, "images"),
    ("learned", {"image": "upload"}, "images"),
    ("why", {"image": "upload", "why": "Activations"}, "images"),
    ("explore", {"image": "upload", "view": "On an image"}, "images"),
    ("datasets", {}, "adding"),
)


@pytest.fixture(params=SHOWN, ids=[name for name, _, _ in SHOWN])
def page(request: pytest.FixtureRequest, visit: Visit, services: Services, embedded_backbone: Backbone) -> AppTest:
    """A page whose uploader of pictures is in view."""
    name, query, _ = request.param
    if name != "datasets":
        return visit(name, **query)
    made = services.library.create(OWNER, "Mine").id
    opened = visit(name, set=made)
    opened.file_uploader[0].upload("one.zip", zip_bytes({"cups/0.png": photo("PNG", 9)}), "application/zip").run()
    opened.segmented_control(key="way").set_value("Files").run()
    return opened.selectbox(key=f"class-files-{made}").set_value("cups").run()


def test_every_name_of_a_picture_is_taken(page: AppTest) -> None:
    assert {f".{suffix}" for suffix in IMAGE_SUFFIXES} == set(page.file_uploader[0].proto.type)
    for name, data in NAMED.items():
        page.file_uploader[0].upload(name, data).run()
        assert not page.exception, name
        assert not page.error, name


def test_the_list_is_tried_whole() -> None:
    assert {name.rpartition(".")[2].lower() for name in NAMED} == set(IMAGE_SUFFIXES)


def hidden() -> bytes:
    """A photograph behind an alpha plane that hides all of it."""
    picture = draw("rings", np.random.default_rng(0)).convert("RGBA")
    picture.putalpha(0)
    return encoded(picture, "PNG")


def test_a_picture_that_looks_wrong_is_a_warning(page: AppTest) -> None:
    page.file_uploader[0].upload("hidden.png", hidden()).run()
    assert not page.exception
    assert ["transparent all over, so only white is seen" in warning.value for warning in page.warning] == [True]


def test_a_flat_picture_is_a_mild_word(page: AppTest) -> None:
    page.file_uploader[0].upload("teal.png", encoded(Image.new("RGB", (64, 64), "teal"), "PNG")).run()
    assert not page.exception
    assert not page.warning
    assert any("one flat colour" in caption.value for caption in page.caption)


def test_of_several_photos_one_that_is_broken_stops_no_other(visit: Visit, embedded_backbone: Backbone) -> None:
    page = visit("try_it")
    given = page.file_uploader(key="photos-any")
    for name, data in (("one.png", photo("PNG", 1)), ("two.png", b"no image"), ("three.png", photo("PNG", 3))):
        given = given.upload(name, data, "image/png")
    given.run()
    assert [error.value.startswith("'two.png' can't be used: not a JPEG") for error in page.error] == [True]
    assert [list(frame.value["file"]) for frame in page.dataframe] == [["one.png", "three.png"]]
